"""The house's rules hold in bot/ and store/, and each of the checks is shown to be able to fail."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import house
from tests.house import Source

ROOT = Path(__file__).parent.parent
HOUSE = house.sources(ROOT, "bot", "store")
LOOPS = "bot/loops.py"  # the outermost edge: the one place that catches everything
ARCHIVING = "store/archiving.py"  # lets go of what a file holds: the one place that deletes
ENVIRONMENT = "store/migrations/env.py"  # a script of Alembic's, run by being imported

Check = Callable[[Source], Iterator[str]]


def faults(check: Check, *, but: str = "") -> list[str]:
    return [fault for source in HOUSE if source.path != but for fault in check(source)]


def made_up(path: str, *lines: str) -> Source:
    return Source(path, "\n".join(['"""A room."""', *lines, ""]))


def test_every_room_is_looked_at() -> None:
    rooms = {source.module.split(".")[1] for source in HOUSE if source.module.startswith("bot.")}
    assert rooms == set(house.ROOMS) - {"store"}


def test_imports_go_one_way() -> None:
    assert faults(house.import_faults) == []


def test_rooms_are_small_and_say_what_they_are_for() -> None:
    assert faults(house.shape_faults) == []


def test_no_type_check_is_switched_off_in_tests_either() -> None:
    assert [fault for source in house.sources(ROOT, "tests") for fault in house.ignored_types(source)] == []


def test_everything_is_caught_in_one_place_only() -> None:
    assert faults(house.broad_excepts, but=LOOPS) == []
    assert any(list(house.broad_excepts(source)) for source in HOUSE if source.path == LOOPS)


def test_the_record_is_only_ever_added_to() -> None:
    assert faults(house.rewritten_records, but=ARCHIVING) == []
    assert len(list(house.rewritten_records(next(one for one in HOUSE if one.path == ARCHIVING)))) == 1


def test_nothing_happens_at_import() -> None:
    assert faults(house.import_time_io, but=ENVIRONMENT) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("bot/listeners/x.py", "from store import jobs"),
        ("bot/listeners/x.py", "from bot.outbox.slack import Slack"),
        ("bot/listeners/x.py", "from slack_sdk.web.async_client import AsyncWebClient"),
        ("bot/listeners/x.py", "from sqlalchemy import Connection"),
        ("bot/service/x.py", "from bot.views import card"),
        ("bot/service/x.py", "from bot.cluster import Answer"),
        ("bot/service/x.py", "from sqlalchemy import select"),
        ("bot/service/x.py", "import slack_bolt"),
        ("bot/intake/x.py", "from bot.service.people import People"),
        ("bot/intake/x.py", "from store.model import Job"),
        ("bot/views/x.py", "from bot.intake import csv_file"),
        ("bot/runner/x.py", "import bot.outbox.courier"),
        ("bot/runner/x.py", "import httpx"),
        ("bot/runner/x.py", "from bot.views.message import Message"),
        ("bot/outbox/x.py", "from bot.service.decisions import Decisions"),
        ("bot/outbox/x.py", "import sqlalchemy"),
        ("bot/views/x.py", "from store import jobs"),
        ("bot/views/x.py", "from store.tables import jobs"),
        ("bot/views/x.py", "from bot.config import Config"),
        ("bot/views/x.py", "import slack_sdk"),
        ("bot/views/x.py", "from slack_sdk.web import WebClient"),
        ("bot/cluster/x.py", "from store.model import Job"),
        ("bot/cluster/x.py", "from bot.config import Cluster"),
        ("bot/turns/bell.py", "from bot.loops import Loop"),
        ("bot/turns/postgres.py", "from store.database import Database"),
        ("bot/turns/postgres.py", "from store import jobs"),
        ("bot/turns/postgres.py", "from sqlalchemy import select"),
        ("bot/turns/embedded.py", "import psycopg"),
        ("bot/loops.py", "from bot.cluster import Answer"),
        ("bot/app.py", "import psycopg"),
        ("bot/app.py", "import httpx"),
        ("store/postgres.py", "from psycopg import AsyncConnection"),
        ("bot/policy.py", "from store.model import Job"),
        ("bot/membership.py", "from store import jobs"),
        ("bot/cli.py", "from bot.sandbox.cli import sandbox"),
        ("bot/app.py", "import bot.sandbox"),
        ("bot/app.py", "import sqlite3"),
        ("bot/sandbox/cli.py", "from bot.config import load"),
        ("bot/sandbox/cli.py", "from store.database import Database"),
        ("bot/sandbox/cli.py", "from slack_sdk.web import WebClient"),
        ("store/x.py", "from bot.errors import SetActionError"),
        ("store/x.py", "import bot.views"),
        ("store/x.py", "import httpx"),
        ("bot/views/x.py", "def f() -> None:\n    from store import jobs"),
        ("bot/views/x.py", "if TYPE_CHECKING:\n    from store import jobs"),
        ("bot/views/x.py", "from .card import card"),
        ("bot/views/x.py", "store = __import__('store')"),
        ("bot/views/x.py", "importlib.import_module('store.jobs')"),
        ("bot/lanes.py", "import httpx\nclient = httpx.AsyncClient()"),
        ("bot/attic.py", ""),
    ],
)
def test_an_import_against_the_direction_is_seen(path: str, line: str) -> None:
    assert len(list(house.import_faults(made_up(path, line)))) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("bot/listeners/x.py", "from bot.service.decisions import Decisions"),
        ("bot/listeners/x.py", "from slack_bolt.async_app import AsyncApp"),
        ("bot/service/x.py", "from sqlalchemy import Connection"),
        ("bot/service/x.py", "from store import jobs, outbox"),
        ("bot/intake/x.py", "from bot.customer_ids import visible"),
        ("bot/views/x.py", "from bot.intake.ids import BadLine"),
        ("bot/views/x.py", "from store.model import Job"),
        ("bot/views/x.py", "from slack_sdk.models.blocks import Block"),
        ("bot/runner/x.py", "import bot.cluster.answer"),
        ("bot/lanes.py", "import httpx\ndef f(http: httpx.AsyncClient) -> None: ..."),
        ("bot/turns/postgres.py", "import psycopg"),
        ("bot/turns/postgres.py", "from store.postgres import CHANNEL"),
        ("bot/turns/embedded.py", "from store.single import Hold"),
        ("bot/sandbox/desk.py", "from bot.sandbox.workspace.seen import Message"),
        ("store/x.py", "from store.model import Job\nfrom sqlalchemy import select"),
    ],
)
def test_an_import_along_the_direction_is_not(path: str, line: str) -> None:
    assert list(house.import_faults(made_up(path, line))) == []


@pytest.mark.parametrize(
    "source",
    [
        made_up("bot/views/card.py", *["x = 1"] * 250),
        made_up("bot/views/card.py", "def f() -> None:", *["    x = 1"] * 49),
        made_up("bot/views/card.py", "class A:", "    async def f(self) -> None:", *["        x = 1"] * 49),
        made_up("bot/views/utils.py"),
        made_up("bot/helpers/card.py"),
        made_up("store/job_manager.py"),
        made_up("store/base.py"),
        Source("bot/views/card.py", "x = 1\n"),
        made_up("bot/views/card.py", "x = y  # type: ignore[attr-defined]"),
    ],
)
def test_a_bad_shape_is_seen(source: Source) -> None:
    assert len(list(house.shape_faults(source))) == 1


def test_a_good_shape_is_not() -> None:
    long_enough = ["def f() -> None:", *["    x = 1"] * 48]
    assert list(house.shape_faults(made_up("store/database.py", *long_enough, "note = 'type: ignore'"))) == []


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (house.broad_excepts, "try: f()\nexcept: pass"),
        (house.broad_excepts, "try: f()\nexcept Exception: pass"),
        (house.broad_excepts, "try: f()\nexcept (ValueError, BaseException): pass"),
        (house.broad_excepts, "try: f()\nexcept builtins.Exception as exc: pass"),
        (house.broad_excepts, "with contextlib.suppress(Exception): f()"),
        (house.rewritten_records, "conn.execute(update(audit_log).values(seq=1))"),
        (house.rewritten_records, "conn.execute(sqlalchemy.delete(tables.audit_log))"),
        (house.rewritten_records, "audit_log.delete()"),
        (house.rewritten_records, "op.drop_table('audit_log')"),
        (house.rewritten_records, "conn.execute(text('update audit_log SET seq = 1'))"),
        (house.rewritten_records, "text(f'DELETE  FROM \"audit_log\" WHERE seq = {seq}')"),
        (house.rewritten_records, "text('DROP TABLE IF EXISTS audit_log')"),
        (house.import_time_io, "engine = create_engine('sqlite://')"),
        (house.import_time_io, "words = Path('x').read_text()"),
        (house.import_time_io, "class A:\n    log = open('x')"),
        (house.import_time_io, "token = os.environ['TOKEN']"),
        (house.import_time_io, "token = os.getenv('TOKEN')"),
        (house.import_time_io, "def f(http=httpx.AsyncClient()): ..."),
        (house.import_time_io, "if DEBUG:\n    print('hello')"),
        (house.import_time_io, "app = AsyncApp()"),
    ],
)
def test_what_must_not_be_done_is_seen(check: Check, line: str) -> None:
    assert list(check(made_up("bot/x.py", line)))


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (house.broad_excepts, "try: f()\nexcept (ValueError, OSError): pass"),
        (house.rewritten_records, "conn.execute(insert(audit_log).values(seq=1))"),
        (house.rewritten_records, "conn.execute(update(jobs).values(seq=1))"),
        (house.rewritten_records, "text('CREATE TRIGGER t BEFORE UPDATE ON audit_log')"),
        (house.import_time_io, "def f():\n    return open('x')"),
        (house.import_time_io, "if __name__ == '__main__':\n    run()"),
        (house.import_time_io, "PATTERN = re.compile('x')"),
    ],
)
def test_what_may_be_done_is_not(check: Check, line: str) -> None:
    assert not list(check(made_up("bot/x.py", line)))
