"""The outbox under Slack's published limits, by arithmetic: `python -m tests.bench.outbox_simulation`.

The bot's own pace decides, on a clock of its own; no network, no database. Each job posts its card, the job
id and its outcome, and has its card updated as it is confirmed and as it ends; only the newest state counts.
Measured is the time from an outcome to its message, and to the card that shows it, in one workspace; with
several, each has its share of the jobs and all of Slack's budget.
"""

import argparse
import heapq
import itertools
import random
from collections import defaultdict, deque
from dataclasses import dataclass, field

from bot.outbox.courier import AT_ONCE, LOOKED_AT, SETTLING_S
from bot.outbox.pace import Pace

CALL_S = 0.15  # a call to Slack, as an assumption
DECIDES_S, TAKES_S = 20.0, 15.0  # a person reads the card; the cluster's slower answers
JOBS_PER_OPERATOR = 12 / 3600  # a second, when everybody is busy: one in five minutes
OPERATORS_PER_CHANNEL = 10
MINUTES = 20


@dataclass
class Job:
    """What is still to be said of it."""

    number: int
    channel: str
    words: deque[float] = field(default_factory=deque)  # messages, by when each was due
    changed: float | None = None  # since when its card shows what is not true any more
    ended: float | None = None
    busy: set[str] = field(default_factory=set)


class Workspace:
    """One workspace's outbox, its courier and its clock."""

    def __init__(self, per_second: float, channels: int, seed: int = 1) -> None:
        self.now = 0.0
        self._pace = Pace(lambda: self.now)
        self._order = itertools.count()
        self._events: list[tuple[float, int, str, Job]] = []
        self._waiting: dict[int, Job] = {}
        self._calls = 0
        self._looks_at = 0.0  # when it is woken next, whatever happens
        self.told: dict[str, list[float]] = defaultdict(list)
        chance, at = random.Random(seed), 0.0  # noqa: S311
        for number in itertools.count():
            at += chance.expovariate(per_second)
            if at > MINUTES * 60:
                break
            self._at(at, "asked", Job(number, f"C{chance.randrange(channels)}"))

    def run(self) -> "Workspace":
        """To the last of the jobs' events; what waits then has waited for as long as it has."""
        while self._events and self.now < MINUTES * 60:
            self.now, _, what, job = heapq.heappop(self._events)
            self._happens(what, job)
            wait = self._deliver()
            if wait and not self.now < self._looks_at <= self.now + wait:
                self._looks_at = self.now + max(wait, 0.001)  # rounded away, it would never pass
                self._at(self._looks_at, "look", job)
        for job in self._waiting.values():
            if job.ended and job.words:
                self.told["message"].append(self.now - job.ended)
            if job.ended and job.changed is not None:
                self.told["card"].append(self.now - job.ended)
        return self

    def _at(self, when: float, what: str, job: Job) -> None:
        heapq.heappush(self._events, (when, next(self._order), what, job))

    def _happens(self, what: str, job: Job) -> None:
        match what:
            case "asked":
                self._say(job)
                self._at(self.now + DECIDES_S, "confirmed", job)
            case "confirmed":
                self._say(job)
                self._change(job)
                self._at(self.now + TAKES_S, "ended", job)
            case "ended":
                job.ended = self.now
                self._say(job)
                self._change(job)
            case "message" | "card":
                self._calls -= 1
                job.busy.discard(what)
                if what == "message" and job.ended and not job.words:
                    self.told["message"].append(self.now - job.ended)
                elif what == "card" and job.ended and job.changed is None:
                    self.told["card"].append(self.now - job.ended)
        if not (job.words or job.changed or job.busy):
            self._waiting.pop(job.number, None)

    def _say(self, job: Job) -> None:
        job.words.append(self.now)
        self._waiting[job.number] = job

    def _change(self, job: Job) -> None:
        job.changed = job.changed or self.now
        self._waiting[job.number] = job

    def _deliver(self) -> float | None:
        """As `Courier` does it: messages first, then cards, the one that changed longest ago first."""
        wait: float | None = None
        some = self._waiting.values()
        talking = sorted((job for job in some if job.words), key=lambda job: job.words[0])
        drawing = sorted((job for job in some if job.changed), key=lambda job: job.changed or 0.0)
        due = [*(("message", job) for job in talking), *(("card", job) for job in drawing)]
        for what, job in due[:LOOKED_AT]:
            if self._calls >= AT_ONCE:
                return None
            if what in job.busy:
                continue
            if what == "message":
                pause = self._pace.post(job.channel)
            else:
                pause = self._pace.update(job.number, ended=job.ended is not None)
            if pause:
                wait = pause if wait is None else min(wait, pause)
                continue
            if what == "message":
                job.words.popleft()
            else:
                job.changed = None
            job.busy.add(what)
            self._calls += 1
            self._at(self.now + CALL_S + (SETTLING_S if what == "card" else 0.0), what, job)
        return wait


def row(operators: int, workspaces: int) -> str:
    """One line: so many operators, in so many workspaces."""
    per_second = operators * JOBS_PER_OPERATOR / workspaces
    channels = max(1, operators // OPERATORS_PER_CHANNEL // workspaces)
    told = Workspace(per_second, channels).run().told
    cells = []
    for what in ("message", "card"):
        times = sorted(told[what]) or [float("nan")]
        cells += [times[len(times) // 2], times[min(len(times) - 1, len(times) * 95 // 100)]]
    cells_shown = " | ".join(f"{cell:,.2f}" for cell in cells)
    return f"| {operators:,} | {workspaces} | {operators * JOBS_PER_OPERATOR * 60:,.0f} | {cells_shown} |"


HEAD = (
    "| operators | workspaces | jobs a minute | to the message: p50 | p95 s | to the card: p50 | p95 s |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)
ROWS = ((10, 1), (50, 1), (100, 1), (150, 1), (200, 1), (400, 1), (1_000, 1), (1_000, 4), (1_000, 10))


def table() -> list[str]:
    """As it stands in docs/performance.md."""
    return [HEAD, *(row(*given) for given in ROWS)]


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(prog="python -m tests.bench.outbox_simulation", description=__doc__).parse_args()
    print("\n".join(table()))


if __name__ == "__main__":
    main()
