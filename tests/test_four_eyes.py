"""Any course of clicks, rights, times and freezes: nothing is ready to be sent without what it needs then.

The measure is a plain model beside the real use cases: who confirmed, who approved what, who may do what now.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr
from sqlalchemy import event, select, update

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.config import Approvals, Arrival, BearerToken, Cluster, Resend, Schedule
from bot.errors import NotAllowed, SetActionError
from bot.freezes import Dated
from bot.parsing import Request
from bot.policy import Account, Policy, Right, Rule
from bot.runner.sender import READY_S
from bot.service.approving import Approving
from bot.service.cards import Press
from bot.service.decisions import Decisions
from bot.service.gate import Gate
from bot.service.people import People
from bot.service.proposals import Bounds, Proposals
from bot.service.starts import Starts, start_due
from bot.service.summons import Summons, summon_due
from bot.service.timing import Timing
from bot.service.waits import Waits
from store import chunks, jobs, schedules
from store.clock import EPOCH
from store.database import Database
from store.holds import Hold
from store.model import Job, JobState, Operator
from store.tables import jobs as job_table
from tests.effort import courses
from tests.migrated import copied

P = ParamSpec("P")
T = TypeVar("T")

KEY = "evian3"
START = datetime(2026, 11, 25, tzinfo=EPOCH.tzinfo)
RIGHTS = (Right.REQUEST, Right.APPROVE, Right.ADMIN)
GROUPS = {right: f"S0{right.upper()}" for right in RIGHTS}
ASTER, BIRCH = Operator("", "T0HOME", "U0ASTER"), Operator("", "T0HOME", "U0BIRCH")
CEDAR, BIRCH_TOO = Operator("E0", "T0HOME", "U0CEDAR"), Operator("E0", "T0OTHER", "U0TWIN")
ASTER_TOO = Operator("E0", "T0OTHER", "U0ASTER")
PEOPLE = (ASTER, BIRCH, CEDAR, BIRCH_TOO, ASTER_TOO)
HUMAN = {ASTER: "aster", ASTER_TOO: "aster", BIRCH: "birch", BIRCH_TOO: "birch", CEDAR: "cedar"}
GRID = {"aster": "W0ASTER", "birch": "W0BIRCH", "cedar": None}
WHO = st.sampled_from(PEOPLE)
ANY = st.integers(0, 10**4)
FREEZES = st.sampled_from([[], [(0, 300)], [(100, 400)], [(0, 100), (150, 400)]])
SELDOM = st.sampled_from([False, False, False, True])
OVER = (JobState.CANCELLED, JobState.DENIED, JobState.EXPIRED, JobState.RUNNING)
ENDED = (JobState.CANCELLED, JobState.DENIED, JobState.EXPIRED)


class Slack:
    """What Slack says of people: groups, ids, clocks. Now and then it says nothing."""

    def __init__(self) -> None:
        self.holders = {right: {"U0ASTER", "U0BIRCH", "U0CEDAR", "U0TWIN"} for right in RIGHTS}
        self.silent = False

    async def account_of(self, operator: Operator) -> Account:
        return Account.MEMBER

    async def groups_of(self, operator: Operator) -> frozenset[str]:
        self.answer()
        return frozenset(GROUPS[right] for right in RIGHTS if operator.user_id in self.holders[right])

    async def ids_of(self, operator: Operator) -> frozenset[str]:
        self.answer()
        return frozenset(filter(None, (operator.user_id, GRID[HUMAN[operator]])))

    async def zone_of(self, operator: Operator) -> str | None:
        return "UTC"

    async def closed(self, channel: str) -> str | None:
        return None

    async def absent(self, *_: object) -> list[str]:
        return []

    def answer(self) -> None:
        if self.silent:
            raise NotAllowed("Slack does not answer.")

    def may(self, right: Right, operator: Operator) -> bool:
        return operator.user_id in self.holders[right]


@dataclass
class Paper:
    """What the model knows of one job: who confirmed it, what was approved, what was let pass."""

    uuid: UUID
    asker: Operator
    confirmed: bool = False
    approved: dict[str, tuple[Operator, str | None, datetime | None]] = field(default_factory=dict)
    passes: dict[Hold, tuple[Operator, datetime | None]] = field(default_factory=dict)
    ready_at: datetime | None = None


class Inline(Database):
    """Every transaction at once, by the test's own clock."""

    def __init__(self, url: str, seconds: Callable[[], float]) -> None:
        super().__init__(url)
        self.short = self

        def prepare(connection: Any, _record: object) -> None:
            connection.create_function("julianday", 1, lambda _: 2_440_587.5 + seconds() / 86_400)
            connection.execute("PRAGMA synchronous = OFF")

        event.listen(self.engine, "connect", prepare)

    async def write(self, work: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._units.done({}, lambda conn: work(conn, *args, **kwargs))[0]

    async def read(self, work: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._units.done({"read_only": True}, lambda conn: work(conn, *args, **kwargs))[0]


class Course(RuleBasedStateMachine):
    """People who click anything at any time, an administration that takes rights away, a clock."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        copied(path)
        self.now = START
        self.slack = Slack()
        self.papers: list[Paper] = []
        self.seen: dict[UUID, Job] = {}  # after the last step
        self.loop = asyncio.new_event_loop()
        self.db = Inline(f"sqlite:///{path}", self.seconds)
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        self.db.close()
        self.loop.close()

    @initialize(needed=st.integers(0, 2), freeze=FREEZES)
    def a_bot(self, needed: int, freeze: list[tuple[int, int]]) -> None:
        self.needed = needed
        self.freezes = tuple(
            Dated(START + timedelta(seconds=begin), START + timedelta(seconds=begin + lasts), "why")
            for begin, lasts in freeze
        )
        cluster = Cluster(
            key=KEY,
            name="Evian 3",
            base_url="https://cluster.example",
            credential=BearerToken(SecretStr("unused")),
            timeout_s=4,
            settle_s=8,
            resend_unknown=Resend.ASK,
            chunk_size=9,
            concurrency=1,
            max_customers=9,
            preview_s=0,
            arrival=Arrival(),
            announce_channel=None,
            approvals=needed,
            freezes=self.freezes,
        )
        policy = Policy(tuple(Rule((GROUPS[right],), (right,), ("*",), ("*",)) for right in RIGHTS))
        people, clusters = People(policy, self.slack, self.slack), {KEY: cluster}
        gate = Gate(policy, clusters, Approvals(expire_after_s=600, remind_after_s=(60,)))
        waits = Waits(self.db, self.slack, gate, 3_600)
        self.proposals = Proposals(
            self.db, people, Catalogue(DEFAULT_ACTIONS), clusters, waits, self.slack, Bounds(900.0)
        )
        self.decisions = Decisions(self.db, people, clusters, gate)
        self.approving = Approving(self.db, people, self.slack, gate)
        self.timing = Timing(self.db, people, gate, waits)
        self.summons = Summons(self.db, gate, self.slack)
        self.starts = Starts(self.db, people, gate, Schedule(late_s=300))
        for who, ahead in ((ASTER, 0), (BIRCH, 200)):
            self.propose(who, ahead, left_open=False)

    # -- people ----------------------------------------------------------------------------------------

    @precondition(lambda self: sum(job.state not in OVER for job in self.seen.values()) < 3)
    @rule(who=WHO, ahead=st.sampled_from([0, 0, 30, 200]), left_open=SELDOM)
    def propose(self, who: Operator, ahead: int, left_open: bool) -> None:
        number = next(self.numbers)
        action = next(iter(DEFAULT_ACTIONS))
        request = Request(action, KEY, (f"cid-{number}",), 0, None, self.at(ahead))
        asked = self.proposals.propose(
            who, request, proposal_id=UUID(int=number), request_key=str(number), channel_id="C0OPS"
        )
        if self.does(asked):
            self.papers.append(Paper(UUID(int=number), who))
            self.look()
            if not left_open:
                self.confirm(1, None)

    @precondition(lambda self: self.has(JobState.PROPOSED))
    @rule(number=ANY, who=st.none() | WHO)
    def confirm(self, number: int, who: Operator | None) -> None:
        paper, job = self.pick(number, JobState.PROPOSED)
        who = who or paper.asker
        may = self.slack.may(Right.REQUEST, who)
        if self.does(self.decisions.confirm(self.press(who, job, job.digest))):
            assert who == paper.asker
            assert may
            paper.confirmed = True

    @precondition(lambda self: self.has(JobState.AWAITING))
    @rule(number=ANY, who=WHO, stale=SELDOM)
    def approve(self, number: int, who: Operator, stale: bool) -> None:
        paper, job = self.pick(number, JobState.AWAITING)
        shown = "0000000000000000-0" if stale else job.shown
        may = self.slack.may(Right.APPROVE, who)
        if self.does(self.approving.approve(self.press(who, job, shown))):
            assert HUMAN[who] != HUMAN[paper.asker], "a person approved what the same person asked for"
            assert may
            assert not stale
            assert HUMAN[who] not in self.standing(paper, job), "one person counted twice"
            paper.approved[HUMAN[who]] = (who, job.digest, job.start_at)

    @precondition(lambda self: self.has(JobState.AWAITING))
    @rule(number=ANY, asked_again=SELDOM)
    def everybody_approves(self, number: int, asked_again: bool) -> None:
        for who in PEOPLE:
            self.approve(number - number % 4 + 1, who, stale=False)
            self.look()
        if not asked_again:
            self.the_bot_looks()

    @rule(
        number=ANY,
        who=WHO,
        end=st.sampled_from(["deny", "withdraw"]),
        sure=st.sampled_from([False, False, True]),
    )
    def end(self, number: int, who: Operator, end: str, sure: bool) -> None:
        paper, job = self.pick(number, JobState.AWAITING)
        if not sure:
            return
        if end == "deny" and self.does(self.approving.deny(who, job.uuid, "no")):
            assert self.slack.may(Right.APPROVE, who)
            assert HUMAN[who] != HUMAN[paper.asker]
        elif end == "withdraw" and self.does(self.timing.withdraw(who, job.uuid)):
            allowed = self.slack.may(Right.APPROVE, who) or self.slack.may(Right.ADMIN, who)
            assert allowed or who == paper.asker

    @precondition(lambda self: self.has(JobState.SCHEDULED))
    @rule(number=ANY, who=st.none() | WHO, ahead=st.sampled_from([0, 20, 200, 400]))
    def retime(self, number: int, who: Operator | None, ahead: int) -> None:
        paper, job = self.pick(number, JobState.SCHEDULED)
        if self.does(self.timing.retime(who or paper.asker, job.uuid, self.at(ahead))):
            assert who in (None, paper.asker)

    @precondition(lambda self: self.has(JobState.SCHEDULED))
    @rule(number=ANY, who=WHO)
    def override(self, number: int, who: Operator) -> None:
        paper, _ = self.pick(number, JobState.SCHEDULED)
        self.pass_by(paper, who)

    def pass_by(self, paper: Paper, who: Operator) -> None:
        job = self.seen[paper.uuid]
        if self.does(self.timing.override(who, job.uuid, "must be")):
            assert self.slack.may(Right.ADMIN, who)
            assert job.hold is not None
            paper.passes[job.hold] = (who, self.frozen_until(max(job.start_at or self.now, self.now)))

    @precondition(lambda self: any(job.hold for job in self.seen.values()))
    @rule(number=ANY, who=WHO, looks=st.booleans())
    def override_what_is_held(self, number: int, who: Operator, looks: bool) -> None:
        held = [uuid for uuid, job in self.seen.items() if job.hold and job.state is JobState.SCHEDULED]
        papers = [paper for paper in self.papers if paper.uuid in held]
        if papers:
            self.pass_by(papers[number % len(papers)], who)
        if looks:
            self.the_bot_looks()

    # -- what happens to them ---------------------------------------------------------------------------

    @rule(right=st.sampled_from(RIGHTS), who=WHO)
    def a_right_goes(self, right: Right, who: Operator) -> None:
        self.slack.holders[right] -= {who.user_id}

    @rule()
    def rights_come_back_and_slack_answers(self) -> None:
        self.slack.silent = False
        for people in self.slack.holders.values():
            people.update(who.user_id for who in PEOPLE)

    @rule(sure=SELDOM)
    def slack_falls_silent(self, sure: bool) -> None:
        self.slack.silent = sure

    @precondition(lambda self: self.has(JobState.SCHEDULED))
    @rule(number=ANY, what=st.sampled_from(["list", "time", *RIGHTS]), who=WHO, wait=st.booleans())
    def something_changes_before_it_is_due(self, number: int, what: str, who: Operator, wait: bool) -> None:
        """A right, a time, the list: no button does that, and no approval must cover it all the same."""
        paper, job = self.pick(number - number % 4 + 1, JobState.SCHEDULED)
        if what == "list":
            self.change(job, digest=f"{number:016d}")
        elif what == "time":
            self.does(self.timing.retime(paper.asker, job.uuid, None))
        else:
            self.take_away(Right(what), paper, who)
        due_at = self.look()[paper.uuid].due_at
        if wait and due_at:
            self.now = max(self.now, due_at)
        self.the_bot_looks()

    def take_away(self, right: Right, paper: Paper, who: Operator) -> None:
        """From somebody whose right this job rests on, if there is one; else from anybody."""
        bearers = {
            Right.REQUEST: [paper.asker],
            Right.APPROVE: [one for one, _, _ in paper.approved.values()],
            Right.ADMIN: [one for one, _ in paper.passes.values()],
        }[right]
        self.slack.holders[right] -= {bearers[0].user_id if bearers else who.user_id}

    @rule(seconds=st.sampled_from([1, 20, READY_S + 1, 250, 700]), looks=st.booleans())
    def time_passes(self, seconds: float, looks: bool) -> None:
        self.now += timedelta(seconds=seconds)
        if looks:
            self.the_bot_looks()

    @rule()
    def the_bot_looks(self) -> None:
        self.run(summon_due(self.db, partial(always, self.summons)))
        before = {uuid: job.state for uuid, job in self.look().items()}
        self.run(start_due(self.db, partial(always, self.starts)))
        found = self.look()
        for paper in self.papers:
            job = found[paper.uuid]
            if before[paper.uuid] is JobState.SCHEDULED and job.state is JobState.CONFIRMED:
                paper.ready_at = self.now
                assert self.missing(paper, job) is None
            elif job.state is JobState.SCHEDULED and job.due_at and job.due_at <= self.now:
                raise AssertionError("due, and neither started nor held")

    @rule()
    def the_runner_takes_what_is_ready(self) -> None:
        def take(conn: Any) -> list[Job]:
            ready = chunks.confirmed(conn, KEY)
            if ready and schedules.look_again(conn, KEY, READY_S):
                ready = chunks.confirmed(conn, KEY)
            return [job for job in ready if chunks.cut(conn, job, 9)]

        for job in self.run(self.db.write(take)):
            paper = next(paper for paper in self.papers if paper.uuid == job.uuid)
            assert paper.confirmed, "sent, and nobody confirmed it"
            assert paper.ready_at is not None, "sent, and its rights were never looked at"
            assert self.now - paper.ready_at <= timedelta(seconds=READY_S)

    @invariant()
    def only_what_may_be_sent_is_ready(self) -> None:
        found = self.look()
        for paper in self.papers:
            job = found[paper.uuid]
            if job.state is JobState.CONFIRMED and paper.ready_at is None:
                # At its confirmation, which is now: no step goes by without a look.
                paper.ready_at = self.now
                assert self.missing(paper, job) is None
                assert not self.needed
            if job.state is not JobState.CONFIRMED and job.state in (*schedules.WAITING, *ENDED):
                paper.ready_at = None

    def missing(self, paper: Paper, job: Job) -> str | None:
        """What the job has not got that it needs at this moment."""
        passes = {
            hold: until
            for hold, (who, until) in paper.passes.items()
            if self.slack.may(Right.ADMIN, who)
            and (until is None or until > self.now or hold is not Hold.FREEZE)
        }
        good = {
            human for human, who in self.standing(paper, job).items() if self.slack.may(Right.APPROVE, who)
        }
        if not paper.confirmed:
            return "a confirmation"
        if not self.slack.may(Right.REQUEST, paper.asker) and Hold.RIGHTS not in passes:
            return "the right to ask"
        if len(good - {HUMAN[paper.asker]}) < self.needed:
            return "approvals"
        if job.start_at and job.start_at > self.now:
            return "its time"
        return "a thaw" if self.frozen_until(self.now) and Hold.FREEZE not in passes else None

    def standing(self, paper: Paper, job: Job) -> dict[str, Operator]:
        """Who approved just this, to start no earlier."""
        return {
            human: who
            for human, (who, digest, start_at) in paper.approved.items()
            if digest == job.digest and (start_at is None or (job.start_at and job.start_at >= start_at))
        }

    # -- hands -----------------------------------------------------------------------------------------

    def frozen_until(self, at: datetime) -> datetime | None:
        """By the plainest reading of the windows; those that meet are one."""
        until = at
        while later := [w.ends for w in self.freezes if w.begins <= until < w.ends]:
            until = max(later)
        return until if until > at else None

    def seconds(self) -> float:
        return (self.now - EPOCH).total_seconds()

    def has(self, *states: JobState) -> bool:
        return any(job.state in states for job in self.seen.values())

    def at(self, ahead: int) -> datetime | None:
        return self.now + timedelta(seconds=ahead) if ahead else None

    def run(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        return self.loop.run_until_complete(done())

    def does(self, work: Awaitable[object]) -> bool:
        """Whether it was done; refused it is when it raises what is meant for the person."""
        try:
            return self.run(work) is not None
        except SetActionError:
            return False

    def pick(self, number: int, ready: JobState) -> tuple[Paper, Job]:
        """Three times in four a job in this state, if there is one; else any."""
        fitting = [paper for paper in self.papers if self.seen[paper.uuid].state is ready]
        among = fitting if fitting and number % 4 else self.papers
        paper = among[number // 4 % len(among)]
        return paper, self.seen[paper.uuid]

    def press(self, who: Operator, job: Job, shown: str | None) -> Press:
        return Press(who, job.uuid, "C0OPS", "1.0", shown)

    def look(self) -> dict[UUID, Job]:
        """Every job as it is now."""

        def read(conn: Any) -> dict[UUID, Job]:
            return {(job := jobs.as_job(row)).uuid: job for row in conn.execute(select(*jobs.COLUMNS))}

        self.seen = self.run(self.db.read(read))
        return self.seen

    def change(self, job: Job, **values: object) -> None:
        def work(conn: Any) -> None:
            conn.execute(update(job_table).where(job_table.c.id == job.id).values(**values))

        self.run(self.db.write(work))


async def always(found: T, _: Operator) -> T:
    """There is one workspace only."""
    return found


def test_nothing_is_sent_without_the_rights_and_approvals_of_that_moment(tmp_path: Path) -> None:
    numbers = itertools.count()

    class OnACopy(Course):
        def __init__(self) -> None:
            super().__init__(tmp_path / f"{next(numbers)}.sqlite3")

    run_state_machine_as_test(OnACopy, settings=courses(few=8, steps=60))


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """A course whose steps the test decides."""
    played = Course(tmp_path / "course.sqlite3")
    yield played
    played.teardown()


def held(course: Course, paper: Paper) -> Hold | None:
    """What holds a job back now, which the model agrees with."""
    course.only_what_may_be_sent_is_ready()
    job = course.seen[paper.uuid]
    assert job.state is JobState.SCHEDULED
    return job.hold


def test_an_override_of_one_freeze_is_none_of_the_next(course: Course) -> None:
    course.a_bot(0, [(0, 100), (150, 400)])
    paper = course.papers[0]
    course.look()
    course.pass_by(paper, CEDAR)
    course.slack.silent = True
    course.the_bot_looks()
    assert held(course, paper) is Hold.UNREADABLE
    course.slack.silent = False
    course.now += timedelta(seconds=200)
    course.the_bot_looks()
    assert held(course, paper) is Hold.FREEZE
    course.now += timedelta(seconds=400)
    course.the_bot_looks()
    assert course.seen[paper.uuid].state is JobState.CONFIRMED


def test_an_override_for_a_missing_right_is_none_of_a_freeze(course: Course) -> None:
    course.a_bot(0, [(100, 400)])
    course.propose(CEDAR, 30, left_open=False)
    paper = course.papers[-1]
    course.slack.holders[Right.REQUEST] -= {CEDAR.user_id}
    course.now += timedelta(seconds=30)
    course.the_bot_looks()
    assert held(course, paper) is Hold.RIGHTS
    course.pass_by(paper, BIRCH)
    course.slack.silent = True
    course.the_bot_looks()
    course.slack.silent = False
    course.now += timedelta(seconds=120)
    course.the_bot_looks()
    assert held(course, paper) is Hold.FREEZE
