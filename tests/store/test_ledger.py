"""Any course of events: the store and a plain ledger in memory agree after every single step."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from store import arrivals, checks, chunks, customers, jobs, proposing, stopping
from store.clock import read_now
from store.database import Database
from store.model import Chunk, ChunkState, CustomerOutcome, Job, JobState
from store.tables import chunks as chunk_table
from store.tables import job_customers
from tests.effort import examples
from tests.store.ledger import OPEN, Entry, Ledger, Piece, chosen, pick
from tests.store.samples import proposal

ANY = st.integers(0, 10**6)
NAMES = ("evian3", "fiji1")
CLUSTERS = st.sampled_from(NAMES)
DECISIONS = st.sampled_from([JobState.CONFIRMED] * 4 + [JobState.CANCELLED, JobState.EXPIRED])
COUNT = st.integers(1, 5)
SOME = st.lists(st.booleans(), min_size=8, max_size=8)
OUTCOMES = {
    ChunkState.ACCEPTED: CustomerOutcome.ACCEPTED,
    ChunkState.REFUSED: CustomerOutcome.REFUSED,
    ChunkState.UNKNOWN: CustomerOutcome.UNKNOWN,
}
FINAL = (
    CustomerOutcome.ACCEPTED,
    CustomerOutcome.REFUSED,
    CustomerOutcome.ARRIVED,
    CustomerOutcome.CANCELLED,
)
ONWARD = (CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED)
COUNTED = (*OUTCOMES.values(), CustomerOutcome.CANCELLED)
SETTLE = st.sampled_from([0.0, 3600.0])


class Course(RuleBasedStateMachine):
    """Operators, a runner and a checker, each doing anything at any time, with claims good and stale."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.conn = db.engine.connect()
        self.conn.begin()
        self.ledger = Ledger()
        self.claims: list[Chunk] = []
        self.before: dict[tuple[int, str], CustomerOutcome] = {}

    def teardown(self) -> None:
        self.conn.close()  # rolls back: every course begins with an empty store

    def job(self, number: int, ready: JobState) -> tuple[Job, Entry]:
        """Three times in four a job that is ready for the step, if there is one; else any."""
        job_id = pick(number, self.ledger.ready(ready), list(self.ledger))
        return jobs.get(self.conn, job_id), self.ledger[job_id]

    def claimed(self, number: int) -> tuple[Chunk, Piece | None, Entry]:
        """Three times in four a claim that is still good, if there is one; else any, however stale."""
        chunk = pick(number, self.ledger.good(self.claims), self.claims)
        return chunk, self.ledger.holds(chunk), self.ledger[chunk.job_id]

    @initialize(counts=st.tuples(COUNT, COUNT), size=st.integers(1, 3), cluster=CLUSTERS)
    def two_jobs_run(self, counts: tuple[int, int], size: int, cluster: str) -> None:
        for count in counts:
            self.propose(count, cluster)
            self.decide(1, JobState.CONFIRMED)
            self.cut(1, size)

    @precondition(lambda self: len(self.ledger) < 5)
    @rule(count=COUNT, cluster=CLUSTERS)
    def propose(self, count: int, cluster: str) -> None:
        request = proposal(count, cluster=cluster)
        job = proposing.propose(self.conn, request)
        assert job is not None
        assert proposing.propose(self.conn, proposal(4, request_key=request.request_key)) is None
        self.ledger[job.id] = Entry(cluster, dict.fromkeys(request.cids, CustomerOutcome.PLANNED))

    @precondition(lambda self: self.ledger.ready(JobState.PROPOSED))
    @rule(number=ANY, end=DECISIONS)
    def decide(self, number: int, end: JobState) -> None:
        job, entry = self.job(number, JobState.PROPOSED)
        if end is JobState.EXPIRED:
            won = jobs.expire(self.conn, job)
        else:
            won = (jobs.confirm if end is JobState.CONFIRMED else jobs.cancel)(self.conn, job, "U0ASTER")
        assert won == entry.decide(end)

    @precondition(lambda self: self.ledger.ready(JobState.CONFIRMED))
    @rule(number=ANY, size=st.integers(1, 3))
    def cut(self, number: int, size: int) -> None:
        job, entry = self.job(number, JobState.CONFIRMED)
        waiting = [found.id for found in chunks.confirmed(self.conn, entry.cluster)]
        assert (job.id in waiting) == (entry.state is JobState.CONFIRMED)
        assert chunks.cut(self.conn, job, size) == entry.cut(size)

    @precondition(lambda self: self.ledger.ready(JobState.RUNNING))
    @rule(number=ANY)
    def claim(self, number: int) -> None:
        busy = [name for name in NAMES if any(self.ledger.pieces(name, ChunkState.PLANNED))]
        cluster = pick(number, busy, NAMES)
        chunk = chunks.claim(self.conn, cluster)
        expected = self.ledger.claim(cluster)
        assert (chunk and (chunk.number, chunk.job_id)) == expected
        if chunk:
            entry = self.ledger[chunk.job_id]
            piece = entry.pieces[chunk.number]
            assert (chunk.state, chunk.attempt) == (ChunkState.SENDING, piece.attempt)
            assert chunk.sent_at is not None
            to_send = customers.to_send(self.conn, chunk)
            assert to_send == entry.planned(piece)
            assert to_send, "a chunk with nobody in it would be an empty POST"
            assert not entry.stopped, "sent after it was stopped"
            self.claims.append(chunk)

    @precondition(lambda self: self.ledger.good(self.claims))
    @rule(number=ANY, watch=st.booleans())
    def accept(self, number: int, watch: bool) -> None:
        self.settle(number, ChunkState.ACCEPTED, watch=watch)

    @precondition(lambda self: self.ledger.good(self.claims))
    @rule(number=ANY, which=SOME)
    def refuse(self, number: int, which: list[bool]) -> None:
        self.settle(number, ChunkState.REFUSED, which)

    @precondition(lambda self: self.ledger.good(self.claims))
    @rule(number=ANY, settle_s=st.sampled_from([0.0, 3600.0]))
    def lose(self, number: int, settle_s: float) -> None:
        self.settle(number, ChunkState.UNKNOWN, settle_s=settle_s)

    def settle(
        self,
        number: int,
        end: ChunkState,
        which: Sequence[bool] = (),
        settle_s: float = 0.0,
        *,
        watch: bool = False,
    ) -> None:
        """As the runner writes down an answer: the chunk, its customers, and the end of the job."""
        chunk, piece, entry = self.claimed(number)
        won = chunks.settle(self.conn, chunk, end, cause="x", http_status=200, message="m", elapsed_s=0.1)
        assert won == (piece is not None)
        if piece is None:
            return
        piece.state = end
        culprits = chosen(piece.cids, which)
        for outcome, cids in ((CustomerOutcome.REFUSED, culprits), (OUTCOMES[end], piece.cids)):
            marked = customers.mark(self.conn, chunk, outcome, cids=cids if cids is culprits else None)
            assert marked == entry.turn(cids, CustomerOutcome.PLANNED, outcome)
        job = jobs.get(self.conn, chunk.job_id)
        if end is ChunkState.UNKNOWN:
            checks.later(self.conn, job, chunk, settle_s)
            entry.far = bool(entry.far) or settle_s > 0
            piece.lost = True
        if watch:
            arrivals.begin(self.conn, job, 30.0, 3600.0)
            entry.watched = bool(entry.watched)
            job = jobs.get(self.conn, job.id)
            assert job.watch_at is not None
            assert job.watch_until is not None
            assert job.watch_at < job.watch_until
        self.finish(job, entry)

    def finish(self, job: Job, entry: Entry) -> None:
        """As the runner ends a job of which nothing is open."""
        if not job.open_chunks:
            waits = entry.count(CustomerOutcome.UNKNOWN) or entry.watched is not None
            entry.state = JobState.WATCHING if waits else JobState.DONE
            assert chunks.finish(self.conn, job)

    @precondition(lambda self: self.ledger.ready(JobState.RUNNING))
    @rule(number=ANY, settle_s=SETTLE, begun=st.booleans())
    def stop(self, number: int, settle_s: float, begun: bool) -> None:
        """Also of a job that nobody has begun, and where it is too late."""
        job, entry = self.job(number, JobState.RUNNING if begun else JobState.CONFIRMED)
        won = stopping.stop(self.conn, job, "U0ASTER", settle_s)
        assert won == entry.stop()
        if won:
            entry.withdraw(settle_s > 0)
            job = jobs.get(self.conn, job.id)
            over = [found.id for found in stopping.over(self.conn, entry.cluster)]
            assert over == ([] if job.open_chunks else [job.id])
            self.finish(job, entry)

    @precondition(lambda self: self.ledger.good(self.claims))
    @rule(number=ANY, which=SOME, settle_s=SETTLE)
    def release(self, number: int, which: list[bool], settle_s: float) -> None:
        """As after a refusal that names customers: just those are refused, the others planned again."""
        chunk, piece, entry = self.claimed(number)
        assert chunks.release(self.conn, chunk) == (piece is not None)
        if piece is None:
            return
        piece.state = ChunkState.PLANNED
        planned = entry.planned(piece)
        culprits = [cid for cid in chosen(piece.cids, which) if cid in planned[1:]]  # one at least is left
        marked = customers.mark(self.conn, chunk, CustomerOutcome.REFUSED, cids=culprits)
        assert marked == entry.turn(culprits, CustomerOutcome.PLANNED, CustomerOutcome.REFUSED)
        if entry.stopped:
            stopping.withdraw(self.conn, jobs.get(self.conn, chunk.job_id), settle_s)
            entry.withdraw(settle_s > 0)
            self.finish(jobs.get(self.conn, chunk.job_id), entry)

    @precondition(lambda self: self.ledger.good(self.claims))
    @rule(cluster=CLUSTERS, ours=SOME)
    def look_for_orphans(self, cluster: str, ours: list[bool]) -> None:
        sending = [(job_id, number) for number, job_id in self.ledger.pieces(cluster, ChunkState.SENDING)]
        kept = {key for key, taken in zip(sending, ours, strict=False) if taken}
        found = chunks.orphans(self.conn, cluster, kept)
        assert {(chunk.job_id, chunk.number) for chunk in found} == set(sending) - kept
        assert all(self.ledger.holds(chunk) for chunk in found)
        self.claims += found

    @precondition(lambda self: self.ledger.ready(JobState.WATCHING))
    @rule(number=ANY, which=SOME, watch=st.booleans())
    def check(self, number: int, which: list[bool], watch: bool) -> None:
        """As after reading the cluster's state, which also names customers that were not asked about."""
        job, entry = self.job(number, JobState.WATCHING)
        assert customers.unknown(self.conn, job.id) == [
            cid for cid, outcome in entry.customers.items() if outcome is CustomerOutcome.UNKNOWN
        ]
        if entry.state is not JobState.WATCHING or entry.watched is not None:
            return  # the runner closes what nobody waits for
        assert checks.close(self.conn, job)
        assert not checks.close(self.conn, job)
        entry.state, entry.far = JobState.DONE, None
        there = chosen(list(entry.customers), [not taken for taken in which])
        turned = customers.found_accepted(self.conn, job.id, there, arrived=watch)
        assert turned == entry.turn(there, CustomerOutcome.UNKNOWN, ONWARD[watch])

    @precondition(lambda self: self.watched())
    @rule(cluster=CLUSTERS)
    def read_for_arrivals(self, cluster: str) -> None:
        """One read serves every job that waits there, due or not."""
        waiting = [key for key in self.watched() if self.ledger[key].cluster == cluster]
        assert [job.id for job in arrivals.claim(self.conn, cluster, 30.0)] == waiting
        for key in waiting:
            self.ledger[key].watched = False

    @precondition(lambda self: self.ledger)
    @rule(number=ANY, which=SOME)
    def arrive(self, number: int, which: list[bool]) -> None:
        """A read may show whomever it likes: who was not accepted does not arrive."""
        job_id = pick(number, self.watched(), list(self.ledger))
        entry = self.ledger[job_id]
        there = chosen(entry.cids, which)
        assert [cid for _, cid in arrivals.awaited(self.conn, job_id)] == [
            cid for cid, outcome in entry.customers.items() if outcome is CustomerOutcome.ACCEPTED
        ]
        positions = [position for position, cid in enumerate(entry.cids) if cid in there]
        arrivals.first_seen(self.conn, job_id, dict.fromkeys(positions, 2))
        expected = entry.turn(there, CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED)
        assert arrivals.arrive(self.conn, job_id, positions) == expected
        assert arrivals.arrive(self.conn, job_id, positions) == 0

    @precondition(lambda self: self.watched())
    @rule(number=ANY)
    def give_up(self, number: int) -> None:
        """Nobody is awaited any more; it ends where nothing of it is unknown and being checked either."""
        job_id = pick(number, self.watched(), self.watched())
        entry, waiting = self.ledger[job_id], arrivals.awaited(self.conn, job_id)
        arrivals.give_up(self.conn, job_id, {position: 2 for position, _ in waiting})
        left = arrivals.stragglers(self.conn, job_id, 100)
        assert [(one.cid, one.last_state) for one in left] == [(cid, 2) for _, cid in waiting]
        entry.watched = None
        if entry.state is JobState.WATCHING and entry.far is None:
            assert checks.close(self.conn, jobs.get(self.conn, job_id))
            entry.state = JobState.DONE
        elif entry.state is JobState.RUNNING:
            arrivals.begin(self.conn, jobs.get(self.conn, job_id), 30.0, 3600.0)
            entry.watched = False

    @precondition(lambda self: self.ledger.ready(JobState.DONE))
    @rule(number=ANY)
    def watch_again(self, number: int) -> None:
        job, entry = self.job(number, JobState.DONE)
        welcome = entry.state is JobState.DONE or (entry.state is JobState.WATCHING and entry.watched is None)
        assert arrivals.ask(self.conn, job, 3600.0) == welcome
        assert not arrivals.ask(self.conn, job, 3600.0), "the second of two clicks"
        if welcome:
            entry.state, entry.watched = JobState.WATCHING, True

    def watched(self) -> list[int]:
        """The jobs of which somebody is awaited, or will be."""
        return [job_id for job_id, entry in self.ledger.items() if entry.watched is not None]

    @precondition(lambda self: self.ledger.ready(JobState.DONE))
    @rule(number=ANY)
    def ask_again(self, number: int) -> None:
        job, entry = self.job(number, JobState.DONE)
        if job.state not in (*checks.LIVE, JobState.DONE):
            return  # the service asks for what was sent only
        assert checks.ask(self.conn, job)
        entry.far = False
        if entry.state is JobState.DONE:
            entry.state = JobState.WATCHING

    @precondition(lambda self: self.unknowns())
    @rule(number=ANY)
    def send_again(self, number: int) -> None:
        """As "Send the rest": what is unknown is planned again, and a click that comes late does nothing."""
        job_id = pick(number, self.unknowns(), self.unknowns())
        job, entry = jobs.get(self.conn, job_id), self.ledger[job_id]
        expected = entry.turn(entry.cids, CustomerOutcome.UNKNOWN, CustomerOutcome.PLANNED)
        assert checks.send_again(self.conn, job) == expected
        assert checks.send_again(self.conn, job) == 0
        entry.plan_again()

    def unknowns(self) -> list[int]:
        """The jobs that were sent and of which something is unknown."""
        settled = self.ledger.ready(JobState.WATCHING) + self.ledger.ready(JobState.DONE)
        settled = [job_id for job_id in settled if not self.ledger[job_id].stopped]  # the service refuses
        return [job_id for job_id in settled if self.ledger[job_id].count(CustomerOutcome.UNKNOWN)]

    @invariant()
    def the_rows_say_what_the_ledger_says(self) -> None:
        customer = select(job_customers.c.job_id, job_customers.c.cid, job_customers.c.outcome)
        now = {(row.job_id, row.cid): CustomerOutcome(row.outcome) for row in self.conn.execute(customer)}
        expected = {(key, cid): o for key, entry in self.ledger.items() for cid, o in entry.customers.items()}
        assert now == expected
        back = [
            key
            for key, was in self.before.items()
            if was in FINAL and now[key] is not was and (was, now[key]) != ONWARD
        ]
        assert back == [], "nobody's outcome goes back from accepted, refused or arrived"
        self.before = now
        chunk = select(chunk_table.c.job_id).where(chunk_table.c.state.in_(OPEN))
        still_open = Counter(self.conn.execute(chunk).scalars())
        outcomes = Counter((job_id, outcome) for (job_id, _), outcome in now.items())
        for row in self.conn.execute(select(*jobs.COLUMNS)):
            job, entry = jobs.as_job(row), self.ledger[row.id]
            assert job.state is entry.state
            counted = tuple(outcomes[job.id, outcome] for outcome in COUNTED)
            assert (job.to_arrive, job.refused, job.unknown, job.cancelled) == counted
            assert job.arrived == outcomes[job.id, CustomerOutcome.ARRIVED]
            assert job.total == job.answered + job.cancelled + outcomes[job.id, CustomerOutcome.PLANNED]
            assert (job.stopped_at is not None) == entry.stopped
            assert job.open_chunks == still_open[job.id] == entry.open_pieces
            assert (job.open_chunks > 0) == (job.state is JobState.RUNNING)
            assert (job.check_at is None) == (entry.far is None)
            assert (job.watch_at is None) == (entry.watched is None)
            assert job.watch_at is None or job.state in checks.LIVE

    @invariant()
    def checks_are_due_when_they_should_be(self) -> None:
        for cluster in NAMES:
            watched = {
                key: entry.far
                for key, entry in self.ledger.items()
                if entry.cluster == cluster and entry.state in checks.LIVE and entry.far is not None
            }
            due = [job.id for job in checks.due(self.conn, cluster)]
            assert sorted(due) == sorted(key for key, far in watched.items() if not far)
            assert (checks.next_due(self.conn, cluster) is not None) == bool(watched)

    @invariant()
    def the_cluster_is_read_when_somebody_is_awaited(self) -> None:
        for cluster in NAMES:
            awaited = [entry.watched for entry in self.ledger.values() if entry.cluster == cluster]
            due = arrivals.next_due(self.conn, cluster)
            assert (due is not None) == any(one is not None for one in awaited)
            assert any(awaited) == (due is not None and due <= read_now(self.conn))
            found = {(job_id, cid) for job_id, _, cid, _ in arrivals.everybody(self.conn, cluster)}
            assert found == {
                (key, cid)
                for key, entry in self.ledger.items()
                for cid, outcome in entry.customers.items()
                if entry.cluster == cluster
                and entry.watched is not None
                and outcome is CustomerOutcome.ACCEPTED
            }


def test_the_store_keeps_the_ledger(db: Database) -> None:
    class OnThisStore(Course):
        def __init__(self) -> None:
            super().__init__(db)

    run_state_machine_as_test(
        OnThisStore,
        settings=settings(
            max_examples=examples(12),
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
