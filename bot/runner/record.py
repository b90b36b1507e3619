"""Writing down what became of a chunk, in one transaction: outcomes, counts, audit, what Slack is told."""

from sqlalchemy import Connection

from bot.cluster import Answer, Cause, Outcome
from bot.runner import breaking
from bot.runner.ending import conclude, ended
from bot.runner.lane import Lane, Post
from store import arrivals, audit, checks, chunks, customers, jobs, outbox, pauses, short, stopping
from store.audit import Event
from store.model import Chunk, ChunkState, CustomerOutcome, Job, JobState
from store.outbox_model import Note

WAIT = frozenset({Cause.RATE_LIMITED, Cause.NOT_READY})
DOES_NOT_EXIST = "does not exist on the cluster"
FINAL = {Outcome.ACCEPTED: ChunkState.ACCEPTED, Outcome.REFUSED: ChunkState.REFUSED}
OUTCOMES = {Outcome.ACCEPTED: CustomerOutcome.ACCEPTED, Outcome.REFUSED: CustomerOutcome.REFUSED}


def record(conn: Connection, lane: Lane, post: Post, answer: Answer) -> Job | None:
    """Write an answer and what follows from it; the job as it then stands, None if it was not ours."""
    chunk = post.chunk
    short.expect(conn, len(post.cids))
    jobs.lock(conn, chunk.job_id)  # somebody may be stopping it
    if _wait(conn, lane, post, answer) or _send_the_others(conn, post, answer):
        return _put_back(conn, lane, chunk)
    state = FINAL.get(answer.outcome, ChunkState.UNKNOWN)
    if not chunks.settle(
        conn,
        chunk,
        state,
        cause=answer.cause.value,
        http_status=answer.http_status,
        message=clipped(answer.message, 500),
        elapsed_s=answer.elapsed_s or None,  # None: there was nobody left to wait for it
    ):
        return None
    outcome = OUTCOMES.get(answer.outcome, CustomerOutcome.UNKNOWN)
    detail = None if outcome is CustomerOutcome.ACCEPTED else _why(answer)
    if answer.culprits:
        customers.mark(conn, chunk, CustomerOutcome.REFUSED, detail=DOES_NOT_EXIST, cids=answer.culprits)
    marked = customers.mark(conn, chunk, outcome, detail=detail)
    if marked and outcome is CustomerOutcome.ACCEPTED and lane.watch:
        arrivals.begin(conn, post.job, lane.every_s, lane.give_up_after_s)
    if outcome is CustomerOutcome.UNKNOWN:
        checks.later(conn, post.job, chunk, lane.settle_s)
    _answered(conn, post, answer)
    return close(conn, lane, jobs.get(conn, chunk.job_id))


def _wait(conn: Connection, lane: Lane, post: Post, answer: Answer) -> bool:
    """A cluster that asks us to wait did nothing: plan the chunk again, leave the cluster alone a while."""
    if answer.cause not in WAIT:
        breaking.watch(conn, lane, post, answer)
        return False
    pause = pauses.extend(conn, lane.key, clipped(answer.message, 300), answer.retry_after_s)
    if pause is None or not chunks.release(conn, post.chunk):
        return False
    _answered(conn, post, answer)
    if pause.tries == 1 and not jobs.get(conn, post.job.id).stopped_at:
        outbox.add(conn, post.job.id, Note.PAUSED)
    for job_id in jobs.running(conn, lane.key):
        outbox.add(conn, job_id, Note.CARD)
    return True


def _put_back(conn: Connection, lane: Lane, chunk: Chunk) -> Job:
    """The job of a chunk that is planned again; if it was stopped meanwhile, that chunk is never sent."""
    job = jobs.get(conn, chunk.job_id)
    if job.stopped_at is None:
        return job
    stopping.withdraw(conn, job, lane.settle_s)
    return close(conn, lane, jobs.get(conn, job.id))


def keep_back(conn: Connection, lane: Lane, post: Post) -> None:
    """A claimed chunk of which not a byte was sent: plan it again, and say so on the record."""
    jobs.lock(conn, post.job.id)
    if chunks.release(conn, post.chunk):
        detail = {"chunk": post.chunk.number, "attempt": post.chunk.attempt, "cause": Cause.NOT_SENT.value}
        audit.append(conn, Event.ANSWERED, job=post.job.uuid, cluster=post.job.cluster, detail=detail)
        _put_back(conn, lane, post.chunk)


def _send_the_others(conn: Connection, post: Post, answer: Answer) -> bool:
    """A refusal that names customers did nothing: refuse just those, plan the others once more."""
    named = frozenset(answer.culprits)
    if not named or len(named) == len(post.cids) or post.chunk.split:
        return False
    if not chunks.release(conn, post.chunk, split=True):
        return False
    customers.mark(conn, post.chunk, CustomerOutcome.REFUSED, detail=DOES_NOT_EXIST, cids=answer.culprits)
    _answered(conn, post, answer)
    outbox.add(conn, post.job.id, Note.CARD)
    return True


def _answered(conn: Connection, post: Post, answer: Answer) -> None:
    audit.append(
        conn,
        Event.ANSWERED,
        job=post.job.uuid,
        cluster=post.job.cluster,
        detail={
            "chunk": post.chunk.number,
            "attempt": post.chunk.attempt,
            "customers": len(post.cids),
            "cause": answer.cause.value,
            "status": answer.http_status,
            "ms": round(answer.elapsed_s * 1000),
            "message": clipped(answer.message, 200),
        },
    )


def close(conn: Connection, lane: Lane, job: Job) -> Job:
    """End the sending of a job of which no chunk is open any more: watching or done, with its outcome."""
    outbox.add(conn, job.id, Note.CARD)
    if job.open_chunks:
        return job
    chunks.finish(conn, job)
    job = jobs.get(conn, job.id)
    outbox.add(conn, job.id, Note.OUTCOME, awaited=int(job.watch_at is not None))
    if job.refused:
        outbox.add(conn, job.id, Note.REFUSED_CSV)
    if job.state is JobState.DONE:
        ended(conn, lane, job)
        return job
    checks.begin(conn, job)
    return conclude(conn, lane, job)


def _why(answer: Answer) -> str:
    """What a customer's row says of an answer: its HTTP status and the cluster's own message."""
    status = str(answer.http_status or "")
    told = answer.message if answer.message.startswith(status) else f"HTTP {status}: {answer.message}"
    return clipped(told, 160)


def clipped(message: str, size: int) -> str:
    """A message cut to at most `size` characters; it is kept once for each customer."""
    return message if len(message) <= size else message[: size - 1] + "…"
