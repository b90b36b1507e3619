"""Many workspaces: each installs the bot by OAuth and has it to itself, until it removes it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.cluster import moods
from bot.sandbox.workspace.people import ASTER, OPS
from tests.stage import Stage, words
from tests.wire.many import GRID, ONE, SDKS_OWN, TWO, Many, many_workspaces
from tests.wire.test_batches import made

pytestmark = SDKS_OWN
RULE = """
[[policy]]
who = ["*"]
may = ["{right}"]
actions = ["*"]
clusters = ["evian3"]
"""


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Many]:
    """Without the bot yet."""
    async with many_workspaces(tmp_path) as idle:
        yield idle


@pytest.fixture
async def many(idle: Many) -> Many:
    await idle.start()
    return idle


async def until(place: Stage, query: str, wanted: Callable[[Sequence[Any]], bool]) -> Sequence[Any]:
    """What a query finds, as soon as it is as wanted."""
    for _ in range(200):
        if wanted(rows := await place.rows(query)):
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError(f"After four seconds: {rows}")


async def until_removed(place: Stage, team: str) -> None:
    """The bot has seen that it is not installed there any more."""
    await until(place, "SELECT id FROM installations", lambda rows: team not in [row.id for row in rows])


async def run_job(place: Stage, count: int = 1, start: int = 0) -> str:
    """A job from the command to its end; the id of its only customer."""
    [cid] = await place.cids(count, start)
    card = await place.ask(f"/set-action T-Enable evian3 {cid}")
    assert (await place.confirm(card)).acked
    await place.thread(card, "1 customer accepted")
    return cid


async def test_two_workspaces_install_the_bot_and_each_has_its_own_jobs(many: Many) -> None:
    cids = {}
    for number, team in enumerate((ONE, TWO)):
        assert (await many.install(team))[0] == 200
        cids[team] = await run_job(many.places[team], start=number)
    for team, other in ((ONE, TWO), (TWO, ONE)):
        place = many.places[team]
        listed = await place.desk.command(ASTER, OPS, "/my-jobs")
        assert listed.message
        assert f"{many.slack.address}/{team}/archives" in words(listed.message)
        assert f"/{other}/" not in words(listed.message)
        said = "".join(words(message) for message in await place.desk.messages(OPS, ASTER))
        assert cids[team] in said
        assert cids[other] not in said
        found = await place.desk.command(ASTER, OPS, f"/my-jobs customer {cids[other]}")
        assert found.message
        assert "No job" in words(found.message), words(found.message)
    rows = await many.places[ONE].rows("SELECT DISTINCT team_id FROM jobs ORDER BY 1")
    assert [row.team_id for row in rows] == [ONE, TWO]


async def test_what_waits_in_one_workspace_does_not_hold_up_another(many: Many) -> None:
    await many.install(ONE)
    await many.install(TWO)
    await many.places[ONE].desk.fail("chat.postMessage", 50, retry_after=30)
    [cid] = await many.places[ONE].cids(1, 5)
    assert (await many.places[ONE].desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")).acked
    await run_job(many.places[TWO])


async def test_an_organisation_installs_it_for_all_its_workspaces(many: Many) -> None:
    assert (await many.install(GRID))[0] == 200
    await run_job(many.places[GRID])
    [row] = await many.places[GRID].rows("SELECT id, enterprise_id FROM installations")
    assert tuple(row) == ("E0ORG", "E0ORG")
    [job] = await many.places[GRID].rows("SELECT enterprise_id, team_id FROM jobs")
    assert tuple(job) == ("E0ORG", GRID)


async def test_a_workspace_that_removed_the_bot_is_told_nothing_until_it_is_back(many: Many) -> None:
    await many.install(ONE)
    await many.install(TWO)
    place, evian3 = many.places[ONE], many.places[ONE].evian3
    [cid] = await place.cids(1)
    card = await place.ask(f"/set-action T-Enable evian3 {cid}")
    await place.settled()
    await evian3.next_mood(moods.slow(0.5))
    await place.confirm(card)
    await evian3.until(lambda record: bool(record.posts))
    await place.thread(card, "is confirmed")
    await place.desk.uninstall("tokens_revoked", "app_uninstalled")
    await until_removed(place, ONE)
    # It was confirmed, so it is carried to its end, and told to nobody.
    await run_job(many.places[TWO], start=1)
    refused = await place.desk.command(ASTER, OPS, "/my-jobs")
    assert refused.message
    assert "not installed in this workspace" in words(refused.message)
    done = "SELECT team_id FROM jobs WHERE state = 'done' AND accepted = 1"
    await until(place, done, lambda rows: {row.team_id for row in rows} == {ONE, TWO})
    parked = "SELECT id FROM outbox WHERE NOT parked"
    await until(place, parked, lambda rows: not rows)
    assert await place.rows("SELECT id FROM outbox")
    assert len(await place.thread_of(card)) == 1
    assert [event for event in await place.events() if "installed" in event] == [
        "installed", "installed", "uninstalled",
    ]  # fmt: skip
    await many.install(ONE)
    await place.thread(card, "1 customer accepted")
    await place.settled()
    assert len((await evian3.record()).posts) == 2


async def test_a_scheduled_job_of_a_workspace_without_the_bot_does_not_start(many: Many) -> None:
    await many.install(ONE)
    place = many.places[ONE]
    [cid] = await place.cids(1)
    soon = datetime.now(UTC) + timedelta(hours=1)
    card = await place.ask(f"/set-action T-Enable evian3 {cid} at:{soon:%Y-%m-%dT%H:%M}")
    await place.confirm(card)
    await place.thread(card, "It starts")
    await place.settled()
    await place.desk.uninstall("app_uninstalled")
    await until_removed(place, ONE)
    place.tamper("UPDATE jobs SET due_at = 1, start_at = 1")
    await many.stop()
    await many.start()
    [job] = await until(place, "SELECT state, hold FROM jobs", lambda rows: bool(rows[0].hold))
    assert tuple(job) == ("scheduled", "rights")
    assert (await place.evian3.record()).posts == ()
    await many.install(ONE)
    await place.thread(card, "not installed")


async def test_a_late_word_of_an_uninstall_is_not_about_the_new_installation(many: Many) -> None:
    await many.install(ONE)
    place = many.places[ONE]
    place.tamper("UPDATE installations SET installed_at = installed_at + 3600000")
    known = "SELECT checked_at FROM installations"
    [before] = await place.rows(known)
    await place.desk.event({"type": "app_uninstalled"})
    # Slack was asked, and said that it holds.
    await until(place, known, lambda rows: rows[0].checked_at > before.checked_at)
    await run_job(place)


async def test_a_revoked_token_of_a_person_is_not_the_bots(many: Many) -> None:
    await many.install(ONE)
    place = many.places[ONE]
    await place.desk.event({"type": "tokens_revoked", "tokens": {"oauth": [ASTER], "bot": []}})
    assert len(await place.rows("SELECT id FROM installations")) == 1
    await place.desk.uninstall("tokens_revoked")
    await until_removed(place, ONE)


async def test_a_rule_can_be_for_one_workspace_only(idle: Many) -> None:
    idle.policy = RULE.format(right="request") + f'workspaces = ["{ONE}"]\n'
    for place in idle.places.values():
        place.settings["who"] = '["U0NOBODY"]'
    await idle.start()
    await idle.install(ONE)
    await idle.install(TWO)
    await run_job(idle.places[ONE])
    [cid] = await idle.places[TWO].cids(1)
    refused = await idle.places[TWO].desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    assert refused.message
    assert "Nothing was sent" in words(refused.message)


async def test_a_batch_is_seen_in_its_own_workspace_only(idle: Many) -> None:
    idle.policy = RULE.format(right="admin")
    await idle.start()
    for team in (ONE, TWO):
        await idle.install(team)
    one, two = idle.places[ONE], idle.places[TWO]
    await made(one, await one.cids(1), name="Ours alone", to=[ASTER])
    for place, sees in ((one, True), (two, False)):
        listed = await place.desk.command(ASTER, OPS, "/set-action batches")
        assert listed.message
        assert ("Ours alone" in words(listed.message)) is sees
