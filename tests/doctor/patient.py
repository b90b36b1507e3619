"""A set-up that works, workspace and clusters over real sockets, for a test to break in one place."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.doctor.finding import Finding
from bot.doctor.house import Instruments
from bot.doctor.report import examined
from bot.sandbox.cluster import ClusterDesk, ClusterHost
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.server import Access

TOKEN = "cluster-token-6d1f"
PLENTY = 10 * 1024**3
CONFIGURATION = """
[clusters.evian3]
base_url = "{base_url}"
{credential}
{more}

[[policy]]
who = {who}
may = ["request"]
actions = ["*"]
clusters = ["evian3"]
{tables}
"""
JOB = """
INSERT INTO jobs (id, uuid, request_key, enterprise_id, team_id, user_id, action_code, action_name, cluster,
    base_url, state, total, accepted, refused, unknown, open_chunks, duplicates, channel_id, created_at,
    expires_at, checks, decided_at, ready_at)
VALUES (1, '1234abcd123412341234123412341234', 'k', '', 'T0', 'U0', 3, 'T-Enable', '{cluster}', '', '{state}',
    1, 0, 0, 0, 0, 0, 'C0', 0, 0, 0, 0, 0)
"""
UNTOLD = """
INSERT INTO outbox (job_id, note, revision, attempts, doubtful, created_at, due_at)
VALUES (1, 'started', 0, 0, FALSE, 0, 0)
"""


@dataclass
class Patient:
    """What can be broken: variables, the file's parts, the rows, Slack, the cluster, the clock, the disk."""

    folder: Path
    access: Access
    desk: Desk
    host: ClusterHost
    cluster: ClusterDesk
    environment: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    toml: str = CONFIGURATION
    ahead: float = 0.0
    free: int = PLENTY

    def __post_init__(self) -> None:
        self.environment = {
            "SLACK_BOT_TOKEN": self.access.bot_token,
            "SLACK_APP_TOKEN": self.access.app_token,
            "SLACK_API_URL": self.access.api_url,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SET_ACTION_CONFIG": str(self.folder / "set-action.toml"),
            "EVIAN3_TOKEN": TOKEN,
        } | self.environment
        self.parts = {
            "base_url": self.host.base_url("evian3"),
            "credential": 'token_env = "EVIAN3_TOKEN"',
            "more": "",
            "who": '["*"]',
            "tables": "",
        }

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self.folder / "bot.sqlite3"

    def row(self, *statements: str) -> None:
        """Change the database behind everybody's back."""
        with closing(sqlite3.connect(self.database)) as conn, conn:
            for statement in statements:
                conn.execute(statement)

    async def examined(self) -> tuple[int, list[Finding]]:
        """The doctor's exit code and findings."""
        if self.toml:
            (self.folder / "set-action.toml").write_text(self.toml.format(**self.parts))
        tools = Instruments(
            clock=lambda: datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead, UTC),
            free=lambda _: self.free,
        )
        return await examined(self.environment, None, tools)


def written(found: Sequence[Finding]) -> list[str]:
    """Each finding in a line, as people read it."""
    return [f"{one.grade} {one.about}: {one.words} {one.remedy}" for one in found]
