"""The stage of the wire tests: sandbox workspace, clusters and the real bot, joined by real sockets."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot import app
from bot.config import Config, load
from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.host import ClusterHost
from bot.sandbox.desk import Desk, Message, Reaction
from bot.sandbox.desk_line import PATIENCE_S
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.people import ASTER, OPS
from bot.sandbox.workspace.server import Access
from store.database import Database
from tests.migrated import copied

TOKEN = "cluster-token-6d1f"

CLUSTERS = """
[clusters.evian3]
name = "Evian 3"
base_url = "{evian3}"
token_env = "EVIAN3_TOKEN"
timeout_s = {timeout_s}
settle_s = {settle_s}
chunk_size = {chunk_size}
preview_s = {preview_s}
arrival = {arrival}
{more}

[clusters.fiji1]
base_url = "{fiji1}"
token_env = "FIJI1_TOKEN"
preview_s = {preview_s}
arrival = {{ watch = false }}

[pictures]
from_customers = {pictures_from}

[cards]
expire_after_s = {expire_after_s}
open_per_user = {open_per_user}

[[policy]]
who = {who}
may = ["request"]
actions = {actions}
clusters = {clusters}
"""


@dataclass
class Stage:
    """What people do, what the cluster got and what the rows say: everything a scenario needs."""

    desk: Desk
    evian3: ClusterDesk
    access: Access
    host: ClusterHost
    folder: Path
    settings: dict[str, Any] = field(
        default_factory=lambda: {
            "timeout_s": 20,  # a busy machine may stand still for seconds
            "settle_s": 27,
            "chunk_size": 150,
            "preview_s": 0,  # most scenarios are not about what a card shows before it is confirmed
            "arrival": "{ watch = false }",  # nor about what comes after acceptance
            "expire_after_s": 900,
            "open_per_user": 100,
            "pictures_from": 0,  # each takes a process and a second or two
            "who": '["*"]',
            "actions": '["*"]',
            "clusters": '["evian3", "fiji1"]',
            "more": "",
        }
    )
    environment: dict[str, str] = field(default_factory=dict)
    database: str | None = None
    _bots: list[AsyncExitStack] = field(default_factory=list)

    def __post_init__(self) -> None:
        copied(self.folder / "bot.sqlite3")

    def config(self) -> Config:
        """The configuration as the bot would load it."""
        file = self.folder / "set-action.toml"
        bases = {"evian3": self.host.base_url("evian3"), "fiji1": self.host.base_url("fiji1")}
        file.write_text(CLUSTERS.format(**(bases | self.settings)))
        return load(self.variables(file))

    def variables(self, file: Path) -> dict[str, str]:
        """The bot's environment, with its configuration in `file`."""
        return {
            "SLACK_BOT_TOKEN": self.access.bot_token,
            "SLACK_APP_TOKEN": self.access.app_token,
            "SLACK_API_URL": self.access.api_url,
            "DATABASE_URL": self.database_url,
            "SET_ACTION_CONFIG": str(file),
            "EVIAN3_TOKEN": TOKEN,
            "FIJI1_TOKEN": "wrong-token-0001",
            **self.environment,
        }

    @property
    def database_url(self) -> str:
        """One SQLite file a scenario, or the database it was given."""
        return self.database or f"sqlite:///{self.folder / 'bot.sqlite3'}"

    async def start_bot(self, **settings: Any) -> None:
        """Start the real bot, with some settings changed."""
        self.settings |= settings
        bot = AsyncExitStack()
        await bot.enter_async_context(app.running(self.config()))
        self._bots.append(bot)
        await self.desk.until_connected(2 * len(self._bots))

    async def stop_bot(self) -> None:
        """Stop it in good order; of several replicas, the one started first."""
        if self._bots:
            await self._bots.pop(0).aclose()

    async def stop_bots(self) -> None:
        """Stop every replica."""
        while self._bots:
            await self.stop_bot()

    async def ask(self, line: str, *, user: str = ASTER, channel: str = OPS) -> Message:
        """Type a command and wait for the card it brings."""
        seen = {message.ts for message in await self.desk.messages(channel, user)}
        reaction = await self.desk.command(user, channel, line)
        assert reaction.acked
        assert reaction.message is None, reaction.message
        return await self.desk.until_message(
            channel, user, lambda m: m.ts not in seen and not m.ephemeral and can_be_confirmed(m)
        )

    async def confirm(self, card: Message, *, user: str = ASTER) -> Reaction:
        """Press "Yes, proceed"."""
        return await self.desk.click(user, card, "confirm")

    async def thread(self, card: Message, wanted: str) -> Message:
        """The message of the card's thread that contains `wanted`."""
        return await self.desk.until_message(
            card.channel,
            ASTER,
            lambda m: wanted in words(m) and m.ts != card.ts,
            thread=card.ts,
        )

    async def card_saying(self, card: Message, wanted: str) -> Message:
        """The card once it says `wanted`."""
        return await self.desk.until_message(
            card.channel, ASTER, lambda m: m.ts == card.ts and wanted in words(m)
        )

    async def private(
        self, wanted: str, *, user: str = ASTER, channel: str = OPS, thread: str | None = None
    ) -> Message:
        """The message only this person sees that contains `wanted`."""
        return await self.desk.until_message(
            channel, user, lambda m: m.ephemeral and wanted in words(m), thread=thread
        )

    async def rows(self, query: str) -> Sequence[Any]:
        """What the database holds, asked from outside."""
        db = Database(self.database_url)

        def run(conn: Connection) -> Sequence[Any]:
            return conn.execute(text(query)).all()

        try:
            return await db.read(run)
        finally:
            db.close()

    async def events(self) -> list[str]:
        """The audit log's events, in order."""
        return [row.event for row in await self.rows("SELECT event FROM audit_log ORDER BY seq")]

    async def cids(self, count: int, start: int = 0) -> list[str]:
        """Customers that exist on evian3."""
        return list(await self.evian3.customers())[start : start + count]

    async def job(self) -> Any:
        """The row of the only job there is."""
        [job] = await self.rows("SELECT * FROM jobs")
        return job

    async def outcomes(self) -> list[tuple[str, int, str | None]]:
        """Every customer's id, outcome (as `CustomerOutcome` numbers it) and detail, in order."""
        found = await self.rows("SELECT cid, outcome, detail FROM job_customers ORDER BY job_id, position")
        return [(row.cid, row.outcome, row.detail) for row in found]

    async def thread_of(self, card: Message) -> list[Message]:
        """Everything said in a card's thread so far, without the card."""
        return (await self.desk.messages(card.channel, ASTER, card.ts))[1:]

    async def settled(self, within_s: float = PATIENCE_S) -> None:
        """Return once Slack has been told everything that waits in the outbox."""
        async with asyncio.timeout(within_s):
            while await self.rows("SELECT id FROM outbox"):  # noqa: ASYNC110 - rows ring no event here
                await asyncio.sleep(0.02)  # leaves the processor to whoever empties it

    def tamper(self, statement: str) -> None:
        """Change the database behind the bot's back."""
        with closing(sqlite3.connect(self.folder / "bot.sqlite3")) as conn, conn:
            conn.execute(statement)

    @contextmanager
    def locked_database(self) -> Iterator[None]:
        """Hold the write lock of the bot's database, as a backup tool might."""
        with closing(sqlite3.connect(self.folder / "bot.sqlite3", isolation_level=None)) as conn:
            conn.execute("BEGIN IMMEDIATE")
            yield


@contextmanager
def told(kind: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[None]:
    """Have the workspace tell commands (`command`) or clicks (`block_action`) as `change` has them."""
    original = getattr(payloads, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payloads, kind, lambda *args: change(original(*args)))
        yield


def can_be_confirmed(message: Message) -> bool:
    """Whether it is a card that is filled in, with something to send."""
    return any(button.action_id == "confirm" for button in message.buttons)


def words(message: Message) -> str:
    """Everything a message says, blocks included, as it went over the wire."""
    parts: list[str] = [message.text]

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "text" and isinstance(value, str):
                    parts.append(value)
                else:
                    collect(value)
        elif isinstance(node, (list, tuple)):
            for value in node:
                collect(value)

    collect(list(message.blocks))
    return "\n".join(parts)
