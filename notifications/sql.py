"""The statements that work on a thousand inboxes at once, for PostgreSQL and SQLite.

In SQL because the ORM would take a parameter for each number and a statement for each fifty rows. Whole numbers stand
in the text; what people wrote is always a parameter. Called by selectors and services.
"""

# ruff: noqa: S608  see above: whole numbers, and names from the models
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model
from django.utils.dateparse import parse_datetime

from notifications.models import Inbox, Notification


def lock_inboxes(user_ids: Iterable[int], *, taking: int = 0) -> dict[int, int]:
    """Locks them until the transaction ends, and returns their heads; makes those that are not there. In the order of
    their ids, so that two transactions never wait for each other. With `taking`, of each so many numbers are taken, and
    the heads are those after.

    People who are gone are left out; nobody else's account goes before the transaction ends.
    """
    wanted = sorted(set(user_ids))
    if not wanted:
        return {}
    return _of_those_who_stay(dict(fetch(_taking(wanted, taking))))


def _taking(user_ids: Sequence[int], taking: int) -> str:
    table, people = Inbox._meta.db_table, get_user_model()._meta
    key = people.pk.column
    return (
        f"INSERT INTO {table} (user_id, head) SELECT u.{key}, {taking:d} FROM {people.db_table} u"
        f" WHERE u.{key} IN ({numbers(user_ids)}) ORDER BY u.{key}"
        f" ON CONFLICT (user_id) DO UPDATE SET head = {table}.head + {taking:d} RETURNING user_id, head"
    )


def hold_inboxes(user_ids: Iterable[int]) -> None:
    """Locks those that are there, in the same order, for whoever changes several deliveries or devices of a person."""
    held = Inbox.objects.select_for_update().filter(pk__in=set(user_ids))
    list(held.order_by("pk").values_list("pk"))


def _of_those_who_stay(heads: dict[int, int]) -> dict[int, int]:
    """Without the inboxes of people whose accounts went while one waited for the lock. Not asked for with it: whoever
    deletes an account takes its inbox first, and the account after that.
    """
    if not connection.features.has_select_for_update or not heads:  # SQLite has one writer, and it is this one
        return heads
    gone = heads.keys() - {user_id for (user_id,) in fetch(_staying(numbers(sorted(heads))))}
    _clear(gone)
    return {user_id: head for user_id, head in heads.items() if user_id not in gone}


def _staying(user_ids: str) -> str:
    people = get_user_model()._meta
    key = people.pk.column
    return f"SELECT {key} FROM {people.db_table} WHERE {key} IN ({user_ids}) ORDER BY {key} FOR KEY SHARE"


def _clear(gone: Set[int]) -> None:
    """Of inboxes that were made for people who were just going."""
    if gone:
        execute(f"DELETE FROM {Inbox._meta.db_table} WHERE user_id IN ({numbers(gone)})")


def store_heads(heads: Mapping[int, int]) -> None:
    """Writes the counters of locked inboxes."""
    values = ", ".join(f"({user_id:d}, {head:d})" for user_id, head in heads.items())
    if values:
        table = Inbox._meta.db_table
        execute(f"UPDATE {table} SET head = v.column2 FROM (VALUES {values}) AS v WHERE {table}.user_id = v.column1")


def change(numbered: Mapping[int, int | None], fields: Mapping[str, Any]) -> None:
    """Writes `changed` of notifications, by their ids, and the same values into columns of them all."""
    values = ", ".join(f"({pk:d}, {'CAST(NULL AS bigint)' if at is None else at})" for pk, at in numbered.items())
    if values:
        table = Notification._meta.db_table
        said = "".join(f', "{column}" = %s' for column in fields)
        execute(
            f"UPDATE {table} SET changed = v.column2{said} FROM (VALUES {values}) AS v WHERE {table}.id = v.column1",
            [_adapted(value) for value in fields.values()],
        )


def insert(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Stores rows, columns by name, all with the same; returns their ids in their order.

    They go as one JSON parameter: a driver would take longer to look for the places of ten thousand than the database
    to read it. Ids are given in the order of the rows, whatever the order in which a database returns them.
    """
    if not rows:
        return []
    columns = list(rows[0])
    listed = ", ".join(f'"{name}"' for name in columns)
    statement = f"INSERT INTO {model._meta.db_table} ({listed}) SELECT {listed} FROM {_recordset(model, columns)}"
    return sorted(pk for (pk,) in fetch(f"{statement} RETURNING id", [_as_json(rows)]))


class Placed(NamedTuple):
    """A row that was stored, and the number it took in its person's inbox."""

    pk: int
    seq: int


def insert_next(rows: Sequence[Mapping[str, Any]]) -> dict[int, Placed]:
    """Stores notifications, one a person, their columns without `seq` and `changed`, each with the next number of the
    inbox; by person. As `lock_inboxes` and `insert` would, but in one statement on PostgreSQL, so that many small
    transactions are still few statements.

    People who are gone are left out.
    """
    wanted = sorted(row["user_id"] for row in rows)
    if connection.vendor != "postgresql":
        heads = lock_inboxes(wanted, taking=1)
        rows = [{**row, "seq": head, "changed": head} for row in rows if (head := heads.get(row["user_id"]))]
        stored = insert(Notification, rows)
        return {row["user_id"]: Placed(pk, row["seq"]) for row, pk in zip(rows, stored, strict=True)}
    columns = list(rows[0])
    listed = ", ".join(f'"{name}"' for name in columns)
    key = get_user_model()._meta.pk.column
    # In the order that it has in two: the inbox first, the account after that.
    found = fetch(
        f"WITH taken AS ({_taking(wanted, 1)}), staying AS ({_staying('SELECT user_id FROM taken')})"
        f" INSERT INTO {Notification._meta.db_table} ({listed}, seq, changed) SELECT {listed}, head, head"
        f" FROM {_recordset(Notification, columns)} JOIN taken USING (user_id) JOIN staying ON staying.{key} = user_id"
        " ORDER BY user_id RETURNING user_id, id, seq",
        [_as_json(rows)],
    )
    placed = {user_id: Placed(pk, seq) for user_id, pk, seq in found}
    _clear(set(wanted) - placed.keys())
    return placed


def renew(rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows of notifications anew, by their `id`: neither seen nor read nor withdrawn."""
    table, columns = Notification._meta.db_table, list(rows[0])
    said = ", ".join(f'"{name}" = v."{name}"' for name in columns if name != "id")
    execute(
        f"UPDATE {table} SET seen_at = NULL, read_at = NULL, withdrawn_at = NULL, {said}"
        f" FROM (SELECT * FROM {_recordset(Notification, columns)}) AS v WHERE {table}.id = v.id",
        [_as_json(rows)],
    )


def upsert_active(user_ids: Iterable[int], at: datetime) -> None:
    """These people were seen using a page. Those who are gone meanwhile are left out."""
    people = get_user_model()._meta
    wanted = numbers(sorted(set(user_ids)))
    execute(
        f"INSERT INTO {Inbox._meta.db_table} (user_id, head, active_at)"
        f" SELECT u.{people.pk.column}, 0, {_timestamp()} FROM {people.db_table} u"
        f" WHERE u.{people.pk.column} IN ({wanted}) ORDER BY 1"
        " ON CONFLICT (user_id) DO UPDATE SET active_at = excluded.active_at",
        [_adapted(at)],
    )


def numbers(values: Iterable[int]) -> str:
    """Whole numbers for an IN (…); one that nothing matches where there are none."""
    return ", ".join(f"{value:d}" for value in values) or "NULL"


def fetch(statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def execute(statement: str, parameters: Sequence[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def as_datetime(value: Any) -> datetime | None:
    """What a driver gives for a point in time: SQLite a text without its zone, which is UTC."""
    if isinstance(value, str):
        value = parse_datetime(value)
    if value is None:
        return None
    found: datetime = value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _recordset(model: type[Model], columns: Iterable[str]) -> str:
    """A parameter that holds rows in JSON, as a table."""
    if connection.vendor != "postgresql":
        fields = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in columns)
        return f"(SELECT {fields} FROM json_each(%s))"
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    described = ", ".join(f'"{name}" {types[name]}' for name in columns)
    return f"json_to_recordset(%s) AS r ({described})"


def _as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    return msgspec.json.encode([{name: _adapted(value) for name, value in row.items()} for row in rows]).decode()


def _timestamp() -> str:
    return "%s::timestamptz" if connection.vendor == "postgresql" else "%s"


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
