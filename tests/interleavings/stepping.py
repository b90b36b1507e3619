"""Time and order for a test to decide: a loop whose clock stands still, gates where everybody waits."""

import asyncio
import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import event

from store.database import Database

P = ParamSpec("P")
T = TypeVar("T")

START_DAYS = 2_461_000.5  # where the database's clock begins, in Julian days
MOST_STEPS = 3_000  # until everything rests; more is going in circles


class _NeverWaiting(selectors.SelectSelector):
    """Where the loop would begin to wait, it is told so, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.idle: Callable[[], None] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self.idle()
        return super().select(0)


class SteppedLoop(asyncio.SelectorEventLoop):
    """A loop in which time passes only by `now += …`; `run_forever` ends when nothing more can happen."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _NeverWaiting()
        super().__init__(selector)
        selector.idle = self.stop

    def time(self) -> float:
        return self.now


@dataclass(eq=False)
class Gate:
    """Where one process waits before and after each transaction and at the end of each call to the cluster.

    Kept shut it is a process that is frozen, or dead: what it had begun is never gone on with.
    """

    gates: "Gates"
    open: bool = True

    async def passed(self) -> None:
        """Return when the test lets this one go on."""
        waiting = asyncio.get_running_loop().create_future()
        self.gates.waiting.append((self, waiting))
        await waiting


@dataclass
class Gates:
    """All gates, and who waits there in the order they came."""

    loop: SteppedLoop
    waiting: list[tuple[Gate, asyncio.Future[None]]] = field(default_factory=list)

    def run(self, picks: Sequence[int] | None = None) -> None:
        """Let as many go on as there are `picks`, each chosen by its number; None: all, until all rest."""
        self.loop.run_forever()
        for step in range(MOST_STEPS if picks is None else len(picks)):
            ready = [entry for entry in self.waiting if entry[0].open]
            if not ready:
                return
            entry = ready[0 if picks is None else picks[step] % len(ready)]
            self.waiting.remove(entry)
            if not entry[1].done():
                entry[1].set_result(None)
            self.loop.run_forever()
        assert picks is not None, "this never comes to rest"

    def pending(self, gate: Gate) -> bool:
        """Whether anybody waits there."""
        return any(entry[0] is gate for entry in self.waiting)


class SteppedDatabase(Database):
    """Transactions run whole, on the loop's own thread and by the loop's clock, when the gate lets them.

    A process that goes no further after its transaction has committed without knowing it.
    """

    def __init__(self, url: str, gate: Gate, loop: SteppedLoop, on_ring: Callable[[str], None]) -> None:
        super().__init__(url, on_ring=on_ring)
        self._gate = gate
        self.short = self

        def prepare(connection: Any, _record: object) -> None:
            # The database's clock (`store/clock.py`) is the loop's; nobody pulls the plug on this file.
            connection.create_function("julianday", 1, lambda _when: START_DAYS + loop.now / 86_400)
            connection.execute("PRAGMA synchronous = OFF")

        event.listen(self.engine, "connect", prepare)

    async def write(self, work: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._between_gates({}, work, *args, **kwargs)

    async def read(self, work: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._between_gates({"read_only": True}, work, *args, **kwargs)

    async def _between_gates(
        self, options: dict[str, Any], work: Callable[..., T], *args: Any, **kwargs: Any
    ) -> T:
        await self._gate.passed()
        result, topics = self._units.done(options, lambda conn: work(conn, *args, **kwargs))
        for topic in topics:
            self._on_ring(topic)
        await self._gate.passed()
        return result
