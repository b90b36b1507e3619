"""Private answers by `response_url`: only to Slack, a few tries, nowhere else, and none cut off in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.outbox import whispers
from bot.outbox.whispers import REMEMBERED, Whispers
from bot.slack_addresses import SlackAddresses
from bot.views.message import Message

HELLO = Message("Hello.")


@dataclass
class Slack:
    """Something that takes answers: `script` says how, then 200; `bodies` is what came, by path."""

    address: str = ""
    script: list[web.Response] = field(default_factory=list)
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, request: web.Request) -> web.Response:
        self.bodies.append((request.path, await request.json()))
        self.came.set()
        await self.gate.wait()
        return self.script.pop(0) if self.script else web.Response(text="ok")


@asynccontextmanager
async def serving() -> AsyncIterator[Slack]:
    """One on a free port of this machine."""
    slack = Slack()
    slack.gate.set()
    application = web.Application()
    application.router.add_post("/{path:.*}", slack.serve)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.address = site.name
    try:
        yield slack
    finally:
        slack.gate.set()
        await runner.cleanup()


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """The configured Slack."""
    async with serving() as slack:
        yield slack


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """The bot's session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def said(slack: Slack, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> Whispers:
    """The bot's voice, with short pauses."""
    monkeypatch.setattr(whispers, "PAUSE_S", 0.0)
    return Whispers(http, SlackAddresses(f"{slack.address}/api/"))


async def test_an_answer_is_private_and_leaves_what_is_there(slack: Slack, said: Whispers) -> None:
    said.say(f"{slack.address}/response/1", HELLO)
    await said.drain(5)
    assert slack.bodies == [
        ("/response/1", {"response_type": "ephemeral", "replace_original": False, "text": "Hello."})
    ]


async def test_an_answer_in_a_thread_or_in_place(slack: Slack, said: Whispers) -> None:
    said.say(f"{slack.address}/response/1", HELLO, replace=True)
    said.say(f"{slack.address}/response/2", HELLO, thread="17.1")
    await said.drain(5)
    bodies = dict(slack.bodies)
    assert bodies["/response/1"]["replace_original"] is True
    assert "thread_ts" not in bodies["/response/1"]
    assert bodies["/response/2"]["thread_ts"] == "17.1"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_slack_is_tried_again(slack: Slack, said: Whispers, status: int) -> None:
    slack.script = [web.Response(status=status), web.Response(status=status)]
    with capture_logs() as logs:
        said.say(f"{slack.address}/response/1", HELLO)
        await said.drain(5)
    assert len(slack.bodies) == 3
    assert logs == []


async def test_after_three_tries_it_is_given_up_and_said_so(slack: Slack, said: Whispers) -> None:
    slack.script = [web.Response(status=503) for _ in range(9)]
    with capture_logs() as logs:
        said.say(f"{slack.address}/response/1", HELLO)
        await said.drain(5)
    assert len(slack.bodies) == 3
    assert [entry["event"] for entry in logs] == ["set_action.whisper_lost"]


@pytest.mark.parametrize("after", ["0", "soon", "-1", "nan", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_whatever_retry_after_says_the_answer_arrives(slack: Slack, said: Whispers, after: str) -> None:
    slack.script = [web.Response(status=429, headers={"Retry-After": after})]
    said.say(f"{slack.address}/response/1", HELLO)
    await said.drain(5)
    assert len(slack.bodies) == 2


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_a_used_up_address_is_not_tried_again(slack: Slack, said: Whispers, status: int) -> None:
    slack.script = [web.Response(status=status)]
    with capture_logs() as logs:
        said.say(f"{slack.address}/response/1", HELLO)
        await said.drain(5)
    assert len(slack.bodies) == 1
    assert [entry["event"] for entry in logs] == ["set_action.whisper_lost"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(slack: Slack, said: Whispers, status: int) -> None:
    async with serving() as elsewhere:
        slack.script = [web.Response(status=status, headers={"Location": f"{elsewhere.address}/take"})]
        said.say(f"{slack.address}/response/1", HELLO)
        await said.drain(5)
        assert elsewhere.bodies == []
    assert len(slack.bodies) == 1


async def test_another_origin_on_this_machine_gets_nothing(slack: Slack, said: Whispers) -> None:
    async with serving() as elsewhere:
        with capture_logs() as logs:
            said.say(f"{elsewhere.address}/response/1", HELLO)
            await said.drain(5)
        assert elsewhere.bodies == []
    assert "set_action.foreign_response_url" in [entry["event"] for entry in logs]


@pytest.mark.parametrize(
    ("url", "is_slack"),
    [
        ("https://hooks.slack.com/actions/T1/2/3", True),
        ("https://hooks.slack.com/commands/T1/2/3", True),
        ("https://slack.com/x", True),
        ("https://HOOKS.SLACK.COM/x", True),
        ("http://hooks.slack.com/x", False),
        ("https://hooks.slack.com.example/x", False),
        ("https://notslack.com/x", False),
        ("https://slack.com@example.com/x", False),
        ("https://example.com/slack.com", False),
        ("https://example.com#.slack.com", False),
        ("https://example.com\\.slack.com/x", False),
        ("file:///etc/hosts", False),
        ("None", False),
        ("", False),
        ("https://[::1", False),
    ],
)
def test_only_slacks_own_hosts_are_slack(url: str, is_slack: bool) -> None:
    assert SlackAddresses("https://slack.com/api/").own(url) is is_slack


async def test_what_is_under_way_goes_out_before_the_end(slack: Slack, said: Whispers) -> None:
    slack.gate.clear()
    said.say(f"{slack.address}/response/1", HELLO)
    await slack.came.wait()
    draining = asyncio.create_task(said.drain(5))
    await asyncio.sleep(0)
    assert not draining.done()
    slack.gate.set()
    with capture_logs() as logs:
        await draining
    assert logs == []


async def test_what_cannot_go_out_in_time_is_counted(slack: Slack, said: Whispers) -> None:
    slack.gate.clear()
    said.say(f"{slack.address}/response/1", HELLO)
    await slack.came.wait()
    with capture_logs() as logs:
        await said.drain(0.02)
    assert [(entry["event"], entry["count"]) for entry in logs] == [("set_action.whispers_lost", 1)]


async def test_where_a_proposal_was_typed_is_known_once(slack: Slack, said: Whispers) -> None:
    proposal = uuid4()
    said.remember(proposal, f"{slack.address}/response/1")
    assert await said.answer(proposal, HELLO) is True
    assert await said.answer(proposal, HELLO) is False
    assert await said.answer(uuid4(), HELLO) is False
    assert len(slack.bodies) == 1


async def test_a_refused_answer_is_not_called_given(slack: Slack, said: Whispers) -> None:
    proposal = uuid4()
    slack.script = [web.Response(status=404)]
    said.remember(proposal, f"{slack.address}/response/1")
    assert await said.answer(proposal, HELLO) is False


async def test_only_so_many_proposals_are_remembered(slack: Slack, said: Whispers) -> None:
    first = uuid4()
    said.remember(first, f"{slack.address}/response/1")
    for _ in range(REMEMBERED):
        said.remember(uuid4(), f"{slack.address}/response/2")
    assert await said.answer(first, HELLO) is False
    assert slack.bodies == []
