"""Response URLs: how an app answers one interaction later, also where it is not a member.

At most five answers within thirty minutes; docs.slack.dev, Handling user interaction.
"""

from dataclasses import dataclass
from json import JSONDecodeError
from secrets import token_urlsafe
from time import monotonic
from typing import Any

from aiohttp import web

from bot.sandbox.workspace.arguments import Arguments, flag, nested, text, understood
from bot.sandbox.workspace.chat import LONGEST_POST, said
from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.people import BOT
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.workspace import Workspace

MOST_USES = 5
_FIELDS = {
    "text": text,
    "blocks": nested,
    "response_type": text,
    "replace_original": flag,
    "delete_original": flag,
    "thread_ts": text,
    "unfurl_links": flag,
    "unfurl_media": flag,
    "metadata": nested,
}


@dataclass(slots=True)
class ResponseUrl:
    """`original` is the message pressed, or for a command the first answer it got."""

    channel: str
    user: str
    issued: float
    original: Post | None
    uses: int = 0


class Responses:
    """Issues response URLs and serves them."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, channel: str, user: str, original: Post | None = None) -> tuple[str, ResponseUrl]:
        name = token_urlsafe(18)
        self._issued[name] = ResponseUrl(channel, user, monotonic(), original)
        return f"{self._ws.access.address}/response/{name}", self._issued[name]

    async def serve(self, request: web.Request) -> web.Response:
        url = self._issued.get(request.match_info["name"])
        try:
            body = await request.json()
        except JSONDecodeError:
            return web.Response(status=400, text="invalid_payload")
        status, answer = self._answer(url, body)
        self._ws.journal.record(
            "response_url",
            channel=url.channel if url else None,
            user=url.user if url else None,
            body=body,
            status=status,
            answer=answer,
        )
        return web.Response(text="ok") if status == 200 else web.json_response(answer, status=status)

    def _answer(self, url: ResponseUrl | None, body: Any) -> tuple[int, dict[str, Any]]:
        fault = self._ws.faults.take("response_url")
        if fault:
            return fault.status or 500, {"ok": False, "error": fault.error or "internal_error"}
        if url is None or monotonic() - url.issued > self._ws.clocks.response_url_s:
            return 404, {"ok": False, "error": "expired_url"}
        if url.uses >= MOST_USES:
            return 404, {"ok": False, "error": "used_url"}
        try:
            self.answer(url, body)
        except ApiError as exc:
            return 400, exc.answer
        url.uses += 1
        return 200, {"ok": True}

    def answer(self, url: ResponseUrl, body: Any) -> Post | None:
        """Carry out one answer, from the URL or from an acknowledgement; ApiError when Slack would refuse."""
        if not isinstance(body, dict):
            raise ApiError("invalid_payload")
        a = understood({k: v for k, v in body.items() if v is not None}, {}, _FIELDS)
        if a.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            raise ApiError("invalid_response_type")
        if a.get("delete_original"):
            self._ws.world.remove(self._original(url))
            url.original = None
            return None
        said_text, blocks = said(a, LONGEST_POST)
        if a.get("replace_original"):
            original = self._original(url)
            self._ws.world.change(original, said_text, blocks)
            return original
        post = self._post(url, a, said_text, blocks)
        url.original = url.original or post
        return post

    def _original(self, url: ResponseUrl) -> Post:
        original = url.original
        if original is None or (original.channel, original.ts) not in self._ws.world.posts:
            raise ApiError("message_not_found")
        return original

    def _post(self, url: ResponseUrl, a: Arguments, words: str, blocks: list[dict[str, Any]]) -> Post:
        parent = self._ws.world.parent(url.channel, a.get("thread_ts"))
        private = a.get("response_type", "ephemeral") == "ephemeral"
        return self._ws.world.add(
            Post(
                channel=url.channel,
                ts=self._ws.world.next_ts(),
                user=BOT,
                text=words,
                blocks=blocks,
                thread=parent.ts if parent else None,
                only_for=url.user if private else None,
            )
        )
