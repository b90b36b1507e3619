"""Statements that are built once and run often, past the layers that cost more than the database itself.

Building a statement takes ten times as long as running it, and handing a built one to a driver by
`Connection.execute` twenty times as long as SQLite needs for it (50 to 120 µs of 5). So what every job does
is built and compiled once, and goes to the driver's cursor as it is, with the same conversions of values.
"""

import inspect
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, bindparam
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound

Convert = Callable[[Any], Any]


@dataclass(slots=True)  # not frozen: making a frozen one takes four times as long
class Found:
    """What a statement gave: its rows, as named tuples, and how many rows it touched."""

    rows: Sequence[Any]
    rowcount: int

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def all(self) -> Sequence[Any]:
        """Every row."""
        return self.rows

    def first(self) -> Any:
        """The first row; None where there is none."""
        return self.rows[0] if self.rows else None

    def one(self) -> Any:
        """The only row. Raises NoResultFound, MultipleResultsFound."""
        if not self.rows:
            raise NoResultFound
        return self.one_or_none()

    def one_or_none(self) -> Any:
        """The only row; None where there is none. Raises MultipleResultsFound."""
        if len(self.rows) > 1:
            raise MultipleResultsFound
        return self.first()

    def scalars(self) -> Sequence[Any]:
        """The first value of every row."""
        return [row[0] for row in self.rows]

    def scalar_one(self) -> Any:
        """The first value of the only row. Raises NoResultFound, MultipleResultsFound."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """The first value of the only row; None where there is no row. Raises MultipleResultsFound."""
        row = self.one_or_none()
        return row[0] if row else None


class Prepared:
    """The statement that `build` makes, with a bound parameter for each of its arguments.

    It is run with a connection and the arguments' values by name. Only values may differ from one use to the
    next: whatever changes the statement itself needs one of its own. A first argument named `dialect` gets
    that of the connection, for what the databases spell differently; it is no value.
    """

    def __init__(self, build: Callable[..., Executable], *names: str) -> None:
        given = names or tuple(inspect.signature(build).parameters)
        self._build = build
        self._of_dialect = given[:1] == ("dialect",)
        self._names = given[self._of_dialect :]
        self._ready: dict[str, _Ready] = {}
        self.__doc__ = build.__doc__

    def __call__(self, conn: Connection, **values: Any) -> Found:
        """Raises what `Connection.execute` does."""
        ready = self._ready.get(conn.dialect.name) or self._make_ready(conn.dialect)
        if ready.expanding is not None or heard(conn):
            whole = self._statement(conn.dialect) if ready.expanding is None else ready.expanding
            result = conn.execute(whole, values)
            return Found(result.all() if result.returns_rows else (), result.rowcount)
        return ready.run(conn, values)

    def many(self, conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it once for each of `rows`, which are its values. Raises what `Connection.execute` does."""
        rest = iter(rows)
        few = list(islice(rest, 2))
        if len(few) == 1:  # executemany costs psycopg one more round trip
            self(conn, **few[0])
            return
        rows = chain(few, rest)
        ready = self._ready.get(conn.dialect.name) or self._make_ready(conn.dialect)
        if heard(conn):
            conn.execute(self._statement(conn.dialect), list(rows))
        else:
            ready.run_many(conn, rows)

    def _make_ready(self, dialect: Dialect) -> "_Ready":
        ready = self._ready[dialect.name] = _Ready(self._statement(dialect), dialect)
        return ready

    def _statement(self, dialect: Dialect) -> Executable:
        about = (dialect.name,) if self._of_dialect else ()
        return self._build(*about, **{name: bindparam(name) for name in self._names})


prepared = Prepared


def heard(conn: Connection) -> bool:
    """Whether somebody listens to this connection's statements: then they go by `Connection.execute`."""
    return bool(conn.dispatch.before_cursor_execute)


class _Ready:
    """A statement as one kind of database takes it."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        # Lists of values are spelled out anew each time; of other statements only the spelling is kept.
        self.expanding = statement if any(bind.expanding for bind in compiled.binds.values()) else None
        self._sql = str(compiled)
        self._binds = list(_binds(compiled, dialect))
        self._names = [bind.name for bind in self._binds]
        self._by_place = compiled.positional
        columns: Any = getattr(statement, "exported_columns", ())
        # As the driver gives it, a row has as many values as names, so that need not be looked at each time.
        row = namedtuple("Row", columns.keys(), rename=True) if len(columns) else None
        self._row: Any = partial(tuple.__new__, row) if row else None
        self._kinds = [column.type.dialect_impl(dialect) for column in columns]
        self._converts: Sequence[tuple[int, Convert]] | None = None

    def run(self, conn: Connection, values: Mapping[str, Any]) -> Found:
        given = self._parameters(values)
        fetch = self._row is not None
        describe = fetch and self._converts is None
        rows, rowcount, description = _executed(conn, self._sql, given, fetch=fetch, describe=describe)
        if not fetch:
            return Found((), rowcount)
        if describe:
            self._converts = list(self._told(conn.dialect, description))
        if self._converts:
            rows = map(self._made, rows)
        return Found(list(map(self._row, rows)), rowcount)

    def run_many(self, conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        # One by one, as the driver takes them: a million rows at once would be a million things to collect.
        _executed(conn, self._sql, map(self._parameters, rows), many=True)

    def _parameters(self, values: Mapping[str, Any]) -> Any:
        given = [
            fixed if value is None else convert(values[value]) if convert else values[value]
            for _, value, convert, fixed in self._binds
        ]
        return given if self._by_place else dict(zip(self._names, given, strict=True))

    def _told(self, dialect: Dialect, description: Any) -> Iterator[tuple[int, Convert]]:
        """How values are converted, by their place: the driver tells of which kind they are."""
        for place, (kind, about) in enumerate(zip(self._kinds, description, strict=True)):
            if convert := kind.result_processor(dialect, about[1]):
                yield place, convert

    def _made(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for place, convert in self._converts or ():
            values[place] = convert(values[place])
        return values


def plainly(conn: Connection, words: str) -> None:
    """Run a statement without parameters and rows. Raises what `Connection.exec_driver_sql` does."""
    if heard(conn):
        conn.exec_driver_sql(words)
    else:
        _executed(conn, words, ())


def _executed(
    conn: Connection,
    sql: str,
    parameters: Any,
    *,
    fetch: bool = False,
    describe: bool = False,
    many: bool = False,
) -> tuple[Iterable[Any], int, Any]:
    """Rows, how many were touched, and of which kind the columns are, by the driver's own cursor.

    Described only where that is asked for: psycopg makes an object of each column. Errors are SQLAlchemy's,
    and the connection is given up where it is lost.
    """
    cursor: Any = None
    try:
        cursor = conn.connection.cursor()
        (cursor.executemany if many else cursor.execute)(sql, parameters)
        described = cursor.description if describe else None
        return cursor.fetchall() if fetch else (), cursor.rowcount, described
    except (driver := conn.dialect.loaded_dbapi).Error as exc:
        lost = conn.dialect.is_disconnect(exc, conn.connection, cursor)
        if lost:
            conn.invalidate(exc)
        raise DBAPIError.instance(
            sql, None, exc, driver.Error,
            hide_parameters=True, connection_invalidated=lost, dialect=conn.dialect,
        ) from exc  # fmt: skip
    finally:
        if cursor is not None:
            cursor.close()


class _Bind(NamedTuple):
    """One parameter: where its value comes from, or else what it always is."""

    name: str  # in the statement
    value: str | None
    convert: Convert | None
    fixed: Any


def _binds(compiled: Any, dialect: Dialect) -> Iterator[_Bind]:
    defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
    for name in compiled.positiontup or compiled.params:
        bind = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        spelled = compiled.escaped_bind_names.get(name, name)
        if bind.required and name not in defaults:
            yield _Bind(spelled, name, convert, None)
        else:
            fixed = defaults.get(name, bind.effective_value)
            yield _Bind(spelled, None, None, convert(fixed) if convert else fixed)
