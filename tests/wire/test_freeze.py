"""Freeze windows at the wire: asked for and scheduled as ever, started only afterwards, or over a reason."""

from datetime import UTC, datetime, timedelta

from bot.sandbox.cluster import mood
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, GINA
from tests.forms import form_of
from tests.stage import Stage, words
from tests.waiting import POLICY, confirmed, nothing_sent, soon

ADMIN = POLICY.format(who='["U0CLEO"]', may="admin")


def frozen(begins: float, ends: float, reason: str = "quarter end <!here>") -> str:
    """A window, in seconds from now, and Cleo as an administrator."""
    now = datetime.now(UTC)
    moments = [f'"{now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}"' for seconds in (begins, ends)]
    window = (
        f"\n[[clusters.evian3.freeze]]\nfrom = {moments[0]}\nto = {moments[1]}\n"
        f'timezone = "UTC"\nreason = "{reason}"\n'
    )
    return window + ADMIN


async def test_in_a_freeze_it_is_confirmed_but_starts_by_itself_only_when_that_ends(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(more=frozen(-60, 2.5))
    card = await confirmed(stage, wanted="override")
    assert "Evian 3 (evian3) is frozen until <!date^" in words(card)
    assert "“quarter end &lt;!here&gt;”" in words(card)
    held = await stage.thread(card, "is frozen until")
    assert "It starts by itself when the freeze ends" in words(held)
    await nothing_sent(stage)
    await stage.thread(card, "1 customer accepted")
    [post] = (await stage.evian3.record()).posts
    assert post is not None
    assert len([m for m in await stage.thread_of(card) if "is frozen until" in words(m)]) == 1


async def test_an_administrator_lets_it_start_all_the_same_for_a_reason_that_everybody_reads(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(more=frozen(-60, 3600))
    card = await confirmed(stage, wanted="override")
    for who in (ASTER, BRAM):
        assert (await stage.desk.click(who, card, "override")).acked
        refused = await stage.private("Only an administrator can let this start", user=who)
        assert "<@U0CLEO>" in words(refused)
    await nothing_sent(stage)
    assert (await stage.desk.click(CLEO, card, "override")).acked
    form = await form_of(stage, CLEO)
    assert "quarter end <!here>" in str(form.blocks)
    left = (await stage.desk.submit(form, {"reason": " "})).form
    assert left is not None
    assert "why it must not wait" in left.errors["reason"]
    assert (await stage.desk.submit(left, {"reason": "incident 4711"})).form is None
    said = await stage.thread(card, "<@U0CLEO> lets T-Enable for 1 customer on Evian 3 (evian3) start")
    assert "in spite of the freeze. Why: “incident 4711”" in words(said)
    await stage.thread(card, "1 customer accepted")
    await stage.card_saying(card, "<@U0CLEO> let it start in spite of the freeze: “incident 4711”")
    [row] = await stage.rows("SELECT actor, detail FROM audit_log WHERE event = 'overridden'")
    assert row.actor == "T0SANDBOX/U0CLEO"
    assert "incident 4711" in row.detail
    assert (await stage.events()).count("refused_click") == 2


async def test_everybody_does_not_mean_guests_here_either(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=frozen(-60, 3600) + POLICY.format(who='["*"]', may="admin"))
    card = await confirmed(stage, wanted="override")
    assert (await stage.desk.click(GINA, card, "override")).acked
    await stage.private("Only an administrator can let this start", user=GINA)
    assert (await stage.desk.click(GINA, card, "withdraw")).acked
    await stage.private("Only who asked, approvers and administrators", user=GINA)
    assert (await stage.events()).count("refused_click") == 2
    await nothing_sent(stage)


async def test_a_time_inside_a_freeze_is_moved_to_its_end_and_said_at_once(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=frozen(1800, 5400))
    card = await confirmed(stage, more=f" at:{soon(3600)}", wanted="override")
    assert "is frozen until" in words(card)
    assert "It was asked for" in words(card)
    job = await stage.job()
    assert job.due_at > job.start_at
    await stage.thread(card, "is frozen until")
    assert (await stage.desk.click(CLEO, card, "override")).acked
    form = await form_of(stage, CLEO)
    assert (await stage.desk.submit(form, {"reason": "agreed"})).form is None
    await stage.card_saying(card, "Nothing is sent before.")
    job = await stage.job()
    assert (job.state, job.due_at) == ("scheduled", job.start_at)  # at its own time, and not before
    await nothing_sent(stage)


async def test_what_began_before_a_freeze_goes_on(idle_stage: Stage) -> None:
    """A half-sent list would be worse than a late one: only starting is frozen."""
    stage = idle_stage
    await stage.start_bot(more=frozen(1.0, 3600), chunk_size=1)
    cids = await stage.cids(3)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    await stage.thread(card, "all 3 customers accepted")


async def test_cancelling_in_a_freeze_ends_it(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=frozen(-60, 3600))
    card = await confirmed(stage, wanted="override")
    assert (await stage.desk.click(CLEO, card, "withdraw")).acked  # an administrator may
    gone = await stage.card_saying(card, "Cancelled by <@U0CLEO>")
    assert gone.buttons == ()
    await nothing_sent(stage)


async def test_the_button_of_a_freeze_that_is_over_does_nothing(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=frozen(-60, 2.0))
    card = await confirmed(stage, wanted="override")
    await stage.thread(card, "1 customer accepted")
    assert (await stage.desk.click(CLEO, card, "override")).acked
    await stage.private("has started already", user=CLEO)
    assert len((await stage.evian3.record()).posts) == 1


async def test_the_rest_of_a_job_is_not_sent_in_a_freeze(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(timeout_s=2, settle_s=2.7)
    await stage.evian3.next_mood(mood.closed(acts=False))
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    assert (await stage.confirm(card)).acked
    checked = await stage.thread(card, "None found in T-Enable")
    await stage.settled()
    await stage.stop_bot()
    await stage.start_bot(more=frozen(-60, 3600))
    assert (await stage.desk.click(ASTER, checked, "send_rest")).acked
    await stage.private("evian3 is frozen until", thread=card.ts)
    assert len((await stage.evian3.record()).posts) == 1
    assert "refused_click" in await stage.events()
