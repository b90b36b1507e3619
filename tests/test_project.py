"""What surrounds the code agrees with it: Slack's manifest, the README's commands, packaging, the licence.

The manifest's fields and limits are those of Slack's own schema, github.com/slackapi/manifest-schema
(schemas/manifest.schema.2.0.0.json), as far as this app has a use for them.
"""

import ast
import hashlib
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace.checks import choice, flag, items, number, shape, string
from bot.sandbox.workspace.methods import METHODS
from bot.sandbox.workspace.payloads import ESCAPING
from bot.scopes import BOT_SCOPES
from bot.views.form import Callback
from bot.views.message import Button, Form
from tests import house

ROOT = Path(__file__).parent.parent
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = [s for s in house.sources(ROOT, "bot", "store") if not s.path.startswith("bot/sandbox/")]

SCOPES = items(string(50), 255, 0)
URL = string(3500)
SCHEMA = shape(
    {
        "display_information": shape(
            {"name": string(35)},
            {
                "description": string(140),
                "long_description": string(4000, 175),
                "background_color": string(7, 4),
            },
        )
    },
    {
        "_metadata": shape({}, {"major_version": number(1, 2), "minor_version": number(0, 99)}),
        "features": shape(
            {},
            {
                "app_home": shape(
                    {},
                    dict.fromkeys(
                        ("home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"), flag
                    ),
                ),
                "bot_user": shape({"display_name": string(80)}, {"always_online": flag}),
                "slash_commands": items(
                    shape(
                        {"command": string(32, 2), "description": string(2000)},
                        {"url": URL, "usage_hint": string(1000), "should_escape": flag},
                    ),
                    50,
                ),
                "shortcuts": items(
                    shape(
                        {
                            "name": string(24),
                            "type": choice("message", "global"),
                            "callback_id": string(255),
                            "description": string(150),
                        }
                    ),
                    10,
                ),
            },
        ),
        "oauth_config": shape(
            {},
            {
                "redirect_urls": items(string(2500), 1000, 0),
                "scopes": shape({}, {"bot": SCOPES, "user": SCOPES}),
                "token_management_enabled": flag,
            },
        ),
        "settings": shape(
            {},
            {
                "interactivity": shape(
                    {"is_enabled": flag}, {"request_url": URL, "message_menu_options_url": URL}
                ),
                "event_subscriptions": shape(
                    {}, {"request_url": URL, "bot_events": items(string(50), 100, 0)}
                ),
                "org_deploy_enabled": flag,
                "socket_mode_enabled": flag,
                "token_rotation_enabled": flag,
            },
        ),
    },
)


def faults(manifest: dict[str, Any]) -> list[str]:
    """What Slack would refuse of a manifest."""
    found = list(SCHEMA(manifest, ""))
    colour = manifest["display_information"].get("background_color", "#000")
    if not re.fullmatch("#(?:[0-9a-fA-F]{3}){1,2}", colour):
        found.append(f"not a colour: {colour}")
    commands = [command.get("command") for command in manifest["features"]["slash_commands"]]
    found += [f"not a command: {name}" for name in commands if not re.fullmatch(r"/[a-z0-9_-]+", name)]
    if len(set(commands)) < len(commands):
        found.append("a command twice")
    return found


def test_slack_takes_the_manifest() -> None:
    assert faults(MANIFEST) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "long_description"), "x" * 174),
        (("display_information", "long_description"), "x" * 4001),
        (("display_information", "description"), "x" * 141),
        (("display_information", "background_color"), "#12345g"),
        (("display_information", "tagline"), "x"),
        (("features", "slash_commands", 0, "command"), "set-action"),
        (("features", "slash_commands", 0, "command"), "/" + "x" * 32),
        (("features", "slash_commands", 0, "command"), "/"),
        (("features", "slash_commands", 0, "command"), "/my-jobs"),
        (("features", "slash_commands", 0, "description"), ""),
        (("features", "slash_commands", 0, "hint"), "x"),
        (("features", "bot_user", "display_name"), "x" * 81),
        (("oauth_config", "scopes", "app"), ["connections:write"]),
        (("settings", "socket_mode"), True),
        (("settings", "socket_mode_enabled"), "yes"),
        (("functions",), {}),
        (("display_information",), {}),
    ],
)
def test_what_slack_would_refuse_is_seen(place: tuple[Any, ...], value: object) -> None:
    spoilt = deepcopy(MANIFEST)
    within = spoilt
    for step in place[:-1]:
        within = within[step]
    within[place[-1]] = value
    assert faults(spoilt)


def test_over_socket_mode_no_address_is_needed() -> None:
    settings, features = MANIFEST["settings"], MANIFEST["features"]
    assert settings["socket_mode_enabled"]
    assert settings["interactivity"] == {"is_enabled": True}
    assert not any("url" in command for command in features["slash_commands"])
    # Parsing expects it: ids and reasons as they were typed; in lists, people by id.
    escaping = {command["command"]: command["should_escape"] for command in features["slash_commands"]}
    assert escaping == {"/set-action": False, "/my-jobs": True}


def registered(kind: str) -> set[str]:
    """What listeners are registered for: the arguments of `board.command(…)`, `board.action(…)`."""
    return {
        ast.unparse(node.args[0])
        for source in CODE
        if source.path.startswith("bot/listeners/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == kind
        and ast.unparse(node.func.value) == "board"
        and node.args
    }


def test_the_manifests_commands_are_those_the_code_serves() -> None:
    commands = {command["command"] for command in MANIFEST["features"]["slash_commands"]}
    assert {repr(command) for command in commands} == registered("command")


def test_the_manifests_shortcuts_and_events_are_those_the_code_serves() -> None:
    features, settings = MANIFEST["features"], MANIFEST["settings"]
    told = {(shortcut["type"], shortcut["callback_id"]) for shortcut in features["shortcuts"]}
    assert told == {("global", Callback.SHORTCUT), ("message", Callback.MESSAGE_SHORTCUT)}
    assert registered("shortcut") == {"Callback.SHORTCUT.value", "Callback.MESSAGE_SHORTCUT.value"}
    forms = {"Callback.FORM.value", *(f"Form.{form.name}.value" for form in Form)}
    assert registered("view") == forms
    events = settings["event_subscriptions"]["bot_events"]
    assert {repr(event) for event in events} == registered("event")
    assert features["app_home"]["home_tab_enabled"]


def test_the_sandbox_escapes_the_commands_that_the_manifest_says() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    assert {command["command"] for command in commands if command["should_escape"]} == ESCAPING


def test_every_button_has_a_listener() -> None:
    assert registered("action") == {f"Button.{button.name}.value" for button in Button}


@cache
def web_api() -> dict[str, set[str]]:
    """The methods of the Web API behind each method of the SDK's client, as its own source tells."""
    [client] = ast.parse(inspect.getsource(AsyncWebClient)).body
    assert isinstance(client, ast.ClassDef)
    direct: dict[str, set[str]] = {}
    calls: dict[str, set[str]] = {}
    for function in client.body:
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        direct[function.name], calls[function.name] = set(), set()
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "api_call" and isinstance(node.args[0], ast.Constant):
                    direct[function.name].add(str(node.args[0].value))
                elif ast.unparse(node.func.value) == "self":
                    calls[function.name].add(node.func.attr)
    return {
        name: found.union(*(direct.get(called, set()) for called in calls[name]))
        for name, found in direct.items()
    }


def methods_called() -> set[str]:
    """The methods of the Web API that the bot's code names, called or passed on."""
    known = web_api()
    named = {
        node.attr for source in CODE for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)
    }
    assert "api_call" not in named  # it would hide which method is meant
    return set().union(*(known[name] for name in named & known.keys()))


# What the workspace asks for by the kind of channel (`require_scope` in bot/sandbox/workspace).
BY_CHANNEL = {
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.info": {"channels:read", "groups:read"},
    "users.conversations": {"channels:read", "groups:read"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
}


def test_the_calls_are_found() -> None:
    assert web_api()["files_upload_v2"] == {"files.getUploadURLExternal", "files.completeUploadExternal"}
    assert {"chat.postMessage", "chat.update", "auth.test", "apps.connections.open"} <= methods_called()


def test_the_manifest_asks_for_just_the_scopes_that_the_calls_need() -> None:
    needed = {"commands"}
    for name in methods_called():
        method = METHODS[name]
        needed |= {method.scope} if method.scope else BY_CHANNEL.get(name, set())
    scopes = MANIFEST["oauth_config"]["scopes"]
    assert sorted(scopes["bot"]) == sorted(needed) == sorted(BOT_SCOPES)
    assert set(scopes) == {"bot"}


def commands_of(readme: str) -> list[str]:
    """The indented lines before the first heading of the second level: what a newcomer is to type."""
    return re.findall(r"^ {4}(\S.*)$", readme.partition("\n## ")[0], re.MULTILINE)


def test_the_readme_opens_with_two_commands_that_do_their_own_set_up() -> None:
    sandbox, tests = commands_of(README)
    for command in (sandbox, tests):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert all(part.split()[0] in ("python3", ".venv/bin/pip") for part in command.split(" && ")[:-1])
    assert sandbox.endswith(" && .venv/bin/set-action sandbox --script")
    assert tests.endswith(" && .venv/bin/pytest -n 4")
    assert "```" not in README.partition("\n## ")[0]


def test_continuous_integration_runs_the_readmes_test_command_word_for_word() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    covered, tests, no_more = (
        lines.index(line)
        for line in ("export PYTEST_ADDOPTS=--cov", commands_of(README)[1], "unset PYTEST_ADDOPTS")
    )
    assert covered < tests < no_more  # the gate is for the whole suite: the chaos run alone would not pass it
    assert "set -euo pipefail" in lines
    assert {".venv/bin/ruff check .", ".venv/bin/ruff format --check .", ".venv/bin/mypy"} <= set(lines)


def test_the_readmes_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).is_file()


def test_the_licence_is_apaches_word_for_word() -> None:
    text = (ROOT / "LICENSE").read_bytes()
    known = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert hashlib.sha256(text).hexdigest() == known
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert PROJECT["project"]["license-files"] == ["LICENSE"]


def test_the_changelog_keeps_to_its_format() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", release) for release in releases[1:])
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_project_is_what_it_says() -> None:
    project = PROJECT["project"]
    assert project["name"] == "set-action-bot"
    assert project["requires-python"] == ">=3.11"
    assert project["scripts"] == {"set-action": "bot.__main__:main"}
    assert PROJECT["tool"]["mypy"]["strict"] is True
    assert PROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    assert PROJECT["tool"]["coverage"]["report"]["fail_under"] >= 90
    assert PROJECT["tool"]["coverage"]["run"]["branch"] is True


def test_every_command_can_be_loaded() -> None:
    ours = [
        *entry_points(group="set_action.commands"),
        *entry_points(group="console_scripts", name="set-action"),
    ]
    assert {entry.name for entry in ours} >= {"sandbox", "set-action"}
    assert all(callable(entry.load()) for entry in ours)


def libraries() -> Iterator[str]:
    """The distributions that the code imports from."""
    owners = packages_distributions()
    for source in house.sources(ROOT, "bot", "store"):
        for _line, name in house.imported(source):
            top = name.partition(".")[0]
            if top not in (*sys.stdlib_module_names, "bot", "store"):
                owner = owners[top][0].lower().replace("_", "-")
                yield "pydantic" if owner == "pydantic-core" else owner  # its own half, of just its version


# By `zoneinfo`, where the system has no time zones; by httpx, in each call.
READ_BY_NAME = {"tzdata", "sniffio"}


def test_what_is_imported_is_declared_with_both_bounds_and_nothing_else() -> None:
    declared = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    assert {requirement.name for requirement in declared} == {*libraries(), *READ_BY_NAME}
    everything = [*declared, *map(Requirement, PROJECT["project"]["optional-dependencies"]["dev"])]
    for requirement in everything:
        assert {spec.operator for spec in requirement.specifier} == {">=", "<"}
