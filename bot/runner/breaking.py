"""The circuit breaker: after too many failures in a row a cluster is left alone; its people are told once.

A failure is an outcome that is not known, a connection refused, a credential refused. When the pause is over
one request is tried; it goes well, or the pause begins anew, longer.
"""

from sqlalchemy import Connection

from bot.cluster import Answer, Cause, Outcome
from bot.runner.lane import Lane, Post
from store import audit, breakers, chunks, jobs, outbox, pauses
from store.audit import Event
from store.outbox_model import Note

FAILURES = frozenset(
    {
        Cause.UNREACHABLE,
        Cause.UNAUTHORIZED,
        Cause.TIMEOUT,
        Cause.CONNECTION_LOST,
        Cause.HTTP_ERROR,
        Cause.UNREADABLE_ANSWER,
    }
)


def watch(conn: Connection, lane: Lane, post: Post, answer: Answer) -> None:
    """Count a failure, or forget those before; lift the pause where the cluster takes requests again."""
    pause = pauses.current(conn, lane.key)
    by_breaker = pause is not None and pause.breaker
    if answer.cause not in FAILURES:
        breakers.reset(conn, lane.key)
        if pause:
            pauses.lift(conn, lane.key)
        if by_breaker:
            detail = {"by": "time", "cause": answer.cause.value}
            audit.append(conn, Event.PAUSE_LIFTED, cluster=lane.key, detail=detail)
        return
    if pause and not by_breaker and answer.outcome is not Outcome.UNKNOWN:
        pauses.lift(conn, lane.key)  # it does not ask us to wait any more
    if not answer.elapsed_s or not lane.breaker.failures:
        return  # nobody waited for it: it was we who broke off
    failures, several = breakers.failed(conn, lane.key, post.job.id)
    if by_breaker or failures >= lane.breaker.failures * (1 if several else 2):
        _trip(conn, lane, answer, failures, first=not by_breaker)


def _trip(conn: Connection, lane: Lane, answer: Answer, failures: int, *, first: bool) -> None:
    reason = f"{failures:,} requests in a row failed, the last one so: {answer.message[:200]}"
    pause = breakers.trip(conn, lane.key, reason, lane.breaker.pause_s, lane.breaker.longest_s)
    detail = {"failures": failures, "cause": answer.cause.value, "times": pause.tries}
    audit.append(conn, Event.PAUSED, cluster=lane.key, detail=detail)
    waiting = [*jobs.running(conn, lane.key), *(job.id for job in chunks.confirmed(conn, lane.key))]
    for job_id in waiting:
        if first:
            outbox.add(conn, job_id, Note.PAUSED)
        outbox.add(conn, job_id, Note.CARD)
