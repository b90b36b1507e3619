"""The bot's side of files: the three steps of an upload, files.info, and the download that wants a token."""

from typing import Any

from aiohttp import web

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.chat import LONGEST_POST, said
from bot.sandbox.workspace.errors import ApiError, invalid
from bot.sandbox.workspace.files import StoredFile, guessed, new_file, readable
from bot.sandbox.workspace.people import BOT, TEAM
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]
MOST_ALT = 1_000  # characters of an image's description (docs.slack.dev, files.getUploadURLExternal)


def upload_url(ws: Workspace, a: Arguments) -> JSON:
    if a["length"] < 1:
        raise invalid("invalid_arguments", ["length must be more than 0"])
    name = a["filename"]
    file = new_file(ws.access.address, name, BOT, a["length"], guessed(name, "text/plain"))
    if "alt_txt" in a:
        if len(a["alt_txt"]) > MOST_ALT:
            raise ApiError("alt_txt_too_large")
        file.told["alt_txt"] = a["alt_txt"]
    ws.files[file.id] = file
    return {"upload_url": f"{ws.access.address}/upload/v1/{file.secret}", "file_id": file.id}


def complete(ws: Workspace, a: Arguments) -> JSON:
    if not isinstance(a["files"], list) or not a["files"]:
        raise invalid("invalid_arguments", ["files must be an array with at least 1 item"])
    stored = [_finished(ws, item) for item in a["files"]]
    channel_id = a.get("channel_id") or a.get("channels")
    if channel_id is None:
        if "thread_ts" in a or "initial_comment" in a:
            raise invalid("invalid_arguments", ["missing required field: channel_id"])
        return {"files": [file.told for file in stored]}
    channel = ws.world.open_to_bot(channel_id)
    parent = ws.world.parent(channel.id, a.get("thread_ts"))
    comment = said({"text": a["initial_comment"]}, LONGEST_POST)[0] if a.get("initial_comment") else ""
    for file, item in zip(stored, a["files"], strict=True):
        file.share(channel.id, channel.kind)
        file.told["title"] = item.get("title") or file.told["name"]
        ws.journal.record("file_shared", file=file.id, channel=channel.id, thread=a.get("thread_ts"))
    thread = parent.ts if parent else None
    files = [file.told for file in stored]
    ws.world.add(Post(channel.id, ws.world.next_ts(), BOT, comment, [], thread=thread, files=files))
    return {"files": files}


def info(ws: Workspace, a: Arguments) -> JSON:
    file = readable(ws.files, a["file"], ws.world.channels_of_bot())
    return {"file": file.told, "comments": [], "response_metadata": {"next_cursor": ""}}


def _finished(ws: Workspace, item: Any) -> StoredFile:
    file = ws.files.get(item.get("id", "")) if isinstance(item, dict) else None
    if file is None or file.content is None or file.shared:
        raise ApiError("file_not_found")
    return file


class FileRoutes:
    """The two addresses outside the Web API: where bytes go in and where they come out."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws

    async def upload(self, request: web.Request) -> web.Response:
        """Slack takes the bare bytes, or a form with one file."""
        fault = self._ws.faults.take("upload")
        if fault:
            return web.Response(status=fault.status or 500, text="upload failed")
        file = next((f for f in self._ws.files.values() if f.secret == request.match_info["secret"]), None)
        content = await request.read()
        if file is None or file.content is not None or len(content) != file.length:
            return web.Response(status=400, text="the upload does not match what was announced")
        file.content = content
        self._ws.journal.record("file_uploaded", file=file.id, name=file.told["name"], size=len(content))
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        """Without leave to read it Slack sends to its sign-in page, a trap for a careless client."""
        allowed = self._ws.scopes is None or "files:read" in self._ws.scopes
        if not allowed or request.headers.get("Authorization") != f"Bearer {self._ws.access.bot_token}":
            raise web.HTTPFound("/signin")
        name = request.match_info["file"].removeprefix(f"{TEAM}-")
        try:
            file = readable(self._ws.files, name, self._ws.world.channels_of_bot())
        except ApiError as exc:
            if name in self._ws.files and exc.error != "file_deleted":
                raise web.HTTPFound("/signin") from exc
            raise web.HTTPNotFound from exc
        return web.Response(body=file.content, headers={"Content-Type": file.told["mimetype"]})

    async def sign_in(self, _: web.Request) -> web.Response:
        return web.Response(text="<!DOCTYPE html><title>Sign in to Sandbox</title>", content_type="text/html")
