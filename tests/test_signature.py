"""What proves that Slack sent a request, and what is read in one that it did."""

import json
import time
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.workspace.request_url import signed
from bot.signature import NotFromSlack, Unreadable, read, verified

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"command=%2Fset-action&text=help"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NOW = 1_795_600_000.0
GOOD = signed(SECRET, BODY, NOW)


def test_slacks_own_example_is_verified() -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgc"
        b"ZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    headers = {"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": signature}
    assert verified(headers, body, "8f742231b10e8888abcd99yyyzzz85a5", 1531420618) == signature


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"X-Slack-Request-Timestamp": ""}, "no time"),
        ({"X-Slack-Request-Timestamp": "soon"}, "no time"),
        ({"X-Slack-Request-Timestamp": "1e9"}, "no time"),
        ({"X-Slack-Request-Timestamp": "²"}, "no time"),
        ({"X-Slack-Request-Timestamp": "-1"}, "no time"),
        ({"X-Slack-Request-Timestamp": "9" * 5_000}, "no time"),
        ({"X-Slack-Request-Timestamp": "1"}, "too old"),
        ({"X-Slack-Request-Timestamp": str(int(NOW) + 301)}, "from the future"),
        ({"X-Slack-Request-Timestamp": str(int(NOW) + 1)}, "wrong signature"),
        ({"X-Slack-Signature": ""}, "wrong signature"),
        ({"X-Slack-Signature": "v0="}, "wrong signature"),
        ({"X-Slack-Signature": "v0=ümlaut"}, "wrong signature"),
        ({"X-Slack-Signature": "v0=\udcff"}, "wrong signature"),
        ({"X-Slack-Signature": GOOD["X-Slack-Signature"].upper()}, "wrong signature"),
        ({"X-Slack-Signature": GOOD["X-Slack-Signature"].replace("v0", "v1")}, "wrong signature"),
        (signed("another secret", BODY, NOW), "wrong signature"),
        (signed(SECRET, BODY + b"&", NOW), "wrong signature"),
        (signed(SECRET, BODY, NOW - 301), "too old"),
    ],
)
def test_whatever_is_wrong_with_the_proof_it_is_refused(changed: dict[str, str], why: str) -> None:
    with pytest.raises(NotFromSlack, match=why):
        verified(GOOD | changed, BODY, SECRET, NOW)


def test_without_any_proof_it_is_refused() -> None:
    with pytest.raises(NotFromSlack):
        verified({}, BODY, SECRET, NOW)


@given(st.binary(max_size=300), st.floats(-299, 299))
def test_any_body_that_is_signed_is_verified_within_the_window(body: bytes, off: float) -> None:
    headers = signed(SECRET, body, NOW)
    assert verified(headers, body, SECRET, NOW + off) == headers["X-Slack-Signature"]


@pytest.mark.parametrize(
    ("kind", "body", "payload"),
    [
        (FORM, b"command=%2Fmy-jobs&text=", {"command": "/my-jobs", "text": ""}),
        (FORM, urlencode({"payload": json.dumps({"type": "shortcut"})}).encode(), {"type": "shortcut"}),
        (JSON, b'{"type": "event_callback"}', {"type": "event_callback"}),
        (FORM, b"ssl_check=1", {"ssl_check": "1"}),
    ],
)
def test_each_kind_of_body_is_read_as_socket_mode_would_deliver_it(
    kind: str, body: bytes, payload: dict[str, str]
) -> None:
    assert read(kind, body) == payload


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, b""),
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b'"words"'),
        (JSON, b"\xff\xfe"),
        (JSON, b"[" * 200_000),
        (FORM, b"payload=%7B"),
        (FORM, b"payload=7"),
        (FORM, b"command=%ff"),
        (FORM, b"\xe9=1"),
        (FORM, b"nothing at all"),
        (FORM, b"&".join(b"a=1" for _ in range(60))),
        ("text/plain", b"command=%2Fset-action"),
        ("multipart/form-data", b"--x"),
        ("", b""),
    ],
)
def test_what_slack_never_sends_is_unreadable(kind: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(kind, body)


@given(st.sampled_from([FORM, JSON]), st.binary(max_size=200))
def test_no_body_breaks_the_reading(kind: str, body: bytes) -> None:
    with suppress(Unreadable):
        assert isinstance(read(kind, body), dict)


def test_the_clock_of_the_signature_is_this_machines() -> None:
    assert verified(signed(SECRET, BODY), BODY, SECRET, time.time())
