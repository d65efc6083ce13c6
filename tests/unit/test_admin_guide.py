"""docs/admin.md lists every right, and every act with its way back; this keeps both lists true."""

import re
from pathlib import Path

from django.apps import apps

from realtime_site.audit.undoing import known

ROOT = Path(__file__).parents[2]
OURS = ("chat", "accounts", "audit", "notifications")
LITERAL = re.compile(rf'"((?:{"|".join(OURS)})\.[a-z_]+)"')


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column has that heading."""
    text = (ROOT / "docs/admin.md").read_text()
    table = text.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def permissions() -> tuple[set[str], set[str]]:
    """Those that we have made, and Django's own of our tables."""
    made, given = set(), set()
    for model in apps.get_models():
        meta = model._meta
        if meta.app_label in OURS:
            made |= {f"{meta.app_label}.{codename}" for codename, _ in meta.permissions}
            given |= {f"{meta.app_label}.{what}_{meta.model_name}" for what in meta.default_permissions}
    return made, given


def test_every_right_has_its_row() -> None:
    made, given = permissions()
    sources = [path for folder in ("chat", "notifications", "realtime_site") for path in (ROOT / folder).rglob("*.py")]
    asked = {name for path in sources for name in LITERAL.findall(path.read_text())} & given
    assert [quoted(right) for right, _ in rows("right")] != []
    assert sorted(quoted(right)[0] for right, _ in rows("right")) == sorted(made | asked)


def test_every_act_that_can_be_undone_says_how_and_no_other() -> None:
    acts = rows("act")
    ways = {name for _, names, way in acts if not way.startswith("no:") for name in quoted(names)}
    assert sorted(ways) == sorted(known())
    assert len({name for _, names, _ in acts for name in quoted(names)}) == sum(len(quoted(row[1])) for row in acts)
