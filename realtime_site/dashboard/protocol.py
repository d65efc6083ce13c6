"""What the dashboard may ask, and what it hears: two closed sets of types. Pure; docs/protocol.md is its prose."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command, check_text

# Rooms a page: what fits a screen, so that one looks instead of scrolling.
PAGE_SIZE = 25
# Far beyond any site, and small enough for every database's OFFSET.
PAGES = 1_000_000
QUERY_CHARACTERS = 60
# The newest; the admin has all of them.
ANOMALIES = 20

Sort = Literal["name", "online", "rate", "last", "reports"]
Order = Literal["asc", "desc"]


class View(Struct, frozen=True):
    """Which page of the rooms somebody looks at. Those who look at the same one share its query."""

    query: str = ""
    sort: Sort = "online"
    order: Order = "desc"
    page: int = 1


class DashboardWatch(Command, tag="dashboard.watch"):
    query: str = ""
    sort: Sort = "online"
    order: Order = "desc"
    page: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_text(self.query, "query")
        if len(self.query) > QUERY_CHARACTERS:
            raise ClientError("invalid", f"`query` has at most {QUERY_CHARACTERS} characters.")
        if not 1 <= self.page <= PAGES:
            raise ClientError("invalid", f"`page` is from 1 to {PAGES}.")

    @property
    def view(self) -> View:
        return View(self.query.strip(), self.sort, self.order, self.page)


COMMANDS: tuple[type[Command], ...] = (DashboardWatch,)

# --- Objects ---------------------------------------------------------------------------------------------------------


class Worker(Struct, frozen=True):
    """One worker's last report. `unheard_seconds` is 0 while its reports come."""

    worker: str
    host: str
    pid: int
    version: str
    started_at: str
    draining: bool
    unheard_seconds: int
    connections: int
    deliveries_per_second: float
    messages_per_minute: int
    commands_per_second: float
    refused_per_second: float
    loop_lag_p99_ms: float
    buffer_bytes: int
    slow_closed: int
    refused: int
    gap_repairs: int
    layer_failures: int
    memory_bytes: int
    cpu_percent: float
    database_ms: float | None
    redis_ms: float | None


class Room(Struct, frozen=True):
    """`rate`: messages in the last minute."""

    id: int
    slug: str
    name: str
    kind: str
    online: int
    rate: int
    last_message_at: datetime | None
    reports: int
    archived: bool


class Anomaly(Struct, frozen=True):
    id: int
    at: datetime
    kind: str
    room: str
    person: str
    first: int
    last: int
    worker: str
    explanation: str


# --- Events ----------------------------------------------------------------------------------------------------------


class Welcome(Struct, tag_field="type", tag="welcome", frozen=True):
    """Made by `live/consumer.py`; here for the closed list."""

    heartbeat_seconds: int
    time: str


class Workers(Struct, tag_field="type", tag="workers", frozen=True):
    workers: list[Worker]


class Totals(Struct, tag_field="type", tag="totals", frozen=True):
    """Of all workers that are heard. Of what only one can be true for the site, the worst one's."""

    people: int
    sockets: int
    workers: int
    messages_per_minute: int
    deliveries_per_second: float
    loop_lag_p99_ms: float
    buffer_bytes: int
    database_ms: float | None
    redis_ms: float | None


class Rooms(Struct, tag_field="type", tag="rooms", frozen=True):
    """`total` are those that match the query, `open_reports` those of all rooms and conversations."""

    query: str
    sort: Sort
    order: Order
    page: int
    pages: int
    total: int
    open_reports: int
    rooms: list[Room]


class Proof(Struct, tag_field="type", tag="proof", frozen=True):
    """What clients have counted in the last hour. The percentiles are None while there is nothing to tell them from."""

    reporting: bool
    clients: int
    received: int
    lost: int
    duplicated: int
    reordered: int
    held: int
    repaired: int
    p50_ms: float | None
    p99_ms: float | None


class Anomalies(Struct, tag_field="type", tag="anomalies", frozen=True):
    anomalies: list[Anomaly]


class Goodbye(Struct, tag_field="type", tag="goodbye", frozen=True):
    """Made by `live/server.py`; here for the closed list."""

    reason: str
    retry_after: list[float]


EVENTS: tuple[type[Struct], ...] = (Welcome, Workers, Totals, Rooms, Proof, Anomalies, Goodbye)


def encode(value: Any) -> str:
    """The text of a frame."""
    return msgspec.json.encode(value).decode()
