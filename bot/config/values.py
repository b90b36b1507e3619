"""Checks of single values, used as pydantic field types; each ValueError says in plain words what to write.

None repeats the value it refuses: it may be, or hold, a secret.
"""

import base64
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

SEALING_KEY = 32  # bytes, in base64 as Fernet takes them

_NAME = re.compile(r"[^\W_](?:[\w .()-]{0,58}[\w)])?")
_KEY = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_-]{0,58}[0-9A-Za-z])?")
_CHANNEL = re.compile(r"[CG][0-9A-Z]{2,31}")
_CLIENT_ID = re.compile(r"[0-9]+\.[0-9]+")
_WORKSPACE = re.compile(r"[TE][0-9A-Z]{2,31}")
_WHO = re.compile(r"\*|[USW][0-9A-Z]+")


def secret(value: str, beginning: str = "") -> SecretStr:
    """Wrap a credential without the white space around it; raises ValueError when it cannot be one."""
    value = value.strip()
    if not value:
        raise ValueError("is empty; set it to the secret itself")
    if not value.isascii() or not value.isprintable() or " " in value:
        # Anything else cannot be put into an HTTP header, and shows a slip in copying.
        raise ValueError("has white space or characters that no token has; copy it again, all of it")
    if not value.startswith(beginning):
        raise ValueError(f"is not the right kind of token; use the one that begins with {beginning}")
    return SecretStr(value)


def sealing_keys(value: str) -> tuple[SecretStr, ...]:
    """The keys that seal tokens, the one that seals first; raises ValueError when one cannot be one."""
    keys = [key.strip() for key in value.split(",")]
    for number, key in enumerate(keys, 1):
        try:
            fits = len(base64.b64decode(key, altchars=b"-_", validate=True)) == SEALING_KEY
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"holds no key as number {number}; separate keys by commas, and make one with: "
                'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            )
    return tuple(SecretStr(key) for key in keys)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # the port is only checked when it is read
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or not value.isprintable() or " " in value:
        raise ValueError('is not a web address; write one like "https://cluster.example"')
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "has credentials in the address; take them out, they belong in environment variables"
        )
    if parts.query or parts.fragment:
        raise ValueError("has a “?” or “#” part; write the address without it")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(
            "is not encrypted; write https:// (http:// is only for this machine, such as 127.0.0.1)"
        )
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database_url(value: str) -> str:
    scheme, _, path = value.partition("://")
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _postgresql_url(path)
    if scheme != "sqlite":
        raise ValueError(
            "only SQLite and PostgreSQL are supported; write sqlite:////absolute/path/to/file or "
            "postgresql://user:password@host/database, or leave it out"
        )
    if not path.startswith("/") or path in {"/", "/:memory:"}:
        raise ValueError("names no file, so nothing would last; write sqlite:////absolute/path/to/file")
    return value


def _postgresql_url(rest: str) -> str:
    parts = urlsplit(f"postgresql://{rest}")
    try:
        named = parts.path.strip("/") and (parts.hostname or "host=" in parts.query) and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise ValueError(
            "names no server or no database; write postgresql://user:password@host/database "
            "(a password with special characters must be percent-encoded)"
        )
    return f"postgresql://{rest}"


def _id_pattern(value: object) -> object:
    if not isinstance(value, str):
        return value  # left to pydantic, which says what is expected
    try:
        # ASCII: \w and \d must not let look-alikes from other scripts in.
        pattern = re.compile(value, re.ASCII)
    except re.error as exc:
        raise ValueError(f"is not a valid regular expression: {exc.msg}, at character {exc.pos}") from exc
    if pattern.fullmatch(""):
        raise ValueError("matches an empty id; write a pattern that needs at least one character")
    return pattern


def _matching(pattern: re.Pattern[str], advice: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(advice)
        return value

    return check


Url = Annotated[str, AfterValidator(_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
IdPattern = Annotated[re.Pattern[str], BeforeValidator(_id_pattern)]
Name = Annotated[
    str,
    AfterValidator(
        _matching(_NAME, "use 1 to 60 letters, digits, spaces or . _ - ( ), beginning with a letter or digit")
    ),
]
Key = Annotated[
    str,
    AfterValidator(
        _matching(
            _KEY, "use 1 to 60 of A-Z, a-z, 0-9, - and _ as a name here, with a letter or digit at both ends"
        )
    ),
]
Who = Annotated[
    str,
    AfterValidator(
        _matching(
            _WHO,
            "is neither a user id (U… or W…) nor a user group id (S…) nor “*”; in Slack, open the profile "
            "or the group and choose “Copy member ID” or “Copy group ID”",
        )
    ),
]
ClientId = Annotated[
    str,
    AfterValidator(
        _matching(_CLIENT_ID, "is no client id (two numbers with a dot); copy it from “Basic Information”")
    ),
]
WorkspaceId = Annotated[
    str,
    AfterValidator(
        _matching(
            _WORKSPACE,
            "is not the id of a workspace (T…) or of an organisation (E…); open Slack in a browser: the "
            "address has it: https://app.slack.com/client/T…",
        )
    ),
]
ChannelId = Annotated[
    str,
    AfterValidator(
        _matching(
            _CHANNEL,
            "is not a channel id (C… or G…); in Slack, open the channel's details and copy its id",
        )
    ),
]
