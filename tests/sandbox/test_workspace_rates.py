"""The sandbox workspace refuses calls that come faster than Slack allows, and says for how long."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, OPS, RANDOM
from bot.sandbox.workspace.rates import Rates
from bot.sandbox.workspace.server import Access, serve_workspace


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("method", "at_once", "retry_after"),
    [
        ("usergroups.users.list", 10, 3),
        ("chat.update", 25, 2),
        ("chat.delete", 25, 2),
        ("conversations.replies", 25, 2),
        ("views.open", 50, 1),
        ("files.info", 50, 1),
        ("users.info", 50, 1),
        ("chat.postEphemeral", 50, 1),
        ("chat.postMessage", 5, 1),
    ],
)
def test_each_method_has_its_tier(method: str, at_once: int, retry_after: int) -> None:
    clock = Clock()
    rates = Rates(1.0, clock)
    assert [rates.retry_after(method, OPS) for _ in range(at_once)] == [0] * at_once
    assert rates.retry_after(method, OPS) == retry_after
    clock.now += retry_after - 0.9
    assert rates.retry_after(method, OPS) in (0, 1)
    clock.now += 1
    assert rates.retry_after(method, OPS) == 0


@pytest.mark.parametrize(("method", "a_minute"), [("usergroups.users.list", 20), ("chat.update", 50)])
def test_in_the_long_run_the_rate_is_slacks(method: str, a_minute: int) -> None:
    clock = Clock()
    rates, passed = Rates(1.0, clock), 0
    for _ in range(60 * 60):
        clock.now += 1
        passed += sum(rates.retry_after(method, "") == 0 for _ in range(3))
    assert passed == pytest.approx(60 * a_minute + a_minute / 2, abs=2)


def test_messages_are_limited_by_channel_and_all_together() -> None:
    clock = Clock()
    rates = Rates(1.0, clock)
    assert [rates.retry_after("chat.postMessage", OPS) for _ in range(6)] == [0] * 5 + [1]
    assert rates.retry_after("chat.postMessage", RANDOM) == 0
    for number in range(24):
        assert rates.retry_after("chat.postMessage", f"C{number}") == 0
    assert rates.retry_after("chat.postMessage", "C99") == 1
    clock.now += 0.2
    assert rates.retry_after("chat.postMessage", "C99") == 0


def test_what_nobody_limits_passes_and_wider_limits_are_wider() -> None:
    clock = Clock()
    assert {Rates(1.0, clock).retry_after("auth.test", "") for _ in range(500)} == {0}
    assert {Rates(None, clock).retry_after("chat.update", "") for _ in range(500)} == {0}
    wide = Rates(20.0, clock)
    assert sum(wide.retry_after("chat.update", "") == 0 for _ in range(30)) == 25
    clock.now += 1
    assert sum(wide.retry_after("chat.update", "") == 0 for _ in range(30)) == 16


@pytest.fixture
def sdks_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own handler waits `Retry-After` and a bit at random."""
    monkeypatch.setattr("random.random", lambda: 0.0)


async def test_a_burst_of_updates_is_refused_until_retry_after_has_passed(sdks_jitter: None) -> None:
    async with (
        serve_workspace(rates=10.0) as access,
        Desk(access.address, access.desk_token) as desk,
        aiohttp.ClientSession() as session,
    ):
        client = AsyncWebClient(access.bot_token, access.api_url, session=session, retry_handlers=[])
        card = await client.chat_postMessage(channel=OPS, text="card")
        update = {"channel": OPS, "ts": card["ts"], "text": "x"}
        answers = await asyncio.gather(
            *(client.chat_update(**update) for _ in range(80)), return_exceptions=True
        )
        refused = [answer.response for answer in answers if isinstance(answer, SlackApiError)]
        assert 80 - 25 - 10 < len(refused) <= 80 - 25
        assert {answer.status_code for answer in refused} == {429}
        assert {answer.data["error"] for answer in refused} == {"ratelimited"}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        noted = [entry for entry in await desk.journal() if entry.kind == "rate_limited"]
        assert len(noted) == len(refused)
        assert noted[0].details == {"method": "chat.update", "channel": OPS, "retry_after": 1}

        obedient = AsyncWebClient(
            access.bot_token,
            access.api_url,
            session=session,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
        )
        assert (await obedient.chat_update(**{**update, "text": "after all"}))["ok"] is True
        assert [m.text for m in await desk.messages(OPS, ASTER)] == ["after all"]


async def test_the_desk_switches_the_limits(access: Access, desk: Desk, client: AsyncWebClient) -> None:
    for number in range(20):
        await client.chat_postMessage(channel=OPS, text=str(number))
    await desk.limit_rates()
    posts = (client.chat_postMessage(channel=OPS, text=str(number)) for number in range(6))
    answers = await asyncio.gather(*posts, return_exceptions=True)
    assert [str(answer.response["error"]) for answer in answers if isinstance(answer, SlackApiError)] == [
        "ratelimited"
    ]
    await desk.limit_rates(None)
    await client.chat_postMessage(channel=OPS, text="free again")
    assert [e.details["method"] for e in await desk.journal() if e.kind == "rate_limited"] == [
        "chat.postMessage"
    ]
