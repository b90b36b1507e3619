"""Lists and messages as people paste them, each with what is taken of it: one row a text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.customer_ids import DEFAULT_ID_PATTERN
from bot.intake import paste
from bot.intake.ids import BadLine
from bot.intake.paste import FIGURE, NOT_MISSED, SHORT, UNLIKE, WORD
from bot.vocabulary import Vocabulary

ONE = "e106b3d0fb0111efb2cdda09530d43d0"
TWO = "c126d3b0fb0111efb2cdda09530d43d0"
NAMES = Vocabulary(Catalogue(DEFAULT_ACTIONS), {"evian3": "Evian 3", "north": "North"})


@dataclass(frozen=True)
class Row:
    """`bad` holds line and word of what is no id, as shown."""

    name: str
    text: str
    ids: str = ""
    bad: Sequence[tuple[int, str]] = ()
    duplicates: int = 0
    heading: str | None = None
    column: int | None = None
    remark: str = ""


LISTS = [
    Row("nothing", ""),
    Row("white space", " \n\t\r\n\u00a0"),
    Row("one id", ONE, ONE),
    Row("commas", "a01,b02, c03,", "a01 b02 c03"),
    Row("semicolons and tabs", "a01;b02\tc03 ;\td04", "a01 b02 c03 d04"),
    Row("new lines of every kind", "a01\nb02\r\nc03\rd04\n?", "a01 b02 c03 d04", [(5, "?")]),
    Row("everything mixed", "a01,,b02\n\n ; c03\u3000d04", "a01 b02 c03 d04"),
    Row("duplicates", "a01 b02 a01\na01", "a01 b02", duplicates=2),
    Row("bullets", "• a01\n◦ b02\n▪ c03\n- d04\n* e05\n\u2013 f06", "a01 b02 c03 d04 e05 f06"),
    Row("bullets without a space", "•a01\n-b02\n*c03", "a01 b02 c03"),
    Row("indented bullets", "  • a01\n      ◦ b02", "a01 b02"),
    Row("a lone bullet", "•\n-\n*"),
    Row("numbers with a full stop", "1. a01\n2. b02\n10. c03", "a01 b02 c03"),
    Row("numbers with a bracket", "1) a01\n2) b02", "a01 b02"),
    Row("a number as long as an id", "100. a01\n1000) b02", "a01 b02"),
    Row("an id like a number of a list", "100\n1.5.2 a01", "100 1.5.2 a01"),
    Row("dashes between", "a01 - b02 — c03 | d04", "a01 b02 c03 d04"),
    Row("quotes", "\"a01\", 'b02', “c03”, «d04»", "a01 b02 c03 d04"),
    Row("backticks", "`a01` `b02`", "a01 b02"),
    Row("a fence of code", "```\na01\nb02\n```", "a01 b02"),
    Row("a fence on the same line", "```a01\nb02```", "a01 b02"),
    Row("emphasis", "*a01* _b02_ ~c03~ *_d04_*", "a01 b02 c03 d04"),
    Row("a list of a program", '["a01", "b02", (\'c03\',)]', "a01 b02 c03"),
    Row("a quoted line", "&gt; a01\n&gt; b02", "a01 b02"),
    Row("an id keeps its own marks", "a01_ b.0-2 c-0", "a01_ b.0-2 c-0"),
    Row("a sentence's end", "a01, b02. c03! d04: e05?", "a01 b02 c03 d04 e05"),
    Row("more bullets", "✓ a01\n→ b02\n➢ c03\n(1) d04\n    a. e05\nii. f06", "a01 b02 c03 d04 e05 f06"),
    Row(
        "a bar or a stroke between", "a01|b02 c03/d04 `e05`/`f06` g07+h08", "a01 b02 c03 d04 e05 f06 g07 h08"
    ),
    Row("a stroke in something else", "a01/x and/or", "", [(1, "a01/x"), (1, "and/or")]),
    Row("labels", 'cid:a01, cid: b02 customer ids: c03 "cid":"d04" id=e05', "a01 b02 c03 d04 e05"),
    Row("somebody's", "a01's b02\u2019s", "a01 b02"),
    Row("an id at the end of an address", f"<https://x.io/c/{ONE}> https://x.io/{TWO}/", f"{ONE} {TWO}"),
    Row("ordinary words", "a01 and b02 for: c03", "a01 b02 c03", [(1, "and"), (1, "for:")]),
    Row(
        "columns with a heading",
        "customer_id\tstate\na01\tT-Enable\nb02\tPE-Enable",
        "a01 b02",
        column=1,
        heading="customer_id",
    ),
    Row(
        "a name in a column",
        "customer_id\tstate\na01\tT-Enable\nevian3",
        "a01",
        [(3, "evian3")],
        column=1,
        heading="customer_id",
    ),
    Row("columns of a CSV", 'name;CID\n"Lee; Ann";a01\nBob;?', "a01", [(3, "?")], column=2, heading="CID"),
    Row("columns between bars", "|cid|name|\n|a01|Ann|", "a01", column=2, heading="cid"),
    Row("a heading beside ids", "customer_id, a01\nb02", "a01 b02", [(1, "customer_id")]),
    Row(
        "columns without a heading",
        "a01\tT-Enable\nb02\tPE Enable\nevian3 Evian 3",
        "a01 b02",
        [(1, "T-Enable"), (2, "PE Enable"), (3, "evian3"), (3, "Evian 3")],
    ),
    Row("marks nobody sees, around", "\u200ba01\u200b \ufeffb02 \u202ac03\u202c", "a01 b02 c03"),
    Row("marks nobody sees, within", "a\u200b01 b02", "b02", [(1, "a\\u200b01")]),
    Row("a heading over a column", "Customer ID\na01\nb02", "a01 b02", heading="Customer ID"),
    Row("a heading with a colon", "\nIDs:\n• a01", "a01", heading="IDs:"),
    Row(
        "a heading of other words",
        "\nKunde\na01\nb02",
        "a01 b02",
        heading="Kunde",
        remark="line 2, “Kunde”, taken as a heading",
    ),
    Row(
        "a heading of two words",
        "Customer name:\n• a01",
        "a01",
        heading="Customer name:",
        remark="line 1, “Customer name:”, taken as a heading",
    ),
    Row("a first line unlike the others", "acme\na01", "acme a01", remark="line 1, “acme”, taken as an id"),
    Row("a heading's word among ids", "kunde a01\nb02", "a01 b02", [(1, "kunde")]),
    Row(
        "a heading's word over names",
        "kunde\nacme\na01",
        "acme a01",
        heading="kunde",
        remark="line 1, “kunde”, taken as a heading",
    ),
    Row("a heading further down", "a01\ncid", "a01", [(2, "cid")]),
    Row("a link of an id with dots", "<http://a.b.co|a.b.co>, <http://c.d1.io|c.d1.io>", "a.b.co c.d1.io"),
    Row("a link in the middle of a word", "x-<http://a.b.co|a.b.co>-1", "x-a.b.co-1"),
    Row("a telephone number", "<tel:0123456789|0123456789>", "0123456789"),
    Row("a link that was an address", "<https://x.io/a,b01?c=d02>", "", [(1, "https://x.io/a_b01?c=d02")]),
    Row("a mail address", "<mailto:ann@x.io|ann@x.io>", "", [(1, "ann@x.io")]),
    Row("a link over words", "<https://x.io|see a01>", "see a01"),
    Row(
        "mentions",
        "<@U123ABC> a01 <!channel>\n<#C1|general>",
        "a01",
        [(1, "<@U123ABC>"), (1, "<!channel>"), (2, "<#C1>")],
    ),
    Row("a user group", "<!subteam^S1|@ops team>", "", [(1, "<!subteam^S1>")]),
    Row(
        "a date of Slack's",
        "<!date^1^{date_num} {time}|today, b02>",
        "",
        [(1, "<!date^1^{date_num}_{time}>")],
    ),
    Row("a mention beside an id", "a01<@U1>b02", "", [(1, "a01<@U1>b02")]),
    Row("a mention typed out", "&lt;!channel&gt; a01", "a01", [(1, "<!channel>")]),
    Row("what Slack escapes", "a&amp;b c&amp;amp;", "", [(1, "a&b"), (1, "c&amp")]),
    Row("emoji", ":tada: a01 \U0001f389", "a01", [(1, ":tada:"), (1, "\\U0001f389")]),
    Row("ALL", "ALL a01 all", "a01", [(1, "ALL"), (1, "all")]),
    Row("formulas", "=1+1 +49 @sum a01", "a01", [(1, "=1+1"), (1, "+49"), (1, "@sum")]),
    Row("an id made a number", "1.23E+31\na01", "a01", [(1, "1.23E+31")]),
    Row("look-alikes", "\u0430bc1 \uff11\uff12\uff13", "", [(1, "\\u0430bc1"), (1, "\\uff11\\uff12\\uff13")]),
    Row("too short", "a0 b a01", "a01", [(1, "a0"), (1, "b")]),
    Row("too long", "x" * 65, "", [(1, "x" * 39 + "…")]),
    Row("half a surrogate", "a\ud80001 b02", "b02", [(1, "a\\ud80001")]),
    Row("zero bytes", "a01\x00b02 c03", "c03", [(1, "a01\\x00b02")]),
    Row("JSON", '{"cids": ["a01"]}', "a01"),
]

MESSAGES = [
    Row("nothing", ""),
    Row(
        "ids among words",
        f"please run these: {ONE}, {TWO}.",
        f"{ONE} {TWO}",
        [(1, "please"), (1, "run"), (1, "these:")],
    ),
    Row(
        "a sentence's end",
        "run a1b2c3! Or d4e5f6? No: g7h8i9…",
        "a1b2c3 d4e5f6 g7h8i9",
        [(1, "run"), (1, "Or"), (1, "No:")],
    ),
    Row("brackets and quotes", "(a1b2c3) “d4e5f6” `g7h8i9`", "a1b2c3 d4e5f6 g7h8i9"),
    Row(
        "a list under words", f"for tonight\n• {ONE}\n2. {TWO}", f"{ONE} {TWO}", [(1, "for"), (1, "tonight")]
    ),
    Row(
        "words without a digit",
        "morning everybody thanks",
        "",
        [(1, "morning"), (1, "everybody"), (1, "thanks")],
    ),
    Row("digits, but short", "by 1800 in v1.2", "", [(1, "by"), (1, "1800"), (1, "in"), (1, "v1.2")]),
    Row(
        "dates",
        "on 2026-11-23 or 23.11.2026",
        "",
        [(1, "on"), (1, "2026-11-23"), (1, "or"), (1, "23.11.2026")],
    ),
    Row("times", "at 18:55:00 sharp", "", [(1, "at"), (1, "18:55:00"), (1, "sharp")]),
    Row("a duplicate", "a1b2c3 and a1b2c3", "a1b2c3", [(1, "and")], duplicates=1),
    Row(
        "a mention and a link",
        "<@U12345678> see <https://x.io/a1b2c3d4|a1b2c3d4> <https://x.io/a1b2c3>",
        "a1b2c3d4",
        [(1, "<@U12345678>"), (1, "see"), (1, "https://x.io/a1b2c3")],
    ),
    Row("a heading is a word like others", "cid\na1b2c3", "a1b2c3", [(1, "cid")]),
    Row("an id made a number", "use 1.23E+31", "", [(1, "use"), (1, "1.23E+31")]),
    Row("labels", f"cid:{ONE}, cid: {TWO}", f"{ONE} {TWO}"),
    Row("a label each", f"cid={ONE};cid={TWO}", f"{ONE} {TWO}"),
    Row("somebody's", f"{ONE}'s and {TWO}", f"{ONE} {TWO}", [(1, "and")]),
    Row("JSON", f'{{"cids":["{ONE}","{TWO}"]}}', f"{ONE} {TWO}"),
    Row(
        "a stroke or a bar between",
        f"{ONE}/{TWO} g7h8i9|{TWO}",
        f"{ONE} {TWO}",
        [(1, "g7h8i9")],
        duplicates=1,
    ),
    Row(
        "an address that ends in an id",
        f"<https://x.io/c/{ONE}> <https://x.io/c/{TWO}|{TWO}>",
        f"{ONE} {TWO}",
    ),
    Row("an address in brackets", f"&lt;https://x.io/c/{ONE}|{ONE}&gt;", ONE),
    Row(
        "words of other languages", f"für 3 до {ONE}", ONE, [(1, "f\\xfcr"), (1, "3"), (1, "\\u0434\\u043e")]
    ),
    Row("look-alikes", f"{ONE} c126d3b0fb0111\u0435fb2c", ONE, [(1, "c126d3b0fb0111\\u0435fb2c")]),
    Row(
        "what else has digits",
        "OPS-1234 on evian3 (Evian 3), 10.0.0.12, T-Enable, v1.2.3-beta, 2026-11-27T03 and a1b2c3",
        "a1b2c3",
        [
            (1, word)
            for word in (
                "OPS-1234",
                "on",
                "evian3",
                "Evian 3)",
                "10.0.0.12",
                "T-Enable",
                "v1.2.3-beta",
                "2026-11-27T03",
                "and",
            )
        ],
    ),
    Row(
        "another kind beside long ids",
        f"{ONE} port 8080000 {TWO}",
        f"{ONE} {TWO}",
        [(1, "port"), (1, "8080000")],
    ),
]


@pytest.mark.parametrize("row", LISTS, ids=lambda row: row.name)
def test_a_list_gives_its_ids(row: Row) -> None:
    taken = paste.read(row.text, id_pattern=DEFAULT_ID_PATTERN, names=NAMES)
    assert taken.cids == tuple(row.ids.split())
    assert [(bad.line, bad.text) for bad in taken.bad] == list(row.bad)
    assert (taken.duplicates, taken.heading, taken.column) == (row.duplicates, row.heading, row.column)
    assert taken.remark == row.remark


@pytest.mark.parametrize("row", MESSAGES, ids=lambda row: row.name)
def test_a_message_gives_what_surely_is_an_id(row: Row) -> None:
    taken = paste.read_message(row.text, id_pattern=DEFAULT_ID_PATTERN, names=NAMES)
    assert taken.cids == tuple(row.ids.split())
    assert [(bad.line, bad.text) for bad in taken.bad] == list(row.bad)
    assert taken.duplicates == row.duplicates
    assert taken.heading is None


def test_it_is_said_why() -> None:
    text = f"ask T-Enable <@U1> 2026-11-23 \u0430bcdef1 1.2E+31 ab12 a1b2c3 {ONE}"
    bad = paste.read_message(text, id_pattern=DEFAULT_ID_PATTERN, names=NAMES).bad
    whys = [one.why for one in bad]
    assert whys[0] == WORD
    assert set(whys[:3]) <= NOT_MISSED
    assert whys[3] == FIGURE
    assert "look-alikes" in whys[4]
    assert "into a number" in whys[5]
    assert whys[6:] == [SHORT, UNLIKE]
    assert not NOT_MISSED & set(whys[3:])


def test_another_pattern_decides() -> None:
    taken = paste.read("+49-1 a01", id_pattern=re.compile(r"[+\d-]+"))
    assert taken.cids == ("+49-1",)
    assert taken.bad == (BadLine(1, "a01", r"an id must match [+\d-]+; “ALL” is not one"),)
