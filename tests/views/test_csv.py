"""The files in the thread: nothing in them runs in a spreadsheet, everything in them can be read back."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from bot.intake.ids import BadLine
from bot.views import files
from bot.views.sheet import bad_lines_csv
from store.model import Customer, CustomerOutcome
from tests.views.worst import SENT_JOB, hostile

RUNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
ids = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{2,63}", fullmatch=True)


def refused(cid: str, why: str | None) -> Customer:
    return Customer(cid, CustomerOutcome.REFUSED, why)


def refused_csv(found: list[Customer]) -> str:
    return files.refused(SENT_JOB, found).content


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@given(st.lists(st.tuples(ids, st.none() | hostile(500)), max_size=20))
def test_it_reads_back(found: list[tuple[str, str | None]]) -> None:
    header, *body = rows(refused_csv([refused(cid, why) for cid, why in found]))
    assert header == ["customer_id", "outcome", "reason"]
    assert [row[0] for row in body] == [cid for cid, _ in found]
    assert {row[1] for row in body} <= {"refused"}
    # All that is added is an apostrophe here and there.
    assert [row[2].replace("'", "") for row in body] == [(why or "").replace("'", "") for _, why in found]


@given(cid=hostile(64), why=hostile(160))
@example(cid="abc", why="=HYPERLINK(1)")
@example(cid="abc", why=" =1+1")
@example(cid="=1+1", why="a;=1+1")
@example(cid="abc", why='a;"=1+1;"')
@example(cid="abc", why="a\t@SUM(1)\r\n-1")
def test_nothing_in_it_runs(cid: str, why: str) -> None:
    # Which character separates the cells depends on the country of whoever opens the file.
    text = refused_csv([refused(cid, why)])
    for delimiter in ",;\t":
        for row in rows(text, delimiter):
            assert not [cell for cell in row if cell.lstrip().startswith(RUNS)]


def test_bad_lines_read_back_and_run_nothing() -> None:
    bad = [BadLine(2, "=cmd|' /C calc'!A0", "begins as a formula"), BadLine(10_007, "a;@b", "no, “id”")]
    assert rows(bad_lines_csv(bad)) == [
        ["line", "text", "why"],
        ["2", "'=cmd|' /C calc'!A0", "begins as a formula"],
        ["10007", "a;'@b", "no, “id”"],
    ]


def test_an_ordinary_reason_is_left_as_it_is() -> None:
    why = "those CIDs ['c126', \"c108\"] do not exist; ask again - later"
    assert rows(refused_csv([refused("c126", why)]))[1] == ["c126", "refused", why]


def test_a_long_reason_takes_no_long_time() -> None:
    for piece in ("\n", ";", '"', "\t ", ';"= '):
        why = (piece * 90_000)[:90_000]
        assert rows(refused_csv([refused("abc", why)]))[1][2].replace("'", "") == why


def test_fifty_thousand_customers_are_all_in_it() -> None:
    text = refused_csv([refused(f"{n:032x}", "does not exist on the cluster") for n in range(50_000)])
    assert len(rows(text)) == 50_001
    assert len(text.encode()) < 5_000_000
