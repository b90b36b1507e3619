"""`set-action audit export`: a period to standard output, whole and in order, and on the record itself."""

import asyncio
import csv
import json
from contextlib import closing
from pathlib import Path

import pytest

from store import audit
from store.audit import Event
from store.database import Database
from tests.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A machine whose audit log has three rows of just now."""
    shell = Shell.good(tmp_path)
    assert shell.call("db", "upgrade").code == 0
    with closing(Database(shell.environment["DATABASE_URL"])) as db:
        for reason in ("=1+1", "ü, “quoted”", "third"):
            asyncio.run(db.write(audit.append, Event.REQUESTED, cluster="evian3", detail={"reason": reason}))
    return shell


def events(shell: Shell) -> list[str]:
    ended = shell.call("audit", "export", "--format", "jsonl")
    return [json.loads(line)["event"] for line in ended.out.splitlines()]


def test_json_lines_are_the_rows_to_the_letter(shell: Shell) -> None:
    ended = shell.call("audit", "export", "--format", "jsonl", "--since", "1d", "--until", "today")
    assert ended.code == 0
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert [row["detail"]["reason"] for row in rows] == ["=1+1", "ü, “quoted”", "third"]
    assert rows[1]["previous_hash"] == rows[0]["hash"]
    assert events(shell) == ["requested", "requested", "requested", "exported"]
    assert shell.call("audit", "verify").code == 0


def test_csv_has_a_heading_and_cells_that_run_nothing(shell: Shell) -> None:
    ended = shell.call("audit", "export", "--format", "csv")
    rows = list(csv.DictReader(ended.out.splitlines()))
    assert [row["seq"] for row in rows] == ["1", "2", "3"]
    assert json.loads(rows[1]["detail"]) == {"reason": "ü, “quoted”"}
    with closing(Database(shell.environment["DATABASE_URL"])) as db:
        assert asyncio.run(db.read(audit.verify)) == (4, None)


def test_a_period_with_nothing_in_it_is_empty_and_recorded_all_the_same(shell: Shell) -> None:
    ended = shell.call("audit", "export", "--format", "jsonl", "--until", "2020-01-01")
    assert (ended.code, ended.out) == (0, "")
    assert events(shell)[-1] == "exported"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--format", "jsonl", "--since", "someday"], "is no date"),
        (["--format", "xml"], "xml"),
        ([], "format"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(shell: Shell, words: list[str], why: str) -> None:
    ended = shell.call("audit", "export", *words)
    assert ended.code == 2
    assert why in ended.err
    assert events(shell) == ["requested"] * 3
