"""The paper all pictures are drawn on: a dark ground of its own, which reads alike in every theme."""

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

GROUND = "#1f2430"
INK = "#e8eaf0"
FAINT = "#8d96ab"
GRID = "#353c4d"
# Told apart by people who see colours differently, and by lightness alone (after Okabe and Ito).
BLUE, GREEN, ORANGE, RED, YELLOW, GREY = "#56b4e9", "#2fc49a", "#e69f00", "#ff6b5e", "#f0e442", "#9aa3b5"

STYLE: dict[Any, Any] = {
    "figure.facecolor": GROUND,
    "axes.facecolor": GROUND,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "grid.color": GRID,
    "font.size": 11,
    "axes.titlesize": 12,
    "legend.frameon": False,
}


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty picture of so many inches (at 160 dots each); to be used within `rc_context` of `STYLE`."""
    figure = Figure(figsize=(width, height), dpi=160, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def png(figure: Figure) -> bytes:
    """The picture as it is sent."""
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
