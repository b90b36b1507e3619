"""Every reply of domain.md over a real socket: the answer, and what the cluster got (one POST, always)."""

import pytest

from bot.cluster import Cause, ClusterClient, Outcome
from bot.sandbox.cluster import ClusterDesk, Mood, Post, moods

ACCEPTED = "Sending action to migration services"


async def the_post(desk: ClusterDesk) -> Post:
    """The one POST that the cluster got; fails where there was another."""
    record = await desk.until(lambda seen: seen.finished == 1)
    (post,) = record.posts
    return post


REPLIES: list[tuple[Mood, str, bool]] = [
    (moods.normal(), f"accepted, accepted, 200, {ACCEPTED}", True),
    (moods.created(), f"accepted, accepted, 201, {ACCEPTED}", True),
    (moods.lying(), f"accepted, accepted, 200, {ACCEPTED}", False),
    (moods.starting(), "refused, not_ready, 200, TMS bootstrap status(INIT) is not Ready", False),
    (moods.wrong_token(), "refused, unauthorized, 401, Invalid access token", False),
    (moods.forbidden(), "refused, http_refusal, 403, RBAC: access denied", False),
    (moods.rate_limited(), "refused, rate_limited, 429, Too many requests", False),
    (moods.request_timeout(acts=True), "unknown, http_error, 408, 408 with an empty body", True),
    (moods.server_error(), "unknown, http_error, 500, Internal error", False),
    (moods.bad_gateway(acts=True), "unknown, http_error, 502, 502 with an HTML page", True),
    (moods.redirect(), "unknown, http_error, 302, 302, a redirect; redirects are not followed", False),
    (moods.empty(), "unknown, unreadable_answer, 200, 200 with an empty body", True),
    (moods.json_list(), "unknown, unreadable_answer, 200, 200 with JSON that is not an object", True),
    (
        moods.success_as_string(),
        f'unknown, unreadable_answer, 200, 200 without a true or false "success": {ACCEPTED}',
        True,
    ),
    (
        moods.replying("oversized", '{"success": true, "message": "' + "x" * 300_000 + '"}'),
        "unknown, unreadable_answer, 200, 200 with a body too large to read",
        False,
    ),
    (
        moods.replying("half", '{"message": "Sending action", "succ'),
        "unknown, unreadable_answer, 200, 200 with a body that is not complete JSON",
        False,
    ),
    (
        moods.replying("no_content", "", status=204),
        "unknown, unreadable_answer, 204, 204 with an empty body",
        False,
    ),
]


@pytest.mark.parametrize(("mood", "verdict", "acted"), REPLIES, ids=[mood.name for mood, _, _ in REPLIES])
async def test_a_reply_is_judged_and_the_cluster_got_one_post(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...], mood: Mood, verdict: str, acted: bool
) -> None:
    await desk.set_mood(mood)
    answer = await client.set_action("T-Enable", cids[:3])
    assert f"{answer.outcome}, {answer.cause}, {answer.http_status}, {answer.message}" == verdict
    assert answer.culprits == ()
    assert 0 < answer.elapsed_s < 5
    post = await the_post(desk)
    assert (post.action, post.cids, post.acted, post.mood) == ("T-Enable", cids[:3], acted, mood.name)


async def test_a_slow_answer_is_waited_for(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.set_mood(moods.slow(0.08))
    answer = await client.set_action("T-Enable", cids[:1])
    assert answer.outcome is Outcome.ACCEPTED
    assert answer.elapsed_s >= 0.08


async def test_unknown_customers_are_named_and_nothing_is_done(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    gone = tuple(f"{n:032x}" for n in range(86))
    sent = (*gone[:50], *cids[:40], *gone[50:])
    answer = await client.set_action("T-Enable", sent)
    assert (answer.outcome, answer.cause, answer.http_status) == (
        Outcome.REFUSED,
        Cause.UNKNOWN_CUSTOMERS,
        200,
    )
    assert answer.message.startswith(f"those CIDs ['{gone[0]}', '{gone[1]}'")
    assert len(answer.message) == 2_000
    assert answer.culprits == gone
    assert not (await the_post(desk)).acted
    assert set((await desk.customers()).values()) == {2}


async def test_an_accepted_action_arrives(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    assert (await client.set_action("T-Enable", cids[:2])).outcome is Outcome.ACCEPTED
    await desk.until(lambda seen: seen.posts[0].arrived)
    states = await client.read_states(cids[:3])
    assert [states[cid].code for cid in cids[:3]] == [3, 3, 2]


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Sun, 01 Jan 2023 00:00:00 GMT", 0.0)])
async def test_a_rate_limit_says_how_long_to_wait(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...], header: str, seconds: float
) -> None:
    await desk.set_mood(moods.rate_limited(header))
    assert (await client.set_action("T-Enable", cids[:1])).retry_after_s == seconds


async def test_a_starting_cluster_works_later(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.next_mood(moods.starting(), times=2)
    answers = [await client.set_action("T-Enable", cids[:1]) for _ in range(3)]
    assert [answer.cause for answer in answers] == [Cause.NOT_READY, Cause.NOT_READY, Cause.ACCEPTED]


async def test_a_wrong_static_token_is_refused_at_once(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.set_mood(moods.wrong_token())
    answer = await client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNAUTHORIZED)
    assert (await the_post(desk)).status == 401


async def test_strange_text_in_the_request_is_sent_and_judged_like_any_other(client: ClusterClient) -> None:
    answer = await client.set_action("T-Enable", ["\ud800", "<!channel>"])
    assert answer.outcome is Outcome.REFUSED
    assert answer.culprits == ("<!channel>",)
