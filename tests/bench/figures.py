"""What was measured, as plain figures: samples of rounds, percentiles, medians, ratios within a round."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from tests.bench.clicks import Taken
from tests.bench.contestants import Contestant


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant in one round; times in milliseconds."""

    round: int
    who: str
    in_flight: int
    p50: dict[str, float]
    p95: dict[str, float]
    p99: dict[str, float]
    per_s: float
    cpu_ms: float  # a job, or a pair of requests where there are no jobs
    calls: float  # a job, to Slack and the cluster
    connections: dict[str, int]  # new ones in this round
    memory_mb: float


@dataclass
class Figures:
    """Everything one run has found."""

    machine: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    parts: dict[str, dict[str, float]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)  # of benchmarks that print for themselves

    def add(self, number: int, one: Contestant, in_flight: int, taken: Taken) -> Sample:
        """Keep what came of one turn."""
        sample = Sample(
            number,
            one.name,
            in_flight,
            p50={what: percentile(times, 50) for what, times in taken.times.items()},
            p95={what: percentile(times, 95) for what, times in taken.times.items()},
            p99={what: percentile(times, 99) for what, times in taken.times.items()},
            per_s=round(taken.jobs / taken.seconds, 1),
            cpu_ms=round(taken.cpu / taken.jobs * 1000, 3),
            calls=round(taken.calls / taken.jobs, 2),
            connections=taken.connections,
            memory_mb=round(one.memory(), 1),
        )
        self.samples.append(sample)
        return sample

    def whole(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def read(cls, document: dict[str, Any]) -> "Figures":
        """From JSON."""
        return cls(**{**document, "samples": [Sample(**sample) for sample in document["samples"]]})

    def of(self, who: str, in_flight: int) -> list[Sample]:
        """The rounds of one contestant."""
        return [s for s in self.samples if s.who == who and s.in_flight == in_flight]

    def median(self, who: str, in_flight: int, value: Callable[[Sample], float | None]) -> float | None:
        """Over the rounds; None where it did not take part."""
        found = [one for sample in self.of(who, in_flight) if (one := value(sample)) is not None]
        return statistics.median(found) if found else None

    def compared(
        self,
        who: str,
        other: str,
        in_flight: int,
        how: Callable[[Sample, Sample], float],
        others_in_flight: int | None = None,
    ) -> float | None:
        """The median of what `how` makes of the two in each round: what disturbs a round disturbs both."""
        beside = in_flight if others_in_flight is None else others_in_flight
        floors = {sample.round: sample for sample in self.of(other, beside)}
        found = [how(s, floors[s.round]) for s in self.of(who, in_flight) if s.round in floors]
        return statistics.median(found) if found else None

    def contestants(self) -> Iterator[tuple[str, int]]:
        """Who took part with how many in flight, in order."""
        yield from dict.fromkeys((s.who, s.in_flight) for s in self.samples)


def percentile(times: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    place = min(len(times) - 1, round(len(times) * percent / 100))
    return round(sorted(times)[place] * 1000, 3)


def machine() -> dict[str, Any]:
    """Where and under which load this was measured."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": [round(load, 1) for load in os.getloadavg()],
    }


WIDTHS = (*[8] * 6, 10, 10, 8, 9, 6, 6)
TIMES = ("ask", "click", "help", "cluster", "thread", "page")


def _p50(what: str, sample: Sample) -> float | None:
    return sample.p50.get(what)


def table(figures: Figures) -> str:
    """The rounds' medians, a line for each contestant."""
    heads = "  p50 ms: " + " ".join(f"{what:>8}" for what in TIMES)
    tails = f" {'p95 click':>10} {'p99 click':>10} {'CPU ms':>8} {'a second':>9} {'calls':>6} {'MB':>6}"
    lines = [f"{'':34}{'c':>3}{heads}{tails}"]
    for who, in_flight in figures.contestants():
        values: list[Callable[[Sample], float | None]] = [
            *(partial(_p50, what) for what in TIMES),
            lambda s: s.p95.get("click"),
            lambda s: s.p99.get("click"),
            lambda s: s.cpu_ms,
            lambda s: s.per_s,
            lambda s: s.calls,
            lambda s: s.memory_mb,
        ]
        found = [figures.median(who, in_flight, value) for value in values]
        cells = (f"{'' if v is None else format(v, '.2f'):>{w}}" for v, w in zip(found, WIDTHS, strict=True))
        lines.append(f"{who:34}{in_flight:>3}{'':10}{' '.join(cells)}")
    lines += [
        f"{part}: " + ", ".join(f"{name} {value:g}" for name, value in found.items())
        for part, found in figures.parts.items()
    ]
    for part, words in figures.words.items():
        lines += [f"{part}:", *(f"  {line}" for line in words)]
    lines.append(f"{figures.machine}")
    return "\n".join(lines)
