"""The container files and the systemd unit: linted, and held to what the documents promise of them."""

import asyncio
import configparser
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from bot import app
from bot.healthy import alive
from tests.dockerfile import ROOT, last, stages
from tests.shell import closed_port

TOOLS = Path(sys.executable).parent
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BUILD, FINAL = stages(TEXT)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def linted(dockerfile: str) -> str:
    """What hadolint finds."""
    command = [str(TOOLS / "hadolint"), "--no-color", "-"]
    return subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False).stdout


def test_hadolint_finds_nothing() -> None:
    assert linted(TEXT) == ""


def test_hadolint_would_find_something() -> None:
    for line in ("RUN sudo true", "ADD bot /bot", "USER root", "CMD set-action run", "RUN pip install x"):
        assert linted(f"{TEXT}\n{line}\n"), line


def test_the_image_runs_as_nobody_with_nothing_to_build_with() -> None:
    user = last(FINAL, "USER").words
    assert all(part.isdigit() and int(part) for part in user.split(":"))
    assert [one.words for one in FINAL if one.name == "COPY"] == [
        "--from=build /opt/set-action /opt/set-action"
    ]
    for stage in (BUILD, FINAL):
        assert any("pip uninstall --yes" in one.words for one in stage if one.name == "RUN")
    assert not any(word in TEXT for word in ("SECRET", "TOKEN", "PASSWORD", "apt-get"))


def test_the_builder_gets_what_is_copied_and_no_more() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    sent = {line[1:] for line in rules if line.startswith("!")}
    copied = {word for one in BUILD if one.name == "COPY" for word in one.words.split()[:-1]}
    assert sent == copied
    assert rules[1] == "*"


async def test_the_health_check_asks_the_port_that_is_served() -> None:
    told = last(FINAL, "CMD").arguments
    port = told[told.index("--status") + 1].rpartition(":")[2]
    check = last(FINAL, "HEALTHCHECK").arguments
    assert check[-2:] == ["bot.healthy", f"127.0.0.1:{port}"]
    assert last(FINAL, "EXPOSE").words == port


@pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False)])
async def test_alive_is_what_answers_well(status: int, expected: bool) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    application = web.Application()
    application.router.add_get("/healthz", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        port = runner.addresses[0][1]
        assert await asyncio.to_thread(alive, "127.0.0.1", port) is expected
    finally:
        await runner.cleanup()
    assert not alive("127.0.0.1", closed_port())


def test_compose_files_are_what_their_schema_says() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [str(TOOLS / "check-jsonschema"), *schema, str(ROOT / "compose.yaml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_two_equal_replicas_locked_in() -> None:
    bots = [service for name, service in SERVICES.items() if name.startswith("bot-")]
    assert len(bots) == 2
    assert bots[0] == bots[1]
    for service in (*bots, SERVICES["upgrade"]):
        assert service["read_only"] is True
        assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - in a container
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert not any("ports" in service for service in SERVICES.values())
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_migrations_run_once_as_the_owner_before_any_bot() -> None:
    upgrade, bot = SERVICES["upgrade"], SERVICES["bot-1"]
    assert upgrade["command"] == ["db", "upgrade", "--for-role", "set_action"]
    assert upgrade["restart"] == "no"
    assert bot["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}
    assert upgrade["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "//set_action_owner:" in upgrade["environment"]["DATABASE_URL"]
    assert "//set_action:" in bot["environment"]["DATABASE_URL"]
    assert "CREATE ROLE set_action LOGIN" in COMPOSE["configs"]["role"]["content"]


def unit() -> configparser.ConfigParser:
    """Its keys come without regard to case."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string((ROOT / "docs" / "set-action.service").read_text(encoding="utf-8"))
    return parser


def test_whoever_stops_it_waits_until_it_has_drained() -> None:
    assert int(SERVICES["bot-1"]["stop_grace_period"].removesuffix("s")) > app.DRAIN_S
    assert int(unit()["Service"]["TimeoutStopSec"]) > app.DRAIN_S


def test_the_unit_starts_it_as_nobody_and_not_again_with_a_bad_configuration() -> None:
    service = unit()["Service"]
    assert service["ExecStart"].startswith("/opt/set-action/bin/set-action run ")
    assert service["DynamicUser"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "2"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "set-action.service").read_text(encoding="utf-8")
    (tmp_path / "set-action.service").write_text(text.replace("/opt/set-action/bin/set-action", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "set-action.service")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "set-action.service" not in ended.stderr


def test_no_layer_undoes_another() -> None:
    """A file that is removed in a later layer is still in the image."""
    runs = [number for number, one in enumerate(BUILD) if one.name == "RUN"]
    assert all(after - before > 1 for before, after in pairwise(runs))
