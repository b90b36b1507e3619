"""Logs: one line an event, whatever is in it; no secret, in tracebacks neither; libraries are quiet."""

import asyncio
import io
import logging
import re
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import logs
from tests.effort import examples

TOKEN = "T0p/secret+cluster=token"
AWKWARD = 'with"quote\\and-backslash'
LIBRARIES = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "sqlalchemy", "alembic")
FIELD = re.compile(r'(?:^| )(\w+)=("(?:[^"\\]|\\.)*"|[^ ="]*)(?= |$)')

Lines = Callable[[], list[str]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Logging as the bot sets it up; the lines written since the last call. Everything is put back."""
    root = logging.getLogger()
    level, before_all = root.level, structlog.get_config()
    loud = {name: logging.getLogger(name).level for name in LIBRARIES}
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        logs.configure([TOKEN, AWKWARD, ""])

    def written() -> list[str]:
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return text.splitlines()  # the greediest of readers: it knows ten ends of a line

    yield written
    structlog.configure(**before_all)
    root.handlers.clear()  # pytest sets its own for each phase
    root.setLevel(level)
    for name, before in loud.items():
        logging.getLogger(name).setLevel(before)


def fields(line: str) -> dict[str, str]:
    """A line's keys with their values as written; fails where anything is left over."""
    found = list(FIELD.finditer(line))
    assert "".join(match[0] for match in found) == line
    assert len({match[1] for match in found}) == len(found)
    return {match[1]: match[2].strip('"') for match in found}


def test_one_event_is_one_line(lines: Lines) -> None:
    structlog.get_logger().info("set_action.sent", job="0a1b", count=2, elapsed=None, again=True)
    [line] = lines()
    told = fields(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", told.pop("timestamp"))
    assert told == {
        "level": "info",
        "event": "set_action.sent",
        "job": "0a1b",
        "count": "2",
        "elapsed": "",
        "again": "true",
    }
    assert list(fields(line))[:3] == ["timestamp", "level", "event"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_end_of_line_in_a_value_forges_an_event(lines: Lines, end: str) -> None:
    forged = f'x" {end}timestamp=2026-11-23T03:00:00Z level=info event=set_action.confirmed user=T0/U0BOSS'
    structlog.get_logger().info("set_action.refused_request", action=forged, user="T0/U0EVIL")
    logging.getLogger("some.library").warning("broken %s", forged)
    ours, theirs = lines()
    assert fields(ours)["event"] == "set_action.refused_request"
    assert fields(ours)["user"] == "T0/U0EVIL"
    assert fields(theirs)["event"].startswith("broken ")


@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text() | st.text(alphabet='\\"= \n\r\tx\x1b\u202e'))
def test_any_value_stays_in_its_place(lines: Lines, value: str) -> None:
    structlog.get_logger().info("set_action.sent", action=value, user="T0/U0EVIL")
    [line] = lines()
    assert line.endswith(" user=T0/U0EVIL")
    assert line.split(" action=")[0].endswith(" event=set_action.sent")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", line)


def test_a_traceback_is_part_of_its_line(lines: Lines) -> None:
    try:
        raise ValueError("one\ntwo")
    except ValueError:
        structlog.get_logger().exception("set_action.unexpected", reference="0a1b2c3d")
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    ours, theirs = lines()
    assert fields(ours)["reference"] == "0a1b2c3d"
    assert "ValueError: one" in fields(ours)["exception"]
    assert "ValueError: one" in fields(theirs)["exception"]


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        AWKWARD,
        "xoxb-1-2-abcDEF",
        "xapp-1-A0-123-abc",
        "xoxe.xoxp-1-abcdef",
        "SLACK_xoxb-77-abcdef",
        "Bearer 0123456789abcdef",
        "bearer eyJhbGciOi.eyJzdWIi.c2ln-_",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        "wss://wss.slack.example/link/?ticket=0a1b-2c3d&app_id=A0",
        '{"access_token": "plain0123456789", "expires_in": 7200}',
        "grant_type=client_credentials&client_secret=plain0123456789",
    ],
)
@pytest.mark.parametrize("before", ["", "a b ", 'a "', "a\n", "x,"])
def test_secrets_are_hidden_wherever_they_turn_up(lines: Lines, secret: str, before: str) -> None:
    words = before + secret
    log = structlog.get_logger()
    log.info("set_action.sent", why=words)
    log.info(words)
    log.info("set_action.sent", detail={"headers": [words]})
    logging.getLogger("some.library").error("failed: %s", words)
    try:
        raise ConnectionError(words) from ValueError(words)
    except ConnectionError as exc:
        log.exception("set_action.unexpected", error=str(exc))
        log.warning("set_action.unexpected", exc_info=exc)
        logging.getLogger("asyncio").exception("lost")
    written = lines()
    assert len(written) == 7
    for line in written:
        assert logs.HIDDEN in line
        for part in (TOKEN, AWKWARD, "abcDEF", "123-abc", "abcdef", "0123456789", "c2ln", "0a1b-2c3d"):
            assert part not in line
            assert repr(part)[1:-1] not in line
            assert part.replace("\\", r"\\").replace('"', r"\"") not in line


def test_hiding_leaves_the_rest_of_the_line_readable(lines: Lines) -> None:
    structlog.get_logger().info("set_action.sent", error="it said Bearer 0123456789", user="T0/U0ASTER")
    [line] = lines()
    assert fields(line)["error"] == "it said [hidden]"
    assert fields(line)["user"] == "T0/U0ASTER"


@pytest.mark.parametrize(
    ("name", "quiet", "heard"),
    [
        ("slack_bolt", logging.WARNING, logging.ERROR),
        ("slack_bolt.of_no_app_yet", logging.WARNING, logging.ERROR),
        ("slack_sdk.web.async_client", logging.WARNING, logging.ERROR),
        ("httpx", logging.INFO, logging.WARNING),
        ("httpcore.http11", logging.INFO, logging.WARNING),
        ("sqlalchemy.engine.Engine", logging.INFO, logging.WARNING),
        ("alembic.runtime.migration", logging.INFO, logging.WARNING),
        ("asyncio", logging.DEBUG, logging.WARNING),
    ],
)
def test_libraries_are_quiet_below_what_matters(lines: Lines, name: str, quiet: int, heard: int) -> None:
    logging.getLogger(name).log(quiet, "a payload")
    assert lines() == []
    logging.getLogger(name).log(heard, "trouble")
    assert [fields(line)["event"] for line in lines()] == ["trouble"]


async def test_what_asyncio_finds_is_one_line(lines: Lines) -> None:
    handler = asyncio.get_running_loop().call_exception_handler
    handler({"message": "Task was destroyed\nbut it is pending!", "exception": OSError(TOKEN)})
    [line] = lines()
    assert fields(line)["level"] == "error"


def test_debug_messages_are_not_written(lines: Lines) -> None:
    structlog.get_logger().debug("set_action.noise")
    assert lines() == []


def test_setting_up_again_adds_no_second_writer(lines: Lines) -> None:
    logs.configure([TOKEN])
    logs.configure([TOKEN])
    assert len([h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]) == 1
