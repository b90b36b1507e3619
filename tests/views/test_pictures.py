"""The figures of pictures and their words, and that what is asked for can be drawn."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.pictures.course import draw_course
from bot.pictures.month import LOOKS, draw_month
from bot.views import pictures
from store.home_model import Course, Step
from store.model import Job, JobState
from tests.views.worst import NOW, SENT_JOB

PNG = b"\x89PNG\r\n\x1a\n"
TODAY = NOW.date()


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


COURSE = Course(
    [
        Step(at(0), at(2), 100, 0, 0),
        Step(at(0.5), at(1), 50, 50, 0),
        Step(at(3), None, 0, 0, 100),
    ],
    [(at(40), 120), (at(70), 30)],
)
JOB = replace(SENT_JOB, total=300, accepted=150, refused=50, unknown=100, arrived=150)


def test_the_figures_of_a_job() -> None:
    asked = pictures.course_asked(JOB, "Evian 3", COURSE)
    assert asked["accepted"] == [(1.0, 50), (2.0, 150)]
    assert asked["arrived"] == [(40.0, 120), (70.0, 150)]
    assert asked["refused"] == [(1.0, 50)]
    assert asked["unknown"] == [(3.0, 100)]
    assert (asked["total"], asked["end"], asked["title"]) == (300, 70.0, "T-Enable on Evian 3 (evian3)")


def test_the_words_of_a_job() -> None:
    assert pictures.course_words(JOB, COURSE) == (
        "3 requests for 300 customers: 150 accepted, 50 refused, 100 unknown. The last answer came "
        "2.0 s after the first request. 150 customers arrived, the last of them after 1 min 10 s."
    )
    silent = Course([Step(at(0), None, 0, 0, 300)], [])
    assert "answer" not in pictures.course_words(replace(JOB, accepted=0, refused=0, unknown=300), silent)


def test_a_line_of_very_many_points_is_thinned_and_keeps_its_end() -> None:
    steps = [Step(at(n), at(n + 1), 1, 0, 0) for n in range(50_000)]
    line = pictures.course_asked(JOB, "Evian 3", Course(steps, []))["accepted"]
    assert len(line) <= pictures.POINTS + 1
    assert line[-1] == (50_000.0, 50_000)


@pytest.mark.parametrize("course", [COURSE, Course([Step(at(0), None, 0, 0, 1)], [])])
def test_a_course_can_be_drawn(course: Course) -> None:
    asked = json.loads(json.dumps(pictures.course_asked(JOB, "$x^2$ <Évian>", course)))
    assert asked.pop("draw") == "course"
    assert draw_course(**asked).startswith(PNG)


def on(day: date, **values: Any) -> Job:
    when = datetime(day.year, day.month, day.day, 12, tzinfo=NOW.tzinfo)
    return replace(SENT_JOB, created_at=when, **{"accepted": 3, "refused": 0, "unknown": 0, **values})


def test_a_month_by_day_and_kind() -> None:
    yesterday, long_ago = TODAY - timedelta(days=1), TODAY - timedelta(days=30)
    jobs = [
        on(TODAY, state=JobState.RUNNING),
        on(yesterday),
        on(yesterday, arrived=3),
        on(yesterday, accepted=0, refused=3),
        on(yesterday, accepted=2, refused=1),
        on(yesterday, unknown=1),
        on(yesterday, cancelled=1),
        on(long_ago),
    ]
    shown = pictures.month(jobs, TODAY)
    assert shown is not None
    assert shown.days[-2:] == ["22 Nov", "23 Nov"]
    assert set(shown.counts) == set(LOOKS)
    assert all(sum(numbers) == 1 for numbers in shown.counts.values())
    assert shown.words == (
        "7 jobs: 1 accepted in full, 1 arrived in full, 1 failed, 1 outcome unknown, 1 partly failed, "
        "1 stopped, 1 under way. Most on 22 Nov: 6."
    )
    asked = json.loads(json.dumps(shown.asked))
    assert asked.pop("draw") == "month"
    assert draw_month(**asked).startswith(PNG)


def test_a_month_without_jobs_is_not_drawn() -> None:
    assert pictures.month([on(TODAY - timedelta(days=40))], TODAY) is None
