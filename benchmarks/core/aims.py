"""What a figure was meant to be, and whether it is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.core import figures


@dataclass(frozen=True)
class Aim:
    """`what` names the figure with its unit; exactly one of the limits is given."""

    what: str
    value: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def reached(self) -> bool:
        if self.at_most is not None:
            return self.value <= self.at_most
        assert self.at_least is not None
        return self.value >= self.at_least

    def row(self) -> list[str]:
        limit = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        return [self.what, limit, figures.number(self.value), "yes" if self.reached else "**no**"]


def table(aims: Iterable[Aim]) -> str:
    return figures.table(["", "aim", "measured", "reached"], [aim.row() for aim in aims])
