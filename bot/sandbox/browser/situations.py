"""Ready-made situations: each prepares the cluster, asks for something as Aster, and says what to do next."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.browser.bot_process import DidNotStart
from bot.sandbox.browser.cluster_side import ClusterSide
from bot.sandbox.browser.house import House
from bot.sandbox.cluster import mood
from bot.sandbox.cluster.record import Post, Record
from bot.sandbox.desk import Attachment, Message
from bot.sandbox.workspace.people import ASTER, BOT, BRAM, OPS

UNKNOWN = tuple(f"c{n:03d}d3b0fb0111efb2cdda09530d43d0" for n in range(8))
WITHIN_S = 900.0  # as long as a card can be confirmed
DEAD_S = 4.0
OUTAGE_S = 8.0
MISTYPED = "/set-action T-Enabel evian3 e106b3d0fb01, no/such/id"


Sent = Callable[[Callable[[Sequence[Post]], bool]], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Situation:
    """`words` say what it shows; `scene` asks for something and returns what the person is to do next."""

    name: str
    words: str
    scene: Callable[[House], Awaitable[str]]

    async def play(self, house: House) -> str:
        """On a clean table: nothing left of another situation, every cluster as usual, the bot alive.

        Raises DidNotStart.
        """
        await house.disarm()
        await house.bot.start()
        for side in house.clusters.values():
            await side.behave("normal")
        return await self.scene(house)


async def _asks(house: House, action: str, cluster: str, cids: Sequence[str], reason: str = "") -> None:
    words = f" reason: {reason}" if reason else ""
    await house.desk.command(ASTER, OPS, f"/set-action {action} {cluster} {', '.join(cids)}{words}")


async def _first(house: House) -> str:
    ids = await house.clusters["evian3"].customers_in("PE-Enable", 3)
    await _asks(house, "T-Enable", "evian3", ids, "ticket 4711")
    return "Read the card, then press “Yes, proceed”. Its thread tells how it goes."


async def _some_unknown(house: House) -> str:
    known = await house.clusters["evian3"].customers_in("PE-Enable", 118)
    await _asks(house, "T-Enable", "evian3", [*known[:60], *UNKNOWN, *known[60:]], "wave 2")
    return (
        "The card counts the eight that do not exist, before anything is sent. Confirm it: "
        "the other 118 go out in parts, and the thread keeps count."
    )


async def _from_a_message(house: House) -> str:
    ids = await house.clusters["evian3"].customers_in("PE-Enable", 40)
    sheet = "\r\n".join(["name,cid", *(f"customer {n},{cid}" for n, cid in enumerate(ids[2:], 1))])
    file = Attachment("wave-3.csv", sheet.encode(), "text/csv")
    await house.desk.upload(BRAM, OPS, file, f"Please enable {ids[0]}, {ids[1]} and the attached.")
    return "Open the menu “⋯” of Bram's message and choose “Set action on these”."


async def _silent(house: House) -> str:
    evian3 = house.clusters["evian3"]
    ids = await evian3.customers_in("T-Enable", 2)
    await evian3.desk.next_mood(mood.silent())
    await _asks(house, "PE-Finalize", "evian3", ids)
    return (
        "Confirm the card. The cluster does the work and never answers: the thread says “not known”, never "
        "“failed”, then reads the state back and says what is true. One request, not two."
    )


async def _starting(house: House) -> str:
    evian3 = house.clusters["evian3"]
    ids = await evian3.customers_in("PE-Enable", 5)
    await evian3.desk.next_mood(mood.starting(), times=2)
    await _asks(house, "T-Enable", "evian3", ids)
    return "Confirm the card. The cluster is still starting: it is left alone for a while, then asked again."


async def _wrong_token(house: House) -> str:
    ids = await house.clusters["fiji1"].customers_in("PE-Enable", 2)
    await _asks(house, "T-Enable", "fiji1", ids)
    return "Confirm the card. Fiji 1 does not take the bot's token: nothing is done, nobody is asked for one."


async def _flaky(house: House) -> str:
    await house.clusters["evian3"].behave("flaky")
    ids = await house.clusters["evian3"].customers_in("PE-Enable", 100)
    await _asks(house, "T-Enable", "evian3", ids)
    return (
        "Confirm the card. Half of the answers get lost; nothing is sent twice, and the thread sorts it out."
    )


async def _bot_killed(house: House) -> str:
    evian3 = house.clusters["evian3"]
    ids = await evian3.customers_in("PE-Enable", 120)
    await evian3.desk.next_mood(mood.slow(1.5), times=8)
    sent = await _asks_to_follow(house, evian3, ids)

    async def go_on() -> None:
        # Two go out at a time: the second two are on the wire, and no third is about to be.
        if await sent(lambda posts: len(posts) >= 4 and posts[-1].status is None):
            await house.bot.restart(after_s=DEAD_S)

    _by_itself(house, go_on())
    return (
        "Confirm the card and open its thread. In the middle of the job the bot's process is killed "
        f"(kill -9); {DEAD_S:.0f} seconds later it starts again. Nothing is lost, nothing is sent twice."
    )


async def _slack_down(house: House) -> str:
    evian3 = house.clusters["evian3"]
    sent = await _asks_to_follow(house, evian3, await evian3.customers_in("PE-Enable", 75))

    async def go_on() -> None:
        if not await sent(lambda posts: len(posts) > 0):
            return
        await house.desk.outage(on=True)
        try:
            await asyncio.sleep(OUTAGE_S)
        finally:
            await house.desk.outage(on=False)
            house.pulse.beat()

    _by_itself(house, go_on())
    return (
        f"Confirm the card. Slack goes away for {OUTAGE_S:.0f} seconds while the job runs; the job does not "
        "wait for it, and the thread catches up afterwards."
    )


async def _stranger(house: House) -> str:
    ids = await house.clusters["evian3"].customers_in("PE-Enable", 1)
    await _asks(house, "T-Enable", "evian3", ids)
    return "Switch to Cleo (top right) and press “Yes, proceed”: it is not hers, and the record knows."


async def _four_eyes(house: House) -> str:
    davos2 = house.clusters["davos2"]
    await _asks(house, "T-Enable", "davos2", await davos2.customers_in("PE-Enable", 5), "wave 4")
    return (
        "Davos 2 is protected. Confirm the card: nothing is sent yet. Then become Bram, who may approve, and "
        "press “Approve” or “Deny” on the same card. Whoever asked cannot approve."
    )


async def _mistyped(house: House) -> str:
    await house.desk.command(ASTER, OPS, MISTYPED)
    return f"Aster typed `{MISTYPED}`. Nobody else sees the answer: what was wrong, and what would work."


async def _asks_to_follow(house: House, side: ClusterSide, cids: Sequence[str]) -> Sent:
    """Ask for T-Enable, and tell how to wait for its requests; False once its card is cancelled."""
    before, newest = len((await side.desk.record()).posts), await _newest(house)
    await _asks(house, "T-Enable", side.key, cids)
    own = frozenset(cids)

    async def sent(wanted: Callable[[Sequence[Post]], bool]) -> bool:
        def far_enough(record: Record) -> bool:
            return wanted([post for post in record.posts[before:] if own.issuperset(post.cids)])

        coming = asyncio.create_task(side.desk.until(far_enough, timeout_s=WITHIN_S))
        ended = asyncio.create_task(_cancelled(house, newest, f"{len(cids)} customers on {side.name}"))
        try:
            done, _ = await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            coming.cancel()
            ended.cancel()
            await asyncio.gather(coming, ended, return_exceptions=True)
        return coming in done and not coming.exception()

    return sent


async def _cancelled(house: House, after: str, words: str) -> None:
    """Return once the first card of these words, posted after that message, is cancelled."""

    def card(message: Message) -> bool:
        return message.ts > after and message.user == BOT and words in json.dumps(message.blocks)

    own = await house.desk.until_message(OPS, ASTER, card, timeout_s=WITHIN_S)

    def over(message: Message) -> bool:
        return message.ts == own.ts and "Cancelled" in json.dumps(message.blocks)

    await house.desk.until_message(OPS, ASTER, over, timeout_s=WITHIN_S)


async def _newest(house: House) -> str:
    return max((message.ts for message in await house.desk.messages(OPS, ASTER)), default="")


def _by_itself(house: House, going: Awaitable[None]) -> None:
    """Go on without the person, who may also do something else: the next situation disarms this one."""

    async def quietly() -> None:
        try:
            await going
        except (TimeoutError, OSError, DidNotStart):
            return

    task = asyncio.create_task(quietly())
    house.tasks.add(task)
    task.add_done_callback(house.tasks.discard)


SITUATIONS: Mapping[str, Situation] = {
    "first": Situation("A first job", "Three customers, all in order.", _first),
    "unknown": Situation("126 ids, 8 unknown", "The card says so before anybody confirms.", _some_unknown),
    "message": Situation("A list in a message", "A CSV file that a colleague shared.", _from_a_message),
    "killed": Situation("Kill the bot in the middle", "kill -9 during a job; the thread heals.", _bot_killed),
    "silent": Situation("Timed out, but it did it", "Unknown is never called failed.", _silent),
    "flaky": Situation("A flaky cluster", "Every other answer is lost.", _flaky),
    "starting": Situation("A cluster that is starting", "Not ready yet, later it will work.", _starting),
    "token": Situation("A token that is refused", "401, and nobody types a token.", _wrong_token),
    "slack": Situation("Slack goes down", "The job goes on; the thread catches up.", _slack_down),
    "approval": Situation("Four eyes", "A protected cluster: Bram must approve.", _four_eyes),
    "stranger": Situation("A stranger's click", "Not everybody may press.", _stranger),
    "mistyped": Situation("A mistyped command", "Told privately, with the nearest name.", _mistyped),
}
