"""The scenes of four eyes and timing: approved, denied, expired, scheduled, frozen, let go, cancelled."""

from datetime import UTC, datetime, timedelta

from bot.sandbox.desk import Message
from bot.sandbox.script.stage import Stage, expect
from bot.sandbox.workspace.people import BRAM, CLEO, OPS, PRIVATE

__all__ = ["approved", "called_off", "denied", "frozen", "scheduled", "unapproved"]


async def approved(stage: Stage) -> None:
    """A protected cluster: who asked cannot approve, somebody else can, on the same card."""
    await stage.desk.invite_bot(PRIVATE)
    [cid] = await stage.customers(1, start=290, cluster="davos2")
    card = await _confirmed(stage, f"/set-action T-Enable davos2 {cid}", "Waits for the approval")
    await stage.thread(card, "needs one approval")
    await stage.presses(card, "approve")
    await stage.whisper("You asked for this yourself", channel=PRIVATE)
    await stage.presses(card, "approve", user=BRAM)
    await stage.thread(card, "1 customer accepted")


async def denied(stage: Stage) -> None:
    """An approver denies, and says why: nothing is sent."""
    [cid] = await stage.customers(1, start=291, cluster="davos2")
    card = await _confirmed(stage, f"/set-action T-Enable davos2 {cid}", "Waits for the approval")
    await stage.presses(card, "deny", user=BRAM)
    await _gives(stage, BRAM, "this customer moves next week")
    await stage.thread(card, "this customer moves next week")


async def called_off(stage: Stage) -> None:
    """While it waits for its approval, an approver cancels it: nothing is sent."""
    [cid] = await stage.customers(1, start=293, cluster="davos2")
    card = await _confirmed(stage, f"/set-action T-Enable davos2 {cid}", "Waits for the approval")
    await stage.presses(card, "withdraw", user=BRAM)
    await stage.thread(card, "before it starts. Nothing was sent.")
    await stage.card(card, "Cancelled by @Bram")


async def unapproved(stage: Stage) -> None:
    """Nobody approves: a reminder, and then it expires (after 5 s here, 4 hours by default)."""
    [cid] = await stage.customers(1, start=292, cluster="davos2")
    card = await _confirmed(stage, f"/set-action T-Enable davos2 {cid}", "Waits for the approval")
    await stage.thread(card, "Still waiting")
    await stage.thread(card, "nobody approved")


async def scheduled(stage: Stage) -> None:
    """A job for later: cancelled before its time, and another that starts by itself."""
    ids = await stage.customers(2, start=293)
    card = await _confirmed(stage, f"/set-action T-Enable evian3 at:{_soon(3600)} {ids[0]}", "Starts")
    await stage.presses(card, "withdraw")
    await stage.thread(card, "before it starts. Nothing was sent.")
    card = await _confirmed(stage, f"/set-action T-Enable evian3 at:{_soon(4)} {ids[1]}", "Starts")
    await stage.thread(card, "starts now")
    await stage.thread(card, "1 customer accepted")


async def frozen(stage: Stage) -> None:
    """A frozen cluster: it waits, until an administrator lets it start all the same, for a reason."""
    [cid] = await stage.customers(1, start=290, cluster="geneva5")
    card = await _confirmed(stage, f"/set-action T-Enable geneva5 {cid}", "is frozen until", channel=OPS)
    await stage.presses(card, "override", user=BRAM)
    await stage.whisper("Only an administrator", user=BRAM)
    await stage.presses(card, "override", user=CLEO)
    await _gives(stage, CLEO, "incident 4711: this one cannot wait")
    await stage.thread(card, "in spite of the freeze")
    await stage.thread(card, "1 customer accepted")


async def _confirmed(stage: Stage, line: str, wanted: str, *, channel: str = PRIVATE) -> Message:
    """A card of Aster's that is confirmed and then says so."""
    card = await stage.asks(line, channel=channel)
    await stage.presses(card, "confirm")
    return await stage.card(card, wanted)


async def _gives(stage: Stage, user: str, reason: str) -> None:
    form = await stage.form(user)
    left = await stage.submits(form, {"reason": reason})
    expect(left is None, "the form to close")


def _soon(seconds: float) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"
