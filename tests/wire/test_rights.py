"""Rights at the wire: what no rule allows is refused, said and recorded, at the asking and at the click."""

import json
from typing import Any

import pytest

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, ONCALL, OPS
from bot.slack_files import SlackFiles
from tests.forms import chosen, opened, sheet
from tests.stage import Stage, words

ASK = "/set-action T-Enable evian3 e106b3d0fb01"


async def answer(stage: Stage, line: str, user: str = ASTER) -> str:
    """What the acknowledgement of a command says to the one who typed it."""
    reaction = await stage.desk.command(user, OPS, line)
    assert reaction.message is not None, "nothing was answered"
    assert reaction.message.ephemeral
    return words(reaction.message)


async def nothing_but(stage: Stage, *events: str) -> list[Any]:
    """The audit log, which must be these events; the cluster was left alone."""
    rows = list(await stage.rows("SELECT * FROM audit_log ORDER BY seq"))
    assert [row.event for row in rows] == list(events)
    assert (await stage.evian3.record()).posts == ()
    return rows


async def card_and_ids(stage: Stage) -> Message:
    """A card for a customer who exists."""
    [cid] = await stage.cids(1)
    return await stage.ask(f"/set-action T-Enable evian3 {cid}")


async def asked_before_groups_were_unreadable(stage: Stage, who: str) -> Message:
    """A card by these rules, of a bot that has been restarted and is not told who is in which group."""
    await stage.start_bot(who=who)
    card = await card_and_ids(stage)
    await stage.settled()
    await stage.stop_bot()
    await stage.start_bot()  # which forgets who is in which group
    await stage.desk.fail("usergroups.users.list", 2, error="internal_error")
    return card


@pytest.mark.parametrize(
    ("line", "refused"),
    [(ASK, "T-Enable on evian3"), ("/set-action PE-Enable fiji1 e106b3d0fb01", "PE-Enable on fiji1")],
)
async def test_what_no_rule_allows_is_refused_with_whom_to_ask(
    idle_stage: Stage, line: str, refused: str
) -> None:
    admins = '[[policy]]\nwho = ["U0CLEO", "S0ONCALL"]\nmay = ["admin"]\nactions = ["*"]\nclusters = ["*"]'
    await idle_stage.start_bot(who='["U0BRAM"]', clusters='["evian3"]', actions='["PE-Enable"]', more=admins)
    said = await answer(idle_stage, line)
    assert f"No rule allows you to ask for {refused}. Nothing was sent." in said
    assert "Ask <@U0CLEO> or <!subteam^S0ONCALL>" in said
    [row] = await nothing_but(idle_stage, "refused_request")
    assert (row.actor, row.cluster) == ("T0SANDBOX/U0ASTER", refused.rsplit(maxsplit=1)[-1])
    detail = json.loads(row.detail)
    assert (detail["action"], detail["customers"]) == (refused.split(maxsplit=1)[0], 1)
    assert "No rule allows" in detail["why"]
    assert not await idle_stage.rows("SELECT * FROM jobs")


@pytest.mark.parametrize("line", ["/set-action help", "/set-action T-Enabel evian3 e106b3d0fb01"])
async def test_help_says_where_an_action_may_be_used_that_may_not_be_everywhere(
    idle_stage: Stage, line: str
) -> None:
    more = '[[policy]]\nwho = ["*"]\nmay = ["request"]\nactions = ["PE-Enable"]\nclusters = ["*"]'
    await idle_stage.start_bot(clusters='["evian3"]', actions='["T-Enable"]', more=more)
    said = await answer(idle_stage, line)
    assert "*Actions you may use:* PE-Enable, T-Enable (only on evian3)\n" in said


async def test_where_the_policy_names_nobody_one_is_still_told_whom_to_ask(idle_stage: Stage) -> None:
    await idle_stage.start_bot(clusters='["fiji1"]')
    assert "Nothing was sent. Ask the people who run this bot." in await answer(idle_stage, ASK)


async def test_help_offers_only_what_works_for_the_one_who_asks(idle_stage: Stage) -> None:
    await idle_stage.start_bot(who='["U0ASTER"]', clusters='["evian3"]', actions='["PE-Direct"]')
    said = await answer(idle_stage, "/set-action help")
    assert "*Actions you may use:* PE-Direct" in said
    assert "fiji1" not in said
    assert "T-Enable" not in said
    assert "You may not use any action" in await answer(idle_stage, "/set-action help", BRAM)
    [example] = [row for row in said.splitlines() if row.startswith("/set-action PE-Direct evian3 ")]
    assert "PE-Direct" in words(await idle_stage.ask(example))


async def test_a_right_withdrawn_between_asking_and_clicking_is_gone(stage: Stage) -> None:
    card = await card_and_ids(stage)
    await stage.settled()
    await stage.stop_bot()
    await stage.start_bot(who='["U0BRAM"]')
    assert (await stage.confirm(card)).acked
    notice = await stage.private("any more. Nothing was sent.")
    assert "T-Enable on evian3" in words(notice)
    assert "<@U0BRAM>" in words(notice)
    rows = await nothing_but(stage, "requested", "refused_click")
    assert rows[1].job == (await stage.job()).uuid
    assert (await stage.job()).state == "proposed"
    assert (await stage.desk.click(ASTER, card, "cancel")).acked  # one may always take back what one asked
    await stage.card_saying(card, "Cancelled by <@U0ASTER>")


async def test_members_of_a_user_group_have_its_rights_and_others_do_not(idle_stage: Stage) -> None:
    await idle_stage.start_bot(who=f'["{ONCALL}"]')
    said = await answer(idle_stage, ASK, BRAM)
    assert "No rule allows you" in said
    assert f"Ask <!subteam^{ONCALL}>" in said
    assert "You may not use any action" in await answer(idle_stage, "/set-action help", CLEO)
    assert "T-Enable" in await answer(idle_stage, "/set-action help")
    card = await card_and_ids(idle_stage)
    await idle_stage.confirm(card)
    await idle_stage.thread(card, "1 customer accepted")
    calls = [
        entry.details["arguments"]
        for entry in await idle_stage.desk.journal()
        if entry.kind == "api" and entry.details["method"] == "usergroups.users.list"
    ]
    assert calls == [{"usergroup": ONCALL, "team_id": "T0SANDBOX"}]  # tier 2: asked once, then remembered


@pytest.mark.parametrize(
    "fault",
    [{"error": "internal_error"}, {"status": 503}, {"retry_after": 30}, {"lose_answer": True, "times": 2}],
)
async def test_groups_that_cannot_be_read_mean_no_and_one_is_told_why(
    idle_stage: Stage, fault: dict[str, Any]
) -> None:
    await idle_stage.start_bot(who=f'["{ONCALL}"]')
    await idle_stage.desk.fail("usergroups.users.list", **fault)
    said = await answer(idle_stage, ASK)
    assert "Slack did not say which user groups you belong to" in said
    assert "try again" in said
    await nothing_but(idle_stage, "refused_request")
    assert not await idle_stage.rows("SELECT * FROM jobs")
    await idle_stage.ask(ASK)  # a moment later it works, and the failure was not remembered


async def test_groups_that_cannot_be_read_at_the_click_mean_no_and_it_is_recorded(idle_stage: Stage) -> None:
    card = await asked_before_groups_were_unreadable(idle_stage, f'["{ONCALL}"]')
    assert (await idle_stage.confirm(card, user=BRAM)).acked
    await idle_stage.private("Only the person who asked", user=BRAM)
    assert (await idle_stage.confirm(card)).acked
    await idle_stage.private("Slack did not say which user groups")
    rows = await nothing_but(idle_stage, "requested", "refused_click", "refused_click")
    assert "did not say which user groups" in rows[2].detail
    assert (await idle_stage.job()).state == "proposed"
    await idle_stage.confirm(card)
    await idle_stage.thread(card, "1 customer accepted")


async def test_whoever_a_rule_names_needs_no_group_at_the_click(idle_stage: Stage) -> None:
    card = await asked_before_groups_were_unreadable(idle_stage, f'["{ASTER}", "{ONCALL}"]')
    await idle_stage.confirm(card)
    await idle_stage.thread(card, "1 customer accepted")


@pytest.mark.parametrize("line", ["/set-action help", "/set-action T-Enabel evian3 e106b3d0fb01"])
async def test_help_does_not_claim_to_know_rights_that_could_not_be_read(
    idle_stage: Stage, line: str
) -> None:
    await idle_stage.start_bot(who=f'["{ONCALL}"]')
    await idle_stage.desk.fail("usergroups.users.list", error="internal_error")
    said = await answer(idle_stage, line)
    assert "Slack did not say which user groups you belong to" in said
    assert "may not use any" not in said
    assert ("did you mean T-Enable?" in said) == ("Enabel" in line)


async def test_more_customers_than_one_job_may_have_are_refused_with_both_numbers(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more="max_customers = 3")
    said = await answer(idle_stage, "/set-action T-Enable evian3 " + " ".join(f"cust-{n}" for n in range(4)))
    assert "4 customers" in said
    assert "(3)" in said
    [row] = await nothing_but(idle_stage, "refused_request")
    assert json.loads(row.detail)["customers"] == 4
    # Duplicates do not count, and just as many as allowed are allowed.
    await idle_stage.ask("/set-action T-Enable evian3 cust-0 cust-1 cust-2 cust-0")


async def test_no_file_is_fetched_for_whoever_may_not_ask(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    monkeypatch.setattr(SlackFiles, "content", lambda _, file: fetched.append(file))
    form = await opened(stage)
    await stage.stop_bot()
    await stage.start_bot(who='["U0BRAM"]')
    left = (await stage.desk.submit(form, chosen(files=[sheet("e106b3d0")]))).form
    assert left is not None
    assert "No rule allows you to ask for T-Enable on evian3" in str(left.errors)
    assert fetched == []
    assert await stage.events() == ["refused_request"]
