"""The command line as an operator meets it: real processes, their words and their exit codes."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot import app
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.server import Access, serve_workspace
from tests.shell import CONFIGURATION, WITHIN_S, Shell, line


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A machine with a good configuration, whose Slack is out of reach."""
    return Shell.good(tmp_path)


@pytest.fixture
async def access(shell: Shell) -> AsyncIterator[Access]:
    """A Slack workspace that the shell's bot can reach."""
    async with serve_workspace() as access:
        shell.environment |= {
            "SLACK_BOT_TOKEN": access.bot_token,
            "SLACK_APP_TOKEN": access.app_token,
            "SLACK_API_URL": access.api_url,
        }
        yield access


@pytest.fixture
async def desk(access: Access) -> AsyncIterator[Desk]:
    """The workspace from its people's side."""
    async with Desk(access.address, access.desk_token) as desk:
        yield desk


async def test_every_mistake_is_told_at_once_with_its_place_and_what_to_write(shell: Shell) -> None:
    (shell.folder / "set-action.toml").write_text(
        CONFIGURATION.replace("http://127.0.0.1:9", "http://cluster.example") + 'colour = "red"\n'
    )
    ended = await shell.run("run", SLACK_BOT_TOKEN="xapp-1-secretword", SLACK_APP_TOKEN=None)
    assert (ended.code, ended.out) == (2, "")
    first, *mistakes = ended.err.splitlines()
    assert first == "set-action cannot start: 4 mistakes in its configuration."
    told = dict(line.strip().split(": ", 1) for line in mistakes)
    assert "xoxb-" in told["SLACK_BOT_TOKEN"]
    assert "xapp-" in told["SLACK_APP_TOKEN"]
    assert "https://" in told["clusters.evian3.base_url"]
    assert any("colour" in place for place in told)
    assert "secretword" not in ended.err
    assert not shell.database.exists()


@pytest.mark.parametrize("words", [("run",), ("db", "upgrade"), ("audit", "verify")])
def test_a_missing_file_is_named(shell: Shell, words: tuple[str, ...]) -> None:
    absent = shell.folder / "absent.toml"
    ended = shell.call(*words, SET_ACTION_CONFIG=str(absent))
    assert ended.code == 2
    assert "1 mistake in" in ended.err
    assert f"SET_ACTION_CONFIG: there is no file {absent}" in ended.err


async def test_a_wrong_bot_token_is_named_and_not_repeated(shell: Shell, access: Access) -> None:
    ended = await shell.run("run", SLACK_BOT_TOKEN="xoxb-0-wrongword")
    assert ended.code == 2
    assert "SLACK_BOT_TOKEN: Slack refuses this token (invalid_auth)" in ended.err
    assert "wrongword" not in ended.err
    assert "Traceback" not in ended.err


async def test_a_wrong_app_token_stops_the_start_too(shell: Shell, access: Access) -> None:
    ended = await shell.run("run", SLACK_APP_TOKEN="xapp-0-wrongword")
    assert ended.code == 2
    assert "SLACK_APP_TOKEN: Slack refuses this token (invalid_auth)" in ended.err
    assert "connections:write" in ended.err
    assert "wrongword" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("code", ["not_allowed_token_type", "missing_scope"])
async def test_an_app_token_of_the_wrong_kind_stops_the_start(shell: Shell, desk: Desk, code: str) -> None:
    await desk.fail("apps.connections.open", error=code)
    ended = await shell.run("run")
    assert ended.code == 2
    assert f"SLACK_APP_TOKEN: Slack refuses this token ({code})" in ended.err


async def test_slacks_hiccups_at_start_are_waited_out(shell: Shell, desk: Desk) -> None:
    await desk.fail("auth.test", status=503)
    await desk.fail("apps.connections.open", error="internal_error")
    async with shell.running("run") as process:
        assert 'error="HTTP 503"' in await line(process, "set_action.slack_unreachable")
        assert "error=internal_error" in await line(process, "set_action.slack_unreachable")
        await desk.until_connected(2)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), WITHIN_S) == 0


async def test_slack_out_of_reach_is_said_and_tried_again_until_told_to_stop(shell: Shell) -> None:
    async with shell.running("run") as process:
        assert "again_in=1.0" in await line(process, "set_action.slack_unreachable")
        assert "again_in=2.0" in await line(process, "set_action.slack_unreachable")
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0
    assert b"set_action.slack_unreachable" not in err  # it did not wait for another try
    assert b"Traceback" not in err
    assert b"Unclosed" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_while_slack_does_not_answer(shell: Shell, number: signal.Signals) -> None:
    asked = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await _reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
        async with shell.running("run", SLACK_API_URL=url) as process:
            await asyncio.wait_for(asked.wait(), WITHIN_S)
            process.send_signal(number)
            _, err = await asyncio.wait_for(process.communicate(), app.SLACK_TIMEOUT_S - 1)
    assert (process.returncode, b"Traceback" in err, b"Unclosed" in err) == (0, False, False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_takes_leave_of_slack(shell: Shell, desk: Desk, number: signal.Signals) -> None:
    async with shell.running("run") as process:
        await desk.until_connected(2)
        process.send_signal(number)
        _, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0
    assert "set_action.stopped" in err.decode().splitlines()[-1]
    assert b"Traceback" not in err
    await desk.until(lambda entry: entry.kind == "socket_closed" and entry.details["open"] == 0)


async def test_a_second_process_on_the_same_database_is_refused(shell: Shell, desk: Desk) -> None:
    async with shell.running("run") as first:
        await desk.until_connected(2)
        second, upgrade = await asyncio.gather(shell.run("run"), shell.run("db", "upgrade"))
        assert first.returncode is None
    for ended in (second, upgrade):
        assert ended.code == 1
        assert f"Another set-action process is using {shell.database}" in ended.err
        assert "DATABASE_URL" in ended.err
        assert "Traceback" not in ended.err


async def test_the_audit_log_can_be_verified_while_the_bot_runs(shell: Shell, desk: Desk) -> None:
    async with shell.running("run"):
        await desk.until_connected(2)
        ended = await shell.run("audit", "verify")
    assert (ended.code, ended.err) == (0, "")


def test_a_part_that_ends_by_itself_ends_all_of_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that looks alive and hears nothing helps nobody; whoever supervises it starts it anew."""

    @asynccontextmanager
    async def broken(*_: object) -> AsyncIterator[list[asyncio.Task[None]]]:
        yield [asyncio.create_task(asyncio.sleep(0))]

    monkeypatch.setattr(app, "running", broken)
    ended = shell.call("run")
    assert ended.code == 1
    assert "ended by itself" in ended.err


async def test_help_lists_every_command_however_it_is_called(shell: Shell) -> None:
    script = str(Path(sys.executable).with_name("set-action"))
    for ended in await asyncio.gather(shell.run("--help", program=script), shell.run()):
        assert all(f" {name} " in ended.out + ended.err for name in ("run", "sandbox", "db", "audit"))


async def test_an_unknown_command_is_refused(shell: Shell) -> None:
    ended = await shell.run("sandbocks")
    assert ended.code == 2
    assert "No such command 'sandbocks'" in ended.err


async def test_the_commands_of_the_bot_need_nothing_of_the_sandbox(shell: Shell) -> None:
    """The sandbox is imported only where its command is asked for."""
    program = (
        "import sys; from bot.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in sys.modules if name.startswith('bot.sandbox')])"
    )
    ended = await shell.run("-c", program, "db", "--help", program=sys.executable)
    assert ended.out.splitlines()[-1] == "[]"


async def test_an_embedded_bot_imports_nothing_that_it_never_uses(shell: Shell) -> None:
    """Each would make its start longer, and take megabytes."""
    program = (
        "import sys; from bot.__main__ import main\n"
        "unused = {'rich', 'pygments', 'alembic', 'cryptography', 'matplotlib', 'psycopg', 'starlette',\n"
        "    'uvicorn', 'sqlalchemy.dialects.postgresql'}\n"
        "try: main()\n"
        "except SystemExit: print('bot.app' in sys.modules, unused & set(sys.modules))"
    )
    ended = await shell.run("-c", program, "run", program=sys.executable, SLACK_APP_TOKEN=None)
    assert ended.out.splitlines()[-1:] == ["True set()"], ended.err


async def test_the_numbers_of_a_real_process(shell: Shell, access: Access, desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    async with (
        shell.running("run", "--status", f"127.0.0.1:{port}") as process,
        aiohttp.ClientSession() as http,
    ):
        await line(process, "set_action.ready")
        await desk.until_connected(2)
        async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            told = await answer.text()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert 'set_action_events_total{event="set_action.ready"} 1.0' in told
    assert "set_action_outbox 0.0" in told


@pytest.mark.parametrize("words", [("--http", "here"), ("--status", "127.0.0.1:99999"), ("--http", ":80")])
def test_an_address_that_is_none_is_explained(shell: Shell, words: tuple[str, str]) -> None:
    ended = shell.call("run", *words)
    assert ended.code == 2
    assert "127.0.0.1:8080" in ended.err
