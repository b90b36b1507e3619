"""The scene at home: what waits and what runs, how one wants to hear of the end, and a picture of it."""

from bot.sandbox.cluster import mood
from bot.sandbox.script.stage import Stage, expect
from bot.sandbox.workspace.people import BRAM, OPS

__all__ = ["at_home"]


async def at_home(stage: Stage) -> None:
    """Bram's App Home follows what happens; he chose to be told directly; sixty customers make a picture."""
    ids = await stage.customers(60, start=121)
    home = await stage.goes_home(BRAM)
    await stage.chooses(home, "notify", "direct")
    card = await stage.asks(f"/set-action PE-Finalize evian3 {' '.join(ids)}", user=BRAM)
    await stage.home("Waiting for you", user=BRAM)
    await stage.evian3.next_mood(mood.slow(2.8))
    await stage.presses(card, "confirm", user=BRAM)
    await stage.home("0 of 60 answered", user=BRAM)
    await stage.thread(card, "all 60 customers accepted")
    await stage.directly(BRAM, "60 customers: all 60 arrived")
    await stage.thread(card, f"How job {(await _job_id(stage))} went")
    await stage.home("All 60 arrived", user=BRAM)


async def _job_id(stage: Stage) -> str:
    """The short id of Bram's job, as the direct message names it."""
    [told] = [m for m in await stage.desk.direct_messages(BRAM) if "60 customers" in m.text]
    expect(OPS in told.text, "a link to the thread")
    return told.text.split("|")[1].split(">")[0]
