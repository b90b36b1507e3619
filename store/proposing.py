"""Keeping what was asked for as a card that waits for a decision. Never commits."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Executable, Insert, insert

from store.batch_tables import batch_jobs
from store.clock import read_now
from store.database import upsert_on
from store.jobs import COLUMNS, as_job
from store.model import Job, JobState
from store.prepared import Prepared, prepared
from store.proposal_model import Proposal
from store.tables import job_customers, jobs

GIVEN = (
    "uuid", "request_key", "enterprise_id", "team_id", "user_id", "action_code", "action_name", "cluster",
    "base_url", "state", "total", "duplicates", "reason", "preview", "sources", "start_at", "start_zone",
    "parent_id", "send_there", "channel_id", "created_at", "expires_at",
)  # fmt: skip


def propose(conn: Connection, proposal: Proposal) -> Job | None:
    """Keep what was asked for; None when this very request was kept before (it was delivered twice)."""
    created = read_now(conn)
    values = {
        "uuid": proposal.uuid,
        "request_key": proposal.request_key,
        **asdict(proposal.operator),
        "action_code": proposal.action_code,
        "action_name": proposal.action_name,
        "cluster": proposal.cluster,
        "base_url": proposal.base_url,
        "state": JobState.PROPOSED,
        "total": len(proposal.cids),
        "duplicates": proposal.duplicates,
        "reason": proposal.reason,
        "preview": proposal.preview,
        "sources": proposal.sources,
        "start_at": proposal.start_at,
        "start_zone": proposal.start_zone,
        "parent_id": proposal.parent_id,
        "send_there": proposal.send_there,
        "channel_id": proposal.channel_id,
        "created_at": created,
        "expires_at": created + timedelta(seconds=proposal.expires_after_s),
    }
    inserted = _proposed(conn, **{f"new_{name}": value for name, value in values.items()}).one_or_none()
    if inserted is None:
        return None
    rows = ({"job": inserted.id, "place": i, "customer": cid} for i, cid in enumerate(proposal.cids))
    _customer.many(conn, rows)
    if proposal.batch_id is not None:
        conn.execute(insert(batch_jobs).values(job_id=inserted.id, batch_id=proposal.batch_id))
    return as_job(inserted)


def _insert(dialect: str, **new: Any) -> Executable:
    values = {name.removeprefix("new_"): value for name, value in new.items()}
    once = upsert_on(dialect, jobs).values(values)
    inserted: Executable = once.on_conflict_do_nothing(index_elements=[jobs.c.request_key]).returning(
        *COLUMNS
    )
    return inserted


_proposed = Prepared(_insert, "dialect", *(f"new_{name}" for name in GIVEN))


@prepared
def _customer(job: Any, place: Any, customer: Any) -> Insert:
    return insert(job_customers).values(job_id=job, position=place, cid=customer)
