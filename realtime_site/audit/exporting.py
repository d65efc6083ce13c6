"""The log as a file, written page by page to whoever asked, in the pace in which they read."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from django.db.models import QuerySet

from realtime_site.audit.models import Entry
from realtime_site.live.database import in_database

# Some 200 KB at once.
PAGE = 500
COLUMNS = (
    "id",
    "at",
    "actor",
    "actor_id",
    "via",
    "address",
    "action",
    "summary",
    "person",
    "person_id",
    "room",
    "room_id",
    "reason",
    "undoes",
)
# What a spreadsheet takes for a formula, at the beginning of a cell (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


async def written(entries: QuerySet[Entry], form: str) -> AsyncIterator[str]:
    """The newest first, by their ids. `entries` are filtered already."""
    if form == "csv":
        yield _csv([COLUMNS])
    before: int | None = None
    while rows := await in_database(_page, entries, before):
        yield _csv(map(_cells, rows)) if form == "csv" else "".join(f"{json.dumps(_fields(row))}\n" for row in rows)
        before = rows[-1].pk


def _page(entries: QuerySet[Entry], before: int | None) -> list[Entry]:
    found = entries if before is None else entries.filter(pk__lt=before)
    return list(found.order_by("-pk")[:PAGE])


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "actor": entry.actor_name,
        "actor_id": entry.actor_id,
        "via": entry.via,
        "address": entry.address,
        "action": entry.action,
        "summary": entry.summary,
        "person": entry.person_name,
        "person_id": entry.person_id,
        "room": entry.room_name,
        "room_id": entry.room,
        "reason": entry.reason,
        "undoes": entry.undoes_id,
    }


def _cells(entry: Entry) -> list[str]:
    return [safe("" if value is None else str(value)) for value in _fields(entry).values()]


def safe(cell: str) -> str:
    """A cell that no spreadsheet runs: what somebody is called is theirs to choose."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _csv(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
