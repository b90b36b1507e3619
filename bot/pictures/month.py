"""A person's last thirty days: how many jobs a day, and how they stand."""

from collections.abc import Mapping, Sequence

from matplotlib import rc_context
from matplotlib.ticker import MaxNLocator

from bot.pictures.paper import (
    BLUE,
    GREEN,
    GREY,
    GROUND,
    INK,
    ORANGE,
    RED,
    STYLE,
    YELLOW,
    png,
    sheet,
)

# From the ground up; each with a hatch of its own, so that colour is not all that tells them apart.
LOOKS = {
    "arrived in full": (GREEN, ""),
    "accepted in full": (BLUE, ""),
    "partly failed": (YELLOW, "//"),
    "failed": (RED, "xx"),
    "outcome unknown": (ORANGE, ".."),
    "stopped": (GREY, ""),
    "under way": (INK, ""),
}


def draw_month(days: Sequence[str], counts: Mapping[str, Sequence[int]]) -> bytes:
    """`counts` of each kind for each of the `days`, which are labels from the oldest to today."""
    with rc_context({**STYLE, "hatch.linewidth": 1.2}):
        figure, axes = sheet(8, 2.8)
        below = [0] * len(days)
        for kind, (color, hatch) in LOOKS.items():
            numbers = counts.get(kind, ())
            if any(numbers):
                axes.bar(
                    range(len(days)), numbers, bottom=below, color=color, hatch=hatch, edgecolor=GROUND,
                    linewidth=0.6, width=0.82, label=f"{sum(numbers):,} {kind}",
                )  # fmt: skip
                below = [low + number for low, number in zip(below, numbers, strict=True)]
        axes.set_xlim(-0.7, len(days) - 0.3)
        # From today backwards, so that today has its label.
        shown = range(len(days) - 1, -1, -7)
        axes.set_xticks(list(shown), [days[at] for at in shown])
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4, min_n_ticks=1))
        axes.set_ylim(0, max(*below, 3) * 1.1)
        axes.set_ylabel("jobs")
        figure.legend(loc="outside lower center", ncols=4, labelcolor=INK)
        return png(figure)
