"""Lists at the wire: filters typed and chosen, other people's jobs, a customer's history, the audit log."""

import csv
import json
from typing import Any
from uuid import uuid4

import pytest

from bot.sandbox.cluster import mood
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from store import audit
from store.database import Database
from tests.stage import Stage, told, words
from tests.wire.test_my_jobs import BRAMS, history, list_of, shown

AUDITOR = '[[policy]]\nwho = ["U0ASTER"]\nmay = ["audit"]\nactions = ["*"]\nclusters = {clusters}'


async def auditing(stage: Stage, clusters: str = '["*"]') -> None:
    """The bot, with Aster as one who may audit."""
    await stage.start_bot(more=AUDITOR.format(clusters=clusters))


async def sample(stage: Stage) -> list[str]:
    """Aster's jobs: two accepted, one of them on fiji1 and older, and one that failed; their short ids."""
    ids = await history(stage, [uuid4() for _ in range(3)])
    stage.tamper("UPDATE jobs SET cluster = 'fiji1', action_code = 2, action_name = 'PE-Enable' WHERE id = 1")
    stage.tamper("UPDATE jobs SET accepted = 0, refused = 1 WHERE id = 2")
    stage.tamper("UPDATE jobs SET created_at = created_at - 2 * 86400000 WHERE id = 1")
    return ids


async def until(stage: Stage, page: Message, wanted: str, *expected: str) -> Message:
    """The same message once it says `wanted` and shows `expected`."""
    return await stage.desk.until_message(
        OPS,
        ASTER,
        lambda m: m.ts == page.ts and wanted in words(m) and shown(m) == list(expected),
    )


async def refused(stage: Stage, line: str, user: str = BRAM) -> tuple[str, Any]:
    """What is said to somebody who may not, and the newest row of the record."""
    said = words(await list_of(stage, line, user=user))
    [row] = await stage.rows("SELECT * FROM audit_log ORDER BY seq DESC LIMIT 1")
    return said, row


async def test_filters_are_typed_in_any_order_and_shown_in_words(stage: Stage) -> None:
    fiji, failed, good = await sample(stage)
    for line, expected in {
        "failed": [failed],
        "succeeded": [good, fiji],
        "fiji1": [fiji],
        "SUCCEEDED, Evian_3 t_enable": [good],
        "since:yesterday": [good, failed],
        "until:yesterday": [fiji],
        "state:failed since:1d": [failed],
        "running": [],
    }.items():
        assert shown(await list_of(stage, f"/my-jobs {line}")) == expected, line
    page = await list_of(stage, "/my-jobs failed evian3 since:yesterday")
    assert shown(page) == [failed]
    assert "Your jobs, failed, wholly or partly, on Evian 3, since <!date^" in words(page)
    assert [b.label for b in page.buttons] == ["Details", "Clear the filter"]
    assert page.button("job_detail").value == (await stage.rows("SELECT uuid FROM jobs WHERE id = 2"))[0].uuid


async def test_where_nothing_fits_it_says_what_was_looked_for_and_can_be_cleared(stage: Stage) -> None:
    ids = await sample(stage)
    page = await list_of(stage, "/my-jobs unknown fiji1")
    assert "There is none: Your jobs, outcome unknown, on fiji1" in words(page)
    assert (await stage.desk.click(ASTER, page, "my_jobs_clear")).acked
    await until(stage, page, "Your jobs", *ids[::-1])


async def test_menus_change_the_filter_in_place_one_after_the_other(stage: Stage) -> None:
    fiji, failed, good = await sample(stage)
    page = await list_of(stage)
    assert shown(page) == [good, failed, fiji]
    assert (await stage.desk.pick(ASTER, page, "my_jobs_state", "failed")).acked
    narrowed = await until(stage, page, "failed, wholly or partly", failed)
    assert (await stage.desk.pick(ASTER, narrowed, "my_jobs_cluster", "fiji1")).acked
    none = await until(stage, page, "There is none")
    assert (await stage.desk.pick(ASTER, none, "my_jobs_state", "-")).acked
    of_fiji = await until(stage, page, "on fiji1", fiji)
    assert (await stage.desk.pick(ASTER, of_fiji, "my_jobs_action", "3")).acked
    await until(stage, page, "There is none")


async def test_pages_keep_the_filter(stage: Stage) -> None:
    ids = await history(stage, [uuid4() for _ in range(25)])
    stage.tamper("UPDATE jobs SET accepted = 0, refused = 1 WHERE id % 2 = 0")
    failed = ids[1::2][::-1]
    page = await list_of(stage, "/my-jobs failed")
    assert shown(page) == failed[:10]
    await stage.desk.click(ASTER, page, "my_jobs_older")
    second = await until(stage, page, "failed, wholly or partly", *failed[10:])
    await stage.desk.click(ASTER, second, "my_jobs_newer")
    await until(stage, page, "failed, wholly or partly", *failed[:10])


@pytest.mark.parametrize(
    "block", ["", "1", "2.......", "1.*.nonsense......", "1." + "x" * 253, "1.U1.failed.9.x..."]
)
async def test_a_tampered_menu_is_answered_privately(stage: Stage, block: str) -> None:
    await history(stage, [uuid4()])
    page = await list_of(stage)

    def tampered(payload: dict[str, Any]) -> dict[str, Any]:
        [action] = payload["actions"]
        return payload | {"actions": [action | {"block_id": block}]}

    with told("block_action", tampered):
        await stage.desk.pick(ASTER, page, "my_jobs_state", "failed")
    await stage.private("not one of mine, or too old")


@pytest.mark.parametrize("line", ["all", "user:@Aster", "@Aster failed", "audit export"])
async def test_without_the_right_to_audit_it_is_refused_and_recorded(idle_stage: Stage, line: str) -> None:
    await auditing(idle_stage)
    await history(idle_stage, [uuid4()])
    said, row = await refused(idle_stage, f"/my-jobs {line}")
    assert "You need the right audit" in said
    assert (row.event, row.actor) == ("refused_request", "T0SANDBOX/U0BRAM")
    assert "the right audit" in row.detail


async def test_a_filter_that_is_slipped_into_a_button_opens_nothing(idle_stage: Stage) -> None:
    await auditing(idle_stage)
    await history(idle_stage, [uuid4()])
    await history(idle_stage, [uuid4()], BRAMS)
    page = await list_of(idle_stage, "/my-jobs failed", user=BRAM)

    def tampered(payload: dict[str, Any]) -> dict[str, Any]:
        [action] = payload["actions"]
        return payload | {"actions": [action | {"value": "1.*......."}]}

    with told("block_action", tampered):
        await idle_stage.desk.click(BRAM, page, "my_jobs_clear")
    await idle_stage.private("You need the right audit", user=BRAM)


async def test_an_auditor_sees_everybodys_and_somebodys_jobs_on_the_record(idle_stage: Stage) -> None:
    await auditing(idle_stage)
    [mine] = await history(idle_stage, [uuid4()])
    [brams] = await history(idle_stage, [uuid4()], BRAMS)
    page = await list_of(idle_stage, "/my-jobs all")
    assert shown(page) == [brams, mine]
    assert "by <@U0BRAM>" in words(page)
    assert (await idle_stage.desk.pick(ASTER, page, "my_jobs_whose", BRAM)).acked
    his = await until(idle_stage, page, "Jobs of <@U0BRAM>", brams)
    await idle_stage.desk.click(ASTER, his, "my_jobs_everybody")
    await until(idle_stage, page, "Everybody's jobs", brams, mine)
    assert shown(await list_of(idle_stage, "/my-jobs user:@Bram succeeded")) == [brams]
    looks = await idle_stage.rows("SELECT * FROM audit_log WHERE event = 'looked' ORDER BY seq")
    assert [json.loads(row.detail)["of"] for row in looks] == ["everybody", "U0BRAM", "everybody", "U0BRAM"]
    assert {row.actor for row in looks} == {"T0SANDBOX/U0ASTER"}


async def test_an_auditor_of_one_cluster_sees_no_more_than_that(idle_stage: Stage) -> None:
    await auditing(idle_stage, '["fiji1"]')
    fiji, evian = await history(idle_stage, [uuid4(), uuid4()], BRAMS)
    idle_stage.tamper("UPDATE jobs SET cluster = 'fiji1' WHERE id = 1")
    page = await list_of(idle_stage, "/my-jobs all")
    assert shown(page) == [fiji]
    assert "the right audit" in words(page)
    said, row = await refused(idle_stage, "/my-jobs all evian3", ASTER)
    assert "You need the right audit on evian3" in said
    assert row.event == "refused_request"
    assert evian not in said
    seen = await list_of(idle_stage, "/my-jobs customer e106b3d0fb01")
    assert shown(seen) == [fiji]


async def test_a_customers_history_has_every_outcome_and_the_present_state(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid} e106b3d0fb01")
    await stage.confirm(card)
    await stage.thread(card, "1 accepted, 1 refused")
    await history(stage, [uuid4()], BRAMS)
    await stage.evian3.arrive()
    [job] = await stage.rows("SELECT uuid FROM jobs ORDER BY id LIMIT 1")
    page = await list_of(stage, f"/my-jobs customer {cid}")
    assert shown(page) == [job.uuid[:8]]
    assert "*accepted" in words(page)
    assert "On Evian 3 it is in *t-enable* now" in words(page)
    page = await list_of(stage, "/my-jobs customer: e106b3d0fb01")
    assert shown(page) == [job.uuid[:8]], "and not Bram's"
    assert "*refused" in words(page)
    assert "Evian 3 does not know this customer now" in words(page)
    assert "No job that you may see" in words(await list_of(stage, "/my-jobs customer nobody-ever"))


@pytest.mark.parametrize(
    ("trouble", "why"), [(mood.server_error(), "could not be read"), (mood.silent(), "within 1.2 s")]
)
async def test_a_cluster_that_cannot_be_read_is_said_to_be(stage: Stage, trouble: Any, why: str) -> None:
    await history(stage, [uuid4()])
    await stage.evian3.next_mood(trouble, on=mood.Call.GET)
    page = await list_of(stage, "/my-jobs customer e106b3d0fb01")
    assert "its present state is not known" in words(page)
    assert why in words(page)
    assert len(shown(page)) == 1


async def test_the_history_turns_its_pages(stage: Stage) -> None:
    ids = (await history(stage, [uuid4() for _ in range(12)]))[::-1]
    page = await list_of(stage, "/my-jobs customer e106b3d0fb01")
    assert shown(page) == ids[:10]
    await stage.desk.click(ASTER, page, "customer_older")
    older = await until(stage, page, "customer", *ids[10:])
    await stage.desk.click(ASTER, older, "customer_newer")
    await until(stage, page, "customer", *ids[:10])


async def test_dates_are_those_of_the_persons_zone_or_said_to_be_utc(stage: Stage) -> None:
    await history(stage, [uuid4()])
    await stage.desk.fail("users.info", error="internal_error")
    assert "Dates are read in UTC" in words(await list_of(stage, "/my-jobs since:today"))
    assert "Dates are read in UTC" not in words(await list_of(stage, "/my-jobs since:today"))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_the_record_comes_as_a_file_in_a_direct_message(idle_stage: Stage, form: str) -> None:
    await auditing(idle_stage)
    await idle_stage.ask("/set-action T-Enable evian3 e106b3d0fb01 reason: =1+1")
    said = words(await list_of(idle_stage, f"/my-jobs audit export {form} since:1d"))
    assert "1 entry" in said
    await idle_stage.desk.until(
        lambda e: (
            ("audit-log" in str(e.details) and e.kind == "file_shared")
            or (e.kind == "api" and e.details["method"] == "files.completeUploadExternal")
        )
    )
    [message] = [m for m in await idle_stage.desk.direct_messages(ASTER) if m.files]
    content = (await idle_stage.desk.file_content(message.files[0])).decode()
    if form == "csv":
        [row] = csv.DictReader(content.splitlines())
    else:
        [row] = [json.loads(line) for line in content.splitlines()]
    assert (row["event"], row["actor"]) == ("requested", "T0SANDBOX/U0ASTER")
    assert len(row["hash"]) == 64
    assert await idle_stage.events() == ["requested", "exported"]
    db = Database(idle_stage.database_url)
    assert (await db.read(audit.verify))[1] is None
    db.close()
