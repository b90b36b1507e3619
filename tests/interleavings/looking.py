"""What must hold of the rows at any moment, whatever happened: each check raises AssertionError."""

import json
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, select

from store import audit, jobs, pauses
from store.audit import Event
from store.model import ChunkState, CustomerOutcome, Job, JobState
from store.outbox_model import Note
from store.tables import audit_log, chunks, job_customers, outbox
from tests.interleavings.process import KEY

RECORD = select(audit_log.c.job, audit_log.c.event, audit_log.c.detail).order_by(audit_log.c.seq)
COUNTED = (
    CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED, CustomerOutcome.REFUSED, CustomerOutcome.UNKNOWN,
    CustomerOutcome.CANCELLED,
)  # fmt: skip
OPEN = (ChunkState.PLANNED, ChunkState.SENDING)
CARDS = (JobState.PROPOSED, JobState.CANCELLED, JobState.EXPIRED)


@dataclass(frozen=True)
class Sight:
    """Everything the database holds, read at one moment."""

    jobs: dict[str, Job]
    customers: dict[tuple[str, str], CustomerOutcome]  # by job and customer
    chunks: dict[str, list[tuple[ChunkState, int]]]  # by number: state and attempt
    notes: Counter[tuple[str, Note]]
    events: dict[str, list[Event]]
    attempts: Counter[tuple[str, Event, int, int]]  # what the record says of each: number and attempt
    paused: bool


def look(conn: Connection) -> Sight:
    """Read it all, and verify the chain of the record."""
    assert audit.verify(conn)[1] is None
    found = [jobs.as_job(row) for row in conn.execute(select(*jobs.COLUMNS))]
    names = {job.id: job.uuid.hex for job in found}
    pieces: dict[str, list[tuple[ChunkState, int]]] = {name: [] for name in names.values()}
    for row in conn.execute(select(chunks).order_by(chunks.c.number)):
        pieces[names[row.job_id]].append((row.state, row.attempt))
    events: dict[str, list[Event]] = {name: [] for name in names.values()}
    attempts: Counter[tuple[str, Event, int, int]] = Counter()
    for name, word, said in conn.execute(RECORD):
        event, detail = Event(word), json.loads(said)
        events.setdefault(name, []).append(event)
        if event in (Event.SENT, Event.ANSWERED):
            attempts[name, event, detail["chunk"], detail["attempt"]] += 1
    which = (job_customers.c.job_id, job_customers.c.cid, job_customers.c.outcome)
    outcomes = conn.execute(select(*which))
    return Sight(
        jobs={names[job.id]: job for job in found},
        customers={(names[row.job_id], row.cid): CustomerOutcome(row.outcome) for row in outcomes},
        chunks=pieces,
        notes=Counter((names[row.job_id], row.note) for row in conn.execute(select(outbox))),
        events=events,
        attempts=attempts,
        paused=pauses.current(conn, KEY) is not None,
    )


def check_job(sight: Sight, name: str, cids: tuple[str, ...]) -> None:
    """One card or job: its state, counts, notes and record agree with its customers and chunks."""
    job, pieces, told = sight.jobs[name], sight.chunks[name], Counter(sight.events[name])
    outcomes = Counter(sight.customers[name, cid] for cid in cids)
    counted = [outcomes[o] for o in COUNTED]
    assert [job.to_arrive, job.arrived, job.refused, job.unknown, job.cancelled] == counted
    assert told[Event.STOPPED] == (job.stopped_at is not None)
    if not job.stopped_at:
        assert not job.cancelled, "never sent, and nobody stopped it"
    still_open = sum(state in OPEN for state, _ in pieces)
    assert job.open_chunks == still_open
    confirmed = job.state not in CARDS
    assert told[Event.CONFIRMED] == sight.notes[name, Note.STARTED] == confirmed
    assert told[Event.CANCELLED] == (job.state is JobState.CANCELLED)
    assert told[Event.EXPIRED] == (job.state is JobState.EXPIRED)
    assert {key: count for key, count in sight.attempts.items() if key[0] == name} == {
        (name, event, number, attempt): 1
        for number, (state, last) in enumerate(pieces)
        for attempt in range(1, last + 1)
        for event in (Event.SENT, Event.ANSWERED)
        if event is Event.SENT or attempt < last or state is not ChunkState.SENDING
    }, "each attempt is on the record once, and so is its end"
    assert sight.notes[name, Note.OUTCOME] == told[Event.SENT_AGAIN] + (
        job.state in (JobState.WATCHING, JobState.DONE)
    )
    if confirmed:
        ending = job.stopped_at and not still_open and job.state is JobState.RUNNING  # the runner is rung
        assert ending or job.state is _state(sight, name, still_open)
    if job.stopped_at:
        told_since = sight.events[name][sight.events[name].index(Event.STOPPED) :]
        assert Event.SENT not in told_since, "sent after it was stopped"
        assert ChunkState.PLANNED not in [state for state, _ in pieces], "stopped, and still to be sent"
    elif job.state is JobState.RUNNING:
        assert outcomes[CustomerOutcome.PLANNED], "it runs, and there is nobody to send"
    elif job.state is not JobState.CONFIRMED and confirmed:
        assert not outcomes[CustomerOutcome.PLANNED], "it has ended, and somebody was never sent"
    if job.state is JobState.WATCHING:
        assert job.check_at or job.watch_at, "nobody will ever read what becomes of it"
    assert job.watch_at is None or job.state in (JobState.RUNNING, JobState.WATCHING)
    assert sight.notes[name, Note.NOT_ARRIVED] == told[Event.NOT_ARRIVED]
    assert (
        sight.notes[name, Note.ARRIVED] + told[Event.NOT_ARRIVED] <= told[Event.DONE] + told[Event.SENT_AGAIN]
    )


def _state(sight: Sight, name: str, still_open: int) -> JobState:
    """Where a confirmed job stands by its chunks, its customers and the record."""
    if not sight.chunks[name] and not sight.jobs[name].stopped_at:
        return JobState.CONFIRMED
    if still_open:
        return JobState.RUNNING
    ends = (Event.DONE, Event.CHECK_ASKED, Event.WATCH_ASKED, Event.SENT_AGAIN, Event.ANSWERED)
    last = next((event for event in reversed(sight.events[name]) if event in ends), None)
    return JobState.DONE if last is Event.DONE else JobState.WATCHING
