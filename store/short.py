"""Short units of work on SQLite: on the event loop itself.

Handing a unit to a thread and back takes longer than most units do, and while both threads want the
interpreter, each of its statements waits for it anew: a job takes twice the processor time that way.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from store import sqlite
from store.units import SHORT, UNFLUSHED, Begun, Options, Transactions, Units, failure, passing

FEW = 500  # rows: some milliseconds
SLOW_S = 0.02  # a commit that took longer: while the disk is slow, a thread waits for it
# Of the loop, until it rings, so that whoever waits goes on first: a click is acknowledged, over HTTP too.
STEPS = 12
BETWEEN = 6  # and as many from one topic to the next, so that what the first one begins is out
WRITE: Options = {SHORT: True}
WRITE_UNFLUSHED: Options = {SHORT: True, UNFLUSHED: True}
READ: Options = {SHORT: True, "read_only": True}

P = ParamSpec("P")
T = TypeVar("T")


class TooLong(Exception):
    """A unit of work that turned out not to be short. It is undone, and done on a thread."""


def expect(conn: Connection, rows: int) -> None:
    """Say of how many rows a unit of work is about to take care. Raises TooLong for `Short` to catch."""
    if rows > FEW and conn.get_execution_options().get(SHORT):
        raise TooLong


class Short:
    """Carries out at once what touches few rows, or says with `expect` that they are many.

    Whatever cannot be done at once, as another process holds the database for one, goes to `threads`. Nobody
    else gets to run between two units that are done at once: who has many leaves them to threads.
    `turn` is the one writer's, on whose thread a slow disk is waited for.
    """

    def __init__(
        self,
        units: Units,
        threads: Transactions,
        turn: asyncio.Lock,
        writer: Executor,
        on_ring: Callable[[str], None],
    ) -> None:
        self._units = units
        self._threads = threads
        self._turn = turn
        self._writer = writer
        self._on_ring = on_ring
        self._slow = False

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In a transaction; seal its audit rows, commit, ring. Raises StoreError."""
        return await self._write(WRITE, lambda conn: work(conn, *args, **kwargs))

    async def write_unflushed(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, for what a loss of power may undo, unless something was written after it."""
        return await self._write(WRITE_UNFLUSHED, lambda conn: work(conn, *args, **kwargs))

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In a transaction that only reads. Raises StoreError."""
        # On the same connection, whose pages stay: another one reads them anew after every commit.
        begun = None if self._turn.locked() else self._at_once(READ, lambda conn: work(conn, *args, **kwargs))
        if begun is None:
            return await self._threads.read(work, *args, **kwargs)
        try:
            begun.commit()
        except SQLAlchemyError as exc:
            self._units.let_go()
            raise failure(exc) from exc
        return begun.result

    async def _write(self, options: Options, work: Callable[[Connection], T]) -> T:
        await self._turn.acquire()
        begun = None
        try:
            begun = self._at_once(options, work)
        finally:
            if begun is None:
                self._turn.release()
        if begun is None:
            return await self._threads.write(work)
        try:
            await self._committed(begun)
        except SQLAlchemyError as exc:
            raise failure(exc) from exc
        return begun.result

    def _at_once(self, options: Options, work: Callable[[Connection], T]) -> Begun[T] | None:
        """All but the commit; None where it has to be done on a thread, from its beginning."""
        try:
            begun = self._units.begun(options, work)
        except TooLong:
            return None
        except SQLAlchemyError as exc:
            self._units.let_go()
            if passing(exc) or sqlite.is_busy(exc):
                return None
            raise failure(exc) from exc
        if begun.recorded and not begun.flushed:  # nobody may see the end of the record before it is durable
            begun.transaction.rollback()
            return None
        return begun

    async def _committed(self, begun: Begun[T]) -> None:
        """Commit, then end the turn and ring. Raises SQLAlchemyError."""
        if self._slow:
            with ExitStack() as closed:  # nobody commits any more
                closed.callback(self._turn.release)
                closed.callback(self._units.let_go)
                done = asyncio.wrap_future(self._writer.submit(self._commit, begun))
                closed.pop_all()
            done.add_done_callback(partial(self._ended, begun))  # also where nobody waits any more
            await asyncio.shield(done)
            return
        try:
            self._commit(begun)
        except SQLAlchemyError:
            self._units.let_go()
            raise
        finally:
            self._turn.release()
        self._ring(begun.topics)

    def _commit(self, begun: Begun[T]) -> None:
        began = time.perf_counter()
        begun.commit()
        slow = time.perf_counter() - began > SLOW_S
        if begun.flushed or slow:  # the others say nothing of the disk when they are quick
            self._slow = slow

    def _ended(self, begun: Begun[T], done: asyncio.Future[None]) -> None:
        self._turn.release()
        if done.exception():
            self._units.let_go()
        else:
            self._ring(begun.topics)

    def _ring(self, topics: Sequence[str], steps: int = STEPS) -> None:
        if topics and steps:
            asyncio.get_running_loop().call_soon(self._ring, topics, steps - 1)
        elif topics:
            self._on_ring(topics[0])
            self._ring(topics[1:], BETWEEN)
