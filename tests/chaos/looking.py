"""Looking at everything from outside at the end of a run: rows, messages, the clusters' records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from bot.sandbox.cluster import ClusterDesk
from bot.sandbox.desk import Desk, Message
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OPS, PRIVATE, RANDOM
from store import audit
from store.database import Database
from tests.chaos.seen import Cluster, Job, Said
from tests.forms import said as said_by
from tests.stage import words

JOBS = "SELECT * FROM jobs ORDER BY id"
CUSTOMERS = "SELECT job_id, cid, outcome FROM job_customers ORDER BY job_id, position"
RESENT = "SELECT job, count(*) AS times FROM audit_log WHERE event = 'sent_again' GROUP BY job"
OPEN = "SELECT count(*) FROM jobs WHERE state IN ('confirmed', 'running', 'watching')"
UNTOLD = "SELECT count(*) FROM outbox"


async def unfinished(url: str) -> tuple[int, int]:
    """How many jobs have not ended, and how many items wait in the outbox."""

    def count(conn: Connection) -> tuple[int, int]:
        return conn.execute(text(OPEN)).scalar_one(), conn.execute(text(UNTOLD)).scalar_one()

    db = Database(url, create=False)
    try:
        return await db.read(count)
    finally:
        db.close()


async def rows(url: str) -> tuple[list[Job], dict[str, str], str | None, int]:
    """Every job, who owns which, what is broken in the audit log, what is left in the outbox."""
    db = Database(url, create=False)
    try:
        jobs, owners = await db.read(_jobs)
        _, broken = await db.read(audit.verify)
        _, left = await unfinished(url)
    finally:
        db.close()
    return jobs, owners, f"row {broken.seq}: {broken.why}" if broken else None, left


def _jobs(conn: Connection) -> tuple[list[Job], dict[str, str]]:
    outcomes: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for customer in conn.execute(text(CUSTOMERS)):
        outcomes[customer.job_id][customer.cid] = customer.outcome
    resent: Mapping[str, int] = {row.job: row.times for row in conn.execute(text(RESENT))}
    paused = {row.cluster for row in conn.execute(text("SELECT cluster FROM pauses"))}
    found, owners = [], {}
    for row in conn.execute(text(JOBS)):
        digits = row.uuid.replace("-", "")
        uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        owners[uuid] = row.user_id
        found.append(
            Job(
                uuid=uuid,
                state=row.state,
                cluster=row.cluster,
                action_code=row.action_code,
                card_ts=row.card_ts,
                accepted=row.accepted,
                refused=row.refused,
                unknown=row.unknown,
                outcomes=outcomes[row.id],
                arrived=row.arrived,
                watched=row.watch_until is not None,
                resent=resent.get(digits, 0),
                waits=(row.state == "watching" and (row.check_at or row.watch_at) is not None)
                or row.cluster in paused,
            )
        )
    return found, owners


async def said(desk: Desk) -> list[Said]:
    """Every message of the bot that is still there, in channels, threads and direct messages."""
    messages: list[Said] = []
    for channel in (OPS, RANDOM, PRIVATE):
        for card in await desk.messages(channel, ASTER):
            if not card.ephemeral and card.thread is None:
                messages += [
                    _said(m) for m in await desk.messages(channel, ASTER, card.ts) if not m.ephemeral
                ]
    for user in (ASTER, BRAM, CLEO):
        messages += [_said(m, thread=f"to {user}") for m in await desk.direct_messages(user)]
    return messages


def _said(message: Message, thread: str | None = None) -> Said:
    payload = (message.metadata or {}).get("event_payload", {})
    parent = message.thread if message.thread != message.ts else None
    return Said(message.ts, thread or parent, words(message), message.text, payload.get("item"))


async def _detail(desk: Desk, owner: str, uuid: str) -> str:
    return said_by(await desk.until_form(owner, lambda form: uuid in said_by(form)))


async def listed(desk: Desk, jobs: Sequence[Job], owners: Mapping[str, str]) -> dict[str, str]:
    """What `/my-jobs <id>` tells each owner."""
    found = {}
    for job in jobs:
        if job.is_confirmed:
            reaction = await desk.command(owners[job.uuid], OPS, f"/my-jobs {job.uuid[:8]}")
            if reaction.message:
                found[job.uuid] = words(reaction.message)
            else:
                found[job.uuid] = await _detail(desk, owners[job.uuid], job.uuid)
    return found


async def cluster(desk: ClusterDesk, concurrency: int, settle_s: float) -> Cluster:
    """What a cluster saw."""
    record = await desk.record()
    return Cluster(concurrency, settle_s, record.posts, record.gets, await desk.customers())
