"""Statements that are built once and run often: building one takes ten times as long as running it."""

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, bindparam


class Prepared:
    """The statement that `build` makes, with a bound parameter for each of its arguments.

    It is built at its first use, and run with a connection and the arguments' values by name. Only values may
    differ from one use to the next: whatever changes the statement itself needs one of its own.
    """

    def __init__(self, build: Callable[..., Executable]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @cached_property
    def statement(self) -> Executable:
        """As SQLAlchemy runs it."""
        names = inspect.signature(self._build).parameters
        return self._build(**{name: bindparam(name) for name in names})

    def __call__(self, conn: Connection, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        return conn.execute(self.statement, values)


prepared = Prepared
