"""What waits, and whether anybody works on it: the outbox, jobs that stand still, clusters left alone."""

from collections.abc import Iterator, Sequence

from bot.config import Config
from bot.doctor.finding import Finding, bad, good, look
from store import checkup, gauges, jobs
from store.checkup import Still
from store.database import Database
from store.gauges import Gauges
from store.single import is_held

LATE_S = 300.0  # Slack asks for pauses of seconds, seldom of a minute


async def examine(config: Config, db: Database) -> list[Finding]:
    """Look at the rows, and at who serves them. Raises StoreError."""
    bots = int(is_held(config.database_url)) if db.embedded else await db.read(checkup.replicas)
    waiting = await db.read(gauges.read)
    found = [_bots(bots, waiting), _outbox(waiting)]
    for key in sorted({*await db.read(jobs.clusters_with_work)} - {*config.clusters}):
        words = f"Work waits for the cluster {key}, which is not configured any more."
        found.append(
            bad("queue", words, f"Put [clusters.{key}] back until its jobs have ended, or stop them.")
        )
    found += _still(await db.read(checkup.standing_still))
    for pause in await db.read(checkup.paused):
        words = f"It is left alone until {pause.until:%H:%M} UTC: {pause.reason}"
        remedy = "It is tried again by itself, or at once by an administrator (“Try again now” in a thread)."
        found.append(look(f"clusters.{pause.cluster}", words, remedy))
    return found


def _bots(bots: int, waiting: Gauges) -> Finding:
    if bots:
        return good("workers", f"{bots} {'bot serves' if bots == 1 else 'bots serve'} this database.")
    if waiting.outbox or waiting.chunks_planned:
        words = f"No bot runs, and {waiting.outbox} messages and {waiting.chunks_planned} requests wait."
        return bad("workers", words, "Start it: set-action run.")
    return good("workers", "No bot runs on this database now, and nothing waits for one.")


def _outbox(waiting: Gauges) -> Finding:
    if waiting.oldest_untold_s <= LATE_S:
        return good("outbox", f"{waiting.outbox} messages wait to be told to Slack.")
    since = f"the oldest for {waiting.oldest_untold_s / 60:,.0f} minutes"
    words = f"{waiting.outbox} messages wait to be told to Slack, {since}."
    remedy = "The log says why (slack_later, slack_refused); see what is said here of Slack and the tokens."
    return bad("outbox", words, remedy)


def _still(found: Sequence[Still]) -> Iterator[Finding]:
    for one in found:
        job = f"The job {one.job} ({one.state}) on {one.cluster}"
        words = f"{job} has not moved since {one.since:%Y-%m-%d %H:%M} UTC."
        yield bad("queue", words, "See the log for its cluster; restarting the bot loses nothing.")
