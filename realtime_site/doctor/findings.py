"""What is found, and how bad it is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """In the order of their weight."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def weight(self) -> int:
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is the case, `why` it matters, and `mend` is the very line that mends it: of a shell, or of .env.

    What is ok needs no reason; a note need not be mended.
    """

    subject: str
    level: Level
    what: str
    why: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Says findings about itself."""

    name: str

    def ok(self, what: str) -> Finding:
        return Finding(self.name, Level.OK, what)

    def note(self, what: str, why: str, mend: str = "") -> Finding:
        return Finding(self.name, Level.NOTE, what, why, mend)

    def warning(self, what: str, why: str, mend: str) -> Finding:
        return Finding(self.name, Level.WARNING, what, why, mend)

    def error(self, what: str, why: str, mend: str) -> Finding:
        return Finding(self.name, Level.ERROR, what, why, mend)


class NotTriedError(Exception):
    """Something else has to be mended first. The text says what."""


def verdict(findings: Iterable[Finding]) -> Level:
    """How bad it is in all: that of the worst; notes are fine."""
    worst = max((finding.level for finding in findings), key=lambda level: level.weight, default=Level.OK)
    return Level.OK if worst is Level.NOTE else worst


def exit_code(findings: Iterable[Finding]) -> int:
    """0 fine, 1 warnings, 2 errors."""
    return {Level.OK: 0, Level.WARNING: 1, Level.ERROR: 2}[verdict(findings)]
