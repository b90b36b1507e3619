"""Secrets planted wherever one can be, a short chaos run, and then a search of everything that got out."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.fernet import Fernet

from bot.sandbox.cluster import CLIENT_ID, CLIENT_SECRET, Call, moods
from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.mood import Mood
from bot.sandbox.cluster.record import Record
from bot.sandbox.desk import Entry
from bot.sandbox.workspace.people import ASTER, OPS
from tests.process import bot_process, http_bot_process
from tests.shell import Shell
from tests.stage import TOKEN, Stage
from tests.wire.many import ONE, TWO, many_workspaces

FILE_TOKEN = "planted-file-token-9c1e44"
SIGNING = "planted-signing-secret-77ab"
OAUTH_TOKEN = "planted-oauth-token-5510fe"
PASSWORD = "planted-p@ss/word-31"

MORE = """
[clusters.lima2]
base_url = "{base}"
token_file = "{folder}/lima2-token"
timeout_s = 1
chunk_size = 1
preview_s = 1

[clusters.oslo4]
base_url = "{base}"
oauth = {{ token_url = "{token_url}", client_id_env = "OSLO4_ID", client_secret_file = "{folder}/oslo4" }}
timeout_s = 1
chunk_size = 1
preview_s = 1
"""


def echoes(secret: str) -> Iterator[Mood]:
    """A cluster that repeats the credential it was sent, in every way an answer can hold words."""
    said = f"I do not like Bearer {secret}, nor {secret[:14]}"
    yield moods.replying("refused", json.dumps({"message": said, "success": False}))
    yield moods.replying("forbidden", json.dumps({"message": said, "success": False}), status=403)
    yield moods.replying("broken", f"{{'{said}", status=200)
    yield moods.replying("text", said, status=500, content_type="text/plain")
    yield moods.replying("page", f"<html><title>{said}</title>", status=502, content_type="text/html")
    away = {"Location": f"https://evil.example/?access_token={secret}"}
    yield moods.replying("away", "", status=302, headers=away)
    yield moods.replying("wait", said, status=429, headers={"Retry-After": secret})


async def suffer(stage: Stage, desk: ClusterDesk) -> None:
    """Every echo from two clusters: a card whose state could not be read, a POST for each. Then refusals."""
    [cid] = await stage.cids(1)
    for cluster, secret in {"evian3": TOKEN, "oslo4": OAUTH_TOKEN}.items():
        every = list(echoes(secret))
        await desk.set_mood(every[0], on=Call.GET)
        card = await stage.ask(f"/set-action T-Enable {cluster} {' '.join(await stage.cids(len(every)))}")
        for mood in every:
            await desk.next_mood(mood)
        wanted = len((await desk.record()).posts) + len(every)
        await stage.confirm(card)
        await desk.until(partial(got, wanted))
    await stage.confirm(await stage.ask(f"/set-action T-Enable lima2 {cid}"))
    await desk.revoke_tokens()
    refused = moods.replying("no", json.dumps({"error": f"invalid {CLIENT_SECRET}"}), status=401)
    await desk.set_mood(refused, on=Call.OAUTH)
    await stage.confirm(await stage.ask(f"/set-action T-Enable oslo4 {cid}"))


def got(wanted: int, record: Record) -> bool:
    """Whether the cluster got so many POSTs."""
    return len(record.posts) >= wanted


async def slack_repeats(stage: Stage) -> None:
    """An error of Slack's that holds the bot's own token."""
    for method in ("chat.postMessage", "chat.update", "users.info", "views.open", "files.info"):
        await stage.desk.fail(method, error=f"no_{stage.access.bot_token}")
    await stage.desk.command(ASTER, OPS, "/set-action")
    await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")


def pages(folder: Path) -> Iterator[bytes]:
    """Everything the bot wrote to disk, its configuration and the planted files apart."""
    for file in folder.iterdir():
        if file.name not in ("set-action.toml", "lima2-token", "oslo4"):
            yield file.read_bytes()


async def test_no_planted_secret_gets_out(idle_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sandbox.cluster.tokens.secrets.token_urlsafe", lambda _: OAUTH_TOKEN)
    stage, folder = idle_stage, idle_stage.folder
    (folder / "lima2-token").write_text(FILE_TOKEN)
    (folder / "oslo4").write_text(CLIENT_SECRET)
    base, token_url = stage.host.base_url("evian3"), stage.host.token_url
    stage.settings |= {
        "more": MORE.format(base=base, token_url=token_url, folder=folder),
        "clusters": '["*"]',
        "preview_s": 1,
        "chunk_size": 1,
    }
    stage.environment |= {"SLACK_SIGNING_SECRET": SIGNING, "OSLO4_ID": CLIENT_ID}
    async with bot_process(stage) as process:
        await suffer(stage, stage.evian3)
        await slack_repeats(stage)
        process.kill()  # half way through whatever it was at
        await process.wait()
    logs = (folder / "bot.log").rename(folder / "first.log").read_text()
    async with bot_process(stage):
        await stage.settled(120)  # at the pace that Slack really allows
    assert "set_action.http_error" in logs
    journal = await stage.desk.journal()
    called = [entry for entry in journal if entry.kind == "api" or entry.kind.startswith("message_")]
    got = b"\n".join([*pages(folder), *(json.dumps(said(entry.details)).encode() for entry in called)])
    assert len(got) > 100_000
    access = stage.access
    secrets = (access.bot_token, access.app_token, SIGNING, FILE_TOKEN, OAUTH_TOKEN, CLIENT_SECRET, TOKEN)
    leaked = [secret for secret in secrets if secret.encode() in got]
    assert leaked == []


def posted(entry: Entry) -> bool:
    """Whether the bot has tried to say something."""
    return entry.kind == "api" and entry.details["method"] == "chat.postMessage"


async def test_no_token_of_an_installed_workspace_gets_out(tmp_path: Path) -> None:
    async with many_workspaces(tmp_path) as many:
        await many.found()
        for _ in range(2):
            async with http_bot_process(many.variables, tmp_path, many.port) as process:
                assert (await many.install(ONE))[0] == 200
                assert (await many.install(TWO))[0] == 200
                tokens = [many.slack.access(team).bot_token for team in (ONE, TWO)]
                browser = many.browser()
                back = await many.allowed(ONE, browser)
                await many.places[ONE].desk.fail("auth.test", error=f"no_{tokens[0]}")
                assert (await browser.get(back))[0] == 400
                many.slack.workspaces[ONE].access = replace(many.slack.access(ONE), bot_token=tokens[0])
                for method in ("chat.postMessage", "chat.update", "users.info", "views.open"):
                    await many.places[ONE].desk.fail(method, error=f"no_{tokens[0]}")
                for team in (ONE, ONE, TWO):
                    place = many.places[team]
                    await place.desk.command(ASTER, OPS, f"/set-action t evian3 {(await place.cids(1))[0]}")
                for team in (ONE, TWO):
                    await many.places[team].desk.until(posted)
                await many.places[TWO].desk.uninstall("tokens_revoked")
                process.kill()
                await process.wait()
            (tmp_path / "bot.log").rename(tmp_path / f"{process.pid}.log")
            got = b"\n".join(pages(tmp_path))
            assert b"installations" in got
            assert b"workspaces.not_installed" in got
            state = parse_qs(urlsplit(back).query)["state"][0]
            secrets = (*tokens, *many.keys, many.slack.client_secret, many.slack.signing_secret, state)
            assert [secret for secret in secrets if secret.encode() in got] == []
            many.keys.insert(0, Fernet.generate_key().decode())  # the second time around all is sealed anew


def said(details: object) -> object:
    """What the bot said: not what the workspace answered, which holds one-use addresses of its own."""
    if not isinstance(details, dict):
        return details
    return {key: value for key, value in details.items() if key != "answer"}


async def test_no_password_of_a_database_gets_out(tmp_path: Path) -> None:
    shell = Shell.good(tmp_path)
    url = f"postgresql://bot:{quote(PASSWORD, safe='')}@127.0.0.1:9/nowhere"
    commands = (("db", "upgrade"), ("audit", "verify"), ("doctor",))
    for ended in (
        await shell.run("run", DATABASE_URL=url),
        *[await asyncio.to_thread(partial(shell.call, *one, DATABASE_URL=url)) for one in commands],
    ):
        told = ended.out + ended.err
        assert ended.code == 1, told
        assert "database" in told
        assert PASSWORD not in told
        assert quote(PASSWORD, safe="") not in told
