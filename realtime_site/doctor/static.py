"""Static files: collected, complete, of this release."""

import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options
from realtime_site.management.commands.prepare import static_files_now

STATIC = Subject("static")

PREPARE = ".venv/bin/python manage.py prepare"


def look(options: Options) -> Iterable[Finding]:
    named = names_in(settings.STATIC_ROOT / "staticfiles.json")
    missing = [name for name in named or [] if not (settings.STATIC_ROOT / name).is_file()]
    stamp = settings.DATA_DIR / "static.stamp"
    return [judge(named, missing, is_current=stamp.exists() and stamp.read_text() == static_files_now())]


def names_in(manifest: Path) -> list[str] | None:
    """The hashed names; None where there is no manifest that can be read."""
    try:
        return list(json.loads(manifest.read_text())["paths"].values())
    except (OSError, ValueError, KeyError):
        return None


def judge(named: list[str] | None, missing: list[str], *, is_current: bool) -> Finding:
    if named is None:
        return STATIC.error(
            "Static files are not collected.", "Every page fails: none knows its styles and scripts.", PREPARE
        )
    if missing:
        why = "Pages come without styles, or do nothing."
        return STATIC.error(f"Of the static files {len(missing)} are gone, {missing[0]} among them.", why, PREPARE)
    if not is_current:
        why = "Pages of this release run with the scripts of another."
        return STATIC.warning("Static files have changed since they were collected.", why, PREPARE)
    return STATIC.ok(f"{len(named)} files, collected and hashed, of this release.")
