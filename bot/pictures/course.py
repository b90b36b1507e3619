"""A job's course: customers accepted and arrived over time, what was refused or unknown marked."""

from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.pictures.paper import BLUE, FAINT, GREEN, GROUND, INK, ORANGE, RED, STYLE, png, sheet

Points = Sequence[tuple[float, int]]  # seconds since the first POST, and customers


def draw_course(
    title: str, total: int, end: float, accepted: Points, arrived: Points, refused: Points, unknown: Points
) -> bytes:
    """`accepted` and `arrived` grow over time up to `total`; `refused` and `unknown` are single events."""
    unit, seconds = _unit(end)
    last = max(end, 0.1) * 1.08  # beyond the last event, so that its step is seen
    with rc_context(STYLE):
        figure, axes = sheet(8, 3.8)
        axes.set_title(title, loc="left")
        axes.axhline(total, color=FAINT, linestyle=(0, (2, 3)), linewidth=1)
        axes.annotate(
            f"{total:,} to be sent", (1, total), (-4, 3), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="bottom", color=FAINT, fontsize=9,
        )  # fmt: skip
        _line(axes, accepted, last, "accepted", BLUE, "-")
        _line(axes, arrived, last, "arrived", GREEN, "--")
        _marks(axes, refused, accepted, "refused", RED, "X")
        _marks(axes, unknown, accepted, "unknown", ORANGE, "D")
        axes.set_xlim(0, last)
        axes.set_ylim(0, total * 1.12)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
        ticks = MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(0, last / seconds)
        axes.set_xticks([tick * seconds for tick in ticks if 0 <= tick * seconds <= last])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at / seconds:.4g}"))
        axes.set_xlabel(f"{unit} after the first request")
        axes.set_ylabel("customers")
        figure.legend(loc="outside lower center", ncols=4, labelcolor=INK)
        return png(figure)


def _line(axes: Axes, points: Points, end: float, name: str, color: str, style: str) -> None:
    if not points:
        return
    x, y = [0.0, *(at for at, _ in points), end], [0, *(number for _, number in points), points[-1][1]]
    label = f"{points[-1][1]:,} {name}"
    axes.plot(x, y, drawstyle="steps-post", color=color, linestyle=style, linewidth=2.2, label=label)


def _marks(axes: Axes, points: Points, accepted: Points, name: str, color: str, marker: str) -> None:
    """Each at the height the line of those accepted had then, where the eye is."""
    if not points:
        return
    x = [at for at, _ in points]
    y = [max((number for then, number in accepted if then <= at), default=0) for at in x]
    label = f"{sum(number for _, number in points):,} {name}"
    axes.plot(
        x, y, color=color, marker=marker, markersize=9, linestyle="none", label=label, clip_on=False,
        zorder=5, markeredgecolor=GROUND,
    )  # fmt: skip


def _unit(end: float) -> tuple[str, int]:
    if end < 120:
        return "seconds", 1
    return ("minutes", 60) if end < 7_200 else ("hours", 3600)
