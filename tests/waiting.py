"""What tests of jobs that wait do over and over: a protected cluster, a card that is confirmed, decisions."""

from datetime import UTC, datetime, timedelta

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER
from tests.stage import Stage, words

POLICY = '\n[[policy]]\nwho = {who}\nmay = ["{may}"]\nactions = ["*"]\nclusters = ["evian3"]\n'
FAST = "\n[approvals]\nexpire_after_s = {expire}\nremind_after_s = {remind}\n"


def guarded(
    *approvers: str, approvals: int = 1, admins: tuple[str, ...] = (), expire: float = 600, remind: str = "[]"
) -> str:
    """The rest of the configuration of evian3, where others must approve; and the administrators."""
    text = f"protected = true\napprovals = {approvals}\n"
    text += POLICY.format(who=list(approvers), may="approve").replace("'", '"')
    if admins:
        text += POLICY.format(who=list(admins), may="admin").replace("'", '"')
    return text + FAST.format(expire=expire, remind=remind)


async def confirmed(stage: Stage, *, count: int = 1, more: str = "", wanted: str = "approve") -> Message:
    """A card of Aster's that is confirmed and waits, with the button `wanted` on it."""
    cids = " ".join(await stage.cids(count))
    card = await stage.ask(f"/set-action T-Enable evian3 {cids}{more}")
    assert (await stage.confirm(card)).acked
    return await with_button(stage, card, wanted)


async def with_button(stage: Stage, card: Message, wanted: str) -> Message:
    """The card once it has this button."""
    return await stage.desk.until_message(
        card.channel,
        ASTER,
        lambda m: m.ts == card.ts and any(b.action_id == wanted for b in m.buttons),
    )


async def nothing_sent(stage: Stage) -> None:
    """Everything is told, and the cluster was left alone."""
    await stage.settled()
    assert (await stage.evian3.record()).posts == ()
    assert not await stage.rows("SELECT * FROM chunks")


async def told_once(stage: Stage, card: Message, wanted: str) -> None:
    """The thread says it, and says it once."""
    await stage.thread(card, wanted)
    await stage.settled()
    assert len([m for m in await stage.thread_of(card) if wanted in words(m)]) == 1


def soon(seconds: float = 3600) -> str:
    """A time to come, as people type it by clocks that show UTC."""
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"


def due_now(stage: Stage) -> None:
    """Have the time of every scheduled job come, while no bot is looking."""
    now = int(datetime.now(UTC).timestamp()) * 1000  # one for all: an earlier start needs its approvals again
    for statement in (
        "UPDATE jobs SET due_at = {now}, start_at = {now} WHERE state = 'scheduled'",
        "UPDATE approvals SET start_at = {now}",
    ):
        stage.tamper(statement.format(now=now))
