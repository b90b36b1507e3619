"""Where a job's card is in Slack: kept when it is posted, put right by whoever presses it. Never commit."""

from typing import Any

from sqlalchemy import Connection, Update, update

from store.model import JobState
from store.prepared import prepared
from store.tables import jobs


def posted(conn: Connection, job_id: int, channel_id: str, ts: str) -> None:
    """Remember where the card is; the first one stands."""
    _posted(conn, job=job_id, channel=channel_id, ts=ts)


def pressed(conn: Connection, job_id: int, channel_id: str, ts: str) -> bool:
    """Remember where the card was pressed; whether that was not known.

    Of a card that Slack shows twice, the one pressed is the card.
    """
    return _pressed(conn, job=job_id, channel=channel_id, ts=ts).rowcount == 1


@prepared
def _posted(job: Any, channel: Any, ts: Any) -> Update:
    return (
        update(jobs).where(jobs.c.id == job, jobs.c.card_ts.is_(None)).values(channel_id=channel, card_ts=ts)
    )


@prepared
def _pressed(job: Any, channel: Any, ts: Any) -> Update:
    undecided = jobs.c.card_ts.is_(None) | (jobs.c.state == JobState.PROPOSED)
    elsewhere = jobs.c.card_ts.is_distinct_from(ts) | jobs.c.channel_id.is_distinct_from(channel)
    return update(jobs).where(jobs.c.id == job, undecided, elsewhere).values(channel_id=channel, card_ts=ts)
