"""Cards that are changed: what becomes of the old one while the new one is made."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import NoLongerPossible
from store import jobs, replacing
from store.model import Job, JobState
from store.proposal_model import Proposal


def held(conn: Connection, uuid: UUID | None) -> list[Job]:
    """The card that is changed, if there is one: nobody else does anything to it until this transaction ends.

    So of one submission delivered twice at once, the later one sees the card of the other.
    """
    found = jobs.find_and_hold(conn, uuid) if uuid else None
    return [found] if found else []


def in_place_of(conn: Connection, card: Job, proposal: Proposal) -> Proposal:
    """Have a card go once the new one is posted; the new one, with what was chosen on the old.

    Raises NoLongerPossible when it has become a job meanwhile.
    """
    if card.operator != proposal.operator:
        return proposal
    if card.state is JobState.PROPOSED:
        replacing.begin(conn, card, proposal.uuid)
    elif card.is_job:
        raise NoLongerPossible(
            f"The card you are changing was confirmed meanwhile: it is job {card.short_id}. No new card was "
            "made, and nothing more was sent."
        )
    same = (card.action_code, card.cluster) == (proposal.action_code, proposal.cluster)
    return replace(proposal, send_there=proposal.send_there or (same and card.send_there))
