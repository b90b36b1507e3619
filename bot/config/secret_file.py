"""A secret in a file, as orchestrators mount them: read at start, and again when the old one is refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from bot.config.values import secret

LARGEST = 16 * 1024  # bytes; no token is larger, and a wrong path may lead to anything


@dataclass(frozen=True, slots=True)
class SecretFile:
    """`held` is what stood there at the start."""

    path: Path
    held: SecretStr


def read(path: Path) -> SecretStr:
    """What stands there now. Raises ValueError, which repeats neither the path nor what is in it."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as exc:
        raise ValueError(f"the file named here cannot be read ({exc.strerror}); check it") from exc
    try:
        if len(content) > LARGEST:
            raise ValueError("is too large for a secret")
        return secret(content.decode())
    except ValueError as exc:
        why = "is not text" if isinstance(exc, UnicodeDecodeError) else str(exc)
        raise ValueError(f"the file named here {why}") from None


def _found(value: object) -> object:
    if not isinstance(value, str):
        return value  # left to pydantic, which says what is expected
    path = Path(value)
    if not path.is_absolute():
        raise ValueError("must be an absolute path of a file, like /run/secrets/evian3-token")
    return SecretFile(path, read(path))


FromFile = Annotated[SecretFile, BeforeValidator(_found)]
