"""Any interleaving of operators, processes, answers, reads and time: nothing lost, nothing sent twice."""

import asyncio
import itertools
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import structlog
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.catalogue import DEFAULT_ACTIONS
from bot.cluster import Cause, Outcome
from bot.config import Resend
from bot.errors import NotAllowed, SetActionError
from bot.parsing import Request
from bot.service.cards import Press
from store import customers
from store.model import CustomerOutcome, Job, JobState, Operator
from tests.effort import courses
from tests.interleavings.cards import Card, Click
from tests.interleavings.cluster import CODE, ELSEWHERE, OUTCOMES, SETTLE_S, THERE, TIMEOUT_S, Record, answer
from tests.interleavings.looking import CARDS, Sight, check_job, look
from tests.interleavings.process import CARD_EXPIRES_S, KEY, Members, Process, configured
from tests.interleavings.stepping import Gates, SteppedLoop
from tests.migrated import copied

T = TypeVar("T")

ACTION = next(action for action in DEFAULT_ACTIONS if action.code == CODE)
PEOPLE = (Operator("", "T0HOME", "U0ASTER"), Operator("", "T0HOME", "U0BIRCH"))
ANY = st.integers(0, 10**4)
SOME = st.lists(st.booleans(), min_size=3, max_size=3)
MOSTLY = st.sampled_from([True, True, True, False])
# How far everybody gets before the next thing happens: until all rest, or only so many steps, and whose.
PACE = st.one_of(st.none(), st.none(), st.lists(st.integers(0, 9), max_size=9))
CAUSES = st.sampled_from([cause for cause in Cause if cause is not Cause.NOT_SENT])
ENDED = (JobState.DONE, JobState.CANCELLED, JobState.EXPIRED)
FINAL = (
    CustomerOutcome.ACCEPTED,
    CustomerOutcome.REFUSED,
    CustomerOutcome.ARRIVED,
    CustomerOutcome.CANCELLED,
)
ONWARD = (CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED)
LONGEST_REST = 40  # looks at the clock, each twice as far off as the last, up to a minute


class Course(RuleBasedStateMachine):
    """Everything that can happen to one cluster's jobs, one thing at a time and in any order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        copied(path)
        self.url = f"sqlite:///{path}"
        self.loop = SteppedLoop()
        self.gates = Gates(self.loop)
        self.members = Members({operator.user_id for operator in PEOPLE})
        self.cards: list[Card] = []
        self.processes: list[Process] = []
        self.asked: list[tuple[asyncio.Task[Job], bool]] = []
        self.proposing: list[tuple[asyncio.Task[Job | None], Card, bool]] = []
        self.numbers = itertools.count()
        self.sight: Sight | None = None
        self.watching = structlog.testing.capture_logs()
        self.logs = self.watching.__enter__()

    def teardown(self) -> None:
        try:
            if sys.exception() is None and self.processes:
                self.everything_comes_to_rest()
                self.nothing_is_wrong()
        finally:
            self.watching.__exit__(None, None, None)
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.run_forever()
            for process in self.processes:
                process.db.close()
            self.loop.close()

    @property
    def process(self) -> Process:
        return self.processes[-1]

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return self.loop.create_task(work)

    # -- beginnings ------------------------------------------------------------------------------------

    @initialize(
        concurrency=st.integers(1, 2),
        size=st.integers(1, 2),
        resend=st.sampled_from(Resend),
        watch=MOSTLY,
        counts=st.lists(st.integers(1, 3), min_size=2, max_size=2),
    )
    def a_bot_with_jobs(
        self, concurrency: int, size: int, resend: Resend, watch: bool, counts: list[int]
    ) -> None:
        self.cluster = configured(chunk_size=size, concurrency=concurrency, resend=resend, watch=watch)
        self.record = Record(self.loop, concurrency)
        self.start()
        for count in counts:
            self.propose(0, count, allowed=True, pace=None)
            self.nothing_is_wrong()
            self.decide(1, JobState.CONFIRMED, owner=True, allowed=True, pace=None)

    def start(self) -> None:
        self.processes.append(Process(self.gates, self.url, self.cluster, self.record, self.members))

    # -- operators -------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.cards) < 4)
    @rule(who=st.integers(0, 1), count=st.integers(1, 3), allowed=MOSTLY, pace=PACE)
    def propose(self, who: int, count: int, allowed: bool, pace: list[int] | None) -> None:
        number = next(self.numbers)
        cids = tuple(f"cid-{number}-{i}" for i in range(count))
        expires = self.loop.now + CARD_EXPIRES_S
        card = Card(UUID(int=number + 1), f"request-{number}", PEOPLE[who], cids, expires)
        self.cards.append(card)
        self.set_right(card.owner, allowed)
        self.send_command(card)
        self.gates.run(pace)

    @precondition(lambda self: len(self.cards) > 2)
    @rule(number=ANY, pace=PACE)
    def deliver_the_command_again(self, number: int, pace: list[int] | None) -> None:
        self.send_command(_pick([card for card in self.cards if not card.again], number))
        self.gates.run(pace)

    def send_command(self, card: Card) -> None:
        request = Request(ACTION, KEY, card.cids, 0, None)
        work = self.process.proposals.propose(
            card.owner, request, proposal_id=card.uuid, request_key=card.request_key, channel_id="C0OPS"
        )
        card.expires = card.expires if card.kept else self.loop.now + CARD_EXPIRES_S
        self.proposing.append((self.begin(work), card, card.owner.user_id in self.members.of))

    @precondition(lambda self: any(card.kept for card in self.cards))
    @rule(
        number=ANY,
        end=st.sampled_from([JobState.CONFIRMED, JobState.CONFIRMED, JobState.CANCELLED]),
        owner=MOSTLY,
        allowed=MOSTLY,
        pace=PACE,
    )
    def decide(self, number: int, end: JobState, owner: bool, allowed: bool, pace: list[int] | None) -> None:
        kept = [card for card in self.cards if card.kept]
        undecided = [card for card in kept if card.state is JobState.PROPOSED]
        card = _pick(undecided if undecided and number % 4 else kept, number // 4)
        operator = _by(card, owner)
        self.set_right(operator, allowed)
        decide = (
            self.process.decisions.confirm if end is JobState.CONFIRMED else self.process.decisions.cancel
        )
        welcome: bool | None = owner and (end is JobState.CANCELLED or allowed)
        if card.again and welcome and end is JobState.CONFIRMED:
            welcome = None  # the job it comes from may have moved on
        digest = self.sight.jobs[card.uuid.hex].digest if self.sight else None
        task = self.begin(decide(Press(operator, card.uuid, "C0OPS", "1.0", digest)))
        card.clicks.append(Click(end, task, owner, welcome))
        self.gates.run(pace)

    def set_right(self, operator: Operator, allowed: bool) -> None:
        """Into or out of the group; what is under way may still see either."""
        if allowed == (operator.user_id in self.members.of):
            return
        self.members.of ^= {operator.user_id}
        self.proposing = [(task, card, may and card.owner != operator) for task, card, may in self.proposing]
        for click in (click for card in self.cards for click in card.clicks):
            click.welcome = None if click.end is JobState.CONFIRMED and click.owned else click.welcome

    @precondition(lambda self: self.unknown())
    @rule(number=ANY, again=st.booleans(), owner=MOSTLY, pace=PACE)
    def press_under_the_unknown(self, number: int, again: bool, owner: bool, pace: list[int] | None) -> None:
        card = _pick(self.unknown(), number)
        self.set_right(card.owner, True)
        press = self.process.unknowns.check_again if again else self.process.unknowns.send_rest
        self.asked.append((self.begin(press(_by(card, owner), card.uuid)), owner))
        self.gates.run(pace)

    @precondition(lambda self: self.unknown())
    @rule(number=ANY, seconds=st.sampled_from([0.1, SETTLE_S / 4, SETTLE_S, SETTLE_S]), pace=PACE)
    def see_the_unknown_through(self, number: int, seconds: float, pace: list[int] | None) -> None:
        """Whatever is in flight times out; the owner has a read, which shows nobody, and sends the rest."""
        card, unknowns = _pick(self.unknown(), number), self.process.unknowns
        self.set_right(card.owner, True)
        for pause in (TIMEOUT_S, TIMEOUT_S, TIMEOUT_S, seconds):
            self.loop.now += pause
            self.gates.run()
        self.asked.append((self.begin(unknowns.check_again(card.owner, card.uuid)), True))
        self.gates.run()
        for read in self.record.open_reads():
            read.told.set_result({})
        self.gates.run()
        self.asked.append((self.begin(unknowns.send_rest(card.owner, card.uuid)), True))
        self.gates.run(pace)

    @precondition(lambda self: self.given_up())
    @rule(number=ANY, owner=MOSTLY, pace=PACE)
    def watch_those_again_that_have_not_arrived(
        self, number: int, owner: bool, pace: list[int] | None
    ) -> None:
        card = _pick(self.given_up(), number)
        press = self.process.watching.watch_again(_by(card, owner), card.uuid)
        self.asked.append((self.begin(press), owner))
        self.gates.run(pace)

    @precondition(lambda self: self.awaited())
    @rule(pace=PACE)
    def nobody_arrives_until_it_is_given_up(self, pace: list[int] | None) -> None:
        for _ in range(4):
            self.loop.now += 31.0
            self.gates.run()
            for read in self.record.open_reads():
                read.told.set_result(dict.fromkeys(read.asked or (), ELSEWHERE))
        self.gates.run(pace)

    def given_up(self) -> list[Card]:
        """The cards of jobs that have ended without all who were accepted having arrived."""
        found = self.sight.jobs if self.sight else {}
        return [
            card
            for card in self.cards
            if (job := found.get(card.uuid.hex)) and job.state is JobState.DONE and job.to_arrive
        ]

    def awaited(self) -> bool:
        """Whether somebody is awaited."""
        return self.sight is not None and any(job.watch_at for job in self.sight.jobs.values())

    @precondition(lambda self: any(card.state is JobState.CONFIRMED for card in self.cards))
    @rule(number=ANY, owner=MOSTLY, pace=PACE)
    def stop(self, number: int, owner: bool, pace: list[int] | None) -> None:
        """Also of a job that has ended, or was stopped before."""
        card = _pick([card for card in self.cards if card.state is JobState.CONFIRMED], number)
        self.asked.append((self.begin(self.process.stopping.stop(_by(card, owner), card.uuid)), owner))
        self.gates.run(pace)

    @precondition(lambda self: self.unknown() and len(self.cards) < 6)
    @rule(number=ANY, owner=MOSTLY)
    def send_the_unknown_in_a_new_job(self, number: int, owner: bool) -> None:
        """A card, to be confirmed as any other; or a refusal, because it is too early or not theirs."""
        card, key = _pick(self.unknown(), number), f"again-{next(self.numbers)}"
        self.set_right(card.owner, True)
        again = self.process.again.propose(
            _by(card, owner), card.uuid, CustomerOutcome.UNKNOWN, request_key=key
        )
        task = self.begin(again)
        self.gates.run()
        if error := task.exception():
            assert isinstance(error, SetActionError), error
            return
        assert owner, "a click that was nobody's right"
        job = task.result()
        assert job
        with self.process.db.engine.connect() as conn:
            cids = tuple(customers.first(conn, job.id, job.total))
        expires = self.loop.now + CARD_EXPIRES_S
        self.cards.append(Card(job.uuid, key, card.owner, cids, expires, kept=True, again=True))

    def unknown(self) -> list[Card]:
        """The cards of jobs of which something is unknown."""
        found = self.sight.jobs if self.sight else {}
        return [card for card in self.cards if (job := found.get(card.uuid.hex)) and job.unknown]

    # -- the cluster, time, processes --------------------------------------------------------------------

    @precondition(lambda self: self.record.open_posts())
    @rule(number=ANY, cause=CAUSES, which=SOME, pace=PACE)
    def answer_a_post(self, number: int, cause: Cause, which: list[bool], pace: list[int] | None) -> None:
        post = _pick(self.record.open_posts(), number)
        named = tuple(cid for cid, taken in zip(post.cids, which, strict=False) if taken)
        culprits = named if cause is Cause.UNKNOWN_CUSTOMERS else ()
        post.told.set_result(answer(cause, culprits, 3.0 if cause is Cause.RATE_LIMITED else None))
        self.gates.run(pace)

    @precondition(lambda self: self.record.open_posts())
    @rule(number=ANY, cause=st.sampled_from([c for c, o in OUTCOMES.items() if o is Outcome.UNKNOWN]))
    def lose_a_post(self, number: int, cause: Cause) -> None:
        self.answer_a_post(number, cause, [], None)

    @precondition(lambda self: self.record.open_reads())
    @rule(number=ANY, there=SOME, elsewhere=SOME, pace=PACE)
    def answer_a_read(
        self, number: int, there: list[bool], elsewhere: list[bool], pace: list[int] | None
    ) -> None:
        read = _pick(self.record.open_reads(), number)
        pairs = zip(read.asked or (), itertools.cycle(there), itertools.cycle(elsewhere), strict=False)
        read.told.set_result(
            {cid: THERE if is_there else ELSEWHERE for cid, is_there, known in pairs if known}
        )
        self.gates.run(pace)

    @rule(seconds=st.sampled_from([0.3, 1.0, 2.5, 4.5, SETTLE_S, 31.0]), pace=PACE)
    def time_passes(self, seconds: float, pace: list[int] | None) -> None:
        self.loop.now += seconds
        self.gates.run(pace)

    @rule(picks=st.lists(st.integers(0, 9), max_size=9))
    def go_on_a_little(self, picks: list[int]) -> None:
        self.gates.run(picks)

    @precondition(lambda self: len(self.processes) < 4)
    @rule(pace=PACE)
    def the_process_dies_and_another_takes_over(self, pace: list[int] | None) -> None:
        self.process.gate.open = self.process.turns.held = False
        self.disturb()
        self.start()
        self.gates.run(pace)

    @precondition(lambda self: len(self.processes) > 1)
    @rule(number=ANY, pace=PACE)
    def a_dead_one_was_only_frozen(self, number: int, pace: list[int] | None) -> None:
        """It goes on where it was, without its turn, and then no more."""
        gate = _pick(self.processes[:-1], number).gate
        gate.open = True
        self.gates.run(pace)
        gate.open = False
        self.disturb()

    def disturb(self) -> None:
        """What is not written down by now, another process may have called lost."""
        for post in self.record.posts:
            post.disturbed = post.disturbed or not post.recorded

    def everything_comes_to_rest(self) -> None:
        """The cluster accepts and shows whoever it is asked for; everything ends, and soon."""
        seconds = 1.0
        for _ in range(LONGEST_REST):
            self.gates.run()
            waiting = [post for post in self.record.open_posts() if post.sender is self.process.gate]
            for post in waiting:
                post.told.set_result(answer(Cause.ACCEPTED))
            reads = self.record.open_reads()
            for read in reads:
                read.told.set_result(dict.fromkeys(read.asked or (), THERE))
            if waiting or reads:
                continue
            if all(job.state in ENDED for job in self.now().jobs.values()):
                break
            self.loop.now += seconds
            seconds = min(seconds * 2, 60.0)
        sight = self.now()
        assert [job for job in sight.jobs.values() if job.state not in ENDED] == []

    # -- what must hold ----------------------------------------------------------------------------------

    def now(self) -> Sight:
        with self.process.db.engine.connect() as conn:
            return look(conn)

    @invariant()
    def nothing_is_wrong(self) -> None:
        if not self.processes:
            return
        assert self.record.faults == [], self.record.history()
        assert [entry for entry in self.logs if entry["log_level"] in ("error", "critical")] == []
        before, self.sight = self.sight, self.now()
        self.note_what_is_written_down()
        self.hear(self.sight)
        shared = {cid for card in self.cards if card.again for cid in card.cids}
        for card in self.cards:
            if card.kept:
                found = self.sight.jobs[card.uuid.hex].state
                card.is_now(found if found in CARDS else JobState.CONFIRMED, self.loop.now)
                check_job(self.sight, card.uuid.hex, card.cids)
            for cid in card.cids if card.kept else ():
                key = card.uuid.hex, cid
                outcome, was = self.sight.customers[key], before and before.customers.get(key)
                stopped = self.sight.jobs[card.uuid.hex].stopped_at is not None
                if cid not in shared:
                    assert outcome in self.record.may_be(cid, stopped=stopped), cid
                assert was not in FINAL or outcome is was or (was, outcome) == ONWARD
            if card.state is not JobState.CONFIRMED:
                assert not any(list(self.record.about(cid)) for cid in card.cids if cid not in shared)

    def note_what_is_written_down(self) -> None:
        """Of the process whose turn it is, once it has nothing more to do about an answer."""
        gate = self.process.gate
        if not self.gates.pending(gate):
            for post in self.record.posts:
                post.recorded |= post.ended and post.sender is gate and not post.disturbed

    def hear(self, sight: Sight) -> None:
        """The answers to commands and to the buttons under the unknown."""
        for entry in [entry for entry in self.proposing if entry[0].done()]:
            self.proposing.remove(entry)
            task, card, welcome = entry
            refusal = task.exception()
            assert refusal is None or (isinstance(refusal, NotAllowed) and not welcome)
            assert refusal or card.uuid.hex in sight.jobs
        for card in self.cards:
            card.kept = card.uuid.hex in sight.jobs
        for press in [press for press in self.asked if press[0].done()]:
            self.asked.remove(press)
            refusal = press[0].exception()
            assert refusal is None or isinstance(refusal, SetActionError)
            assert refusal or press[1], "a click that was nobody's right"


def _pick(among: Sequence[T], number: int) -> T:
    return among[number % len(among)]


def _by(card: Card, owner: bool) -> Operator:
    return card.owner if owner else next(person for person in PEOPLE if person != card.owner)


def test_whatever_happens_in_whatever_order(tmp_path: Path) -> None:
    numbers = itertools.count()

    class OnACopy(Course):
        def __init__(self) -> None:
            super().__init__(tmp_path / f"{next(numbers)}.sqlite3")

    run_state_machine_as_test(OnACopy, settings=courses(few=6, steps=40))
