"""The documents agree with the code: settings, metrics, commands, links; and the picture is one."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.config import reference
from bot.config.meanings import MEANINGS
from bot.metrics import Metrics
from bot.scopes import BOT_SCOPES
from tests.shell import Shell
from tests.tables import everything

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_settings_say() -> None:
    assert PAGES["configuration.md"] == reference.reference(), (
        "run: .venv/bin/python -m bot.config.reference > docs/configuration.md"
    )


def test_every_setting_has_its_meaning_and_nothing_else_has() -> None:
    assert set(reference.places()) == set(MEANINGS)
    assert all(words.endswith((".", "`")) for words in MEANINGS.values())


def test_the_reference_shows_kinds_ranges_and_defaults() -> None:
    for line in (
        "| `client_secret_env` | The client's secret. Either this or `client_secret_file`. | "
        "an environment variable's name |  |",
        "| `concurrency` | Requests in flight at once. | whole number, at least 1, at most 64 | `4` |",
        "| list of `request`, `approve`, `audit`, `admin`, at least 1 | **required** |",
        "| `true` |",
    ):
        assert line in PAGES["configuration.md"]


def test_every_metric_has_its_line_in_operations() -> None:
    told = Metrics().text(None).decode()
    families = (family.name for family in text_string_to_metric_families(told))
    names = {name for name in families if not name.endswith("_created")}
    assert names
    missing = {name for name in names if f"`{name}" not in PAGES["operations.md"]}
    assert missing == set()
    named = set(re.findall(r"set_action_[a-z_]+", PAGES["operations.md"]))
    known = names | {f"{name}{end}" for name in names for end in ("_total", "_bucket", "_count", "_sum")}
    assert named <= known | {"set_action_owner"}


def test_every_table_has_its_line_in_security() -> None:
    assert {table for table in everything().tables if f"`{table}`" not in PAGES["security.md"]} == set()


def test_every_scope_is_told() -> None:
    assert {scope for scope in BOT_SCOPES if f"`{scope}`" not in PAGES["security.md"]} == set()


@pytest.mark.parametrize("page", [*PAGES, "README.md"])
def test_links_lead_somewhere(page: str) -> None:
    text, folder = (README, DOCS.parent) if page == "README.md" else (PAGES[page], DOCS)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text):
        if target.startswith("https://"):
            continue
        file = folder / target if target else folder / page
        assert file.is_file(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{target}#{anchor}"


def test_the_readme_leads_to_every_page() -> None:
    assert {page for page in PAGES if f"docs/{page}" not in README} == set()


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_are_there(page: str, tmp_path: Path) -> None:
    shell = Shell.good(tmp_path)
    for words in sorted(set(re.findall(r"set-action ((?:db |audit )?[a-z]+)\b(?=[ `\n.])", PAGES[page]))):
        if words.split()[0] in COMMANDS:
            assert shell.call(*words.split(), "--help").code == 0, words


COMMANDS = ("run", "doctor", "db", "audit")
