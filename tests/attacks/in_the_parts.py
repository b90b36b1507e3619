"""Attacks on one part: what clusters answer, what files hold, addresses, logs, the record."""

import asyncio
import gzip
import hashlib
import hmac
import io
import json
import logging
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import Connection, text

from bot import logs, retention, signature
from bot.cluster import Cause, ClusterClient, Outcome, StaticToken, open_http
from bot.customer_ids import DEFAULT_ID_PATTERN
from bot.errors import ClusterUnreadable, NoLongerPossible
from bot.intake import csv_file
from bot.intake.ids import UnusableFile
from bot.outbox.whispers import Whispers
from bot.policy import Account, Person
from bot.seal import Seal
from bot.signature import NotFromSlack, Unreadable
from bot.slack_addresses import SlackAddresses
from bot.views.message import Message
from bot.views.sheet import sheet
from store import audit, migrate
from store.audit import Event
from store.database import Database
from store.errors import StoreError

TOKEN = "token-of-the-attacked-cluster"
Play = Callable[[Path], Any]


@asynccontextmanager
async def cluster(answer: Callable[[web.Request], web.StreamResponse]) -> AsyncIterator[ClusterClient]:
    """A cluster that answers as it likes."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with open_http() as http:
        yield ClusterClient(
            http=http, base_url=site.name, credential=StaticToken(SecretStr(TOKEN)), timeout_s=3.0
        )
    await runner.cleanup()


def answering(make: Callable[[], web.Response], cause: Cause) -> Play:
    """A POST whose answer proves nothing, and a read that says so in words."""

    async def play(_: Path) -> None:
        async with cluster(lambda _request: make()) as client:
            answer = await client.set_action("T-Enable", ["e106b3d0"])
            assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, cause)
            assert len(answer.message) <= 2_000
            with pytest.raises(ClusterUnreadable):
                await client.read_states(["e106b3d0"])

    return play


async def redirecting_cluster(_: Path) -> None:
    seen: list[str] = []

    def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with cluster(answer) as client:
        assert (await client.set_action("T-Enable", ["e106b3d0"])).outcome is Outcome.UNKNOWN
    assert seen == ["/tms/v1/set/action"]


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ids.csv", b"0" * 50_000_000)
    return content.getvalue()


def file(content: Callable[[], bytes]) -> Play:
    """A list of customers that is none."""

    def play(_: Path) -> None:
        with pytest.raises(UnusableFile):
            csv_file.read(io.BytesIO(content()), id_pattern=DEFAULT_ID_PATTERN)

    return play


def address(url: str) -> Play:
    """What a payload calls an address of Slack's."""

    def play(_: Path) -> None:
        assert not SlackAddresses("https://slack.com/api/").own(url)

    return play


async def foreign_response_url(_: Path) -> None:
    async with aiohttp.ClientSession() as http:
        whispers = Whispers(http, SlackAddresses("https://slack.com/api/"))
        card = uuid4()
        whispers.remember(card, "https://hooks.slack.com.evil.example/actions/1")
        assert not await whispers.answer(card, Message("a customer's id"))


NOW = 1_764_000_000.0
SECRET = "signing-secret-of-the-app"


def signed(body: bytes, at: float = NOW, secret: str = SECRET) -> dict[str, str]:
    """The headers with which Slack sends this body."""
    words = f"v0:{int(at)}:".encode() + body
    digest = hmac.new(secret.encode(), words, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(int(at)), "X-Slack-Signature": f"v0={digest}"}


def request(change: Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]]) -> Play:
    """A request over HTTP that Slack did not send."""

    def play(_: Path) -> None:
        body = b"command=%2Fset-action&text=T-Enable"
        signature.verified(signed(body), body, SECRET, NOW)
        headers, sent = change(signed(body), body)
        with pytest.raises(NotFromSlack):
            signature.verified(headers, sent, SECRET, NOW)

    return play


def unreadable(kind: str, body: bytes) -> Play:
    """A body that is signed well and holds nothing that Slack sends."""

    def play(_: Path) -> None:
        with pytest.raises(Unreadable):
            signature.read(kind, body)

    return play


def logged(value: str, never: str) -> Play:
    """One event stays one line, and shows nothing it should not."""

    def play(_: Path) -> None:
        hide = logs._Hide(["known-secret-0001"])
        line = hide(logging.getLogger(), "info", f"event=x value={value!s}")
        assert isinstance(line, str)
        assert never not in line
        assert len(line.splitlines()) == 1

    return play


def cell(content: str) -> Play:
    """A cell that a spreadsheet would run."""

    def play(_: Path) -> None:
        row = sheet(["reason"], [[content]]).splitlines()[1].strip('"')
        assert not row.lstrip(" \t;").startswith(("=", "+", "-", "@", "\uff1d"))

    return play


@asynccontextmanager
async def log_of_six(folder: Path) -> AsyncIterator[Database]:
    """A store with six rows on record."""
    db = Database(f"sqlite:///{folder / 'bot.sqlite3'}")
    try:
        await db.write(migrate.upgrade)
        for _ in range(6):
            await db.write(audit.append, Event.SENT)
        yield db
    finally:
        db.close()


def statement(sql: str) -> Play:
    """A statement by somebody who can use the database."""

    async def play(folder: Path) -> None:
        async with log_of_six(folder) as db:
            with pytest.raises(StoreError, match="append-only"):
                await db.write(Connection.exec_driver_sql, sql)

    return play


def by_force(sql: str, *, at: int) -> Play:
    """A statement by somebody who takes the triggers away first."""

    async def play(folder: Path) -> None:
        def force(conn: Connection) -> None:
            triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in conn.execute(triggers).scalars().all():
                conn.exec_driver_sql(f"DROP TRIGGER {name}")
            conn.exec_driver_sql(sql)

        async with log_of_six(folder) as db:
            await db.write(force)
            _, broken = await db.read(audit.verify)
            assert broken
            assert broken.seq == at

    return play


async def truncated_log(folder: Path) -> None:
    async with log_of_six(folder) as db:
        seq, digest = await db.read(audit.head)

        def cut(conn: Connection) -> None:
            conn.exec_driver_sql("DROP TRIGGER audit_log_no_delete")
            conn.exec_driver_sql("DELETE FROM audit_log WHERE seq > 3")

        await db.write(cut)
        told = await retention.verified(db, [], f"{seq}:{digest.hex()}")
        assert "the end was cut off" in told.problem


def metadata(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Play:
    """A form's memory that was changed, or is another form's."""

    def play(_: Path) -> None:
        seal = Seal(SecretStr("xoxb-1"))
        view = seal.sealed({"callback_id": "form", "private_metadata": '{"files":[]}'})
        assert seal.opened(view)["private_metadata"] == '{"files":[]}'
        with pytest.raises(NoLongerPossible):
            seal.opened(change(view))

    return play


def look_alike(_: Path) -> None:
    assert not DEFAULT_ID_PATTERN.fullmatch("e106b3d0\u0430")  # a Cyrillic letter
    assert not DEFAULT_ID_PATTERN.fullmatch("e106b3d0\n")
    assert not DEFAULT_ID_PATTERN.fullmatch("\uff11\uff12\uff13")


def group_named_as_a_person(_: Path) -> None:
    assert not Person("U1", frozenset({"S1"}), Account.GUEST).is_among(["S1", "*"])
    assert not Person("U1", account=Account.DEACTIVATED).is_among(["U1", "*"])


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


HUGE = json.dumps({"success": True, "message": "x" * 400_000})
BOMB = gzip.compress(b'{"success": true, "message": "' + b"x" * 20_000_000 + b'"}')
JSON_TYPE = "application/json"
oversized = answering(lambda: web.Response(text=HUGE, content_type=JSON_TYPE), Cause.UNREADABLE_ANSWER)
deep = answering(lambda: web.Response(text=nested(100_000), content_type=JSON_TYPE), Cause.UNREADABLE_ANSWER)
deep_inside = answering(
    lambda: web.Response(text='{"success": ' + nested(50_000) + "}", content_type=JSON_TYPE),
    Cause.UNREADABLE_ANSWER,
)
compressed = answering(
    lambda: web.Response(body=BOMB, content_type=JSON_TYPE, headers={"Content-Encoding": "gzip"}),
    Cause.UNREADABLE_ANSWER,
)


async def endless(_: Path) -> None:
    """Byte after byte, for ever."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    app = web.Application()
    app.router.add_post("/{path:.*}", drip)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with open_http() as http:
        client = ClusterClient(
            http=http, base_url=site.name, credential=StaticToken(SecretStr(TOKEN)), timeout_s=0.2
        )
        answer = await client.set_action("T-Enable", ["e106b3d0"])
    assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, Cause.TIMEOUT)
    await runner.cleanup()
