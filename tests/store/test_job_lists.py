"""Filtered lists against plain counting: every filter, page and right, on both databases."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Connection, insert, update

from store import customer_history, job_lists, jobs
from store.audit import Event, append, seal
from store.batch_tables import batch_jobs
from store.batches import Making, Piece, make
from store.clock import EPOCH
from store.database import Database
from store.listing_model import CODES, ENDED, Grant, Place, Standing, Wanted, Whose
from store.model import CustomerOutcome, Job, JobState, Operator
from store.moments import first_at
from store.records import read, span
from store.records_model import Period
from store.tables import audit_log
from store.tables import jobs as table
from tests.store.samples import ASTER, BIRCH, BOTH, proposed

pytestmark = BOTH

BEGAN = EPOCH + timedelta(days=20_000)
ELSEWHERE = Operator("E0GRID", ASTER.team_id, ASTER.user_id)
PEOPLE = {"aster": Whose.own(ASTER), "birch": Whose.own(BIRCH), "all": Whose("", ASTER.team_id, None)}
STATES = [state for state in JobState if state is not JobState.PROPOSED]


def fill(conn: Connection, count: int = 120) -> None:
    """Jobs of three people on three clusters, in every state, one a minute."""
    rnd = random.Random(7)  # noqa: S311 - made-up rows
    for number in range(count):
        code = rnd.choice((1, 3, 5))
        owner = rnd.choice((ASTER, ASTER, BIRCH, ELSEWHERE))
        job = proposed(
            conn, 2, operator=owner, cluster=rnd.choice(("evian3", "fiji1", "lab")), action_code=code
        )
        counts = dict.fromkeys(("accepted", "refused", "unknown", "cancelled"), 0)
        counts |= {rnd.choice(tuple(counts)): rnd.randint(0, 2), rnd.choice(tuple(counts)): rnd.randint(0, 1)}
        state = rnd.choice((*STATES, JobState.DONE, JobState.DONE))
        values = {"state": state, "created_at": BEGAN + number * timedelta(minutes=1), **counts}
        conn.execute(update(table).where(table.c.id == job.id).values(values))


def standings(job: Job) -> Iterator[Standing]:
    """How a job stands, said in another way than the store does."""
    ended = job.state is JobState.DONE
    if job.state in (JobState.CONFIRMED, JobState.RUNNING, JobState.WATCHING):
        yield Standing.RUNNING
    if job.state is JobState.WATCHING:
        yield Standing.UNKNOWN if job.unknown else Standing.ARRIVING
    if job.state is JobState.CANCELLED or (ended and job.cancelled):
        yield Standing.CANCELLED
    if job.state is JobState.EXPIRED:
        yield Standing.EXPIRED
    if ended and not (job.refused or job.unknown or job.cancelled):
        yield Standing.SUCCEEDED
    if ended and job.refused:
        yield Standing.FAILED
    if ended and job.refused and job.accepted:
        yield Standing.PARTLY
    if ended and job.unknown:
        yield Standing.UNKNOWN


def fits(job: Job, whose: Whose, wanted: Wanted) -> bool:
    """Whether a job is to be listed."""
    owner = job.operator
    mine = (owner.enterprise_id, owner.team_id) == (whose.enterprise_id, whose.team_id)
    if not mine or whose.user_id not in (None, owner.user_id):
        return False
    if wanted.standing is None and (job.state in (JobState.CANCELLED, JobState.EXPIRED)):
        return False
    return (
        (wanted.standing is None or wanted.standing in standings(job))
        and wanted.cluster in (None, job.cluster)
        and wanted.action_code in (None, job.action_code)
        and (wanted.since is None or job.created_at >= wanted.since)
        and (wanted.until is None or job.created_at < wanted.until)
        and (whose.grants is None or any(granted(job, grant) for grant in whose.grants))
    )


def granted(job: Job, grant: Grant) -> bool:
    of_cluster = grant.clusters is None or job.cluster in grant.clusters
    return of_cluster and (grant.codes is None or job.action_code in grant.codes)


def everything(conn: Connection) -> list[Job]:
    ids = conn.execute(table.select().with_only_columns(table.c.id).order_by(table.c.id.desc())).scalars()
    return [jobs.get(conn, job_id) for job_id in ids.all()]


def ids(found: Sequence[Job]) -> list[int]:
    return [job.id for job in found]


def test_every_filter_lists_what_fits_and_nothing_else(db: Database) -> None:
    with db.engine.begin() as conn:
        fill(conn)
        known = everything(conn)
        middle = BEGAN + timedelta(minutes=60)
        times: list[tuple[datetime | None, datetime | None]] = [
            (None, None), (middle, None), (None, middle), (middle, middle + timedelta(minutes=20)),
        ]  # fmt: skip
        grants = (Grant(("fiji1",), (3,)), Grant(("lab",)))
        everybody = {**PEOPLE, "granted": Whose("", ASTER.team_id, None, grants)}
        for whose, standing, code, cluster, (since, until) in product(
            everybody.values(), (None, *Standing), (None, 3), (None, "fiji1", "gone"), times
        ):
            wanted = Wanted(standing, code, cluster, None, since, until)
            expected = [job.id for job in known if fits(job, whose, wanted)]
            assert ids(job_lists.page(conn, whose, wanted, limit=200)) == expected, (whose, wanted)


def test_pages_walk_a_filtered_list_there_and_back(db: Database) -> None:
    with db.engine.begin() as conn:
        fill(conn)
        for whose, wanted in product(PEOPLE.values(), (Wanted(), Wanted(Standing.FAILED), Wanted(None, 3))):
            whole = ids(job_lists.page(conn, whose, wanted, limit=200))
            walked: list[int] = []
            place = Place()
            while page := ids(job_lists.page(conn, whose, wanted, place, limit=4)):
                walked += page
                place = Place(before=page[-1])
            assert walked == whole
            back: list[int] = []
            place = Place(after=0)
            while page := ids(job_lists.page(conn, whose, wanted, place, limit=4)):
                back = page + back
                place = Place(after=page[0])
            assert back == whole


def test_the_jobs_of_a_batch(db: Database) -> None:
    with db.engine.begin() as conn:
        [batch] = make(conn, Making("v1", ASTER, "evian3", "Wave", [Piece("7Q2KX4", None, ["a"])])) or ()
        fill(conn, 40)
        known = everything(conn)
        conn.execute(insert(batch_jobs), [{"job_id": job.id, "batch_id": batch.id} for job in known[::2]])
        for standing in (None, Standing.FAILED):
            wanted = Wanted(standing, batch_id=batch.id)
            expected = [job.id for job in known[::2] if fits(job, PEOPLE["aster"], Wanted(standing))]
            assert ids(job_lists.page(conn, PEOPLE["aster"], wanted, limit=50)) == expected


def test_a_standing_follows_every_change_of_state_and_counts(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn)

        def standing() -> int:
            return int(conn.execute(table.select().with_only_columns(table.c.standing)).scalar_one())

        assert standing() in CODES[Standing.PROPOSED]
        assert jobs.confirm(conn, job, "U0ASTER")
        assert standing() in CODES[Standing.RUNNING]
        conn.execute(update(table).values(state=JobState.DONE, accepted=2, refused=1))
        assert standing() == ENDED + 3
        conn.execute(update(table).values(unknown=1, refused=0))
        assert standing() in CODES[Standing.UNKNOWN]
        assert standing() not in CODES[Standing.FAILED], "what is unknown is never called failed"


def test_a_customers_history_is_what_may_be_seen_in_bounded_looks(db: Database) -> None:
    with db.engine.begin() as conn:
        mine = [proposed(conn, 1).id for _ in range(3)]
        for _ in range(20):
            proposed(conn, 1, operator=BIRCH)
        conn.execute(update(table).values(state=JobState.RUNNING))
        cid = f"{0:032x}"
        sights = [Whose.own(ASTER)]
        found = customer_history.history(conn, sights, cid, limit=11, among=10)
        assert found.deeds == ()
        assert found.examined is not None, "there is more to be looked at"
        walked: list[int] = []
        place = Place()
        while True:
            found = customer_history.history(conn, sights, cid, place, limit=3, among=10)
            walked += [deed.job.id for deed in found.deeds]
            if found.examined is None:
                break
            place = Place(before=found.examined)
        assert walked == mine[::-1]
        sights.append(Whose("", ASTER.team_id, None, (Grant(("evian3",)),)))
        found = customer_history.history(conn, sights, cid, limit=50)
        assert len(found.deeds) == 23
        assert found.examined is None
        assert {deed.outcome for deed in found.deeds} == {CustomerOutcome.PLANNED}


def test_a_moment_is_found_by_halving(db: Database) -> None:
    with db.engine.begin() as conn:
        key, at = table.c.id, table.c.created_at
        assert first_at(conn, key, at, BEGAN) == 1, "in an empty table"
        fill(conn, 50)
        for minute in range(-1, 52):
            moment = BEGAN + timedelta(minutes=minute)
            later = conn.execute(
                table.select().with_only_columns(key).where(at >= moment).order_by(key).limit(1)
            )
            expected = later.scalar_one_or_none()
            assert first_at(conn, key, at, moment) == (expected or 51)


@pytest.mark.parametrize("clusters", [None, ["fiji1"]])
def test_the_record_of_a_period(db: Database, clusters: list[str] | None) -> None:
    with db.engine.begin() as conn:
        for _ in range(3):
            append(conn, Event.SENT, cluster="fiji1")
            append(conn, Event.SENT, cluster="evian3")
        seal(conn)
        times = conn.execute(audit_log.select().with_only_columns(audit_log.c.at)).scalars().all()
        low, high = span(conn, Period())
        assert (low, high) == (1, 7)
        found = list(read(conn, low, high, clusters))
        assert [row.seq for row in found] == ([1, 3, 5] if clusters else [1, 2, 3, 4, 5, 6])
        later = Period(since=max(times) + timedelta(seconds=1))
        assert list(read(conn, *span(conn, later))) == []
        earlier = Period(until=min(times))
        assert list(read(conn, *span(conn, earlier))) == []
