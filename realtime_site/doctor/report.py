"""What is said about an examination: for people and for scripts. Pure."""

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from realtime_site.doctor.findings import Finding, Level, verdict

Paint = Callable[[Level, str], str]

LEVEL_WIDTH = max(len(level) for level in Level)
GAP = "  "
LINE_CHARACTERS = 110  # longer ones are hard to read; a line to be copied is never broken


def as_text(findings: Sequence[Finding], paint: Paint = lambda _, text: text) -> str:
    width = max((len(finding.subject) for finding in findings), default=0)
    lines: list[str] = []
    before = ""
    for finding in findings:
        name = "" if finding.subject == before else finding.subject
        before = finding.subject
        lines += _lines(finding, name.ljust(width), paint)
    return "\n".join([*lines, "", _conclusion(findings, paint)])


def as_json(findings: Sequence[Finding]) -> str:
    found = {"findings": [asdict(finding) for finding in findings], "verdict": verdict(findings)}
    return json.dumps(found, indent=2, ensure_ascii=False)


def _lines(finding: Finding, name: str, paint: Paint) -> list[str]:
    """The subject and the level stand before the first line; all others begin below `what`."""
    level = paint(finding.level, finding.level.ljust(LEVEL_WIDTH))
    below = " " * (len(name) + len(GAP) + LEVEL_WIDTH + len(GAP))
    text = [part for words in (finding.what, finding.why) if words for part in _wrapped(words, len(below))]
    first, *others = text + [paint(Level.OK, f"→ {finding.mend}")] * bool(finding.mend)
    return [f"{name}{GAP}{level}{GAP}{first}", *(below + line for line in others)]


def _wrapped(words: str, indent: int) -> list[str]:
    return textwrap.wrap(words, LINE_CHARACTERS - indent, break_long_words=False, break_on_hyphens=False)


def _conclusion(findings: Sequence[Finding], paint: Paint) -> str:
    counts = Counter(finding.level for finding in findings)
    bad = [(Level.ERROR, "error"), (Level.WARNING, "warning"), (Level.NOTE, "note")]
    said = [f"{counts[level]} {word}{'s' * (counts[level] != 1)}" for level, word in bad if counts[level]]
    summed = {Level.OK: "All is well", Level.WARNING: "Not all is well", Level.ERROR: "Something is broken"}
    worst = verdict(findings)
    return paint(worst, summed[worst]) + (f": {', '.join(said)}." if said else ".")
