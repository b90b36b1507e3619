"""The doctor where many workspaces install the bot: each one's token is tried, and said whose it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.doctor.house import findings
from bot.doctor.person import findings as about_person
from bot.sandbox.workspace.people import ASTER
from tests.doctor.patient import written
from tests.wire.many import ONE, SDKS_OWN, TWO, Many, many_workspaces

pytestmark = SDKS_OWN


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[Many]:
    async with many_workspaces(tmp_path) as many:
        await many.start()
        yield many


async def told(many: Many) -> str:
    return "\n".join(written(await findings(many.config, many.variables)))


async def test_nobody_has_installed_it_yet(many: Many) -> None:
    said = await told(many)
    assert "No workspace has installed the bot yet." in said
    assert "/slack/install" in said
    assert "SLACK_BOT_TOKEN" not in said


async def test_each_workspace_is_looked_at_by_name(many: Many) -> None:
    for workspace in (ONE, TWO):
        assert (await many.install(workspace))[0] == 200
    said = await told(many)
    for workspace in (ONE, TWO):
        assert f"workspace {workspace}" in said
    assert "scopes of manifest.yml are granted" in said
    [first, *_] = await about_person(many.config, ASTER)
    assert first.about == f"{ASTER}, workspace {ONE}"


async def test_another_key_opens_nothing_and_the_key_is_named(many: Many) -> None:
    assert (await many.install(ONE))[0] == 200
    many.keys = [Fernet.generate_key().decode()]
    said = await told(many)
    assert "SET_ACTION_TOKEN_KEYS" in said
    assert f"no key here opens the token of workspace {ONE}" in said
    assert "No workspace has installed" not in said
