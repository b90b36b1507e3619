"""The App Home over the wire: drawn when opened, kept fresh by what happens, never published for nothing."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.outbox.slack import Slack
from bot.sandbox.cluster import mood
from bot.sandbox.desk import Attachment, Entry, Form
from bot.sandbox.desk_line import PATIENCE_S
from bot.sandbox.workspace.people import ASTER, BRAM, OPS, RANDOM
from bot.turns.postgres import PostgresTurns
from tests.forms import form_of, said
from tests.stage import Stage

ADMIN = """
[[policy]]
who = ["U0ASTER"]
may = ["admin"]
actions = ["*"]
clusters = ["evian3"]
"""


async def opened(stage: Stage, user: str = ASTER) -> Form:
    assert (await stage.desk.open_home(user)).acked
    return await stage.desk.until_home(user)


async def showing(stage: Stage, *wanted: str, user: str = ASTER, without: str = "(never)") -> Form:
    def fits(home: Form) -> bool:
        return all(words in said(home) for words in wanted) and without not in said(home)

    return await stage.desk.until_home(user, fits)


async def published(stage: Stage) -> list[Entry]:
    """Every view of a home tab that the bot has sent."""
    return [e for e in await stage.desk.journal() if e.details.get("method") == "views.publish"]


async def looked_at(stage: Stage) -> None:
    """Return once nobody's home waits to be looked at."""
    for _ in range(500):
        if not await stage.rows("SELECT user_id FROM homes WHERE asked <> answered"):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("A home was not looked at within five seconds.")


async def test_a_card_waits_at_home_until_it_is_decided_and_then_its_job_is_there(stage: Stage) -> None:
    await opened(stage)
    cids = await stage.cids(3)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    link = f"archives/{OPS}/p{card.ts.replace('.', '')}"
    await showing(stage, "Waiting for you", "Not confirmed yet", "Decide on its card", link)
    await stage.evian3.next_mood(mood.slow(1.0))
    await stage.confirm(card)
    await showing(stage, "*Running*", "0 of 3 answered", without="Waiting for you")
    await showing(stage, "Your last jobs", "All 3 accepted by the cluster", without="*Running*")


async def test_a_card_that_is_cancelled_or_expires_leaves_the_home(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(expire_after_s=1.5)
    await opened(stage)
    [cid] = await stage.cids(1)
    await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await showing(stage, "Waiting for you")
    await showing(stage, "You have no jobs yet", without="Waiting for you")
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await showing(stage, "Waiting for you")
    await stage.desk.click(ASTER, card, "cancel")
    await showing(stage, "You have no jobs yet", without="Waiting for you")


async def test_a_card_that_cannot_be_posted_leaves_the_home(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = idle_stage
    seen = asyncio.Event()
    post = Slack.post

    async def after_the_home(*given: Any, **more: Any) -> tuple[str, str]:
        await seen.wait()
        return await post(*given, **more)

    monkeypatch.setattr(Slack, "post", after_the_home)
    await stage.start_bot()
    await opened(stage)
    [cid] = await stage.cids(1)
    await stage.desk.command(ASTER, RANDOM, f"/set-action T-Enable evian3 {cid}")
    await showing(stage, "Waiting for you")
    seen.set()
    await showing(stage, "You have no jobs yet", without="Waiting for you")


async def test_a_batch_appears_at_home_with_whoever_is_to_run_it(idle_stage: Stage) -> None:
    stage = idle_stage
    stage.settings["clusters"] += ADMIN
    await stage.start_bot()
    await opened(stage, BRAM)
    sheet = Attachment("wave.csv", "\r\n".join(await stage.cids(2)).encode(), "text/csv")
    reaction = await stage.desk.command(ASTER, OPS, "/set-action batches")
    assert reaction.message
    await stage.desk.click(ASTER, reaction.message, "batches_make")
    form = await form_of(stage)
    await stage.desk.submit(form, {"name": "Wave 1", "size": 2, "file": [sheet], "to": [BRAM]})
    await showing(stage, "Your batches", "Wave 1", "No job has run on it yet", user=BRAM)
    await opened(stage)
    await stage.desk.command(ASTER, OPS, "/set-action batches")
    page = await stage.private("Wave 1")
    assert (await stage.desk.click(ASTER, page, "batch_assign")).acked
    await stage.desk.submit(await form_of(stage), {"to": ASTER})
    await showing(stage, "Your batches", "Wave 1")
    await showing(stage, without="Wave 1", user=BRAM)


async def test_opening_it_again_publishes_nothing(stage: Stage) -> None:
    await opened(stage)
    await looked_at(stage)
    for _ in range(3):
        assert (await stage.desk.open_home(ASTER)).acked
    await looked_at(stage)
    assert len(await published(stage)) == 1


async def test_what_concerns_others_publishes_nothing(stage: Stage) -> None:
    await opened(stage)
    await opened(stage, BRAM)
    await looked_at(stage)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}", user=BRAM)
    await stage.confirm(card, user=BRAM)
    await showing(stage, "ccepted by the cluster", user=BRAM)
    assert [e.details["arguments"]["user_id"] for e in await published(stage)].count(ASTER) == 1


async def test_whoever_never_opened_it_gets_none(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    await stage.card_saying(card, "Accepted")
    await stage.settled()
    assert await published(stage) == []


async def test_many_changes_at_once_are_few_views(stage: Stage) -> None:
    await opened(stage)
    cids = await stage.cids(12)
    cards = await asyncio.gather(*(stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in cids[:1]))
    for cid in cids[1:]:
        await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    assert len(cards) == 1
    await showing(stage, "There are more")
    assert len(await published(stage)) < 12


async def test_every_view_replaces_the_one_before_by_its_hash(stage: Stage) -> None:
    await opened(stage)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    await showing(stage, "ccepted by the cluster")
    first, *others = await published(stage)
    assert "hash" not in first.details["arguments"]
    assert others
    known = first.details["answer"]["view"]["hash"]
    for entry in others:
        assert entry.details["arguments"]["hash"] == known
        known = entry.details["answer"]["view"]["hash"]


async def test_a_view_that_somebody_else_put_there_is_replaced_all_the_same(stage: Stage) -> None:
    await opened(stage)
    await looked_at(stage)
    stage.tamper("UPDATE homes SET hash = 'another', digest = 'another'")
    [cid] = await stage.cids(1)
    await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await showing(stage, "Waiting for you")
    errors = [e.details["answer"].get("error") for e in await published(stage)]
    assert "hash_conflict" in errors


@pytest.mark.parametrize("fault", [{"error": "internal_error"}, {"retry_after": 1}, {"status": 502}])
async def test_a_home_that_slack_does_not_draw_is_tried_again(
    idle_stage: Stage, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.homes.BUSY_S", 0.2)
    stage = idle_stage
    await stage.start_bot()
    await stage.desk.fail("views.publish", **fault)
    assert "You have no jobs yet" in said(await opened(stage))
    await looked_at(stage)


async def test_a_view_that_slack_will_never_take_is_not_tried_for_ever(stage: Stage) -> None:
    await stage.desk.fail("views.publish", error="not_enabled", times=50)
    assert (await stage.desk.open_home(ASTER)).acked
    await looked_at(stage)
    assert len(await published(stage)) == 1


async def test_what_happened_while_the_bot_was_away_is_at_home_after_a_start(stage: Stage) -> None:
    await opened(stage)
    [cid] = await stage.cids(1)
    await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await showing(stage, "Waiting for you")
    await looked_at(stage)
    await stage.stop_bot()
    stage.tamper("UPDATE jobs SET state = 'cancelled'")
    await stage.start_bot()
    await showing(stage, "You have no jobs yet")


async def test_a_lost_answer_of_slacks_costs_one_conflict(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.homes.BUSY_S", 0.1)
    await opened(stage)
    await looked_at(stage)
    await stage.desk.fail("views.publish", lose_answer=True)
    [cid] = await stage.cids(1)
    await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await showing(stage, "Waiting for you")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            [home] = await stage.rows("SELECT hash FROM homes")
            if (await showing(stage, "Waiting for you")).hash == home.hash:
                break


async def test_two_replicas_keep_one_home(
    idle_stage: Stage, postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PostgresTurns, "sweep_s", 0.1)
    stage = idle_stage
    stage.database = postgres()
    await stage.start_bot()
    await stage.start_bot()
    await opened(stage)
    cids = await stage.cids(4)
    for cid in cids:
        card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
        await stage.confirm(card)
        await stage.card_saying(card, "Accepted")
    # Homes are looked at twice a second, so the last job may come to it a moment after its card.
    await stage.desk.until_home(ASTER, lambda home: said(home).count("ccepted by the cluster") == len(cids))
    await looked_at(stage)
    calls = await published(stage)
    assert not [e for e in calls if not e.details["answer"]["ok"]], "nobody met a view of the other's"
    views = [str(e.details["arguments"]["view"]) for e in calls]
    assert all(one != other for one, other in pairwise(views)), "none was sent twice"


async def test_the_menu_shows_what_was_chosen(stage: Stage) -> None:
    home = await opened(stage)
    assert (await stage.desk.choose(home, "notify", "failure")).acked
    home = await stage.desk.until_home(
        ASTER, lambda form: "only if" in str(next(iter(menu(form)))["initial_option"])
    )
    [row] = await stage.rows("SELECT notify FROM homes")
    assert row.notify == "failure"


def menu(home: Form) -> list[dict[str, object]]:
    elements = [e for block in home.blocks for e in block.get("elements", ())]
    return [e for e in elements if e["type"] == "static_select"]
