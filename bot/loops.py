"""The outermost edge of everything that runs by itself: work in turn, wait for the bell, never die."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from uuid import uuid4

import structlog

from bot.turns import Turns
from store.errors import StoreError

PAUSE_S = 1.0  # after an error, so that a broken database is not hammered
TAKEN_S = 0.4  # until another's turn is tried for again: how soon a dead replica's work is taken over

T = TypeVar("T")

log = structlog.get_logger()


class Loop:
    """Calls `work` in the turn named `topic`, whenever that is rung and by itself now and then (`sweep_s`).

    `work` returns in how many seconds something falls due, or None: not before somebody rings. The turn is
    asked for at most every `rest_s` seconds, another's too, and given back once `work` has nothing under way
    (`busy`). An error is logged and the work tried again: one bad moment must not end a loop that everybody
    waits for.
    """

    def __init__(
        self,
        turns: Turns,
        topic: str,
        work: Callable[[], Awaitable[float | None]],
        *,
        busy: Callable[[], bool] = lambda: False,
        rest_s: float = 0.0,
    ) -> None:
        self._turns = turns
        self._topic = topic
        self._work = work
        self._busy = busy
        self._rest_s = rest_s
        self._stopping = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; never interrupted half way through."""
        clock = asyncio.get_running_loop().time
        while not self._stopping:
            rested = clock() + self._rest_s
            due = await self._once()
            sweep = self._turns.sweep_s
            await self._turns.bell.hear(self._topic, sweep if due is None else min(due, sweep))
            # Before the turn is asked for: on PostgreSQL that is a question to the database.
            while (left := rested - clock()) > 0 and not self._stopping:
                await self._turns.bell.hear(self._topic, left)
        self._ended.set()

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called: work in several steps begins no further one."""
        return self._stopping

    def stop(self) -> None:
        """Let `run` end after the work it is at."""
        self._stopping = True
        self._turns.bell.ring(self._topic)

    async def drain(self, within_s: float) -> None:
        """After `stop`: until the work it is at is done."""
        try:
            async with asyncio.timeout(within_s):
                await self._ended.wait()
        except TimeoutError:
            log.warning("set_action.still_at_work", loop=self._topic)

    async def _once(self) -> float | None:
        try:
            if not await self._turns.take(self._topic):
                return TAKEN_S
            due = await self._work()
            if not self._busy():
                await self._turns.give(self._topic)
        except StoreError as exc:
            log.exception("set_action.store_error", loop=self._topic, error=str(exc))
        except Exception:
            log.exception("set_action.unexpected", loop=self._topic, reference=uuid4().hex[:8])
        else:
            return due
        return PAUSE_S


async def until_stored(work: Callable[[], Awaitable[T]]) -> T:
    """Repeat a write until the database takes it: what is known already must not be lost to a hiccup."""
    while True:
        try:
            return await work()
        except StoreError as exc:
            log.exception("set_action.store_error", error=str(exc))
            await asyncio.sleep(PAUSE_S)


def report(task: asyncio.Task[None]) -> bool:
    """Log what a task that nobody awaits died of; whether it did."""
    if task.cancelled() or not (error := task.exception()):
        return False
    log.error("set_action.unexpected", task=task.get_name(), reference=uuid4().hex[:8], exc_info=error)
    return True


async def finished(tasks: set[asyncio.Task[None]], within_s: float) -> int:
    """Wait for tasks that are under way; how many were still running at the end and have been cancelled."""
    if not tasks:
        return 0
    _, late = await asyncio.wait(tasks, timeout=within_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return len(late)


class UnderWay:
    """Work that nobody awaits yet: kept from being forgotten half way, and let end at a stop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Set something going."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def start_alone(self, work: Coroutine[Any, Any, None]) -> None:
        """Set something going that nobody will ask after: what it dies of is logged."""
        self.start(work).add_done_callback(report)

    async def drain(self, within_s: float) -> None:
        """Let what is under way end."""
        if lost := await finished(self._tasks.copy(), within_s):
            log.warning("set_action.work_cut_off", count=lost)
