"""Rows to begin a test with, made by the store's own functions."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from store import chunks, jobs, proposing
from store.model import Job, Operator
from store.proposal_model import Proposal

ASTER = Operator("", "T0HOME", "U0ASTER")
BIRCH = Operator("", "T0HOME", "U0BIRCH")
EVIAN3 = "evian3"
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def proposal(customers: int = 3, **changes: Any) -> Proposal:
    """A request for `customers` made-up ids."""
    values: dict[str, Any] = {
        "uuid": uuid4(),
        "request_key": uuid4().hex,
        "operator": ASTER,
        "channel_id": "C0OPS",
        "action_code": 3,
        "action_name": "T-Enable",
        "cluster": EVIAN3,
        "base_url": "https://cluster.example",
        "cids": tuple(f"{i:032x}" for i in range(customers)),
        "duplicates": 0,
        "reason": None,
        "expires_after_s": 900.0,
    }
    return Proposal(**(values | changes))


def proposed(conn: Connection, /, customers: int = 3, **changes: Any) -> Job:
    """A card that waits for its click."""
    job = proposing.propose(conn, proposal(customers, **changes))
    assert job is not None
    return job


def confirmed(conn: Connection, /, customers: int = 3, **changes: Any) -> Job:
    """A job that nobody has begun."""
    job = proposed(conn, customers, **changes)
    assert jobs.confirm(conn, job, job.operator.user_id)
    return jobs.get(conn, job.id)


def running(conn: Connection, /, customers: int = 3, *, size: int = 2, **changes: Any) -> Job:
    """A job cut into chunks of `size`."""
    job = confirmed(conn, customers, **changes)
    assert chunks.cut(conn, job, size)
    return jobs.get(conn, job.id)
