"""docs/notifications.md says what the code does: kinds, channels, rules, settings."""

import re
from pathlib import Path

from django.conf import settings

from notifications import policy
from notifications.kinds import CHANNELS, KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "notifications.md").read_text()
DJANGOS_AND_THE_KERNELS = {"AUTH_USER_MODEL", "SESSION_ENGINE", "LIVE_EVENT_SOURCE"}


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.S | re.M)
    assert found, title
    lines = [line for line in found[1].splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_kinds() -> None:
    yes = {True: "yes", False: "no"}
    assert rows("Kinds") == [
        [
            kind.name,
            ", ".join(channel for channel in CHANNELS if channel in kind.on) or "none",
            yes[kind.mention],
            yes[kind.heeds_level],
            kind.description,
        ]
        for kind in KINDS
    ]


def test_channels() -> None:
    told = {row[0]: row[1] for row in rows("Channels")}
    assert told == {"app": "show, silent, skip", "push": "send, skip", "email": "send, skip"}
    assert tuple(told) == CHANNELS


def test_rules() -> None:
    assert [tuple(row) for row in rows("Rules")] == list(policy.RULES.items())
    assert f"the last {policy.ACTIVE_SECONDS} s" in PAGE
    assert f"at {policy.MORNING:%H:%M} where" in PAGE


def test_settings() -> None:
    used = {
        name
        for path in (ROOT / "notifications").rglob("*.py")
        for name in re.findall(r'"(NOTIFICATION_[A-Z_]+)"|settings\.(NOTIFICATION_[A-Z_]+)', path.read_text())
        for name in name
        if name
    }
    told = {row[0]: row[1] for row in rows("Settings")}
    assert told.keys() == used
    others = {
        name
        for path in (ROOT / "notifications").rglob("*.py")
        for names in re.findall(r'getattr\(settings, "([A-Z_]+)"|\bsettings\.([A-Z_]+)', path.read_text())
        for name in names
        if name and name not in used
    }
    assert {row[0] for row in rows("Settings of the site")} == others - DJANGOS_AND_THE_KERNELS
    for name in ("NOTIFICATION_EMAIL_MINUTES", "NOTIFICATION_WHY_DAYS", "NOTIFICATION_KEEP_DAYS"):
        assert float(told[name]) == getattr(settings, name)
