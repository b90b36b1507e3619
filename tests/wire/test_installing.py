"""Installing by OAuth: who may, from which browser, how often; and the keys that seal the tokens."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.errors import ConfigurationError
from bot.scopes import BOT_SCOPES
from bot.workspaces import states
from tests.wire.many import ONE, SDKS_OWN, TWO, Many, many_workspaces
from tests.wire.test_workspaces import run_job, until_removed

pytestmark = SDKS_OWN


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[Many]:
    async with many_workspaces(tmp_path) as many:
        await many.start()
        yield many


async def installed(many: Many) -> list[str]:
    """The workspaces that are, as the rows say."""
    return [row.id for row in await many.places[ONE].rows("SELECT id FROM installations ORDER BY id")]


async def test_it_asks_for_its_scopes_and_says_when_it_is_done(many: Many) -> None:
    status, words = await many.install(ONE)
    assert status == 200
    assert "installed in Workspace T0ONE" in words
    assert many.slack.workspaces[ONE].scopes == frozenset(BOT_SCOPES)
    assert await installed(many) == [ONE]


async def test_an_address_is_good_once_and_in_its_own_browser_only(many: Many) -> None:
    browser = many.browser()
    back = await many.allowed(ONE, browser)
    kept = browser.cookie
    # Somebody else is sent there, who has begun with another state or not at all.
    stranger, other = many.browser(), many.browser()
    await many.allowed(ONE, other)
    for one in (stranger, other):
        status, words, _ = await one.get(back)
        assert (status, "did not begin in this browser" in words) == (400, True)
    assert await installed(many) == []
    assert (await browser.get(back))[0] == 200
    browser.cookie = kept
    status, words, _ = await browser.get(back)
    assert (status, "used before" in words) == (400, True)
    assert await installed(many) == [ONE]


async def test_a_state_expires_and_one_that_was_never_given_out_is_refused(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "LASTS", timedelta(seconds=-1))
    status, words = await many.install(ONE)
    assert (status, "longer than ten minutes" in words) == (400, True)
    made_up = many.browser()
    made_up.cookie = "slack-app-oauth-state=made-up"
    status, words, _ = await made_up.get(f"{many.slack.redirect_url}?code=1&state=made-up")
    assert (status, "used before" in words) == (400, True)
    assert await installed(many) == []


async def test_what_slack_refuses_is_said_with_what_to_do(many: Many) -> None:
    browser = many.browser()
    status, words, _ = await browser.get(await many.allowed(ONE, browser, deny=True))
    assert (status, "told not to install" in words) == (400, True)
    back = await many.allowed(ONE, browser)
    status, words, _ = await browser.get(re.sub("code=[^&]+", "code=<b>", back))
    assert (status, "(invalid_code)" in words, "<b>" in words) == (400, True, False)
    assert "Begin again" in words
    assert await installed(many) == []


async def test_a_workspace_that_may_not_install_it_gets_its_grant_back(many: Many) -> None:
    await many.stop()
    many.may_install = (TWO,)
    await many.start()
    status, words = await many.install(ONE)
    assert (status, "may not install" in words) == (400, True)
    assert await installed(many) == []
    assert len(many.slack.workspaces[ONE].revoked) == 1
    assert (await many.install(TWO))[0] == 200


async def test_a_workspace_taken_off_the_list_has_no_bot_any_more(many: Many) -> None:
    await many.install(ONE)
    await many.stop()
    many.may_install = (TWO,)
    await many.start()
    refused = await many.places[ONE].desk.command("U0ASTER", "C0OPS", "/my-jobs")
    assert refused.message
    assert "not installed" in refused.message.text


async def test_a_token_that_slack_calls_dead_is_found_without_a_word_from_slack(many: Many) -> None:
    await many.install(ONE)
    await many.install(TWO)
    await many.stop()
    many.slack.workspaces[ONE].revoke()
    many.places[ONE].tamper("UPDATE installations SET checked_at = 0")
    await many.start()  # it looks at once, and would within seconds
    await until_removed(many.places[ONE], ONE)
    assert await installed(many) == [TWO]


async def test_keys_are_replaced_and_a_wrong_key_says_what_to_do(many: Many) -> None:
    await many.install(ONE)
    old, new = many.keys[0], Fernet.generate_key().decode()
    for keys in ([old, new], [new, old], [new]):
        await many.stop()
        many.keys = keys
        await many.start()
    await run_job(many.places[ONE])
    await many.stop()
    many.keys = [old]
    with pytest.raises(ConfigurationError) as refused:
        await many.start()
    [problem] = refused.value.problems
    assert problem.where == "SET_ACTION_TOKEN_KEYS"
    assert f"workspace {ONE}" in problem.what
    assert "behind the new one" in problem.what
    assert old not in problem.what


async def test_a_row_cannot_be_given_the_token_of_another(many: Many) -> None:
    await many.install(ONE)
    await many.install(TWO)
    place = many.places[TWO]
    place.tamper(
        f"UPDATE installations SET token = (SELECT token FROM installations WHERE id = '{ONE}') "  # noqa: S608
        f"WHERE id = '{TWO}'"
    )
    with capture_logs() as logs:
        assert (await place.desk.command("U0ASTER", "C0OPS", "/my-jobs")).acked
    [entry] = [entry for entry in logs if entry["event"] == "workspaces.wrong_key"]
    assert entry["workspace"] == TWO
    assert await run_job(many.places[ONE])
