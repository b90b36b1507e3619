"""How much may be under way: decided in the transaction that makes the card, so that replicas agree."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.config.limits import Limits
from bot.errors import InvalidRequest, TooManyCustomers
from store import use
from store.clock import read_now
from store.proposal_model import Proposal
from store.use import Whose


def check(conn: Connection, proposal: Proposal, person: Limits, cluster: Limits) -> None:
    """Raises InvalidRequest, with the limit, how much is used and when it frees, where there is no room."""
    use.hold(conn, proposal.cluster)
    now = read_now(conn)
    _check(conn, proposal, now, use.of_person(proposal.operator), person, "You have", "you")
    everybody = f"On {proposal.cluster} people have"
    _check(conn, proposal, now, use.on_cluster(proposal.cluster), cluster, everybody, "all of them together")


def _check(
    conn: Connection, proposal: Proposal, now: datetime, whose: Whose, limits: Limits, who: str, whom: str
) -> None:
    last = use.lately(conn, whose, now)
    if last.cards >= limits.cards_per_minute:
        raise _refusal(
            f"{who} asked for {last.cards:,} cards within a minute, which is the limit for {whom} "
            f"({limits.cards_per_minute:,}).",
            _frees(last.first_card, use.MINUTE, now),
        )
    if last.customers + len(proposal.cids) > limits.customers_per_hour:
        raise _refusal(
            f"{who} asked for {last.customers:,} customers within an hour; with these {len(proposal.cids):,} "
            f"it would be more than the limit for {whom} ({limits.customers_per_hour:,}).",
            _frees(last.first_customers, use.HOUR, now),
            TooManyCustomers,
        )
    running = use.jobs_open(conn, whose)
    if running >= limits.jobs_open:
        raise _refusal(
            f"{who} {running:,} jobs that have not ended, which is the limit for {whom} "
            f"({limits.jobs_open:,}).",
            "It frees as they end; /my-jobs lists yours.",
        )


def _frees(oldest: datetime | None, span: timedelta, now: datetime) -> str:
    if oldest is None:
        return "Ask for fewer at once."
    left = max(1, round((oldest + span - now).total_seconds()))
    return f"It begins to free in {left} s." if left < 120 else f"It begins to free in {left // 60} min."


def _refusal(words: str, frees: str, kind: type[InvalidRequest] = InvalidRequest) -> InvalidRequest:
    return kind([f"{words} {frees} Nothing was sent."])
