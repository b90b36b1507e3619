"""A form that is submitted again: the same once more (its acknowledgement was lost), or changed meanwhile."""

import hashlib
from dataclasses import replace

from sqlalchemy import Connection

from bot.errors import NoLongerPossible
from store import batches, customers, short
from store.model import Job, JobState
from store.proposal_model import Proposal


def changed(conn: Connection, before: Job, now: Proposal) -> bool:
    """Whether the form asks for something else than it did when it became the card `before`.

    Raises NoLongerPossible when it asks for the same, and that card was put away: silence would be no answer.
    """
    if _asked(conn, before) != _asks(now):
        return True
    if before.state in (JobState.CANCELLED, JobState.EXPIRED):
        raise NoLongerPossible(
            "This form was taken before, and its card was put away since. Nothing was sent. Close the form, "
            "and ask again with /set-action."
        )
    return False


def renamed(proposal: Proposal) -> Proposal:
    """The proposal under a key of what it asks for: a changed form, delivered twice, is one card too."""
    digest = hashlib.sha256(repr(_asks(proposal)).encode()).hexdigest()[:16]
    return replace(proposal, request_key=f"{proposal.request_key} {digest}")


def _asks(proposal: Proposal) -> tuple[object, ...]:
    told = (proposal.action_name, proposal.cluster, proposal.channel_id, proposal.reason, proposal.start_at)
    return (*told, proposal.batch_id, tuple(proposal.cids))


def _asked(conn: Connection, job: Job) -> tuple[object, ...]:
    short.expect(conn, job.total)
    batch = batches.of_job(conn, job.id)
    told = (job.action_name, job.cluster, job.channel_id, job.reason, job.start_at)
    cids = tuple(customer.cid for customer in customers.everybody(conn, job.id))
    return (*told, batch.id if batch else None, cids)
