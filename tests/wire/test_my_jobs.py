"""`/my-jobs` and its buttons at the wire: one's own jobs, newest first, ten a page, and nobody else's."""

import itertools
import re
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from store import card_places, proposing, transitions
from store.database import Database
from store.model import JobState, Operator
from store.proposal_model import Proposal
from tests import forms
from tests.forms import form_of
from tests.stage import Stage, told, words

ASTERS = Operator("", "T0SANDBOX", ASTER)
BRAMS = Operator("", "T0SANDBOX", BRAM)


async def list_of(stage: Stage, line: str = "/my-jobs", *, user: str = ASTER) -> Message:
    """What `/my-jobs` answers, which only this person sees."""
    reaction = await stage.desk.command(user, OPS, line)
    assert reaction.message is not None, "nothing was answered"
    assert reaction.message.ephemeral
    return reaction.message


def shown(message: Message) -> list[str]:
    """The short ids of a page, from top to bottom."""
    return re.findall(r"(?<=[`|])[0-9a-f]{8}(?=[`>])", words(message))


def turns(message: Message) -> list[str]:
    """The labels of the buttons under a page."""
    return [button.label for button in message.buttons if button.label != "Details"]


async def history(stage: Stage, ids: list[UUID], owner: Operator = ASTERS) -> list[str]:
    """Put finished jobs of the past into the database, oldest first; their short ids."""

    def live(conn: Connection) -> None:
        for uuid in ids:
            job = proposing.propose(
                conn,
                Proposal(
                    uuid=uuid,
                    request_key=uuid.hex,
                    operator=owner,
                    channel_id=OPS,
                    action_code=3,
                    action_name="T-Enable",
                    cluster="evian3",
                    base_url="https://cluster.example",
                    cids=("e106b3d0fb01",),
                    duplicates=0,
                    reason=None,
                    expires_after_s=900,
                ),
            )
            assert job
            card_places.posted(conn, job.id, OPS, "1700000000.000100")
            states = [JobState.PROPOSED, JobState.CONFIRMED, JobState.RUNNING, JobState.DONE]
            for start, end in itertools.pairwise(states):
                assert transitions.move(conn, job.id, start, end, accepted=1, decided_by=owner.user_id)

    db = Database(stage.database_url)
    try:
        await db.write(live)
    finally:
        db.close()
    return [uuid.hex[:8] for uuid in ids]


async def one(stage: Stage, line: str, *, user: str = ASTER) -> str:
    """What the modal of one job says, once a command has opened it."""
    reaction = await stage.desk.command(user, OPS, line)
    assert reaction.message is None, reaction.message
    form = await form_of(stage, user)
    await stage.desk.close(form)
    return forms.said(form)


async def turned(stage: Stage, page: Message, button: str, *expected: str) -> Message:
    """The same message after pressing Newer or Older, once it shows `expected`."""
    assert (await stage.desk.click(ASTER, page, button)).acked
    return await stage.desk.until_message(
        OPS, ASTER, lambda m: m.ts == page.ts and shown(m) == list(expected)
    )


async def test_without_jobs_it_says_so(stage: Stage) -> None:
    await stage.ask("/set-action T-Enable evian3 e106b3d0fb01")  # a card is no job yet
    page = await list_of(stage)
    assert "You have no jobs yet" in words(page)
    assert turns(page) == []


async def test_the_list_says_what_where_how_many_how_it_stands_and_when(stage: Stage) -> None:
    known = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {known[0]} e106b3d0fb01")
    await stage.confirm(card)
    await stage.thread(card, "1 accepted, 1 refused")
    [job] = await stage.rows("SELECT * FROM jobs")
    said = words(await list_of(stage))
    assert job.uuid[:8] in said
    assert "*T-Enable* on Evian 3, 2 customers" in said
    assert ":warning:" in said
    assert "1 accepted, 1 refused" in said
    assert f"<!date^{job.created_at // 1000}^" in said


async def test_pages_turn_there_and_back_while_new_jobs_arrive(stage: Stage) -> None:
    old = (await history(stage, [uuid4() for _ in range(25)]))[::-1]
    first = await list_of(stage)
    assert shown(first) == old[:10]
    assert turns(first) == ["Older"]
    second = await turned(stage, first, "my_jobs_older", *old[10:20])
    assert turns(second) == ["Newer", "Older"]
    third = await turned(stage, second, "my_jobs_older", *old[20:])
    assert turns(third) == ["Newer"]
    new = (await history(stage, [uuid4() for _ in range(3)]))[::-1]
    back = await turned(stage, third, "my_jobs_newer", *old[10:20])
    top = await turned(stage, back, "my_jobs_newer", *old[:10])
    assert turns(top) == ["Newer", "Older"]
    newest = await turned(stage, top, "my_jobs_newer", *new)
    assert turns(newest) == ["Older"]
    await turned(stage, newest, "my_jobs_older", *old[:10])
    assert shown(await list_of(stage)) == [*new, *old[:7]]


async def test_exactly_ten_jobs_are_one_page(stage: Stage) -> None:
    await history(stage, [uuid4() for _ in range(10)])
    page = await list_of(stage)
    assert len(shown(page)) == 10
    assert turns(page) == []


async def test_the_button_in_the_thread_answers_in_the_thread_and_turns_there(stage: Stage) -> None:
    old = (await history(stage, [uuid4() for _ in range(12)]))[::-1]
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    started = await stage.thread(card, "is confirmed")
    assert (await stage.desk.click(ASTER, started, "my_jobs")).acked
    page = await stage.private("Your jobs, newest first", thread=card.ts)
    assert page.thread == card.ts
    assert shown(page)[1:] == old[:9]
    assert (await stage.desk.click(ASTER, page, "my_jobs_older")).acked
    await stage.desk.until_message(
        OPS, ASTER, lambda m: m.ts == page.ts and shown(m) == old[9:], thread=card.ts
    )
    assert not [m for m in await stage.desk.messages(OPS, BRAM, card.ts) if m.ephemeral]


async def test_anybody_may_press_the_button_and_sees_only_their_own(stage: Stage) -> None:
    [brams] = await history(stage, [uuid4()], BRAMS)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    started = await stage.thread(card, "is confirmed")
    await stage.desk.click(BRAM, started, "my_jobs")
    page = await stage.private("Your jobs", user=BRAM, thread=card.ts)
    assert shown(page) == [brams]


async def test_a_unique_beginning_shows_one_job_in_full_with_its_thread(stage: Stage) -> None:
    known = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {known[0]} e106b3d0fb01 reason: ticket 4711")
    await stage.confirm(card)
    await stage.thread(card, "1 accepted, 1 refused")
    uuid = str(UUID((await stage.job()).uuid))
    # Six digits: four or five may happen to read as days, "107d".
    for typed in (uuid, uuid[:6], uuid[:13], uuid.upper(), f"`{uuid[:8]}`"):
        shows = await one(stage, f"/my-jobs {typed}")
        assert f"`{uuid}`" in shows
        assert "Evian 3 (evian3)" in shows
        assert "ticket 4711" in shows
        assert f"archives/{OPS}/p{card.ts.replace('.', '')}|Open the thread>" in shows


async def test_an_ambiguous_beginning_asks_for_more(stage: Stage) -> None:
    ids = [UUID("abcd1111000040008000000000000000"), UUID("abcd2222000040008000000000000000")]
    await history(stage, ids)
    assert "More than one of your jobs begins with abcd" in words(await list_of(stage, "/my-jobs abcd"))
    assert f"`{ids[1]}`" in await one(stage, "/my-jobs abcd2")


@pytest.mark.parametrize("garbage", ["abc", "<!channel>", "help me", "g" * 32, "%", "e106' OR 1=1"])
async def test_garbage_is_named_and_stays_dead(stage: Stage, garbage: str) -> None:
    answer = await list_of(stage, f"/my-jobs {garbage}")
    assert "is no filter" in words(answer)
    assert "<!" not in words(answer)


async def test_somebody_elses_job_is_as_good_as_none(stage: Stage) -> None:
    [uuid] = ids = [uuid4()]
    await history(stage, ids, BRAMS)
    asters = words(await list_of(stage, f"/my-jobs {uuid}"))
    none = words(await list_of(stage, f"/my-jobs {uuid4()}"))
    assert re.sub("[0-9a-f]{32}", "…", asters) == re.sub("[0-9a-f]{32}", "…", none)
    assert "You have no jobs yet" in words(await list_of(stage))
    assert f"`{uuid}`" in await one(stage, f"/my-jobs {uuid}", user=BRAM)


async def test_the_same_user_id_in_another_enterprise_or_team_is_another_person(stage: Stage) -> None:
    [here] = await history(stage, [uuid4()])
    [there] = await history(stage, [uuid4()], Operator("E0ONE", "T0SANDBOX", ASTER))
    await history(stage, [uuid4()], Operator("E0ONE", "T0OTHER", ASTER))
    assert shown(await list_of(stage)) == [here]
    with told("command", lambda payload: payload | {"enterprise_id": "E0ONE"}):
        assert shown(await list_of(stage)) == [there]
        assert "None of your jobs" in words(await list_of(stage, f"/my-jobs {here}"))


@pytest.mark.parametrize("value", ["-1", "abc", "9" * 400, "", "1 OR 1=1", "²"])
async def test_a_tampered_page_button_is_answered_privately(stage: Stage, value: str) -> None:
    await history(stage, [uuid4() for _ in range(11)])
    page = await list_of(stage)

    def tampered(payload: dict[str, Any]) -> dict[str, Any]:
        [action] = payload["actions"]
        return payload | {"actions": [action | {"value": value}]}

    with told("block_action", tampered):
        assert (await stage.desk.click(ASTER, page, "my_jobs_older")).acked
    await stage.private("not one of mine, or too old")


async def test_a_page_button_leads_nobody_to_somebody_elses_jobs(stage: Stage) -> None:
    await history(stage, [uuid4() for _ in range(3)], BRAMS)
    mine = await history(stage, [uuid4() for _ in range(11)])
    page = await list_of(stage)
    action = {"action_id": "my_jobs_older", "type": "button", "block_id": "turn"}
    for value, expected in (("1.......<" + "9" * 18 + ".", mine[::-1][:10]), ("1.......<5.", mine[:1])):
        change = {"actions": [action | {"value": value}]}
        with told("block_action", partial(dict, **change)):
            await turned(stage, page, "my_jobs_older", *expected)
