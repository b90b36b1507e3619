"""A file of certificate authorities: looked at before anything relies on it."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator


def _found(value: object) -> object:
    if not isinstance(value, str):
        return value  # left to pydantic, which says what is expected
    path = Path(value)
    if not path.is_absolute():
        raise ValueError("must be an absolute path of a file, like /etc/ssl/our-authority.pem")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError("the file named here holds no certificate; it must be PEM text") from None
    except OSError as exc:
        raise ValueError(f"the file named here cannot be read ({exc.strerror}); check it") from None
    return path


AuthorityFile = Annotated[Path, BeforeValidator(_found)]
