"""The floors, each a process: `python -m tests.bench.floors NAME`.

`stock` and `quick` only acknowledge, `quick` without Bolt's 10 ms poll; `minimal` is the least bot that is of
use: a card, the cluster's POST, the job id in the thread, the card updated; nothing is stored.
"""

import asyncio
import os
import sys
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


def acknowledging(app: AsyncApp) -> None:
    """Take clicks, and the command for help, and do nothing."""

    @app.action("confirm")
    async def confirm(ack: AsyncAck) -> None:
        await ack()

    @app.command("/set-action")
    async def command(ack: AsyncAck) -> None:
        await ack(response_type="ephemeral", text="help")


class Minimal:
    """The least bot that is of use."""

    def __init__(self, app: AsyncApp, http: httpx.AsyncClient) -> None:
        self._client = app.client
        self._http = http
        self._running: set[asyncio.Task[None]] = set()
        app.command("/set-action")(self.ask)
        app.action("confirm")(self.confirm)

    async def ask(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Post a card whose button carries what was asked."""
        self._start(self._card(body["channel_id"], body["text"]))
        await ack()

    async def confirm(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send it, once acknowledged."""
        self._start(self._job(body))
        await ack()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _card(self, channel: str, text: str) -> None:
        button = {
            "type": "button",
            "action_id": "confirm",
            "text": {"type": "plain_text", "text": "Yes, proceed"},
            "value": text,
        }
        words = {"type": "section", "text": {"type": "plain_text", "text": text}}
        blocks: list[dict[Any, Any]] = [words, {"type": "actions", "elements": [button]}]
        await self._client.chat_postMessage(channel=channel, text=text[:100], blocks=blocks)

    async def _job(self, body: dict[str, Any]) -> None:
        action, _, *ids = body["actions"][0]["value"].partition(" reason:")[0].split()
        channel, ts = body["container"]["channel_id"], body["container"]["message_ts"]
        answer = await self._http.post(
            f"{os.environ['CLUSTER']}/tms/v1/set/action",
            json={"action": action, "cids": ids},
            headers={"Authorization": "Bearer t"},
        )
        words = f"Job {uuid4()}: {answer.json()['message']}"
        await self._client.chat_postMessage(channel=channel, thread_ts=ts, text=words)
        await self._client.chat_update(channel=channel, ts=ts, text=words, blocks=[])


async def main(name: str) -> None:
    """Serve over Socket Mode, or over HTTP where PORT says so."""
    port = int(os.environ.get("PORT", "0"))
    client = AsyncWebClient(token="xoxb-bench", base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(
        client=client, signing_secret=os.environ["SECRET"], process_before_response=name != "stock"
    )
    if name != "minimal":
        acknowledging(app)
        await _serve(app, port)
        return
    async with aiohttp.ClientSession() as session, httpx.AsyncClient() as http:
        client.session = session
        Minimal(app, http)
        await _serve(app, port)


async def _serve(app: AsyncApp, port: int) -> None:
    if not port:
        handler: Any = AsyncSocketModeHandler(app, "xapp-bench")  # which has no types
        await handler.start_async()
        return
    runner = web.AppRunner(app.web_app(path="/slack/events", port=port), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
