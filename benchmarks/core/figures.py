"""Numbers and how they are written. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median


def percentile(values: Iterable[float], part: float) -> float:
    """The smallest value that at least `part` of all do not exceed (nearest rank). Raises `ValueError` when empty."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    rank = -(-len(ordered) * part // 1)
    return ordered[max(0, int(rank) - 1)]


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of every figure, over the runs."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


def number(value: float) -> str:
    """Three digits that say something: 0.123, 12.3, 1,234."""
    if float(value).is_integer() and abs(value) < 100:
        return f"{value:.0f}"
    if abs(value) < 0.1:
        return f"{value:.3f}"
    if abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"


def ratio(value: float, ours: float) -> str:
    return f"{value / ours:.2f}" if value < 10 * ours else f"{value / ours:.1f}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers and stand to the right."""
    rule = ["---", *["--:"] * (len(columns) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [columns, rule, *rows]) + "\n"
