"""The main job at the wire: a typed command goes in; what Slack and the cluster got and the rows say, out."""

from tests.stage import Stage


async def test_a_confirmed_card_becomes_one_job_that_is_accepted(stage: Stage) -> None:
    first, second = await stage.cids(2)
    card = await stage.ask(f"/set-action T-Enable evian3 {first}, {second} reason: ticket 4711")
    reaction = await stage.confirm(card)
    assert reaction.acked
    started = await stage.thread(card, "is confirmed")
    outcome = await stage.thread(card, "both customers accepted")
    record = await stage.evian3.record()
    assert len(record.posts) == 1
    assert record.posts[0].cids == (first, second)
    [job] = await stage.rows("SELECT * FROM jobs")
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", 2, 0, 0)
    assert job.uuid.replace("-", "") in started.text.replace("-", "")
    assert "<@U0ASTER>" in outcome.text
    await stage.card_saying(card, "2 of 2 answered")
    assert await stage.events() == ["requested", "confirmed", "sent", "answered", "done"]
