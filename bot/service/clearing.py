"""Retention: once an hour, what is older than the configuration keeps goes, a little at a time."""

import asyncio
from datetime import timedelta

import structlog

from bot.config import Retention
from store import clearing
from store.clearing import Keep
from store.database import Database

TOPIC = "retention"
EVERY_S = 3_600.0
BREATH_S = 0.1  # between two transactions, so that whoever waits for the writer comes first

log = structlog.get_logger()


class Clearing:
    """`work` does one small transaction at a time, and says when the next is due."""

    def __init__(self, db: Database, keep: Keep) -> None:
        self._db = db
        self.keep = keep
        self._due_at = 0.0
        self._after = 0
        self._gone = 0

    @classmethod
    def of(cls, db: Database, retention: Retention) -> "Clearing":
        """As configured, where 0 days stand for ever."""
        spans = (retention.jobs_days, retention.cards_days, retention.messages_days)
        return cls(db, Keep(*(timedelta(days=days) if days else None for days in spans)))

    @property
    def has_nothing_to_do(self) -> bool:
        """Whether everything is kept for ever."""
        return self.keep.everything

    async def work(self) -> float:
        """Clear a little; seconds until there may be more."""
        now = asyncio.get_running_loop().time()
        if now < self._due_at:
            return self._due_at - now
        messages = await self._db.write(clearing.clear_messages, self.keep)
        jobs = await self._db.write(clearing.clear_jobs, self.keep, self._after)
        self._gone += messages.gone + jobs.gone
        self._after = jobs.after or 0
        if messages.after or jobs.after:
            return BREATH_S
        if self._gone:
            log.info("set_action.cleared", count=self._gone)
        self._gone, self._due_at = 0, now + EVERY_S
        return EVERY_S
