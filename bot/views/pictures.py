"""What a picture shows: figures for whoever draws it, and the same in words for those who do not see it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from bot.views import states
from bot.views.card import where
from bot.views.text import clip, count, customers, took
from store.home_model import Course
from store.model import Job, JobState

DAYS = 30
ALT = 1_000  # characters of a file's description, by files.getUploadURLExternal
POINTS = 400  # of one line: more cannot be told apart
LIVE = frozenset({JobState.CONFIRMED, JobState.RUNNING, JobState.WATCHING})  # whose end is open


def course_file(job: Job) -> str:
    """The name of the file; another where the job has gone on since."""
    return f"course-{job.short_id}-{job.accepted}-{job.arrived}-{job.refused}-{job.unknown}.png"


def course_title(job: Job) -> str:
    """The title of the file."""
    return f"How job {job.short_id} went"


def course_asked(job: Job, cluster_name: str, course: Course) -> dict[str, Any]:
    """What to draw of a job, in seconds since its first POST."""
    start = course.steps[0].sent_at

    def since(at: datetime | None) -> float:
        return max(0.0, ((at or start) - start).total_seconds())

    def marks(of: str) -> list[tuple[float, int]]:
        steps = [(since(step.answered_at or step.sent_at), getattr(step, of)) for step in course.steps]
        return [(at, number) for at, number in steps if number]

    accepted = sorted(marks("accepted"))
    arrived = [(since(at), number) for at, number in course.arrivals]
    refused, unknown = marks("refused"), marks("unknown")
    ends = [at for at, _ in (*accepted, *arrived, *refused, *unknown)]
    return {
        "draw": "course",
        "title": clip(f"{job.action_name} on {where(job.cluster, cluster_name)}", 80),
        "total": job.to_send,
        "end": max(ends, default=0.0),
        "accepted": _growing(accepted),
        "arrived": _growing(arrived),
        "refused": refused,
        "unknown": unknown,
    }


def course_words(job: Job, course: Course) -> str:
    """What the picture of a job shows."""
    start = course.steps[0].sent_at
    answers = [step.answered_at for step in course.steps if step.answered_at]
    words = f"{count(len(course.steps), 'request')} for {customers(job.to_send)}: {states.tally(job)}."
    if answers:
        words += (
            f" The last answer came {took((max(answers) - start).total_seconds())} after the first request."
        )
    if course.arrivals:
        number = sum(number for _, number in course.arrivals)
        after = took((course.arrivals[-1][0] - start).total_seconds())
        words += f" {customers(number)} arrived, the last of them after {after}."
    return clip(words, ALT)


def _growing(points: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    sums = list(accumulate(number for _, number in points))
    line = [(at, number) for (at, _), number in zip(points, sums, strict=True)]
    apart = max(1, -(-len(line) // POINTS))
    return line[::apart] + (line[-1:] if len(line) % apart != 1 % apart else [])


@dataclass(frozen=True, slots=True)
class Month:
    """Jobs by day (labels from the oldest to today) and kind, and the same in words."""

    days: Sequence[str]
    counts: Mapping[str, Sequence[int]]
    words: str

    @property
    def asked(self) -> dict[str, Any]:
        """What to draw."""
        return {"draw": "month", "days": self.days, "counts": self.counts}


def month(jobs: Sequence[Job], today: date) -> Month | None:
    """A person's jobs of the last thirty days, by the day (UTC) they were asked for; None without any."""
    days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    found = Counter((job.created_at.date(), _kind(job)) for job in jobs if job.created_at.date() >= days[0])
    if not found:
        return None
    kinds = {kind: [found[day, kind] for day in days] for _, kind in found}
    by_day = Counter[date]()
    for (day, _), number in found.items():
        by_day[day] += number
    busiest, most = max(by_day.items(), key=lambda pair: (pair[1], pair[0]))
    each = ", ".join(f"{sum(numbers):,} {kind}" for kind, numbers in sorted(kinds.items()))
    words = f"{count(found.total(), 'job')}: {each}. Most on {_day(busiest)}: {most:,}."
    return Month([_day(day) for day in days], kinds, words)


def _kind(job: Job) -> str:
    if job.state in LIVE:
        return "under way"
    if job.unknown:
        return "outcome unknown"
    if job.refused:
        return "failed" if job.refused == job.to_send else "partly failed"
    if job.cancelled:
        return "stopped"
    return "arrived in full" if job.arrived == job.to_send else "accepted in full"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
