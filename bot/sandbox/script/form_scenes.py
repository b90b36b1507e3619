"""The scenes with the form: every way in besides typing it all, good and bad input, played and checked."""

from bot.sandbox.desk import Attachment, Message
from bot.sandbox.script.stage import Stage, expect, said
from bot.sandbox.workspace.people import ASTER, BRAM, OPS

__all__ = ["edited", "from_a_message", "mistakes_at_their_fields", "several_sources"]


async def several_sources(stage: Stage) -> None:
    """A bare command opens the form; typed ids and a CSV file together become one card, and a job."""
    ids = await stage.customers(8, start=240)
    form = await stage.opens("/set-action")
    file = _sheet("name,cid", *(f"customer {n},{cid}" for n, cid in enumerate(ids[4:])), f"twice,{ids[0]}")
    left = await stage.submits(
        form, {"action": "T-Enable", "cluster": "evian3", "cids": "\n".join(ids[:5]), "files": [file]}
    )
    expect(left is None, "the form to close over its card")
    card = await _confirmable(stage, "5 from the form, 3 from ids.csv (column cid), 2 duplicates dropped")
    await stage.presses(card, "confirm")
    await stage.thread(card, "all 8 customers accepted")


async def mistakes_at_their_fields(stage: Stage) -> None:
    """What is no customer id is said at its field; nothing typed is lost."""
    [cid] = await stage.customers(1, start=250)
    form = await stage.opens("/set-action")
    picture = Attachment("scan.csv", b"\x89PNG\r\n\x1a\n")
    left = await stage.submits(
        form, {"action": "PE-Enable", "cluster": "evian3", "cids": f"{cid}, no/id", "files": [picture]}
    )
    expect(bool(left and set(left.errors) == {"cids", "files"}), "a word at each of two fields")
    if left:
        expect(left.value("cids") == f"{cid}, no/id", "what was typed to be there still")
        await stage.desk.close(left)


async def from_a_message(stage: Stage) -> None:
    """ "Set action on these": the ids in somebody's message and in the CSV attached to it."""
    ids = await stage.customers(3, start=255)
    words = f"please enable `{ids[0]}` and the attached"
    message = await stage.desk.upload(BRAM, OPS, _sheet(*ids[1:]), words)
    form = await stage.uses("Set action on these", "set_action_on_these", message)
    left = await stage.submits(form, {"action": "T-Enable", "cluster": "evian3"})
    expect(left is None, "the form to close over its card")
    card = await _confirmable(stage, "1 from the form, 2 from ids.csv")
    await stage.presses(card, "cancel")
    await stage.card(card, "Cancelled")


async def edited(stage: Stage) -> None:
    """A card that is not right yet is changed: a new card takes its place."""
    ids = await stage.customers(2, start=260)
    card = await stage.asks(f"/set-action T-Enable evian3 {' '.join(ids)}")
    await stage.presses(card, "edit")
    form = await stage.form()
    left = await stage.submits(form, {"action": "PE-Finalize", "reason": "meant the other one"})
    expect(left is None, "the form to close over its card")
    await stage.card(card, "Replaced by a new card")
    new = await _confirmable(stage, "meant the other one")
    await stage.presses(new, "cancel")


def _sheet(*lines: str) -> Attachment:
    return Attachment("ids.csv", "\r\n".join(lines).encode(), "text/csv")


async def _confirmable(stage: Stage, wanted: str) -> Message:
    """The card that says so, once it can be confirmed."""
    card = await stage.desk.until_message(
        OPS, ASTER, lambda m: wanted in said(m) and any(b.action_id == "confirm" for b in m.buttons)
    )
    stage.transcript.shows(card, "#ops: Set Action")
    return card
