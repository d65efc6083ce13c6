"""The statements of the transaction that posts, for PostgreSQL and SQLite.

In SQL because a message passes here while others wait: the ORM spends 2 ms of CPU on building these for a batch and
on making objects of their rows, the statements themselves 0.5 ms. Whole numbers stand in the text; what people wrote
is always a parameter. Only those call this who write what is said.
"""

# ruff: noqa: S608  see above: whole numbers, and names from the models
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from django.contrib.auth import get_user_model
from django.db import connection

from chat.models import Maintenance, Membership, Mention, Message, Restriction, Room, people_of

Kind = Literal["text", "system"]


@dataclass(slots=True)
class LockedRoom:
    """A room nobody else can write to until the transaction ends. `archived_at` and `read_only` are as the driver gives
    them.
    """

    pk: int
    head: int
    archived_at: Any
    slug: str
    name: str
    kind: str
    people_key: str | None
    slow_mode_seconds: int
    read_only: Any

    @property
    def is_direct(self) -> bool:
        return self.kind == Room.Kind.DIRECT

    @property
    def people(self) -> frozenset[int]:
        """Whose conversation it is, also of those who have not come into it yet. Of another room: nobody's."""
        return people_of(self.people_key)


class Seat(NamedTuple):
    """What somebody is in a room. `muted` may be over: who minds looks when it ends. `maintenance` says why nobody may
    write anywhere, if nobody may.
    """

    role: str
    muted: bool
    maintenance: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is stored."""

    room_id: int
    author_id: int
    client_id: UUID
    kind: Kind
    body: str
    html: str
    seq: int
    reply_to_id: int | None = None
    audience: str = ""


class Called(NamedTuple):
    """One person called in one message, as it is stored."""

    message_id: int
    user_id: int
    room_id: int
    seq: int
    by: str


def lock_rooms(room_ids: Iterable[int]) -> list[LockedRoom]:
    """Locks them in the order of their ids, so that two transactions never wait for each other."""
    wanted = _list(set(room_ids))
    if not wanted:
        return []
    # SQLite has one writer, and the transaction is it from its beginning (BEGIN IMMEDIATE).
    lock = "FOR UPDATE" if connection.features.has_select_for_update else ""
    table = Room._meta.db_table
    found = _fetch(f"SELECT {_columns()} FROM {table} WHERE id IN ({wanted}) ORDER BY id {lock}")
    return [LockedRoom(*row) for row in found]


def active_members(pairs: Collection[tuple[int, int]], whole: Iterable[int] = ()) -> dict[tuple[int, int], Seat]:
    """The seats of those of the pairs (room, person) that are a membership of an active account, and of everybody
    active in the rooms `whole`.

    Once the rooms are locked. The statement that waits for a lock sees other tables as they were before it waited.
    """
    if not pairs:
        return {}
    wanted = ", ".join(f"({room_id:d}, {user_id:d})" for room_id, user_id in pairs)
    found = (
        f"SELECT m.room_id, m.user_id, m.role, EXISTS ({_mute()}), {_maintenance()}"
        f" FROM {Membership._meta.db_table} m JOIN {_users()} WHERE u.is_active"
    )
    statement = f"{found} AND (m.room_id, m.user_id) IN (VALUES {wanted})"
    if rooms := _list(whole):
        statement += f" UNION ALL {found} AND m.room_id IN ({rooms})"
    return {(room_id, user_id): _seat(*what) for room_id, user_id, *what in _fetch(statement)}


def insert(rows: Sequence[Row], created_at: datetime) -> dict[tuple[int, int], int]:
    """Stores messages; returns their ids by room and seq.

    They go as one JSON parameter: the driver would take longer to look for the places of five hundred than the
    database to read it.
    """
    at = connection.ops.adapt_datetimefield_value(created_at)
    found = _fetch(
        f"INSERT INTO {Message._meta.db_table}"
        " (room_id, author_id, client_id, kind, body, html, reply_to_id, audience, seq, changed, created_at)"
        " SELECT room_id, author_id, client_id, kind, body, html, reply_to_id, audience, seq, seq, %s"
        f" FROM {_rows_of_json(Row)}"
        " RETURNING room_id, seq, id",
        [at, msgspec.json.encode([_jsonable(row) for row in rows]).decode()],
    )
    return {(room_id, seq): pk for room_id, seq, pk in found}


def insert_mentions(rows: Sequence[Called]) -> None:
    """Stores who is called. As one parameter too: @room may call ten thousand."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in Called._fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Mention._meta.db_table} ({names}) SELECT {names} FROM {_rows_of_json(Called)}",
            [msgspec.json.encode([row._asdict() for row in rows]).decode()],
        )


def store_heads(rooms: Iterable[LockedRoom], last_message_at: datetime | None = None) -> None:
    """Writes the counters of locked rooms, and when something was last said there, if it was now."""
    values = ", ".join(f"({room.pk:d}, {room.head:d})" for room in rooms)
    table = Room._meta.db_table
    said = ", last_message_at = %s" if last_message_at else ""
    parameters = [connection.ops.adapt_datetimefield_value(last_message_at)] if last_message_at else None
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET head = v.column2{said} FROM (VALUES {values}) AS v WHERE {table}.id = v.column1",
            parameters,
        )


def _fetch(statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


@cache
def _rows_of_json(kind: type[Row | Called]) -> str:
    """A parameter that holds such rows in JSON, as a table."""
    types = {int: "bigint", int | None: "bigint", UUID: "uuid"}
    columns = {name: types.get(of, "text") for name, of in kind.__annotations__.items()}
    if connection.vendor == "postgresql":
        return "json_to_recordset(%s) AS r (" + ", ".join(f'"{name}" {of}' for name, of in columns.items()) + ")"
    fields = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in columns)
    return f"(SELECT {fields} FROM json_each(%s))"


def _jsonable(row: Row) -> dict[str, Any]:
    client_id = str(row.client_id) if connection.features.has_native_uuid_field else row.client_id.hex
    return {name: getattr(row, name) for name in Row.__slots__} | {"client_id": client_id}


@lru_cache(maxsize=32)
def _seat(role: str, muted: bool, maintenance: str | None) -> Seat:
    """There are six, and six more while the site is maintained."""
    return Seat(role, bool(muted), maintenance)


@cache
def _columns() -> str:
    """Of a locked room, in the order of its fields."""
    return ", ".join({"pk": "id"}.get(name, name) for name in LockedRoom.__slots__)


@cache
def _maintenance() -> str:
    return f"(SELECT reason FROM {Maintenance._meta.db_table} WHERE id = 1)"


@cache
def _mute() -> str:
    """Of the member `m`, in the room or everywhere: a probe of the index on people, of whom few have any."""
    return (
        f"SELECT 1 FROM {Restriction._meta.db_table} r WHERE r.user_id = m.user_id"
        f" AND r.kind = '{Restriction.Kind.MUTE.value}' AND r.lifted_at IS NULL"
        " AND (r.room_id = m.room_id OR r.room_id IS NULL)"
    )


@cache
def _users() -> str:
    people = get_user_model()._meta
    return f"{people.db_table} u ON u.{people.pk.column} = m.user_id"


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(f"{number:d}" for number in numbers)
