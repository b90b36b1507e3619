"""A client with OAuth 2 against real sockets: one renewal after a 401, and nothing sent without a token."""

import asyncio
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.cluster import Cause, ClientCredentials, ClusterClient, Outcome, StaticToken
from bot.config.secret_file import read
from bot.errors import ClusterUnreadable
from bot.sandbox.cluster import CLIENT_ID, CLIENT_SECRET, Call, ClusterDesk, ClusterHost, Mood, moods


async def test_a_401_renews_the_token_once_and_repeats_the_post_once(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await oauth_client.read_states(cids[:1])
    await desk.revoke_tokens()
    answer = await oauth_client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.http_status) == (Outcome.ACCEPTED, 200)
    record = await desk.until(lambda seen: seen.finished == 2)
    assert [(post.status, post.acted) for post in record.posts] == [(401, False), (200, True)]
    assert record.token_fetches == 2


async def test_a_renewed_token_that_is_refused_too_is_not_renewed_again(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.set_mood(moods.wrong_token())
    answer = await oauth_client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause, answer.message) == (
        Outcome.REFUSED,
        Cause.UNAUTHORIZED,
        "Invalid access token",
    )
    record = await desk.until(lambda seen: seen.finished == 2)
    assert (len(record.posts), record.token_fetches) == (2, 2)


async def test_a_401_that_claims_success_is_not_repeated(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.set_mood(moods.replying("contradiction", '{"success": true}', status=401))
    answer = await oauth_client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, Cause.UNREADABLE_ANSWER)
    record = await desk.until(lambda seen: seen.finished == 1)
    assert (len(record.posts), record.token_fetches) == (1, 1)


async def test_many_posts_refused_together_renew_the_token_once(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await oauth_client.read_states(cids[:1])
    await desk.revoke_tokens()
    answers = await asyncio.gather(*(oauth_client.set_action("T-Enable", [cid]) for cid in cids[:8]))
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    record = await desk.until(lambda seen: seen.finished == 16)
    assert (len(record.posts), record.token_fetches) == (16, 2)


@pytest.mark.parametrize(
    ("mood", "cause", "message"),
    [
        (moods.bad_gateway(), Cause.UNREACHABLE, "The token endpoint answered 502 and no readable token"),
        (moods.silent(), Cause.UNREACHABLE, "No complete answer came in time"),
        (moods.reset(), Cause.UNREACHABLE, "The connection broke before a complete answer came"),
        (moods.redirect(), Cause.UNAUTHORIZED, "The token endpoint answered 302 and no readable token"),
        (moods.replying("list", "[]"), Cause.UNAUTHORIZED, "answered 200 and no readable token"),
        (moods.replying("deep", "[" * 50_000), Cause.UNAUTHORIZED, "answered 200 and no readable token"),
        (moods.replying("big", '"' + "x" * 70_000 + '"'), Cause.UNAUTHORIZED, "200 and no readable token"),
        (moods.replying("odd", '{"access_token": "a b"}'), Cause.UNAUTHORIZED, "200 and no readable token"),
        (
            moods.replying("echo", f'{{"error": "no {CLIENT_SECRET}"}}', status=400),
            Cause.UNAUTHORIZED,
            "answered 400 and no readable token",
        ),
        (
            moods.replying("scope", '{"error": "invalid_scope"}', status=400),
            Cause.UNAUTHORIZED,
            "answered 400 invalid_scope",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Mood) else "",
)
async def test_without_a_token_nothing_is_sent(
    desk: ClusterDesk,
    oauth_client: ClusterClient,
    cids: tuple[str, ...],
    mood: Mood,
    cause: Cause,
    message: str,
) -> None:
    await desk.set_mood(mood, on=Call.OAUTH)
    answer = await oauth_client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, cause)
    assert answer.message.startswith("No token could be fetched. ")
    assert answer.message.endswith(message)
    with pytest.raises(ClusterUnreadable, match="No token could be fetched"):
        await oauth_client.read_states(None)
    record = await desk.record()
    assert (record.posts, record.gets) == ((), ())


async def test_an_unreachable_token_endpoint_is_unreachable(
    host: ClusterHost, http: httpx.AsyncClient, cids: tuple[str, ...]
) -> None:
    oauth = ClientCredentials(
        http=http, token_url="http://127.0.0.1:1/token", client_id="a", client_secret=SecretStr("b")
    )
    client = ClusterClient(http=http, base_url=host.base_url("evian3"), credential=oauth, timeout_s=5.0)
    answer = await client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNREACHABLE)


async def test_a_renewal_that_fails_says_both_things(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await oauth_client.read_states(cids[:1])
    await desk.revoke_tokens()
    await desk.set_mood(moods.bad_gateway(), on=Call.OAUTH)
    answer = await oauth_client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNREACHABLE)
    assert answer.message == (
        "The cluster refused the token (401). No token could be fetched. "
        "The token endpoint answered 502 and no readable token"
    )
    assert len((await desk.until(lambda seen: seen.finished == 1)).posts) == 1


async def test_a_token_replaced_in_its_file_is_read_once_the_old_one_is_refused(
    host: ClusterHost, http: httpx.AsyncClient, cids: tuple[str, ...], token: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("an-old-token-0123456789\n")
    credential = StaticToken(SecretStr("an-old-token-0123456789"), partial(read, file))
    client = ClusterClient(http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=5.0)
    assert (await client.set_action("T-Enable", cids[:1])).cause is Cause.UNAUTHORIZED
    file.write_text(f"{token}\n")
    assert (await client.set_action("T-Enable", cids[:1])).outcome is Outcome.ACCEPTED
    file.unlink()
    assert (await client.set_action("T-Enable", cids[:1])).outcome is Outcome.ACCEPTED


async def test_a_file_that_is_gone_when_it_is_needed_is_said_in_words(
    host: ClusterHost, http: httpx.AsyncClient, cids: tuple[str, ...], tmp_path: Path
) -> None:
    credential = StaticToken(SecretStr("an-old-token-0123456789"), partial(read, tmp_path / "gone"))
    client = ClusterClient(http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=5.0)
    answer = await client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNAUTHORIZED)
    assert "cannot be read" in answer.message
    assert str(tmp_path) not in answer.message


async def test_a_client_secret_replaced_in_its_file_is_used_by_the_next_fetch(
    host: ClusterHost, http: httpx.AsyncClient, cids: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("wrong-secret-0123456789")
    oauth = ClientCredentials(
        http=http,
        token_url=host.token_url,
        client_id=CLIENT_ID,
        client_secret=SecretStr("wrong-secret-0123456789"),
        reread=partial(read, file),
    )
    client = ClusterClient(http=http, base_url=host.base_url("evian3"), credential=oauth, timeout_s=5.0)
    assert (await client.set_action("T-Enable", cids[:1])).cause is Cause.UNAUTHORIZED
    file.write_text(CLIENT_SECRET)
    assert (await client.set_action("T-Enable", cids[:1])).outcome is Outcome.ACCEPTED
