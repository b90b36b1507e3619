"""A cluster as the page shows it: customers by state, the requests it got, the moods it can be put in."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.cluster import mood
from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.mood import Call, Mood
from bot.sandbox.cluster.record import Get, Post, Record
from bot.sandbox.cluster.site import ACTIONS

JSON = dict[str, Any]
NEWEST = 30  # requests told
_NAMES = {code: name for name, code in ACTIONS.items()}
USUAL_S = 0.6  # how long an ordinary answer takes, as seen in the field


@dataclass(frozen=True, slots=True)
class Manner:
    """A mood as a switch of the page: `posts` and `reads` in turn, over and over."""

    name: str
    words: str
    posts: tuple[Mood, ...]
    reads: tuple[Mood, ...] = (mood.normal(),)


USUAL = mood.slow(USUAL_S)
MANNERS: Mapping[str, Manner] = {
    "normal": Manner("Normal", "Answers in half a second.", (USUAL,)),
    "slow": Manner("Slow", "Does it, and answers after 4 seconds.", (mood.slow(4),)),
    "starting": Manner(
        "Starting", "“TMS bootstrap status(INIT) is not Ready”: later it will work.", (mood.starting(),)
    ),
    "rejecting": Manner(
        "Rejecting", "Refuses every request: 403 from a gateway in front.", (mood.forbidden(),)
    ),
    "flaky": Manner(
        "Flaky",
        "Every other answer is lost, although the work was done.",
        (USUAL, mood.bad_gateway(acts=True)),
    ),
    "down": Manner(
        "Down",
        "A gateway answers 502 in its place; nothing is done.",
        (mood.bad_gateway(),),
        (mood.bad_gateway(),),
    ),
    "silent": Manner("Times out, but did it", "Does the work and never answers.", (mood.silent(),)),
    "lying": Manner("Lying", "Says success and does nothing.", (mood.lying(),)),
}
ROUNDS = 100  # of a manner with several moods: they are queued, then the first one stands


class ClusterSide:
    """One cluster: what it was told, and what it tells."""

    def __init__(self, key: str, name: str, desk: ClusterDesk, changed: Callable[[], None]) -> None:
        self.key = key
        self.name = name
        self.desk = desk
        self.manner = "normal"
        self._changed = changed
        self._record: Record | None = None
        self._states: Mapping[str, int] = {}

    async def behave(self, manner: str) -> None:
        """From now on treat every call in that manner (a key of `MANNERS`)."""
        chosen = MANNERS[manner]
        for call, moods in ((Call.POST, chosen.posts), (Call.GET, chosen.reads)):
            await self.desk.set_mood(moods[0], on=call)
            if len(moods) > 1:
                for one in moods * ROUNDS:
                    await self.desk.next_mood(one, on=call)
        self.manner = manner
        self._changed()

    async def look(self) -> None:
        """Learn what the cluster has seen and where its customers are."""
        self._record = await self.desk.record()
        self._states = await self.desk.customers()
        self._changed()

    async def follow(self) -> None:
        """Look again whenever something changed there, until cancelled."""
        while True:
            await self.desk.until_more(self._record.version if self._record else 0)
            await self.look()

    async def customers_in(self, action: str, count: int) -> list[str]:
        """Ids of that many customers in the state of an action; others are put there if need be."""
        await self.desk.arrive()  # nobody is to be on the way to another state
        states = await self.desk.customers()
        there = [cid for cid, code in states.items() if code == ACTIONS[action]]
        missing = [cid for cid in states if cid not in there][: max(0, count - len(there))]
        if missing:
            await self.desk.set_customers(dict.fromkeys(missing, ACTIONS[action]))
        return [*there, *missing][:count]

    def told(self) -> JSON:
        """What the page draws."""
        counts = Counter(_NAMES.get(code, "none") for code in self._states.values())
        calls: list[Post | Get] = [*self._record.posts, *self._record.gets] if self._record else []
        newest = sorted(calls, key=lambda call: call.number, reverse=True)[:NEWEST]
        return {
            "key": self.key,
            "name": self.name,
            "manner": self.manner,
            "states": {name: counts[name] for name in ACTIONS},
            "requests": [_request(call) for call in newest],
        }


def _request(call: Post | Get) -> JSON:
    told: JSON = {
        "number": call.number,
        "at": call.at,
        "took": None if call.ended_at is None else round(call.ended_at - call.at, 2),
        "status": call.status,
        "end": call.end.value,
        "ids": len(call.cids),
    }
    if isinstance(call, Post):
        return {**told, "kind": "POST", "what": call.action, "acted": call.acted, "arrived": call.arrived}
    everything = call.cids == ("ALL",)
    return {**told, "kind": "GET", "what": call.what, "ids": "all" if everything else len(call.cids)}
