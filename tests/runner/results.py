"""How tests went: counted from what the tools write. Knows no stage."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self
from xml.etree import ElementTree


class NotRun(NamedTuple):
    """Something that could not run here, and what to do about it."""

    what: str
    reason: str
    cure: str = ""


@dataclass
class Result:
    passed: int = 0
    failed: int = 0
    not_run: list[NotRun] = field(default_factory=list)

    def __iadd__(self, other: Self) -> Self:
        self.passed += other.passed
        self.failed += other.failed
        self.not_run += other.not_run
        return self

    def __str__(self) -> str:
        """`12 passed, 0 failed, 1 skipped`, the last only where there are any."""
        skipped = f", {len(self.not_run)} skipped" if self.not_run else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def of_command(code: int) -> Result:
    """A tool that checks one thing: it passed or it failed."""
    return Result(passed=int(code == 0), failed=int(code != 0))


def of_pytest(xml: Path, code: int, *, narrowed: bool) -> Result:
    """From JUnit XML. Ending without a test is a failure (exit code 5), unless the arguments chose none of them."""
    result = Result()
    seen: dict[str, bool] = {}
    for case in _cases(xml):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        skipped = case.find("skipped")
        if skipped is not None:
            result.not_run.append(NotRun(name, skipped.get("message", "skipped")))
        else:  # a test whose clearing up failed stands there twice
            broken = case.find("failure") is not None or case.find("error") is not None
            seen[name] = seen.get(name, False) or broken
    result.failed = sum(seen.values())
    result.passed = len(seen) - result.failed
    if code not in ({0, 5} if narrowed else {0}) and not result.failed:
        result.failed = 1
    return result


def properties(xml: Path, name: str) -> list[str]:
    """What tests left under a name in JUnit XML."""
    found = [one for case in _cases(xml) for one in case.iterfind("properties/property") if one.get("name") == name]
    return [one.get("value", "") for one in found]


def of_tap(output: str, code: int) -> Result:
    """From what `node --test --test-reporter=tap` prints last."""
    counts = {name: int(number) for name, number in re.findall(r"^# (pass|fail|cancelled) (\d+)$", output, re.M)}
    failed = counts.get("fail", 0) + counts.get("cancelled", 0)
    result = Result(counts.get("pass", 0), failed or int(code != 0))
    for name, reason in re.findall(r"^\s*ok \d+ - (.*) # (?:SKIP|TODO) ?(.*)$", output, re.M):
        result.not_run.append(NotRun(name, reason or "skipped"))
    return result


def listed(not_run: Sequence[NotRun]) -> list[str]:
    """Lines for people; tests that were left out for one reason are one line."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in not_run:
        grouped.setdefault((one.reason, one.cure), []).append(one.what)
    lines = []
    for (reason, cure), names in grouped.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append(f"  {names[0]}{more}: {reason}")
        if cure:
            lines.append(f"    → {cure}")
    return lines


def _cases(xml: Path) -> list[ElementTree.Element]:
    if not xml.exists():
        return []
    return list(ElementTree.parse(xml).getroot().iter("testcase"))  # noqa: S314  pytest wrote it
