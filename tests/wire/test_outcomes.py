"""Every reply a cluster can give to a POST, and what rows, thread and audit log then say of it."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bot.sandbox.cluster import Mood, Post, moods
from bot.sandbox.cluster.mood import ACCEPTED, STARTING
from bot.sandbox.desk import Message
from store.model import CustomerOutcome
from tests.stage import Stage, words

TAKEN, REFUSED, UNKNOWN = CustomerOutcome.ACCEPTED, CustomerOutcome.REFUSED, CustomerOutcome.UNKNOWN
FAST = {"timeout_s": 0.9, "settle_s": 2.3}  # between the two the outcome must have been told
ONCE = "{ watch = false, every_s = 1, give_up_after_s = 1 }"  # read, and given up at once
DECIDED = ["requested", "confirmed", "sent", "answered", "done"]
CHECKED = ["requested", "confirmed", "sent", "answered", "checked", "done"]


@dataclass(frozen=True)
class Case:
    """A mood, the outcome, the HTTP status on record, words of the thread, customers found when read back."""

    mood: Mood
    outcome: CustomerOutcome
    status: int | None
    said: tuple[str, ...]
    found: int = 0

    @property
    def name(self) -> str:
        acts = {True: "-acted", False: "-not-acted"}[self.mood.acts] if self.outcome is UNKNOWN else ""
        return f"{self.mood.name}{acts}"


def yes(mood: Mood, status: int = 200) -> Case:
    return Case(mood, TAKEN, status, ("both customers accepted", "whether they have arrived"))


def no(mood: Mood, status: int, *said: str) -> Case:
    return Case(mood, REFUSED, status, ("nothing was done", f"HTTP {status}, “", *said))


def perhaps(mood: Mood, status: int | None, *said: str) -> Case:
    told = (*said, str(status)) if status else said
    return Case(mood, UNKNOWN, status, ("it is not known", "Unknown: 2", *told), found=2 if mood.acts else 0)


LOST = "The connection broke before a complete answer came"
LATE = "No complete answer came in time"
CONTRADICTION = json.dumps(ACCEPTED)
CASES = [
    yes(moods.normal()),
    yes(moods.created(), 201),
    yes(moods.slow(0.1)),
    yes(moods.lying()),
    no(moods.wrong_token(), 401, "Invalid access token", "credential"),
    no(moods.forbidden(), 403, "RBAC: access denied"),
    no(moods.replying("bad_request", '{"message": "malformed"}', status=400), 400, "malformed"),
    perhaps(moods.request_timeout(acts=False), 408),
    perhaps(moods.server_error(acts=True), 500, "Internal error"),
    perhaps(moods.server_error(acts=False), 500, "Internal error"),
    perhaps(moods.replying("error_claiming_success", CONTRADICTION, status=500, acts=True), 500),
    perhaps(moods.replying("refusal_claiming_success", CONTRADICTION, status=403), 403, '"success" is true'),
    perhaps(moods.replying("unavailable_and_starting", json.dumps(STARTING), status=503), 503, "not Ready"),
    perhaps(moods.bad_gateway(acts=True), 502, "an HTML page"),
    perhaps(moods.redirect(), 302, "redirect"),
    perhaps(moods.empty(), 200, "an empty body"),
    perhaps(moods.json_list(), 200, "JSON that is not an object"),
    perhaps(moods.success_as_string(), 200, 'without a true or false "success"'),
    perhaps(moods.truncated(), None, LOST),
    perhaps(moods.trickling(0.2), None, LATE),
    perhaps(moods.reset(acts=True), None, LOST),
    perhaps(moods.reset(acts=False), None, LOST),
    perhaps(moods.closed_unread(), None, LOST),
    perhaps(moods.closed(acts=True), None, LOST),
    perhaps(moods.closed(acts=False), None, LOST),
    perhaps(moods.silent(acts=True), None, LATE),
    perhaps(moods.silent(acts=False), None, LATE),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_each_reply_is_told_as_what_it_proves(idle_stage: Stage, case: Case) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(case.mood)
    settings = FAST | {"arrival": ONCE} if case.outcome is UNKNOWN else {"timeout_s": 20}
    card = await sent(stage, await stage.cids(2), **settings)
    told = [await stage.thread(card, "<@U0ASTER>")]
    if case.outcome is UNKNOWN:
        told.append(await stage.thread(card, "checked."))
    await stage.stop_bot()
    for said in case.said:
        assert said in words(told[0])
    assert [m.ts for m in await stage.thread_of(card) if "<@U0ASTER>" in words(m)] == [m.ts for m in told]
    job = await stage.job()
    end = TAKEN if case.found == 2 else case.outcome
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", *counts(end, 2))
    assert {outcome for _cid, outcome, _detail in await stage.outcomes()} == {end}
    assert all(
        detail is None if end is TAKEN else detail for _cid, _outcome, detail in await stage.outcomes()
    )
    [chunk] = await stage.rows("SELECT * FROM chunks")
    assert (chunk.state, chunk.attempt) == (case.outcome.name.lower(), 1)
    assert chunk.http_status == case.status
    assert len(await posts(stage)) == 1
    assert await stage.events() == (CHECKED if case.outcome is UNKNOWN else DECIDED)
    if case.outcome is UNKNOWN:
        assert "failed" not in words(told[0]).lower()
        assert ("checked. The cluster has both" in words(told[1])) == (case.found == 2)
        for button in ("check_again", "send_rest"):
            assert (button in [b.action_id for b in told[1].buttons]) == (case.found == 0)
        assert "send_rest" not in [b.action_id for b in told[0].buttons]  # not before a read


async def test_a_cluster_that_cannot_be_reached_got_nothing(idle_stage: Stage) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    await idle_stage.start_bot(**FAST, more=f'[clusters.gone]\nbase_url = "http://127.0.0.1:{port}"\n'
                               'token_env = "EVIAN3_TOKEN"', clusters='["gone"]')  # fmt: skip
    card = await idle_stage.ask("/set-action T-Enable gone aaa1, aaa2")
    await idle_stage.confirm(card)
    outcome = words(await idle_stage.thread(card, "<@U0ASTER>"))
    assert "nothing was done: both customers refused" in outcome
    assert "The connection could not be established" in outcome
    assert "could not be reached at all" in outcome
    job = await idle_stage.job()
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", 0, 2, 0)


async def test_customers_that_do_not_exist_are_refused_and_the_others_sent_once_more(
    idle_stage: Stage,
) -> None:
    first, second = await idle_stage.cids(2)
    card = await sent(idle_stage, [first, "nobody0001", second])
    outcome = words(await idle_stage.thread(card, "<@U0ASTER>"))
    assert "2 accepted, 1 refused" in outcome
    assert "nobody0001" in outcome
    assert "does not exist on the cluster" in outcome
    assert [post.cids for post in await posts(idle_stage)] == [
        (first, "nobody0001", second),
        (first, second),
    ]
    assert [(cid, outcome) for cid, outcome, _ in await idle_stage.outcomes()] == [
        (first, TAKEN), ("nobody0001", REFUSED), (second, TAKEN),
    ]  # fmt: skip
    assert await idle_stage.events() == [*DECIDED[:-1], "sent", "answered", "done"]


async def test_a_request_of_nothing_but_unknown_customers_is_sent_once(idle_stage: Stage) -> None:
    card = await sent(idle_stage, ["nobody0001", "nobody0002"])
    outcome = words(await idle_stage.thread(card, "<@U0ASTER>"))
    assert "nothing was done: both customers refused" in outcome
    assert "HTTP 200, “those CIDs ['nobody0001', 'nobody0002'] do not exist”" in outcome
    assert len(await posts(idle_stage)) == 1
    assert {(o, d) for _, o, d in await idle_stage.outcomes()} == {(REFUSED, "does not exist on the cluster")}


async def test_a_second_refusal_for_unknown_customers_ends_it(idle_stage: Stage) -> None:
    a, b, c = cids = await idle_stage.cids(3)
    for cid in (a, b):
        message = {"message": f"those CIDs ['{cid}'] do not exist", "success": False}
        await idle_stage.evian3.next_mood(moods.replying("refusing", json.dumps(message)))
    card = await sent(idle_stage, cids)
    outcome = words(await idle_stage.thread(card, "<@U0ASTER>"))
    assert "nothing was done: all 3 customers refused" in outcome
    assert [post.cids for post in await posts(idle_stage)] == [(a, b, c), (b, c)]
    details = {cid: detail for cid, _, detail in await idle_stage.outcomes()}
    assert details[a] == details[b] == "does not exist on the cluster"
    assert f"those CIDs ['{b}'] do not exist" in str(details[c])


async def test_an_unknown_outcome_of_the_others_does_not_hide_who_was_refused(idle_stage: Stage) -> None:
    first, second = await idle_stage.cids(2)
    await idle_stage.evian3.next_mood(moods.normal())
    await idle_stage.evian3.next_mood(moods.closed(acts=False))
    card = await sent(idle_stage, [first, "nobody0001", second])
    outcome = words(await idle_stage.thread(card, "1 refused, 2 unknown"))
    assert "does not exist on the cluster" in outcome
    assert LOST in outcome
    await idle_stage.thread(card, "checked.")
    assert len(await posts(idle_stage)) == 2


@pytest.mark.parametrize("status", [200, 500], ids=["refused", "unknown"])
async def test_what_the_cluster_says_stays_dead_text_and_is_cut(idle_stage: Stage, status: int) -> None:
    live = "<!channel> <@U0BRAM> <https://evil.example|log in> & " + "<x>" * 3_000
    message = json.dumps({"message": live, "success": False})
    await idle_stage.evian3.set_mood(moods.replying("shouting", message, status=status))
    card = await sent(idle_stage, await idle_stage.cids(1))
    await idle_stage.thread(card, "<@U0ASTER>")
    await idle_stage.stop_bot()
    everything = [words(m) for m in await idle_stage.thread_of(card)]
    assert any("&lt;!channel&gt; &lt;@U0BRAM&gt;" in said for said in everything)
    for said in everything:
        assert not any(alive in said for alive in ("<!channel", "<@U0BRAM", "<https://evil"))
        assert len(said) < 6_000
    [(_, _, detail)] = await idle_stage.outcomes()
    assert detail is not None
    assert len(detail) <= 200
    assert not [e for e in await idle_stage.desk.journal() if e.kind == "api" and e.details["status"] != 200]


async def sent(stage: Stage, cids: Sequence[str], **settings: Any) -> Message:
    """Start the bot, ask for `cids` and confirm; the card."""
    await stage.start_bot(**(settings or FAST))
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def posts(stage: Stage) -> tuple[Post, ...]:
    """What the cluster was sent."""
    return (await stage.evian3.record()).posts


def counts(outcome: CustomerOutcome, number: int) -> tuple[int, int, int]:
    """Accepted, refused, unknown of a job whose customers all had the same outcome."""
    return (number * (outcome is TAKEN), number * (outcome is REFUSED), number * (outcome is UNKNOWN))
