"""A form that is submitted again: the same once more (its acknowledgement was lost), or changed meanwhile."""

import hashlib
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import NoLongerPossible
from store import batches, customers, jobs, short
from store.model import Job, JobState
from store.proposal_model import Proposal


def latest(conn: Connection, request_key: str) -> Job | None:
    """What the form of this key has become by now: of cards that it put in each other's place, the last."""
    found = jobs.asked_by(conn, request_key)
    while found and found.replaced_by and _same_form(conn, found.replaced_by, request_key):
        found = jobs.find(conn, found.replaced_by)
    return found


def _same_form(conn: Connection, card: UUID, request_key: str) -> bool:
    # Not so a card that was made of the first one by "Edit": that is another form.
    return (jobs.request_key_of(conn, card) or "").startswith(f"{request_key} ")


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


def renamed(proposal: Proposal, before: Job) -> Proposal:
    """The proposal under a key of what it asks for, and after what: delivered twice, it is one card too."""
    digest = hashlib.sha256(repr((before.uuid, _asks(proposal))).encode()).hexdigest()[:16]
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
