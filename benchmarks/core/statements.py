"""How many statements a server sends to PostgreSQL, by PostgreSQL's own log."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests.processes import wait_until
from tests.servers import Postgres

# `statement:` is the simple protocol, `execute name:` the extended one. What only begins, ends or sets up is not asked.
ASKED = re.compile(
    r"^(\w+) LOG:  (?:statement|execute [^:]+): (?!BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |SELECT set_config)"
)


@dataclass
class Asked:
    count: int = 0


@contextmanager
def counted(postgres: Postgres, database: str) -> Iterator[Asked]:
    """Counts meanwhile; nothing that is timed should run, since writing the log takes time."""
    asked = Asked()
    _log(postgres, "all")
    before = len(postgres.log_file.read_bytes())
    try:
        yield asked
    finally:
        _log(postgres, "none")
    lines = postgres.log_file.read_bytes()[before:].decode(errors="replace").splitlines()
    asked.count = sum(bool(found) and found[1] == database for found in map(ASKED.match, lines))


def _log(postgres: Postgres, which: str) -> None:
    postgres.execute("ALTER SYSTEM SET log_line_prefix = '%d '")
    postgres.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
    postgres.execute("SELECT pg_reload_conf()")
    wait_until(lambda: _setting(postgres) == which, "PostgreSQL to read its configuration")


def _setting(postgres: Postgres) -> str:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SHOW log_statement").fetchone()
    assert row
    return str(row[0])
