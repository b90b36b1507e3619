"""Retention in a running bot: what is old goes while it serves, and what it is busy with does not."""

import asyncio

from bot.sandbox.workspace.people import ASTER
from tests.stage import Stage

OLD = """
UPDATE jobs SET state = 'expired', created_at = 0, finished_at = 0 WHERE uuid = (SELECT min(uuid) FROM jobs)
"""


async def test_an_old_card_goes_and_a_new_one_works(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more="\n[retention]\ncards_days = 1\n")
    ids = await idle_stage.cids(2)
    old = await idle_stage.ask(f"/set-action T-Enable evian3 {ids[0]}")
    await idle_stage.settled()
    await idle_stage.stop_bot()
    idle_stage.tamper(OLD)
    await idle_stage.start_bot()
    new = await idle_stage.ask(f"/set-action T-Enable evian3 {ids[1]}")
    for _ in range(200):
        if len(await idle_stage.rows("SELECT id FROM jobs")) == 1:
            break
        await asyncio.sleep(0.05)
    # Its buttons are still in Slack, and say so.
    reaction = await idle_stage.desk.click(ASTER, old, "confirm")
    assert reaction.acked
    await idle_stage.private("not known here any more", user=ASTER)
    await idle_stage.confirm(new)
    await idle_stage.thread(new, "accepted")
    assert "cleared" in await idle_stage.events()
    assert len((await idle_stage.evian3.record()).posts) == 1
