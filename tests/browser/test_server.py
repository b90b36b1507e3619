"""The page's server without a browser: who gets in, what passes, and that nothing stays behind."""

import asyncio
import io
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import yaml

from bot.sandbox.browser.offers import COMMANDS, SHORTCUTS
from bot.sandbox.browser.server import LARGEST
from bot.sandbox.browser.situations import SITUATIONS
from bot.sandbox.cluster.site import customer_ids
from bot.sandbox.workspace.people import ASTER, BRAM, OPS, PRIVATE, RANDOM
from tests.browser.page import Sandbox, sandbox

pytestmark = pytest.mark.xdist_group("page_server")
WITHIN_S = 20.0
LOOK = {"user": ASTER, "channel": OPS, "thread": None, "after": 0}
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with sandbox(folder) as one:
        yield one
    # Stopped as by Ctrl-C.
    assert one.process.returncode == 0
    assert _left(folder) == []


@pytest.fixture
async def web(running: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody on this machine, without the token."""
    origin, _, _ = running.address.partition("/#")
    async with aiohttp.ClientSession(origin) as session:
        yield session


@pytest.fixture
def key(running: Sandbox) -> dict[str, str]:
    """The header that opens the door."""
    return {"Authorization": f"Bearer {running.address.partition('#')[2]}"}


async def _status(web: aiohttp.ClientSession, path: str, headers: dict[str, str], **how: Any) -> int:
    async with web.request("POST" if how else "GET", path, headers=headers, **how) as answer:
        return answer.status


async def _attached(
    web: aiohttp.ClientSession, key: dict[str, str], name: str, kind: str, content: bytes
) -> str:
    told = {"user": ASTER, "name": name, "mimetype": kind}
    async with web.post("/api/file", headers=key, params=told, data=io.BytesIO(content)) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["file"])


async def _look(web: aiohttp.ClientSession, key: dict[str, str], **changed: Any) -> dict[str, Any]:
    async with web.post("/api/look", headers=key, json=LOOK | changed) as answer:
        assert answer.status == 200, await answer.text()
        told: dict[str, Any] = await answer.json()
        return told


async def test_only_the_token_opens_the_door(web: aiohttp.ClientSession, key: dict[str, str]) -> None:
    assert await _status(web, "/api/offers", key) == 200
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": key["Authorization"] + "x"}):
        assert await _status(web, "/api/offers", wrong) == 401
        assert await _status(web, "/api/look", wrong, json=LOOK) == 401
        assert await _status(web, "/api/bot/kill", wrong, json={}) == 401
    assert await _status(web, "/", {}) == 200  # the page itself tells nothing


async def test_another_site_may_do_nothing(web: aiohttp.ClientSession, key: dict[str, str]) -> None:
    """Not even with the token: by the Origin, by what the browser says of the site, by the name asked for."""
    for told in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1:1"},
    ):
        assert await _status(web, "/api/offers", key | told) == 403, told
        assert await _status(web, "/api/bot/kill", key | told, json={}) == 403, told
    assert await _status(web, "/", {"Host": "elsewhere.example"}) == 403
    own = {"Origin": str(web._base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert await _status(web, "/api/offers", key | own) == 200


async def test_every_answer_is_told_to_stay_here(web: aiohttp.ClientSession, key: dict[str, str]) -> None:
    for path in ("/", "/page/main.js", "/api/offers", "/api/none", "/none"):
        async with web.get(path, headers=key) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Set-Cookie" not in answer.headers


async def test_only_this_machine_can_connect(running: Sandbox) -> None:
    port = urlsplit(running.address).port
    assert port
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in {str(one) for one in others if not str(one).startswith("127.")} | {"127.0.0.2"}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), timeout=2).close()


async def test_the_page_can_do_what_a_person_can_and_no_more(
    web: aiohttp.ClientSession, key: dict[str, str]
) -> None:
    said = {"user": ASTER, "channel": RANDOM, "words": "<b>hello</b>", "thread": None}
    assert await _status(web, "/api/do/say", key, json=said) == 200
    seen = await _look(web, key, channel=RANDOM)
    assert seen["messages"][-1]["text"] == "&lt;b&gt;hello&lt;/b&gt;"
    for verb, asked in (
        ("outage", {"on": True}),
        ("say", {**said, "as": BRAM}),
        ("say", {}),
        ("say", []),
        ("say", {**said, "channel": "C0NOWHERE"}),
        ("file_content", {"file": "F1"}),
    ):
        assert await _status(web, f"/api/do/{verb}", key, json=asked) == 400, verb
    assert await _status(web, "/api/do/say", key, data=b"{") == 400
    assert "lost" in await _look(web, key, channel=PRIVATE, user="U0DANA")  # and nothing else
    assert await _status(web, "/api/look", key, json={**LOOK, "more": 1}) == 400
    assert await _status(web, "/api/manner/evian3/angry", key, json={}) == 404
    assert await _status(web, "/api/situation/none", key, json={}) == 404
    assert await _status(web, "/api/file/F0NONE", key) == 400
    for path in ("/page/../server.py", "/page/%2e%2e/cli.py", "/page/"):
        assert await _status(web, path, key) in (403, 404)


async def test_a_file_comes_as_bytes_that_no_browser_runs(
    web: aiohttp.ClientSession, key: dict[str, str]
) -> None:
    content = b"<script>alert(1)</script>"
    names = [await _attached(web, key, "x.html", "text/html", content) for _ in range(2)]
    asked = {"user": ASTER, "channel": RANDOM, "files": names, "words": "both", "thread": None}
    assert await _status(web, "/api/do/share", key, json={**asked, "user": BRAM}) == 400  # they are Aster's
    async with web.post("/api/do/share", headers=key, json=asked) as answer:
        message = (await answer.json())["message"]
    assert [file["id"] for file in message["files"]] == names
    assert await _status(web, "/api/do/share", key, json=asked) == 400  # once is enough
    async with web.get(f"/api/file/{names[0]}", headers=key) as answer:
        assert await answer.read() == content
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_a_large_file_goes_up_fast_and_a_larger_one_is_refused(
    web: aiohttp.ClientSession, key: dict[str, str]
) -> None:
    begun = time.monotonic()
    name = await _attached(web, key, "wave.csv", "text/csv", bytes(11 * 1024 * 1024))
    assert time.monotonic() - begun < WITHIN_S / 2  # under load; by itself a second
    assert name.startswith("F")
    told = {"user": ASTER, "name": "a", "mimetype": ""}
    body = bytes(LARGEST + 1)
    assert await _status(web, "/api/file", key, params=told, data=io.BytesIO(body)) == 413
    assert await _status(web, "/api/file", key, params={"user": ASTER}, data=b"a") == 400


async def test_a_look_waits_for_news(web: aiohttp.ClientSession, key: dict[str, str]) -> None:
    seen = await _look(web, key, channel=RANDOM)
    waiting = asyncio.create_task(_look(web, key, channel=RANDOM, after=seen["beat"]))
    said = {"user": BRAM, "channel": RANDOM, "words": "news", "thread": None}
    assert await _status(web, "/api/do/say", key, json=said) == 200
    async with asyncio.timeout(WITHIN_S):
        now = await waiting
    while now["messages"][-1]["text"] != "news":
        now = await _look(web, key, channel=RANDOM, after=now["beat"])
    assert now["beat"] > seen["beat"]


async def test_every_situation_can_be_played_and_every_mood_set(
    web: aiohttp.ClientSession, key: dict[str, str]
) -> None:
    for name in SITUATIONS:
        async with web.post(f"/api/situation/{name}", headers=key, json={}) as answer:
            assert answer.status == 200, name
            assert (await answer.json())["next"]
    async with web.get("/api/offers", headers=key) as answer:
        manners = [one["key"] for one in (await answer.json())["manners"]]
    for manner in [*manners, "normal"]:
        assert await _status(web, f"/api/manner/evian3/{manner}", key, json={}) == 200
        assert (await _look(web, key))["clusters"][0]["manner"] == manner
    seen = await _look(web, key)
    assert seen["messages"]
    assert sum(seen["clusters"][0]["states"].values()) == 400


async def test_a_situation_that_was_left_does_not_go_off_in_the_next_one(
    web: aiohttp.ClientSession, key: dict[str, str]
) -> None:
    assert await _status(web, "/api/manner/evian3/down", key, json={}) == 200
    assert await _status(web, "/api/bot/kill", key, json={}) == 200
    before = max((message["ts"] for message in (await _look(web, key))["messages"]), default="")
    assert await _status(web, "/api/situation/slack", key, json={}) == 200
    await _pressed(web, key, "75 customers on", "cancel", after=before)
    assert await _status(web, "/api/situation/killed", key, json={}) == 200
    assert await _status(web, "/api/situation/mistyped", key, json={}) == 200
    seen = await _look(web, key)
    assert (seen["bot"]["state"], seen["clusters"][0]["manner"]) == ("running", "normal")
    # The same customers once more: nothing may be killed, and Slack may not go away, while they are sent.
    line = f"/set-action T-Enable evian3 {', '.join(customer_ids('evian3', 120))} reason: nothing special"
    asked = {"user": ASTER, "channel": OPS, "line": line}
    assert await _status(web, "/api/do/command", key, json=asked) == 200
    await _pressed(web, key, "nothing special", "confirm", after=before)
    async with asyncio.timeout(WITHIN_S):
        while "of 120 answered" not in (said := json.dumps(seen["messages"])) or "120 of 120" not in said:
            seen = await _look(web, key, after=seen["beat"])
            assert seen["away"] is False
    assert seen["bot"]["number"] == (await _look(web, key))["bot"]["number"]


async def _pressed(
    web: aiohttp.ClientSession, key: dict[str, str], words: str, action: str, *, after: str
) -> None:
    """That button of the card that says these words, as soon as it is there; return once it is decided."""

    def open_cards() -> dict[str, Any]:
        # The button to confirm is not there from the beginning where reading the customers' state takes long.
        return {
            message["ts"]: block
            for message in seen["messages"]
            for block in message["blocks"]
            if block["block_id"] == "decide"
            and any(element.get("action_id") == action for element in block["elements"])
            and message["ts"] > after
            and words in json.dumps(message["blocks"])
        }

    async with asyncio.timeout(WITHIN_S):
        seen = await _look(web, key)
        while not open_cards():
            seen = await _look(web, key, after=seen["beat"])
        ((ts, block),) = open_cards().items()
        asked = {"user": ASTER, "channel": OPS, "ts": ts, "block": block, "value": None}
        assert await _status(web, "/api/do/click", key, json={**asked, "action_id": action}) == 200
        while open_cards():
            seen = await _look(web, key, after=seen["beat"])


async def test_the_bot_is_killed_and_started(web: aiohttp.ClientSession, key: dict[str, str]) -> None:
    before = (await _look(web, key))["bot"]
    assert before["state"] == "running"
    assert await _status(web, "/api/bot/kill", key, json={}) == 200
    assert (await _look(web, key))["bot"] == {"state": "dead", "number": None}
    assert await _status(web, "/api/bot/start", key, json={}) == 200
    after = (await _look(web, key))["bot"]
    assert after["state"] == "running"
    assert after["number"] != before["number"]


def test_what_is_offered_is_what_the_manifest_says() -> None:
    features = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))["features"]
    told = [
        {"command": one["command"], "hint": one["usage_hint"], "does": one["description"]}
        for one in features["slash_commands"]
    ]
    assert list(COMMANDS) == told
    known = [{key: one[key] for key in ("name", "type", "callback_id")} for one in features["shortcuts"]]
    assert list(SHORTCUTS) == known


def _left(folder: Path) -> list[str]:
    """Files in the folder for temporary ones, and processes that were started with it."""
    mark = f"TMPDIR={folder}".encode()
    files = [str(path) for path in folder.rglob("*")]
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in process.read_bytes().split(b"\0"):
                files.append((process.parent / "cmdline").read_text())
        except OSError:  # somebody else's, or gone meanwhile
            continue
    return files


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind(tmp_path: Path, number: signal.Signals) -> None:
    with sandbox(tmp_path) as running:
        assert any(path.endswith("bot.sqlite3") for path in _left(tmp_path))
        os.kill(running.process.pid, number)
        code = running.process.wait(WITHIN_S)
    assert code == (0 if number is not signal.SIGKILL else -signal.SIGKILL)
    end = time.monotonic() + WITHIN_S
    while _left(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)  # after a kill the warden cleans up, a moment later
    assert _left(tmp_path) == []


def test_what_is_to_be_kept_is_kept(tmp_path: Path) -> None:
    kept, temporary = tmp_path / "kept", tmp_path / "temporary"
    temporary.mkdir()
    with sandbox(temporary, "--keep", str(kept)) as running:
        assert kept.stat().st_mode & 0o077 == 0
    assert running.process.returncode == 0
    files = {"bot.sqlite3", "bot.log", "set-action.toml", "workspace.jsonl", "cluster.jsonl"}
    assert files <= {path.name for path in kept.iterdir()}
    journal = [json.loads(line) for line in (kept / "workspace.jsonl").read_text().splitlines()]
    assert [entry["number"] for entry in journal] == list(range(1, len(journal) + 1))
    assert "socket_opened" in {entry["kind"] for entry in journal}
    assert _left(temporary) == []
    with pytest.raises(AssertionError, match="is not empty"), sandbox(temporary, "--keep", str(kept)):
        pass
