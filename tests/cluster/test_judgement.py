"""The pure judgement of a reply: its table, its totality over any status and body, and its words."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cluster import Answer, Cause, Outcome
from bot.cluster.answer import REFUSALS, find_culprits, judge
from bot.cluster.reply import MESSAGE_LIMIT, Reply, plain

NOW = datetime(2025, 11, 23, 3, 0, tzinfo=UTC)
SECRET = "eyJhbGciOiJSUzI1NiJ9.secret-part.signature"

scalars = st.none() | st.booleans() | st.integers() | st.text()
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
objects = st.fixed_dictionaries({}, optional={"success": scalars, "message": scalars, "more": documents})
bodies = st.none() | st.binary() | st.one_of(documents, objects).map(lambda found: json.dumps(found).encode())


def reply(status: int, body: object, **header: str | None) -> Reply:
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return Reply(status, raw, header.get("content_type") or "", header.get("retry_after"), NOW)


def judged(status: int, body: object, cids: tuple[str, ...] = (), **header: str | None) -> Answer:
    return judge(reply(status, body, **header), cids, elapsed_s=0.5, secret=SECRET)


def expected(status: int, body: bytes | None) -> Outcome:
    """The table of design.md once more, written the other way round."""
    try:
        document = json.loads(body or b"")
    except (ValueError, RecursionError):
        document = None
    success = document.get("success") if isinstance(document, dict) else None
    if 200 <= status < 300 and isinstance(success, bool) and body is not None:
        return Outcome.ACCEPTED if success else Outcome.REFUSED
    if status in REFUSALS and success is not True and body is not None:
        return Outcome.REFUSED
    return Outcome.UNKNOWN


@given(status=st.one_of(st.integers(0, 999), st.sampled_from([200, 201, *REFUSALS])), body=bodies)
@example(status=200, body=b"[" * 200_000)
@example(status=200, body=b"9" * 10_000)
@example(status=200, body=b'{"success": true, "message": "\\ud800"}')
@example(status=401, body=b'{"success": true}')
def test_every_reply_has_exactly_one_outcome(status: int, body: bytes | None) -> None:
    answer = judged(status, body, ("abc",))
    assert answer.outcome is expected(status, body)
    assert answer.http_status == status
    assert (answer.cause is Cause.ACCEPTED) == (answer.outcome is Outcome.ACCEPTED)


@given(status=st.sampled_from([200, 302, 400, 502]), body=bodies, text=st.text(max_size=5_000))
def test_any_message_is_one_printable_line_of_bounded_length(
    status: int, body: bytes | None, text: str
) -> None:
    for candidate in (body, {"success": False, "message": text}, text.encode(errors="replace")):
        message = judged(status, candidate).message
        assert message
        assert message.isprintable()
        assert len(message) <= MESSAGE_LIMIT
        message.encode()


@given(st.text(max_size=80))
@example("Mon, 01 Jan 2024 00:00:00 +99999999999999999")
@example("Mon, 01 Jan 99999 00:00:00 GMT")
@example("-7")
@example("1e400")
def test_any_retry_after_is_seconds_from_now_or_nothing(value: str) -> None:
    wait = judged(429, {}, retry_after=value).retry_after_s
    assert wait is None or 0.0 <= wait < float("inf")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("Sun, 23 Nov 2025 03:01:30 GMT", 90.0),
        ("Sun, 23 Nov 2025 03:01:30 -0000", 90.0),
        ("Sun, 23 Nov 2025 02:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert judged(429, {}, retry_after=value).retry_after_s == seconds


@pytest.mark.parametrize("status", sorted(REFUSALS))
def test_a_refusal_that_claims_success_is_unknown(status: int) -> None:
    answer = judged(status, {"success": True, "message": "Sending action"})
    assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, Cause.UNREADABLE_ANSWER)
    assert answer.message == f'{status} although "success" is true: Sending action'


@pytest.mark.parametrize("status", sorted(REFUSALS - {401, 429}))
def test_a_refusal_by_status_keeps_the_clusters_words(status: int) -> None:
    answer = judged(status, {"message": "no, thank you"})
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.HTTP_REFUSAL)
    assert answer.message == "no, thank you"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 302, 418])
@pytest.mark.parametrize("success", [True, False])
def test_other_statuses_stay_unknown_whatever_their_body_claims(status: int, success: bool) -> None:
    answer = judged(status, {"success": success, "message": "m"})
    assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, Cause.HTTP_ERROR)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"", "200 with an empty body"),
        (200, b" \n", "200 with an empty body"),
        (200, None, "200 with a body too large to read"),
        (200, [1], "200 with JSON that is not an object"),
        (200, b'{"success": tr', "200 with a body that is not complete JSON"),
        (200, {}, '200 without a true or false "success"'),
        (200, {"success": "true", "message": "Sent"}, '200 without a true or false "success": Sent'),
        (200, {"success": False}, "200 without a message"),
        (200, {"success": False, "message": "<html>oops</html>"}, "200 with an HTML page as its message"),
        (502, b"<html><body>token</body></html>", "502 with an HTML page"),
        (503, b"upstream connect error", "503 with text that is not JSON: upstream connect error"),
        (500, b"\xff\xfe\xfd", "500 with a body that is neither JSON nor text"),
        (307, b"", "307, a redirect; redirects are not followed"),
        (500, {"message": "a\x00\x1b[31mred\r\nline\u202e\u2028end"}, "a[31mred line end"),
    ],
)
def test_the_words_are_the_clusters_or_an_exact_sentence(status: int, body: object, message: str) -> None:
    assert judged(status, body).message == message


def test_a_page_is_never_repeated_even_where_only_its_content_type_says_so() -> None:
    assert (
        judged(502, b"Sorry &mdash; back soon", content_type="text/html").message == "502 with an HTML page"
    )


@pytest.mark.parametrize(
    "echo",
    [
        f"Invalid access token {SECRET}",
        f"Invalid access token {SECRET[:30]}",
        f"bad header 'Bearer {SECRET}'",
        "bad header Bearer 0123456789abcdef0123456789abcdef",
        SECRET * 100,
    ],
)
def test_a_token_that_the_cluster_echoes_is_removed(echo: str) -> None:
    message = judged(401, {"message": echo}).message
    assert SECRET[:12] not in message
    assert "secret-part" not in message
    assert "0123456789abcdef" not in message
    assert "[removed]" in message


def test_words_about_a_token_are_kept() -> None:
    assert judged(401, {"message": "Bearer token expired"}).message == "Bearer token expired"


def test_a_long_message_is_cut_with_an_ellipsis() -> None:
    assert plain("x" * 100_000) == "x" * (MESSAGE_LIMIT - 1) + "…"


def test_all_84_of_84_culprits_are_found_though_the_message_is_cut() -> None:
    cids = tuple(f"{n:032x}" for n in range(84))
    answer = judged(200, {"success": False, "message": f"those CIDs {list(cids)} do not exist"}, cids)
    assert answer.cause is Cause.UNKNOWN_CUSTOMERS
    assert answer.culprits == cids
    assert len(answer.message) == MESSAGE_LIMIT


@pytest.mark.parametrize(
    ("message", "cids", "culprits"),
    [
        ("those CIDs ['abc1', 'abc2'] do not exist", ("abc2", "abc", "abc1"), ("abc2", "abc1")),
        ("those CIDs ['abc.1-x_y'] do not exist", ("abc", "abc.1", "abc.1-x_y"), ("abc.1-x_y",)),
        ("those CIDs ['abc'] do not exist", ("those", "CIDs", "not", "exist", "abc"), ("abc",)),
        ('those CIDs ["abc", "def"] do not exist', ("def",), ("def",)),
        ("those CIDs [abc, def] do not exist", ("abc", "de", "def"), ("abc", "def")),
        ("CID abc does not exist.", ("ab", "abc", "abcd"), ("abc",)),
        ("those CIDs ['xyz'] do not exist", ("abc",), ()),
        ("those CIDs ['abc', 'de", ("abc", "de"), ("abc",)),
        ("those CIDs ['a:b'] do not exist", ("a", "b", "a:b"), ("a:b",)),
        ("those CIDs ['abc'] do not exist", ("abc", "abc"), ("abc",)),
    ],
)
def test_culprits_are_whole_ids_of_the_request_in_its_order(
    message: str, cids: tuple[str, ...], culprits: tuple[str, ...]
) -> None:
    assert find_culprits(message, cids) == culprits


@given(st.data())
def test_exactly_the_listed_ids_are_culprits_even_where_ids_begin_others(data: st.DataObject) -> None:
    ids = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{2,63}", fullmatch=True)
    cids = data.draw(st.lists(ids, min_size=1, max_size=20, unique=True))
    cids += [cid + "0" for cid in cids if cid + "0" not in cids and len(cid) < 64]
    gone = data.draw(st.lists(st.sampled_from(cids), unique=True, min_size=1))
    found = find_culprits(f"those CIDs {gone} do not exist", cids)
    assert found == tuple(cid for cid in cids if cid in gone)


def test_no_culprits_are_named_where_the_refusal_is_about_something_else() -> None:
    answer = judged(200, {"success": False, "message": "abc is busy"}, ("abc",))
    assert (answer.cause, answer.culprits) == (Cause.REFUSED_BY_CLUSTER, ())
