"""One cluster of the sandbox: its customers, what is under way for them, and its moods."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from uuid import NAMESPACE_URL, uuid5

from bot.sandbox.cluster.mood import Call, Mood, normal

ACTIONS = {"Tran-Begin": 1, "PE-Enable": 2, "T-Enable": 3, "PE-Finalize": 4, "PE-Direct": 5}
APPS = ("dpp", "wids", "airmatch")


@cache
def customer_ids(cluster: str, count: int) -> tuple[str, ...]:
    """The first `count` made-up customers of `cluster`: 32 hexadecimal digits each, the same every time."""
    return tuple(uuid5(NAMESPACE_URL, f"sandbox/{cluster}/{n}").hex for n in range(count))


class Moods:
    """The moods for one kind of call: queued ones first, each used up by one call, then the standing one."""

    def __init__(self) -> None:
        self.standing = normal()
        self.queued: deque[Mood] = deque()

    def take(self) -> Mood:
        """The mood for the call at hand."""
        return self.queued.popleft() if self.queued else self.standing


class Site:
    """A cluster. `arrive_after_s` passes from acting to arrival; None holds arrivals until `arrive()`.

    Customers in `stuck` stay where they are.
    """

    def __init__(self, name: str, *, customers: int, state: int, arrive_after_s: float | None) -> None:
        self.name = name
        self.states = dict.fromkeys(customer_ids(name, customers), state)
        self.apps: dict[str, list[dict[str, str]]] = {}
        self.moods = {Call.POST: Moods(), Call.GET: Moods()}
        self.arrive_after_s = arrive_after_s
        self.stuck: frozenset[str] = frozenset()
        self._under_way: list[_Move] = []

    def unknown(self, cids: Iterable[str]) -> list[str]:
        """Those of `cids` that are no customers here, in order."""
        return [cid for cid in cids if cid not in self.states]

    def act(self, action: str, cids: Sequence[str], arrived: Callable[[], None]) -> None:
        """Carry out `action` asynchronously; `arrived` is called when the customers are in its state."""
        move = _Move(self, ACTIONS[action], tuple(cids), arrived)
        self._under_way.append(move)
        if self.arrive_after_s is not None:
            move.timer = asyncio.get_running_loop().call_later(self.arrive_after_s, move.arrive)

    def arrive(self) -> None:
        """Everything under way arrives now."""
        for move in tuple(self._under_way):
            move.arrive()

    def close(self) -> None:
        """Whatever is still under way never arrives."""
        for move in self._under_way:
            move.cancel()
        self._under_way.clear()

    def done(self, move: "_Move") -> None:
        """`move` has arrived and is forgotten."""
        self._under_way.remove(move)

    def apps_of(self, cid: str) -> list[dict[str, str]]:
        """The applications of a customer: as set, or Ready, or Transiting while something is under way."""
        moving = any(cid in move.cids for move in self._under_way)
        status = "Transiting" if moving else "Ready"
        return self.apps.get(cid) or [{"app_name": app, "status": status} for app in APPS]


class _Move:
    """One action on its way."""

    def __init__(self, site: Site, code: int, cids: tuple[str, ...], arrived: Callable[[], None]) -> None:
        self.cids = cids
        self.timer: asyncio.TimerHandle | None = None
        self._site = site
        self._code = code
        self._arrived = arrived

    def arrive(self) -> None:
        self.cancel()
        moving = (cid for cid in self.cids if cid not in self._site.stuck)
        self._site.states.update(dict.fromkeys(moving, self._code))
        self._site.done(self)
        self._arrived()

    def cancel(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
