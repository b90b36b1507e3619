"""Credentials against a real token endpoint: fetched once for all who ask, renewed in time."""

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from bot.cluster import Cause, ClientCredentials, ClusterClient, Outcome, StaticToken
from bot.cluster.credential import NoToken
from bot.sandbox.cluster import CLIENT_ID, CLIENT_SECRET, Call, ClusterDesk, ClusterHost, moods


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(host: ClusterHost, http: httpx.AsyncClient, clock: Clock) -> ClientCredentials:
    return ClientCredentials(
        http=http,
        token_url=host.token_url,
        client_id=CLIENT_ID,
        client_secret=SecretStr(CLIENT_SECRET),
        clock=clock,
    )


async def test_a_static_token_loses_the_white_space_around_it() -> None:
    assert (await StaticToken(SecretStr(" abc\n")).token()).get_secret_value() == "abc"


@pytest.mark.parametrize("bad", ["", " \n", "two words", "tök", "a\x00b", "a\r\nX-Header: b"])
async def test_a_token_that_no_header_can_carry_is_refused_in_words(
    host: ClusterHost, desk: ClusterDesk, http: httpx.AsyncClient, cids: tuple[str, ...], bad: str
) -> None:
    credential = StaticToken(SecretStr(bad))
    client = ClusterClient(http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=5.0)
    answer = await client.set_action("T-Enable", cids[:1])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNAUTHORIZED)
    assert answer.message == "The configured token is empty or holds characters no token has"
    assert (await desk.record()).posts == ()


async def test_one_token_is_fetched_however_many_ask_at_once(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.set_mood(moods.slow(0.05), on=Call.OAUTH)
    answers = await asyncio.gather(*(oauth_client.set_action("T-Enable", [cid]) for cid in cids[:20]))
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    record = await desk.record()
    assert (record.token_fetches, len(record.posts)) == (1, 20)


async def test_a_failure_is_shared_by_all_who_waited_for_it(
    desk: ClusterDesk, oauth: ClientCredentials
) -> None:
    await desk.set_mood(
        moods.replying("down", "", status=503).model_copy(update={"after_s": 0.05}), on=Call.OAUTH
    )
    ends = await asyncio.gather(*(oauth.token() for _ in range(10)), return_exceptions=True)
    assert all(isinstance(end, NoToken) and end.cause is Cause.UNREACHABLE for end in ends)
    assert (await desk.record()).token_fetches == 1
    await desk.set_mood(moods.normal(), on=Call.OAUTH)
    assert (await oauth.token()).get_secret_value()


async def test_a_caller_that_is_cancelled_leaves_the_fetch_to_the_next(
    desk: ClusterDesk, oauth: ClientCredentials
) -> None:
    await desk.next_mood(moods.silent(), on=Call.OAUTH)
    first = asyncio.create_task(oauth.token())
    await desk.until(lambda seen: seen.token_fetches == 1)
    second = asyncio.create_task(oauth.token())
    first.cancel()
    assert (await second).get_secret_value()
    assert first.cancelled() or first.cancelling()
    assert (await desk.record()).token_fetches == 2


@pytest.mark.parametrize(("lifetime_s", "good_until"), [(7200, 7139), (100, 89)])
async def test_a_token_is_renewed_shortly_before_it_ends(
    desk: ClusterDesk, timed: ClientCredentials, clock: Clock, lifetime_s: int, good_until: int
) -> None:
    await desk.set_token_lifetime(lifetime_s)
    first = await timed.token()
    clock.now += good_until
    assert await timed.token() == first
    clock.now += 2
    assert await timed.token() != first
    assert (await desk.record()).token_fetches == 2


@pytest.mark.parametrize(
    "lifetime", ["", ', "expires_in": "soon"', ', "expires_in": true', ', "expires_in": 0']
)
async def test_a_token_without_a_readable_end_is_kept(
    desk: ClusterDesk, timed: ClientCredentials, clock: Clock, lifetime: str
) -> None:
    await desk.next_mood(moods.replying("odd", f'{{"access_token": "abc"{lifetime}}}'), on=Call.OAUTH)
    await timed.token()
    clock.now += 1e9
    assert (await timed.token()).get_secret_value() == "abc"


async def test_a_cached_token_given_again_is_no_renewal(desk: ClusterDesk, oauth: ClientCredentials) -> None:
    await desk.set_mood(moods.replying("cached", '{"access_token": "same"}'), on=Call.OAUTH)
    assert await oauth.renew(await oauth.token()) is None
