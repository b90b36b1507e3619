"""People who ask for new jobs all the time, impatiently: they press twice, and again when nobody answers."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.desk import Desk, Message, Reaction
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OPS, PRIVATE, RANDOM
from tests.chaos.seen import Request
from tests.stage import can_be_confirmed, words

SEATS = [(user, channel) for channel in (OPS, RANDOM) for user in (ASTER, BRAM, CLEO)]
SEATS += [(ASTER, PRIVATE), (BRAM, PRIVATE)]
NOT_TAKEN = ("Still working on it", "did not go through")
CARD_S = 40.0
PRESSED = 12  # times at most
OFFERED = ("check_again", "send_rest")


@dataclass
class Operators:
    """All people at the desk; `fresh` gives a command's cluster and customers, never given before."""

    desk: Desk
    fresh: Callable[[], tuple[str, tuple[str, ...]]]
    chance: random.Random
    pause_s: float
    requests: list[Request] = field(default_factory=list)
    pressed: int = 0
    _sent: list[Reaction] = field(default_factory=list)

    async def work(self, done: asyncio.Event) -> None:
        """Ask for jobs, every person at an own pace, until `done`."""
        await asyncio.gather(*(self._sit(user, channel, done) for user, channel in SEATS))

    async def _sit(self, user: str, channel: str, done: asyncio.Event) -> None:
        cards: list[Message] = []
        while not done.is_set():
            await self._one(user, channel, cards)
            await self._look_back(user, cards)
            try:
                async with asyncio.timeout(self.chance.uniform(0, 2 * self.pause_s)):
                    await done.wait()
            except TimeoutError:
                pass

    async def _look_back(self, user: str, cards: list[Message]) -> None:
        """Deliver something old once more, perhaps to a new bot; press what an old thread offers."""
        if self._sent and self.chance.random() < 0.3:
            await self.desk.redeliver(self.chance.choice(self._sent))
        for card in cards[-4:]:
            for message in (await self.desk.messages(card.channel, user, card.ts))[1:]:
                offered = [b.action_id for b in message.buttons if b.action_id in OFFERED]
                if offered and self.chance.random() < 0.5:
                    self.pressed += 1
                    await self.desk.click(user, message, self.chance.choice(offered))

    async def _one(self, user: str, channel: str, cards: list[Message]) -> None:
        cluster, cids = self.fresh()
        await self._disorder()
        reaction = await self.desk.command(user, channel, f"/set-action T-Enable {cluster} {' '.join(cids)}")
        self._sent.append(reaction)
        if self.chance.random() < 0.15:
            await self.desk.redeliver(reaction)
        asked = reaction.acked and reaction.message is None
        if not asked:
            self.requests.append(Request(cids, asked=False, confirmed=False))
            return
        try:
            card = await self.desk.until_message(
                channel,
                user,
                lambda m: m.thread is None and can_be_confirmed(m) and cids[0] in words(m),
                timeout_s=CARD_S,
            )
        except TimeoutError:
            self.requests.append(Request(cids, confirmed=False))
            return
        cards.append(card)
        earlier = len(await self._private(user, channel))
        confirmed = await self._confirm(user, card)
        private = (await self._private(user, channel))[earlier:]
        told = any(some in said for some in NOT_TAKEN for said in private)
        self.requests.append(Request(cids, confirmed=confirmed, told=told))

    async def _confirm(self, user: str, card: Message) -> bool:
        for _ in range(PRESSED):
            times = 2 if self.chance.random() < 0.3 else 1
            await self._disorder()
            reactions: list[Reaction] = await asyncio.gather(
                *(self.desk.click(user, card, "confirm") for _ in range(times))
            )
            self._sent += reactions
            if self.chance.random() < 0.15:
                reactions.append(await self.desk.redeliver(reactions[0]))
            if any(reaction.acked for reaction in reactions):
                return True
            await asyncio.sleep(0.3)
        return False

    async def _disorder(self) -> None:
        """Now and then an envelope comes late, after others, or twice at once by different sockets."""
        if self.chance.random() < 0.2:
            await self.desk.disorder_next(
                hold_s=self.chance.choice((0.0, 0.05, 0.5, 2.0)), copies=self.chance.choice((1, 2))
            )

    async def _private(self, user: str, channel: str) -> list[str]:
        return [words(m) for m in await self.desk.messages(channel, user) if m.ephemeral]
