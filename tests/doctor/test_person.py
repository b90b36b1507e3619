"""The command: its lines, its exit code, JSON; and with `--as` what a person may do and why."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.config import Config, load
from bot.doctor.person import explain
from bot.policy import Account, Person
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, BRAM, FINN, GINA, ONCALL
from bot.sandbox.workspace.server import serve_workspace
from tests.shell import CONFIGURATION, Shell

RULES = f"""
[[policy]]
who = ["{ONCALL}", "U0BRAM"]
may = ["approve", "admin"]
actions = ["T-Enable"]
clusters = ["evian3"]
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell.good(tmp_path)
    (tmp_path / "set-action.toml").write_text(CONFIGURATION + RULES)
    return shell


@pytest.fixture
def config(shell: Shell) -> Config:
    return load(shell.environment)


def test_lines_for_people_and_json_for_programs(shell: Shell) -> None:
    shell.call("db", "upgrade")
    ended = shell.call("doctor")
    assert (ended.code, ended.err) == (1, "")
    assert "ok      configuration: The configuration is whole: 1 cluster, 2 rules." in ended.out.splitlines()
    assert "NOT OK  slack: Slack cannot be reached" in ended.out
    told = json.loads(shell.call("doctor", "--json").out)
    assert told["ok"] is False
    assert {"about": "disk", "grade": "ok"}.items() <= told["findings"][-1].items()
    assert all(finding["words"] for finding in told["findings"])


def test_mistakes_of_the_configuration_are_findings_too(shell: Shell) -> None:
    ended = shell.call("doctor", "--json", EVIAN3_TOKEN=None, SLACK_BOT_TOKEN="xoxp-4711")
    assert ended.code == 2
    places = {finding["about"] for finding in json.loads(ended.out)["findings"]}
    assert places == {"SLACK_BOT_TOKEN", "clusters.evian3.token_env"}


def test_no_user_id_and_no_slack(shell: Shell) -> None:
    ended = shell.call("doctor", "--as", "aster")
    assert (ended.code, "Copy member ID" in ended.out) == (1, True)
    unreachable = shell.call("doctor", "--as", ASTER)
    assert unreachable.code == 1
    assert "Slack cannot be reached" in unreachable.out


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (
            Person("U1"),
            [
                "U1 has this kind of account: member.",
                "they are in: none.",
                "policy[0]: counts for them, as *; it gives request for * on *.",
                f"policy[1]: does not count for them, it is for {ONCALL}, U0BRAM; it gives approve, admin",
                "evian3: request: Tran-Begin, PE-Enable, T-Enable, PE-Finalize, PE-Direct, by policy[0].",
                "evian3: approve: no action, no rule allows it.",
            ],
        ),
        (
            Person("U1", frozenset({ONCALL})),
            [f"policy[1]: counts for them, as {ONCALL};", "evian3: admin: T-Enable, by policy[1]."],
        ),
        (
            Person("U0BRAM", account=Account.GUEST),
            [
                "kind of account: guest.",
                "They are a guest in this workspace: only a rule that names",
                "policy[0]: does not count for them",
                "policy[1]: counts for them, as U0BRAM;",
            ],
        ),
        (
            Person("U0BRAM", account=Account.DEACTIVATED),
            ["deactivated", "policy[1]: does not count", "evian3: request: no action, no rule allows it."],
        ),
    ],
)
def test_a_person_is_explained_rule_by_rule(config: Config, person: Person, said: list[str]) -> None:
    told = "\n".join(explain(config, person, config.policy))
    for words in said:
        assert words in told


async def test_slack_is_asked_for_account_and_groups(shell: Shell) -> None:
    async with serve_workspace() as access, Desk(access.address, access.desk_token) as desk:
        reach = {"SLACK_API_URL": access.api_url, "SLACK_BOT_TOKEN": access.bot_token}

        async def told(user: str) -> str:
            return (await asyncio.to_thread(lambda: shell.call("doctor", "--as", user, **reach))).out

        assert f"they are in: {ONCALL}." in await told(ASTER)
        assert "kind of account: guest." in await told(GINA)
        assert "kind of account: stranger." in await told(FINN)
        await desk.deactivate(BRAM)
        assert "kind of account: deactivated." in await told(BRAM)
        await desk.fail("users.info", error="internal_error")
        assert "Slack did not tell this person's account or groups" in await told(ASTER)
