"""HTTP mode: the same bot behind one address; what is not Slack's is refused, nothing is done twice."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import app, http_mode
from bot.config import Config, load
from bot.errors import ConfigurationError
from bot.sandbox.workspace.people import TEAM
from bot.sandbox.workspace.request_url import FORM, JSON, signed
from bot.turns.embedded import EmbeddedTurns
from store import gauges
from store.errors import StoreError
from store.units import Begun
from tests.forms import form_of
from tests.stage import Stage, words


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class Http:
    """The stage's bot by HTTP, and anybody who can reach its address."""

    def __init__(self, stage: Stage, port: int, session: aiohttp.ClientSession) -> None:
        self.stage = stage
        self.port = port
        self._session = session

    @property
    def config(self) -> Config:
        """As `set-action run --http` loads it, without an app token."""
        self.stage.environment |= {"SLACK_SIGNING_SECRET": self.stage.access.signing_secret}
        before = self.stage.config()
        variables = self.stage.variables(self.stage.folder / "set-action.toml") | {"SLACK_APP_TOKEN": ""}
        loaded = load(variables, serve=True, listen=("127.0.0.1", self.port))
        assert loaded.clusters == before.clusters
        return loaded

    async def post(self, body: bytes, headers: dict[str, str], kind: str = FORM) -> tuple[int, str]:
        """Send anything; status and words."""
        url = f"http://127.0.0.1:{self.port}{http_mode.EVENTS}"
        headers = {**headers, "Content-Type": kind}
        async with self._session.post(url, data=BytesIO(body), headers=headers) as answer:
            return answer.status, await answer.text()

    async def signed(self, body: bytes, kind: str = FORM) -> tuple[int, str]:
        """Send it as Slack would."""
        return await self.post(body, signed(self.stage.access.signing_secret, body), kind)

    async def get(self, path: str) -> tuple[int, str]:
        """Ask as a balancer does."""
        async with self._session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def http(idle_stage: Stage) -> AsyncIterator[Http]:
    """The real bot, listening; the workspace sends its requests there."""
    async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
        http = Http(idle_stage, free_port(), session)
        await stack.enter_async_context(app.running(http.config))
        await idle_stage.desk.send_requests_to(f"http://127.0.0.1:{http.port}{http_mode.EVENTS}")
        yield http


async def test_a_command_a_click_a_form_and_the_home_tab_come_in_by_http(http: Http) -> None:
    stage = http.stage
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    assert (await stage.confirm(card)).acked
    await stage.thread(card, "1 customer accepted")
    told = await stage.desk.command("U0ASTER", card.channel, "/my-jobs")
    assert told.message
    assert "T-Enable" in words(told.message)
    assert (await stage.desk.command("U0ASTER", card.channel, "/set-action")).acked
    form = await form_of(stage, "U0ASTER")
    refused = await stage.desk.submit(form, {"action": "T-Enable", "cluster": "evian3", "cids": "no/id"})
    assert refused.form
    assert set(refused.form.errors) == {"cids"}
    assert len((await stage.evian3.record()).posts) == 1


COMMAND: dict[str, Any] = {
    "command": "/set-action",
    "team_id": TEAM,
    "user_id": "U0ASTER",
    "channel_id": "C0OPS",
    "trigger_id": "1.2.3",
    "response_url": "https://hooks.slack.com/commands/1",
}


async def test_the_same_signed_request_is_taken_once_by_all_replicas(http: Http) -> None:
    [cid] = await http.stage.cids(1)
    body = urlencode(COMMAND | {"text": f"t evian3 {cid}"}).encode()
    headers = signed(http.stage.access.signing_secret, body)
    first = await http.post(body, headers)
    assert first == (200, "")
    assert await http.post(body, headers) == (409, '{"error": "taken before"}')
    assert len(await http.stage.rows("SELECT id FROM jobs")) == 1
    # Another delivery of the same trigger (signed anew) has no effect either.
    later = signed(http.stage.access.signing_secret, body, int(headers["X-Slack-Request-Timestamp"]) - 9)
    assert (await http.post(body, later))[0] == 200
    assert len(await http.stage.rows("SELECT id FROM jobs")) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"ssl_check=1", FORM),
        (b'{"type": "url_verification", "challenge": "c"}', JSON),
        (urlencode(COMMAND).encode(), FORM),
        (b"\xff", FORM),
        (b"{", JSON),
    ],
)
async def test_what_is_not_signed_is_refused_whatever_it_says(http: Http, body: bytes, kind: str) -> None:
    with capture_logs() as logs:
        assert (await http.post(body, {}, kind))[0] == 401
        assert (await http.post(body, signed("another secret", body), kind))[0] == 401
    assert {entry["event"] for entry in logs} == {"http_mode.refused"}
    assert "another" not in str(logs)
    assert not any(len(said) > 5 and said in str(logs) for said in (body.decode("latin-1"), "set-action"))
    assert await http.stage.events() == []


async def test_what_is_signed_and_no_payload_gets_a_clear_400(http: Http) -> None:
    for body, kind in (
        (b"{", JSON),
        (b"[]", JSON),
        (b"payload=%7B", FORM),
        (b"\xff", FORM),
        (b"x", "text/x"),
    ):
        assert (await http.signed(body, kind))[0] == 400
    assert await http.signed(b'{"type": "url_verification", "challenge": "c4"}', JSON) == (
        200,
        '{"challenge": "c4"}',
    )
    assert await http.signed(b"ssl_check=1") == (200, "")


async def test_a_body_without_end_is_cut_off(http: Http) -> None:
    status, _ = await http.signed(b"a" * (http_mode.LARGEST + 1))
    assert status == 413


async def test_a_body_that_trickles_is_not_waited_for(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_mode, "BODY_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", http.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    assert b" 408 " in await reader.readline()
    writer.close()


async def test_other_paths_and_methods_are_not_there(http: Http) -> None:
    assert (await http.get("/"))[0] == 404
    assert (await http.get(http_mode.EVENTS))[0] == 405


async def test_alive_and_ready_are_told_apart(http: Http) -> None:
    assert await http.get("/healthz") == (200, "alive\n")
    status, told = await http.get("/readyz")
    assert (status, json.loads(told)) == (
        200,
        {
            "ready": True,
            "database": True,
            "queue": True,
            "slack": True,
            "planned": 0,
            "oldest_unfinished_s": 0.0,
            "outbox": 0,
            "oldest_untold_s": 0.0,
        },
    )


async def test_told_to_stop_it_first_says_so_and_takes_what_comes_until_it_closes(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = asyncio.Event()

    async def until_told(_seconds: float) -> None:
        await closing.wait()

    async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
        http = Http(idle_stage, free_port(), session)
        bot = await stack.enter_async_context(AsyncExitStack())
        await bot.enter_async_context(app.running(http.config))
        await idle_stage.desk.send_requests_to(f"http://127.0.0.1:{http.port}{http_mode.EVENTS}")
        monkeypatch.setattr(http_mode, "pause", until_told)
        stopping = asyncio.create_task(bot.aclose())
        while (await http.get("/readyz"))[0] == 200:
            pass
        status, told = await http.get("/readyz")
        assert (status, json.loads(told)["slack"]) == (503, False)
        assert (await http.get("/healthz"))[0] == 200
        [cid] = await idle_stage.cids(1)
        assert (await idle_stage.desk.command("U0ASTER", "C0OPS", f"/set-action t evian3 {cid}")).acked
        assert not stopping.done()
        closing.set()
        await stopping
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get("/readyz")
    # What it took is told by the next one, or was before the end.
    assert len(await idle_stage.rows("SELECT id FROM jobs")) == 1


async def test_a_bot_whose_database_does_not_answer_is_alive_and_not_ready(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_conn: object) -> None:
        raise StoreError("no disk")

    monkeypatch.setattr(gauges, "read", broken)
    assert (await http.get("/healthz"))[0] == 200
    status, told = await http.get("/readyz")
    assert (status, json.loads(told)["database"]) == (503, False)
    status, told = await http.get("/metrics")
    assert status == 200
    assert "set_action_requests" in told


async def test_a_replica_that_lost_its_turns_is_not_ready(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = asyncio.get_running_loop().time() - 1
    monkeypatch.setattr(EmbeddedTurns, "lease", lambda _turns: lambda: lost)
    status, told = await http.get("/readyz")
    assert (status, json.loads(told)["queue"], json.loads(told)["database"]) == (503, False, True)


async def test_what_changes_nothing_waits_for_no_disk(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[bool] = []
    commit = Begun.commit

    def committed(begun: Begun[object]) -> None:
        if not begun.transaction.connection.get_execution_options().get("read_only"):
            flushed.append(begun.flushed)
        commit(begun)

    monkeypatch.setattr(Begun, "commit", committed)
    await http.stage.desk.command("U0ASTER", "C0OPS", "/set-action help")
    assert flushed == [False], "the guard against replays"


async def test_what_slack_sends_is_counted(http: Http) -> None:
    await http.stage.desk.command("U0ASTER", "C0OPS", "/set-action help")
    _, told = await http.get("/metrics")
    assert 'set_action_requests_total{kind="command",result="acknowledged"} 1.0' in told
    assert "set_action_acknowledgement_seconds_count 1.0" in told


async def test_in_socket_mode_the_same_is_told_at_an_address_of_its_own(idle_stage: Stage) -> None:
    port = free_port()
    config = replace(idle_stage.config(), status=("127.0.0.1", port))
    async with aiohttp.ClientSession() as session, app.running(config):
        await idle_stage.desk.until_connected(2)
        status, told = await Http(idle_stage, port, session).get("/readyz")
        assert (status, json.loads(told)["slack"]) == (200, True)
        # Slack's requests have no business there.
        assert (await Http(idle_stage, port, session).signed(b"ssl_check=1"))[0] == 404


async def test_an_address_that_is_taken_is_said_at_start(idle_stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            http = Http(idle_stage, taken.getsockname()[1], session)
            with pytest.raises(ConfigurationError, match="cannot be listened on"):
                async with app.running(http.config):
                    pass


async def test_serving_by_http_needs_a_signing_secret_and_no_app_token(idle_stage: Stage) -> None:
    before = idle_stage.config()
    variables = idle_stage.variables(idle_stage.folder / "set-action.toml")
    for given in ({}, {"SLACK_SIGNING_SECRET": " "}):
        with pytest.raises(ConfigurationError) as refused:
            load(variables | given, serve=True, listen=("127.0.0.1", 1))
        [problem] = refused.value.problems
        assert problem.where == "SLACK_SIGNING_SECRET"
    with pytest.raises(ConfigurationError):
        async with app.running(replace(before, slack=replace(before.slack, listen=("127.0.0.1", 1)))):
            pass
