"""One page of the rooms, sorted by what the database knows or by what only the workers do. Reads; decides nothing.

In SQL because half of the order comes from outside: who is online and how much is said are in the workers' memory.
They go along as one JSON parameter that both databases can join. Ten thousand rooms take a few milliseconds.
"""

# ruff: noqa: S608  what stands in the text is ours; what people wrote is a parameter
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chat.models import Anomaly, Report, Room
from realtime_site.dashboard import protocol
from realtime_site.dashboard.protocol import PAGE_SIZE, View

_ROOMS, _REPORTS = Room._meta.db_table, Report._meta.db_table
_LAST = "room.last_message_at IS NULL, room.last_message_at {order}"
_SORTS = {
    "name": "LOWER(room.name) {order}",
    "online": "COALESCE(hot.figure, 0) {order}, " + _LAST.format(order="DESC"),
    "rate": "COALESCE(hot.figure, 0) {order}, " + _LAST.format(order="DESC"),
    "last": _LAST,
    "reports": "COALESCE(reported.figure, 0) {order}, " + _LAST.format(order="DESC"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """`rooms` are rows: what is in memory is put in by whoever has it."""

    page: int
    total: int
    open_reports: int
    rooms: list[Any]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def page(view: View, hot: Mapping[int, int]) -> Page:
    """A page of all rooms but conversations, which are nobody's to look through; past the end, the last one.

    `hot`: what rooms are sorted by, where it is not in the database; a room that is not there has 0. One query;
    two where nothing is found, four past the end.
    """
    found = _page(view, view.page, hot)
    if not found.rooms and view.page > 1:
        last = _page(view, 1, hot).pages
        return _page(view, last, hot)
    return found


def _page(view: View, number: int, hot: Mapping[int, int]) -> Page:
    where, pattern = "room.kind <> %(direct)s", "%" + _escaped(view.query) + "%"
    if view.query:
        alike = r"LIKE LOWER(%(pattern)s) ESCAPE '\'"
        where += f" AND (LOWER(room.name) {alike} OR room.slug {alike})"
    postgres = connection.vendor == "postgresql"
    pairs = "json_each_text(%(hot)s::json)" if postgres else "json_each(%(hot)s)"
    rows = Room.objects.raw(
        f"""
        SELECT room.id, room.slug, room.name, room.kind, room.archived_at, room.last_message_at,
            COALESCE(reported.figure, 0) AS open_reports,
            (SELECT COUNT(*) FROM {_ROOMS} room WHERE {where}) AS total,
            (SELECT COUNT(*) FROM {_REPORTS} WHERE handled_at IS NULL) AS all_reports
        FROM {_ROOMS} room
        LEFT JOIN (
            SELECT room_id, COUNT(*) AS figure FROM {_REPORTS} WHERE handled_at IS NULL GROUP BY room_id
        ) reported ON reported.room_id = room.id
        LEFT JOIN (
            SELECT CAST(key AS BIGINT) AS id, CAST(value AS BIGINT) AS figure FROM {pairs}
        ) hot ON hot.id = room.id
        WHERE {where}
        ORDER BY {_SORTS[view.sort].format(order=view.order)}, room.id
        LIMIT {PAGE_SIZE} OFFSET {(number - 1) * PAGE_SIZE}
        """,
        {"direct": Room.Kind.DIRECT, "pattern": pattern, "hot": json.dumps(dict(hot))},
    )
    found: list[Any] = list(rows)
    if not found:
        return Page(number, 0, Report.objects.filter(handled_at=None).count(), [])
    return Page(number, found[0].total, found[0].all_reports, found)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def anomalies() -> list[protocol.Anomaly]:
    """The newest. One query."""
    rows = Anomaly.objects.select_related("room", "user").order_by("-at", "-pk")[: protocol.ANOMALIES]
    return [
        protocol.Anomaly(
            id=row.pk,
            at=row.at,
            kind=row.kind,
            room=row.room.name or "a conversation",
            person=row.user.name,
            first=row.first,
            last=row.last,
            worker=row.worker,
            explanation=row.explanation,
        )
        for row in rows
    ]
