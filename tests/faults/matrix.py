"""A row of the fault matrix: what was seen, and the table of all of them. Knows neither pytest nor a server."""

import json
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from realtime_site.chaos.checker import Kind, Verdict

PROPERTY = "fault"  # the name under which a test leaves its row in JUnit XML
# What is asserted of a recovery; what is aimed at stands in the row. Machines that test are busy with other things.
LIMIT_SECONDS = 30.0


class Seen(NamedTuple):
    """One run of one row."""

    name: str
    acked: int
    delivered: int
    lost: int
    doubled: int
    swapped: int
    recovery_seconds: float
    aim_seconds: float

    @classmethod
    def of(cls, name: str, verdict: Verdict, recovery_seconds: float, aim_seconds: float) -> Self:
        lost, doubled, swapped = (verdict.count(kind) for kind in (Kind.LOST, Kind.DOUBLED, Kind.SWAPPED))
        seconds = round(recovery_seconds, 2)
        return cls(name, verdict.acked, verdict.delivered, lost, doubled, swapped, seconds, aim_seconds)

    def to_json(self) -> str:
        return json.dumps(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(*json.loads(text))


HEAD = ("what broke", "runs", "acked", "delivered", "lost", "doubled", "swapped", "recovery s", "worst", "aim")


def table(seen: Iterable[Seen]) -> list[str]:
    """Lines, a row a name, sorted by it: sums over the runs, of the recovery the median and the longest."""
    by_name: dict[str, list[Seen]] = {}
    for one in sorted(seen):
        by_name.setdefault(one.name, []).append(one)
    lines = [HEAD, *(_cells(name, runs) for name, runs in by_name.items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return ["  ".join(_aligned(line, widths)).rstrip() for line in lines]


def _cells(name: str, runs: Sequence[Seen]) -> tuple[str, ...]:
    sums = [sum(column) for column in zip(*(run[1:6] for run in runs), strict=True)]
    recoveries = [run.recovery_seconds for run in runs]
    worst, aim = max(recoveries), runs[0].aim_seconds
    late = " !" if worst > aim else ""
    return (
        name,
        *map(str, (len(runs), *sums)),
        f"{statistics.median(recoveries):.1f}",
        f"{worst:.1f}{late}",
        f"{aim:g}",
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Words to the left, numbers to the right."""
    return [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
