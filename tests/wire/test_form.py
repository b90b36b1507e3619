"""The form at the wire: every way in, what it asks, what stands at which field, and the card it brings."""

import json
from typing import Any

import pytest

from bot.listeners import showing
from bot.sandbox.desk import Attachment
from bot.sandbox.workspace import view_payloads
from bot.sandbox.workspace.people import ASTER, BRAM, ONCALL, OPS, RANDOM
from bot.service import asking
from tests.forms import card_after, chosen, form_of, listed, opened, option, said, sheet, told_directly
from tests.stage import Stage, words


async def test_a_bare_command_opens_the_form_and_its_card_is_like_any_other(stage: Stage) -> None:
    ids = await stage.cids(3)
    form = await opened(stage)
    assert form.value("channel") == OPS
    assert "about 90 ids" in said(form)
    submission = await stage.desk.submit(form, chosen(cids="\n".join(ids), reason="ticket 4711"))
    card = await card_after(stage, submission)
    assert "3 from the form" in words(card)
    assert "ticket 4711" in words(card)
    await stage.card_saying(card, "will be sent")
    card = await stage.desk.until_message(
        OPS, ASTER, lambda m: any(b.action_id == "confirm" for b in m.buttons)
    )
    await stage.confirm(card)
    await stage.thread(card, "all 3 customers accepted")
    assert (await stage.events())[0] == "requested"


@pytest.mark.parametrize("at_once", [2, asking.AT_ONCE])
async def test_several_sources_together_and_the_card_says_what_came_from_where(
    stage: Stage, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", at_once)
    ids = await stage.cids(6)
    file = sheet("name,cid", f"a,{ids[2]}", f"b,{ids[3]}", f"c,{ids[4]}", f"d,{ids[4]}")
    other = Attachment("more.txt", ids[5].encode(), "text/plain")
    form = await opened(stage)
    submission = await stage.desk.submit(form, chosen(cids=", ".join(ids[:3]), files=[file, other]))
    card = await card_after(stage, submission)
    assert "6 (3 from the form, 2 from ids.csv (column cid), 1 from more.txt, 2 duplicates dropped)" in words(
        card
    )
    assert await listed(stage) == ids
    row = await stage.job()
    assert (row.total, row.duplicates) == (6, 2)


async def test_the_shortcut_opens_it_anywhere_and_asks_for_the_channel(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    assert (await stage.desk.shortcut(ASTER, "set_action", RANDOM)).acked
    form = await form_of(stage)
    assert form.value("channel") == RANDOM
    submission = await stage.desk.submit(form, chosen(cids=cid, channel=OPS))
    await card_after(stage, submission)


async def test_mistakes_stand_at_their_fields_nothing_is_lost_and_all_is_on_the_record(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    form = await opened(stage)
    submission = await stage.desk.submit(
        form, chosen(cids=f"{cid}\n<!channel> no/id\nx!", files=[sheet("=cmd|x", cid)], reason="why")
    )
    assert submission.form
    form = submission.form
    assert set(form.errors) == {"cids", "files"}
    assert "line 2, “<!channel>”" in form.errors["cids"]
    assert "line 3, “x!”" in form.errors["cids"]
    assert "ids.csv" in form.errors["files"]
    assert "line 1" in form.errors["files"]
    assert form.value("reason") == "why"
    [row] = await stage.rows("SELECT event, cluster, detail FROM audit_log")
    assert (row.event, row.cluster) == ("refused_request", "evian3")
    detail = json.loads(row.detail)
    assert (detail["action"], detail["customers"]) == ("T-Enable", 1)
    submission = await stage.desk.submit(form, {"cids": cid, "files": None})
    await card_after(stage, submission)


async def test_no_customers_at_all(stage: Stage) -> None:
    submission = await stage.desk.submit(await opened(stage), chosen())
    assert submission.form
    assert "Write customer ids here" in submission.form.errors["cids"]


async def test_the_last_cluster_is_chosen_already(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    assert option(await opened(stage), "cluster") is None
    await stage.ask(f"/set-action T-Enable evian3 {cid}")
    assert option(await opened(stage), "cluster") == "evian3"
    assert option(await opened(stage, user=BRAM), "cluster") is None


async def test_only_what_policy_allows_is_offered(idle_stage: Stage) -> None:
    await idle_stage.start_bot(actions='["T-Enable", "PE-Enable"]', clusters='["evian3"]')
    form = await opened(idle_stage)
    assert "fiji1" not in said(form)
    assert "PE-Finalize" not in said(form)
    assert option(form, "cluster") == "evian3"  # there is no other


async def test_an_action_for_some_clusters_says_for_which(idle_stage: Stage) -> None:
    rule = '[[policy]]\nwho = ["*"]\nmay = ["request"]\nactions = ["PE-Enable"]\nclusters = ["fiji1"]\n'
    await idle_stage.start_bot(actions='["T-Enable", "PE-Enable"]', clusters='["evian3"]', more=rule)
    form = await opened(idle_stage)
    assert said(form).count("only on Evian 3") == 1
    assert "only on Fiji 1" not in said(form)  # PE-Enable is for both


async def test_whoever_may_do_nothing_is_told_so(idle_stage: Stage) -> None:
    await idle_stage.start_bot(who='["U0BRAM"]')
    await idle_stage.desk.command(ASTER, OPS, "/set-action")
    form = await idle_stage.desk.until_form(ASTER, lambda form: "may not use any action" in said(form))
    assert form.submit is None


async def test_a_slow_answer_about_rights_first_shows_that_it_is_loading(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "AT_ONCE_S", 0)
    await idle_stage.start_bot(who=f'["{ONCALL}"]')
    assert (await idle_stage.desk.command(ASTER, OPS, "/set-action")).acked
    form = await idle_stage.desk.until_form(ASTER, lambda form: form.submit is not None)
    assert form.value("channel") == OPS
    methods = [e.details["method"] for e in await idle_stage.desk.journal() if e.kind == "api"]
    assert methods.index("views.open") < methods.index("views.update")


async def test_rights_that_cannot_be_read_are_told_in_the_place_of_the_form(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "AT_ONCE_S", 0)
    await idle_stage.start_bot(who=f'["{ONCALL}"]')
    await idle_stage.desk.fail("usergroups.users.list", error="internal_error")
    await idle_stage.desk.shortcut(ASTER, "set_action")
    await idle_stage.desk.until_form(ASTER, lambda form: "did not say which user groups" in said(form))


async def test_without_a_place_to_answer_the_person_is_told_directly(idle_stage: Stage) -> None:
    await idle_stage.start_bot(who=f'["{ONCALL}"]')
    await idle_stage.desk.fail("usergroups.users.list", error="internal_error")
    assert (await idle_stage.desk.shortcut(ASTER, "set_action")).acked
    await told_directly(idle_stage, "did not say which user groups")


async def test_slack_does_not_open_the_form(stage: Stage) -> None:
    await stage.desk.fail("views.open", 2, error="internal_error")
    reaction = await stage.desk.command(ASTER, OPS, "/set-action")
    assert reaction.message is not None
    assert "Slack did not open the form" in words(reaction.message)
    await stage.desk.shortcut(ASTER, "set_action")
    await told_directly(stage, "Slack did not open the form")


async def test_a_submission_delivered_twice_is_one_card(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    form = await opened(stage)
    await stage.desk.disorder_next(copies=2)
    await card_after(stage, await stage.desk.submit(form, chosen(cids=cid)))
    await stage.settled()
    assert (await stage.events()).count("requested") == 1
    assert len(await stage.rows("SELECT id FROM jobs")) == 1


async def test_whoever_may_not_is_refused_at_the_form_and_on_the_record(idle_stage: Stage) -> None:
    await idle_stage.start_bot()
    [cid] = await idle_stage.cids(1)
    form = await opened(idle_stage)
    await idle_stage.stop_bot()
    await idle_stage.start_bot(actions='["PE-Enable"]')
    submission = await idle_stage.desk.submit(form, chosen(cids=cid))
    assert submission.form
    assert "No rule allows you to ask for T-Enable" in submission.form.errors["action"]
    assert await idle_stage.events() == ["refused_request"]


async def test_a_store_that_fails_loses_nothing_typed(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    form = await opened(stage)
    stage.tamper("ALTER TABLE job_customers RENAME TO gone")
    submission = await stage.desk.submit(form, chosen(cids=cid))
    assert submission.form
    [error] = submission.form.errors.values()
    assert "did not go through" in error
    stage.tamper("ALTER TABLE gone RENAME TO job_customers")
    await card_after(stage, await stage.desk.submit(submission.form))


async def test_too_many_open_cards_are_told_plainly(idle_stage: Stage) -> None:
    await idle_stage.start_bot(open_per_user=2)
    ids = await idle_stage.cids(3)
    cards = [await idle_stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in ids[:2]]
    submission = await idle_stage.desk.submit(await opened(idle_stage), chosen(cids=ids[2]))
    assert submission.form
    assert "You have 2 cards that wait" in submission.form.errors["cids"]
    reaction = await idle_stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {ids[2]}")
    assert reaction.message is not None
    assert "You have 2 cards that wait" in words(reaction.message)
    assert (await idle_stage.events())[2:].count("refused_request") == 2
    assert (await idle_stage.desk.command(BRAM, OPS, f"/set-action T-Enable evian3 {ids[2]}")).message is None
    await idle_stage.desk.click(ASTER, cards[0], "cancel")
    await card_after(idle_stage, await idle_stage.desk.submit(submission.form))


@pytest.mark.parametrize(
    ("metadata", "answer"),
    [
        ("", "did not go through"),
        ("[]", "not one of mine"),
        ('{"files": 7}', "not one of mine"),
        ("A" * 24 + "{}", "not one of mine"),
    ],
)
async def test_a_form_that_is_not_ours_any_more_is_answered_at_its_first_field(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, metadata: str, answer: str
) -> None:
    [cid] = await stage.cids(1)
    form = await opened(stage)
    original = view_payloads.submission

    def spoilt(*args: Any) -> dict[str, Any]:
        told = original(*args)
        return {**told, "view": {**told["view"], "private_metadata": metadata}}

    monkeypatch.setattr(view_payloads, "submission", spoilt)
    submission = await stage.desk.submit(form, chosen(cids=cid))
    assert submission.form
    assert answer in submission.form.errors["action"]
    assert submission.form.value("cids") == cid


async def test_an_action_that_has_left_the_catalogue_is_said_at_its_field(idle_stage: Stage) -> None:
    await idle_stage.start_bot()
    [cid] = await idle_stage.cids(1)
    form = await opened(idle_stage)
    form = await idle_stage.desk.fill(form, chosen(cids=cid, cluster="fiji1"))
    await idle_stage.stop_bot()
    await idle_stage.start_bot(more="[actions.Go]\ncode = 9", clusters='["evian3"]')
    submission = await idle_stage.desk.submit(form)
    assert submission.form
    assert "Choose an action" in submission.form.errors["action"]


async def test_a_submission_redelivered_after_a_restart_is_known_by_its_view_and_hash(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    submission = await stage.desk.submit(await opened(stage), chosen(cids=cid))
    await card_after(stage, submission)
    await stage.settled()
    await stage.stop_bot()
    await stage.start_bot()
    assert submission.reaction
    await stage.desk.redeliver(submission.reaction)
    await stage.settled()
    assert (await stage.events()).count("requested") == 1
    assert len(await stage.rows("SELECT id FROM jobs")) == 1


async def test_a_first_line_that_may_be_a_heading_is_told_on_the_card(stage: Stage) -> None:
    ids = await stage.cids(2)
    submission = await stage.desk.submit(
        await opened(stage), chosen(cids=f"acme\n{ids[0]}", files=[sheet("Kunde", ids[1])])
    )
    card = words(await card_after(stage, submission))
    assert "2 from the form (line 1, “acme”, taken as an id)" in card
    assert "1 from ids.csv (line 1, “Kunde”, taken as a heading)" in card
    assert await listed(stage) == ["acme", *ids]


async def test_another_persons_card_is_no_source_of_ones_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await stage.cids(126)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(ids)}")
    await stage.desk.click(ASTER, card, "edit")
    form = await form_of(stage)
    original = view_payloads.submission

    def by_bram(*args: Any) -> dict[str, Any]:
        told = original(*args)
        return {**told, "user": {**told["user"], "id": BRAM}}

    monkeypatch.setattr(view_payloads, "submission", by_bram)
    submission = await stage.desk.submit(form)
    assert submission.form
    assert "not known here any more" in submission.form.errors["kept"]
    assert [row.state for row in await stage.rows("SELECT state FROM jobs")] == ["proposed"]
