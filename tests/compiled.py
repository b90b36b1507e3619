"""SQL is compiled once a process. An engine does that for itself, a bot has one, and tests make hundreds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import URL, Dialect, Engine, event

from store import postgres, sqlite

_dialects: dict[str, Dialect] = {}  # by driver: what is compiled is found again by its very dialect
_compiled: dict[Any, Any] = {}


@contextmanager
def compiled_once() -> Iterator[None]:
    """Within the block, the engines of `store` share what they have compiled."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (sqlite, postgres):
            patch.setattr(module, "create_engine", _sharing)
        yield


def _sharing(url: URL, **settings: Any) -> Engine:
    made = sqlalchemy.create_engine(url, **settings)
    made.update_execution_options(compiled_cache=_compiled)
    if known := _dialects.get(url.drivername):
        made.dialect = known
    else:  # not before the first connection has told it which version it speaks to
        event.listen(made, "connect", lambda *_: _dialects.setdefault(url.drivername, made.dialect))
    return made
