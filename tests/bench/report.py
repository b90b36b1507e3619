"""Writes the figures into docs/performance.md: `python -m tests.bench.report bench.json`. Ratios only.

Further files add what only they have measured, as the million by `--only million`. A line that the page has
and the files have not is not dropped in silence.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.figures import Figures, Sample

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
BOT, QUICK, STOCK = "bot, {}", "quick, {}", "stock, {}"
ON_POSTGRESQL = "bot, Socket Mode, PostgreSQL"
MINIMAL, DASHBOARD = "minimal, {}", "dashboard, HTTP"
HOW = ("Socket Mode", "HTTP")
HELP = 0  # in place of how many are in flight: turns that only ask for help

THEIRS_MS = 1.64  # of a processor, for a job of (c) at c8 over Socket Mode where the goals were taken from

Row = tuple[str, str, str, bool]  # what, goal, measured, met


def rows(figures: Figures) -> Iterator[Row]:
    """What of the goals this run can say something about."""
    for how in HOW:
        yield from _clicks(figures, how)
    minimal = MINIMAL.format("Socket Mode")
    more = figures.compared(ON_POSTGRESQL, minimal, 1, lambda a, b: a.p50["cluster"] - b.p50["cluster"])
    if more is not None:
        yield "click → cluster, c1, on PostgreSQL", "at most (c) + 6 ms", f"(c) + {more:.2f} ms", more <= 6
    yield from _parts(figures)


def _clicks(figures: Figures, how: str) -> Iterator[Row]:
    bot, quick, stock, minimal = (who.format(how) for who in (BOT, QUICK, STOCK, MINIMAL))

    def against(other: str, in_flight: int, how: Callable[[Sample, Sample], float]) -> float | None:
        return figures.compared(bot, other, in_flight, how)

    found = {
        (f"acknowledge a confirm click, c1, {how}", "at most (b) + 2.5 ms", "(b) + {:.2f} ms", 2.5): against(
            quick, 1, lambda a, b: a.p50["click"] - b.p50["click"]
        ),
        (f"the same, p99 at c8, {how}", "below the stock bot", "{:.2f} times (a)", 1.0): against(
            stock, 8, lambda a, b: a.p99["click"] / b.p99["click"]
        ),
        (f"ask for help, c1, {how}", "at most 1.5 times (b)", "{:.2f} times (b)", 1.5): figures.compared(
            bot, quick, HELP, lambda a, b: a.p50["help"] / b.p50["help"], others_in_flight=1
        ),
        (f"click → cluster, c1, {how}", "at most (c) + 2.5 ms", "(c) + {:.2f} ms", 2.5): against(
            minimal, 1, lambda a, b: a.p50["cluster"] - b.p50["cluster"]
        ),
        (f"click → thread, c1, {how}", "at most 2.5 times (c)", "{:.2f} times (c)", 2.5): against(
            minimal, 1, lambda a, b: a.p50["thread"] / b.p50["thread"]
        ),
        (f"click → thread, c8, {how}", "at most 2.5 times (c)", "{:.2f} times (c)", 2.5): against(
            minimal, 8, lambda a, b: a.p50["thread"] / b.p50["thread"]
        ),
        (f"CPU of a one-chunk job, c8, {how}", "at most 2 times (c)", "{:.2f} times (c)", 2.0): against(
            minimal, 8, lambda a, b: a.cpu_ms / b.cpu_ms
        ),
        (f"time a job takes, c8, {how}", "at most 2 times (c)", "{:.2f} times (c)", 2.0): against(
            minimal, 8, lambda a, b: b.per_s / a.per_s
        ),
        (f"the same against the dashboard, {how}", "below (d)", "{:.2f} times (d)", 1.0): against(
            DASHBOARD, 8, lambda a, b: b.per_s / a.per_s
        ),
    }
    for (what, goal, words, most), value in found.items():
        if value is not None:
            yield what, goal, words.format(value), value <= most


def _parts(figures: Figures) -> Iterator[Row]:
    goals = (
        (
            "burst",
            "slowest ms",
            "500 clicks at once: the slowest acknowledgement",
            "3 s",
            3_000.0,
            "{:,.0f} ms",
        ),
        (
            "large",
            "times the ideal",
            "27,682 customers, 50 ms a call, 8 in flight",
            "1.1 times the ideal",
            1.1,
            "{} times",
        ),
        ("large", "memory beyond idle MB", "memory beyond idle for that", "160 MB", 160.0, "{} MB"),
        (
            "field",
            "times the ideal",
            "27,682 customers, 300 ms a call, the fastest in the field",
            "1.1 times the ideal",
            1.1,
            "{} times",
        ),
        ("million", "times the ideal", "1,000,000 customers", "1.1 times the ideal", 1.1, "{} times"),
        ("stored", "bot, 10 customers", "bytes stored a job of 10 customers", "4,100", 4_100.0, "{:,.0f}"),
        (
            "stored",
            "bot, 150 customers",
            "bytes stored a job of 150 customers",
            "20,000",
            20_000.0,
            "{:,.0f}",
        ),
        ("start", "start to ready s", "start to ready", "1.0 s", 1.0, "{} s"),
        ("start", "memory idle MB", "resident memory idle", "100 MB", 100.0, "{} MB"),
        ("start", "memory after 800 jobs MB", "resident memory after 800 jobs", "100 MB", 100.0, "{} MB"),
        ("start", "CPU idle %", "CPU idle", "0.5 %", 0.5, "{} %"),
    )
    for part, name, what, goal, most, words in goals:
        if name in figures.parts.get(part, {}):
            value = figures.parts[part][name]
            yield what, f"at most {goal}", words.format(value), value <= most
    if times := figures.parts.get("replicas", {}).get("times one"):
        goal = "at least 1.5 times one, where cores allow"
        yield "two replicas on one PostgreSQL, 8 clusters", goal, f"{times} times", times >= 1.5


def section(figures: Figures) -> str:
    """The table, and under which load it was made."""
    slower = figures.median(MINIMAL.format("Socket Mode"), 8, lambda sample: sample.cpu_ms / THEIRS_MS)
    lines = ["| what | goal | measured | met | there |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {what} | {goal} | {value} | {'yes' if met else 'no'} | {_there(value, slower)} |"
        for what, goal, value, met in rows(figures)
    ]
    made = figures.machine
    count = len({sample.round for sample in figures.samples})
    lines.append(
        f"\nMade {made['when']} on {made['cores']} cores, Python {made['python']}, {count} rounds, load "
        f"{made['load'][0]} at the start and {made['load after'][0]} at the end."
    )
    if slower:
        lines.append(
            f'"There": times divided by {slower:.1f}, for a job of (c) took {THEIRS_MS} ms of a processor '
            f"where the goals were taken from, and {slower * THEIRS_MS:.1f} ms here."
        )
    return "\n".join(lines)


def _there(measured: str, slower: float | None) -> str:
    """The same on a machine that is so much faster, where it is a time."""
    # Only those beside a floor: they are of the same rounds as what says how much faster.
    if slower is None or not measured.startswith("(") or not measured.endswith(" ms"):
        return ""
    *words, number, unit = measured.split()
    return " ".join([*words, f"{float(number.replace(',', '')) / slower:.1f}", unit])


def main() -> None:
    """Put the section between its marks."""
    figures, *others = (
        Figures.read(json.loads(Path(file).read_text(encoding="utf-8"))) for file in sys.argv[1:]
    )
    for other in others:
        figures.parts = {**other.parts, **figures.parts}
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    there, _, after = rest.partition(END)
    made = section(figures)
    if missing := _lines(there) - _lines(made):
        sys.exit(f"Nothing was written. On the page, but not in the files: {'; '.join(sorted(missing))}.")
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


def _lines(table: str) -> set[str]:
    """What its lines are about."""
    return {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")}


if __name__ == "__main__":
    main()
