"""Keeping what was asked for as a card that waits for a decision. Never commits."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Executable,
    Insert,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
)

from store.batch_tables import batch_jobs
from store.clock import read_now
from store.database import upsert_on
from store.jobs import COLUMNS, as_job
from store.model import CustomerOutcome, Job, JobState
from store.prepared import Prepared, prepared
from store.proposal_model import Proposal
from store.tables import job_customers, jobs

AT_ONCE = 50_000  # customers in one statement
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
    for first in range(0, len(proposal.cids), AT_ONCE):
        cids = json.dumps(proposal.cids[first : first + AT_ONCE])
        _customers(conn, job=inserted.id, first=first, cids=cids)
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
def _customers(dialect: str, job: Any, first: Any, cids: Any) -> Insert:
    # The database takes the list apart: row by row, each would go through Python, three times as slow for
    # this thread, and in the way of the others.
    if dialect == "sqlite":
        part = func.json_each(cids).table_valued("key", "value")
    else:
        words = func.json_array_elements_text(cast(cast(cids, Text), JSON))
        part = words.table_valued("value", with_ordinality="nth").render_derived()
    place: ColumnElement[int] = part.c.key if dialect == "sqlite" else part.c.nth - 1
    rows = select(job, first + place, part.c.value, literal(int(CustomerOutcome.PLANNED)))
    return insert(job_customers).from_select(["job_id", "position", "cid", "outcome"], rows)
