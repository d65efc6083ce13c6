"""Empties the database after a test that was not one transaction.

Django's own way empties each of the tables and makes all content types and permissions anew, a quarter of the time of
all such tests. These two are as the migrations made them and no test changes them; of the others, most have no row.
"""

from typing import Any

from django.apps import apps
from django.db import connection, transaction

KEPT = {"contenttypes.contenttype", "auth.permission"}


def empty_tables(_: Any = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # no trigger asks whether something refers to a row, and all are going
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for table in _filled(cursor):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  a table's name


def _filled(cursor: Any) -> list[str]:
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in _tables())  # noqa: S608  as above
    cursor.execute(" UNION ALL ".join(asked))
    return [table for (table,) in cursor.fetchall()]


def _tables() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    return [one._meta.db_table for one in models if one._meta.label_lower not in KEPT and one._meta.managed]
