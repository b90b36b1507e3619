"""A patient: a set-up that works, until a test breaks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.cluster import ClusterDesk, ClusterHost
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.server import serve_workspace
from bot.scopes import BOT_SCOPES
from tests.doctor.patient import TOKEN, Patient
from tests.migrated import copied


@pytest.fixture
def scopes() -> frozenset[str]:
    """What was granted to the bot token; a test may say otherwise."""
    return frozenset(BOT_SCOPES)


@pytest.fixture
async def patient(tmp_path: Path, scopes: frozenset[str]) -> AsyncIterator[Patient]:
    """In good health."""
    async with (
        serve_workspace(scopes=scopes) as access,
        ClusterHost(clusters=("evian3",), token=TOKEN) as host,
        Desk(access.address, access.desk_token) as desk,
        ClusterDesk(host.address, "evian3") as cluster,
    ):
        patient = Patient(tmp_path, access, desk, host, cluster)
        copied(patient.database).chmod(0o600)
        yield patient
