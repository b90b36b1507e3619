"""A bot on a database that was put back: what may have been sent is read, and not sent again."""

from bot.sandbox.workspace.people import ASTER, OPS
from store.database import Database
from store.restoring import settle
from tests.stage import Stage, words
from tests.store.samples import running


async def test_what_was_planned_in_the_backup_is_read_back_and_not_sent(idle_stage: Stage) -> None:
    cids = await idle_stage.cids(3)
    # In the backup nothing had been sent; since then two of the three have come to be in T-Enable.
    db = Database(idle_stage.database_url)
    base = idle_stage.host.base_url("evian3")
    await db.write(lambda conn: running(conn, cids=tuple(cids), base_url=base, channel_id=OPS))
    await idle_stage.evian3.set_customers(dict.fromkeys(cids[:2], 3))
    await db.write(settle)
    db.close()
    await idle_stage.start_bot()
    record = await idle_stage.evian3.until(lambda record: len(record.gets) > 0)
    assert record.posts == ()
    card = await idle_stage.desk.until_message(OPS, ASTER, lambda m: "T-Enable" in words(m))
    await idle_stage.card_saying(card, "2 accepted")
    assert [outcome for _, outcome, _ in await idle_stage.outcomes()] == [1, 1, 3]
    assert (await idle_stage.evian3.record()).posts == ()
    assert (await idle_stage.job()).state == "watching"
