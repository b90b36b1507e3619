"""The table of people's homes, and the index behind their running jobs; as `store.tables`."""

from sqlalchemy import CHAR, Column, Integer, String, Table, Text, text

from store.clock import Instant
from store.column_types import Word
from store.home_model import Notify
from store.model import JobState
from store.tables import jobs, metadata, partial_index

homes = Table(
    "homes",
    metadata,
    Column("enterprise_id", String(32), primary_key=True),
    Column("team_id", String(32), primary_key=True),
    Column("user_id", String(32), primary_key=True),
    Column("notify", Word(Notify), nullable=False, server_default="mention"),
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("digest", CHAR(16)),
    Column("hash", String(64)),
    Column("picture_file", String(32)),
    Column("picture_words", Text),
    Column("picture_digest", CHAR(16)),
    Column("picture_at", Instant),
)
IS_ASKED = text("homes.asked <> homes.answered")
partial_index("ix_homes_asked", "asked <> answered", homes.c.asked)

LIVE = frozenset({JobState.CONFIRMED, JobState.RUNNING, JobState.WATCHING})
IS_LIVE = text("jobs.state IN ('confirmed', 'running', 'watching')")
partial_index(
    "ix_jobs_own_live",
    IS_LIVE.text.removeprefix("jobs."),
    jobs.c.enterprise_id,
    jobs.c.team_id,
    jobs.c.user_id,
    jobs.c.id,
)
