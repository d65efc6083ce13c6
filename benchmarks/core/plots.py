"""Plots as SVG: what a benchmark wants shown, in numbers and words, and how it is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "plots"
INK, QUIET, OURS = "#24292f", "#8c959f", "#0969da"
# Readable on white and by people who see colours differently (Okabe and Ito); ours is the blue one, always.
COLOURS = ("#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#666666", "#9a6700", "#000000", "#8250df")


@dataclass(frozen=True)
class Dots:
    """One value for each name, the smallest first. Values span decades: the axis is logarithmic, and has no zero that
    a bar could stand on.
    """

    title: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Lines:
    title: str
    x: str
    y: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    # "linear", "semilogx", "loglog"
    scale: str = "loglog"
    # A tick at every point of x.
    ticks: bool = True


Plot = Dots | Lines


def draw(name: str, plots: Sequence[Plot]) -> None:
    """`plots/NAME.svg`, side by side; the same bytes for the same numbers."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    with mpl.rc_context(_style(name)):
        height = max(len(plot.values) * 0.3 + 0.8 if isinstance(plot, Dots) else 3.4 for plot in plots)
        figure, axes = pyplot.subplots(
            1, len(plots), figsize=(4.9 * len(plots), height), squeeze=False, layout="constrained"
        )
        for plot, ax in zip(plots, axes[0], strict=True):
            ax.set_title(plot.title, loc="left")
            (_dots if isinstance(plot, Dots) else _lines)(ax, plot)
        FOLDER.mkdir(exist_ok=True)
        figure.savefig(FOLDER / f"{name}.svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def _style(name: str) -> dict[str, Any]:
    return {
        "svg.hashsalt": name,
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.titlesize": 10,
        "axes.edgecolor": QUIET,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": INK,
        "ytick.color": INK,
    }


def _dots(ax: Any, plot: Dots) -> None:
    from benchmarks.core.figures import number

    shown = {name: value for name, value in plot.values.items() if value > 0}  # a collector may make a slope negative
    ordered = sorted(shown.items(), key=lambda item: -item[1])
    names, values = [name for name, _ in ordered], [value for _, value in ordered]
    colours = [OURS if is_ours(name) else QUIET for name in names]
    ax.hlines(names, min(values) / 2, values, color="#d8dee4", linewidth=1, zorder=1)
    ax.scatter(values, names, color=colours, s=36, zorder=2)
    ax.set_xscale("log")
    ax.set_xlim(min(values) / 2, max(values) * 2.5)
    ax.tick_params(left=False, bottom=False, labelbottom=False, which="both")
    ax.spines[["bottom", "left"]].set_visible(False)
    for position, value in enumerate(values):
        ax.text(value * 1.15, position, number(value), va="center")


def _lines(ax: Any, plot: Lines) -> None:
    from matplotlib.ticker import LogLocator

    others = iter(COLOURS)
    for name, points in plot.series.items():
        colour = OURS if is_ours(name) else next(others)
        if not points:  # nothing to be seen of it, such as nobody back in time
            continue
        x, y = zip(*points, strict=True)
        ax.plot(
            x,
            y,
            marker="o" if plot.ticks else None,
            markersize=3.5,
            linewidth=2 if is_ours(name) else 1.3,
            color=colour,
            label=name,
        )
    if plot.scale != "linear":
        ax.set_xscale("log")
    if plot.scale == "loglog":
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.minorticks_off()
        ax.yaxis.set_major_formatter(lambda value, place: f"{value:,.10g}")
    else:
        ax.set_ylim(bottom=0)
    if plot.ticks:
        ticks = sorted({x for points in plot.series.values() for x, _ in points})
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.xaxis.minorticks_off()
    ax.set_xlabel(plot.x)
    ax.set_ylabel(plot.y)
    ax.grid(axis="y", color="#eaeef2")
    ax.legend(frameon=False, fontsize=7.5, loc="best")


def is_ours(name: str) -> bool:
    return name.startswith("Confab")
