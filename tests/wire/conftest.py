"""Fixtures of the wire tests: a stage with the bot on it, and one without."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import yaml

from bot import http_mode, speech
from bot.listeners import door, forms
from bot.listeners.door import Door
from bot.outbox import courier
from bot.runner import sender
from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.host import ClusterHost
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.server import Clocks, serve_workspace
from tests.brisk import Brisk
from tests.stage import TOKEN, Stage

PATIENCE_S = 20.0
PATIENT = Clocks(ack_s=PATIENCE_S, trigger_s=PATIENCE_S)
MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture(scope="session")
def scopes() -> frozenset[str]:
    """What the manifest asks for: the workspace refuses the bot everything else."""
    return frozenset(yaml.safe_load(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> float:
    """Bots started in this process may speak, and draw, this many times as fast as Slack allows."""
    monkeypatch.setattr(speech, "Pace", Brisk)
    monkeypatch.setattr(courier, "SETTLING_S", courier.SETTLING_S / Brisk.SPEED)
    return Brisk.SPEED


@pytest.fixture(autouse=True)
def patient_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the short `settle_s` of tests is less than a busy machine takes now and then."""
    monkeypatch.setattr(sender, "SENT_WITHIN", 0.9)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may stand still for longer than Slack waits: few scenarios are about that."""
    monkeypatch.setattr("bot.reception.Door", partial(Door, patience_s=PATIENCE_S))
    monkeypatch.setattr(forms, "PATIENCE_S", PATIENCE_S)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No balancer has to take the bot out before it closes."""
    monkeypatch.setattr(http_mode, "LEAVING_S", 0.0)


@pytest.fixture
def slacks_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A little less patient than Slack, after all."""
    assert Clocks().ack_s > door.PATIENCE_S
    monkeypatch.setattr("bot.reception.Door", Door)


@pytest.fixture
async def idle_stage(tmp_path: Path, scopes: frozenset[str]) -> AsyncIterator[Stage]:
    """Workspace and clusters, with no bot yet."""
    async with (
        serve_workspace(scopes=scopes, clocks=PATIENT) as access,
        Desk(access.address, access.desk_token) as desk,
        AsyncExitStack() as leaving,
        ClusterHost(clusters=("evian3", "fiji1"), token=TOKEN) as host,
        ClusterDesk(host.address, "evian3") as evian3,
    ):
        stage = Stage(desk, evian3, access, host, tmp_path)
        # After the cluster: a bot that is stopped waits for the answers to what it has sent.
        leaving.push_async_callback(stage.stop_bots)
        yield stage


@pytest.fixture
async def stage(idle_stage: Stage) -> Stage:
    """Workspace, clusters and the bot."""
    await idle_stage.start_bot()
    return idle_stage
