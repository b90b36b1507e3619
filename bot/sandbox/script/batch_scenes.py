"""The scene with saved batches: cut from a list, given to somebody, who is told and runs one."""

import re

from bot.sandbox.desk import Attachment
from bot.sandbox.script.stage import Stage, Unexpected, expect, said
from bot.sandbox.workspace.people import BRAM, NAMES

__all__ = ["batches"]


async def batches(stage: Stage) -> None:
    """Aster, an administrator of the cluster, makes two batches for Bram."""
    ids = await stage.customers(6, start=270)
    reaction = await stage.types("/set-action batches")
    if reaction.message is None:
        raise Unexpected("expected a list of batches")
    await stage.presses(reaction.message, "batches_make")
    file = Attachment("wave.csv", "\r\n".join(["customer_id", *ids]).encode(), "text/csv")
    form = await stage.form()
    made = await stage.submits(form, {"name": "Wave 1", "size": 3, "file": [file], "to": [BRAM]})
    expect(made is not None and made.title == "Batches made", "two batches to be made")
    told = await stage.directly(BRAM, "Wave 1")
    found = re.search(r"`([0-9A-Z]{6})`", told.text + str(told.blocks))
    if found is None:
        raise Unexpected("expected the batches' codes in what Bram is told")
    card = await stage.asks(f"/set-action T-Enable batch:{found[1]}", user=BRAM)
    expect("part 1 of 2" in said(card), f"{NAMES[BRAM]}'s card to name the batch")
    await stage.presses(card, "confirm", user=BRAM)
    await stage.thread(card, "all 3 customers accepted")
    await stage.types(f"/set-action batches {found[1]}", user=BRAM)
