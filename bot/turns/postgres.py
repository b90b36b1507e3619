"""Turns of equal replicas on one PostgreSQL: session-level advisory locks, and LISTEN for the bell.

Two connections of our own. The one that holds the locks speaks every second; the server ends it when it has
been silent for four (`idle_session_timeout`), so that the turns of a frozen replica are set free, and at once
when its process dies. The other one only listens. Both must be direct: a pooling proxy would lend the session
that holds the locks to somebody else.
"""

import asyncio
import hashlib
from typing import Any

import psycopg
import structlog
from sqlalchemy import make_url

from bot.turns import Lease
from bot.turns.bell import Bell
from store.errors import StoreError
from store.postgres import CHANNEL, CONNECT_S

BEAT_S = 1.0
SILENT_S = 4  # after that the server takes our turns away
FRESH_S = 3.0  # a turn counts as held only so long after a sign of life
ANSWER_S = 2.0
LONGEST_PAUSE_S = 2.0

log = structlog.get_logger()

Session = psycopg.AsyncConnection[Any]


class PostgresTurns:
    """`url` names a PostgreSQL of version 14 or newer."""

    sweep_s = 5.0  # a ring can be lost on its way, with a connection that nobody has found broken yet

    def __init__(self, url: str, bell: Bell) -> None:
        self.bell = bell
        self._address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._mutex = asyncio.Lock()
        self._session: Session | None = None
        self._held: set[str] = set()
        self._alive_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Connect. Raises StoreError when the database cannot be reached."""
        try:
            await self._connect()
            ears = await self._listen()
        except (psycopg.Error, TimeoutError) as exc:
            await self._lose()
            raise StoreError(f"PostgreSQL cannot be reached ({type(exc).__name__}).") from exc
        self._tasks = [
            asyncio.create_task(self._beat(), name="turns"),
            asyncio.create_task(self._hear(ears), name="bell"),
        ]

    async def take(self, name: str) -> bool:
        """Try for the lock, without waiting for it."""
        async with self._mutex:
            if name in self._held:
                # Not by locking again: a session's locks are counted, and giving would only undo one.
                return self._fresh() or bool(await self._ask("SELECT true", ()))
            got = await self._ask("SELECT pg_try_advisory_lock(%s)", (_key(name),))
            if got:
                self._held.add(name)
            return bool(got)

    def lease(self) -> Lease:
        """As long as this session of the locks is alive, and a little."""
        session = self._session
        return lambda: self._alive_at + FRESH_S if session and session is self._session else 0.0

    async def give(self, name: str) -> None:
        """Unlock."""
        async with self._mutex:
            if name in self._held:
                self._held.discard(name)
                await self._ask("SELECT pg_advisory_unlock(%s)", (_key(name),))

    async def close(self) -> None:
        """Close both sessions, which sets every lock free."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        async with self._mutex:
            await self._lose()

    def _fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self._alive_at < FRESH_S

    async def _beat(self) -> None:
        pause = BEAT_S
        while True:
            await asyncio.sleep(pause)
            async with self._mutex:
                if self._session is None:
                    pause = await self._again(pause)
                else:
                    await self._ask("SELECT 1", ())
                    pause = BEAT_S

    async def _again(self, pause: float) -> float:
        try:
            await self._connect()
        except (psycopg.Error, TimeoutError) as exc:
            log.warning("turns.unreachable", error=type(exc).__name__)
            return min(pause * 2, LONGEST_PAUSE_S)
        log.info("turns.reconnected")
        self.bell.ring_all()
        return BEAT_S

    async def _connect(self) -> None:
        self._session = await self._open(f"-c idle_session_timeout={SILENT_S}s")
        self._alive_at = asyncio.get_running_loop().time()

    async def _open(self, options: str) -> Session:
        return await psycopg.AsyncConnection.connect(
            self._address,
            autocommit=True,
            connect_timeout=CONNECT_S,
            options=options,
            application_name="set-action turns",
        )

    async def _ask(self, statement: str, values: tuple[object, ...]) -> Any:
        """One value from the session of the locks; None, and every turn lost, when it does not answer."""
        if self._session is None:
            return None
        try:
            async with asyncio.timeout(ANSWER_S):
                cursor = await self._session.execute(statement.encode(), values)
                row = await cursor.fetchone()
        except (psycopg.Error, TimeoutError) as exc:
            log.warning("turns.lost", turns=sorted(self._held), error=type(exc).__name__)
            await self._lose()
            return None
        self._alive_at = asyncio.get_running_loop().time()
        return row[0] if row else None

    async def _lose(self) -> None:
        self._held.clear()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _listen(self) -> Session:
        ears = await self._open("")
        await ears.execute(f"LISTEN {CHANNEL}".encode())
        return ears

    async def _hear(self, ears: Session | None) -> None:
        try:
            while True:
                try:
                    ears = ears or await self._listen()
                    self.bell.ring_all()  # what was rung while nobody listened
                    async for notice in ears.notifies():
                        self.bell.ring(notice.payload)
                except (psycopg.Error, TimeoutError) as exc:
                    log.warning("bell.lost", error=type(exc).__name__)
                if ears is not None:
                    await ears.close()
                    ears = None
                await asyncio.sleep(BEAT_S / 2)
        finally:
            if ears is not None:
                await ears.close()


def _key(name: str) -> int:
    """A lock's number: 64 bits of its name's hash, ours alone with all likelihood."""
    return int.from_bytes(hashlib.sha256(f"set-action {name}".encode()).digest()[:8], "big", signed=True)
