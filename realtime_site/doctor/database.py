"""The database: prepared, of a kind that keeps what it acknowledges, near, with connections enough."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from realtime_site.doctor import sqlite
from realtime_site.doctor.findings import Finding, NotTriedError, Subject
from realtime_site.doctor.measuring import middle_ms, ms
from realtime_site.doctor.options import Options

DATABASE = Subject("database")
MIGRATIONS = Subject("migrations")

OLDEST_VERSION = 14  # Django 5.2's
# One on the same machine answers in 0.1 ms, one in the same building in 1. A message costs half a dozen round trips.
FAR_MS = 5.0
# docs/operations.md: the deliverer, and the worker that comes while another goes; and some for whoever looks after it.
MORE_POOLS, SPARE_CONNECTIONS = 2, 10
ASKED = (
    "server_version_num", "server_version", "server_encoding", "default_transaction_isolation", "fsync",
    "full_page_writes", "synchronous_commit", "max_connections", "superuser_reserved_connections",
    "idle_in_transaction_session_timeout", "transaction_read_only",
)  # fmt: skip
AS_ADMIN = "sudo -u postgres psql"


@dataclass(frozen=True, slots=True)
class Postgres:
    """What the server says of itself: `shown` is what SHOW gives for each of `ASKED`."""

    shown: dict[str, str]
    latency_ms: float
    workers: int
    pool: int
    name: str = "confab"


def require() -> None:
    """Raises NotTriedError where the database does not answer."""
    try:
        connection.ensure_connection()
    except Error as error:
        raise NotTriedError("The database does not answer.") from error


def look(options: Options) -> Iterable[Finding]:
    try:
        connection.ensure_connection()
    except Error as error:
        why = f"Nothing works without it. It says: {' '.join(str(error).split())}"
        made = f"mkdir -p -m 700 {settings.DATA_DIR} && .venv/bin/python manage.py prepare"
        mend = "DATABASE_URL=postgres://user:password@host/name" if connection.vendor == "postgresql" else made
        return [DATABASE.error("The database cannot be reached.", why, mend)]
    latency_ms = middle_ms(_ask)
    if connection.vendor == "postgresql":
        return judge(_postgres(latency_ms))
    return sqlite.judge(sqlite.measured(latency_ms))


def look_at_migrations(options: Options) -> Iterable[Finding]:
    require()
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known, applied = set(executor.loader.disk_migrations), set(executor.loader.applied_migrations)
    ours = {app for app, _ in known}
    unknown = {(app, name) for app, name in applied - known if app in ours}
    return judge_migrations([f"{one.app_label}.{one.name}" for one, _ in missing], sorted(map(".".join, unknown)))


def judge_migrations(missing: list[str], unknown: list[str]) -> list[Finding]:
    found = []
    if missing:
        what = f"{len(missing)} migrations are not applied: {_some(missing)}."
        why = "Pages and sockets that need the new tables fail."
        found.append(MIGRATIONS.error(what, why, ".venv/bin/python manage.py prepare"))
    if unknown:
        what = f"The database knows {len(unknown)} migrations that this code does not: {_some(unknown)}."
        why = "It was prepared by a newer release; what this one writes may not be what that one expects."
        found.append(MIGRATIONS.warning(what, why, "git pull"))
    return found or [MIGRATIONS.ok("All are applied.")]


def judge(here: Postgres) -> list[Finding]:
    found = [*_server(here), *_durability(here), *_transactions(here), *_room(here), *_distance(here)]
    version = here.shown["server_version"].split()[0]
    return found or [DATABASE.ok(f"PostgreSQL {version}, durable; {ms(here.latency_ms)} a query.")]


def _server(here: Postgres) -> Iterable[Finding]:
    version = int(here.shown["server_version_num"]) // 10_000
    if version < OLDEST_VERSION:
        why = f"Django 5.2 knows {OLDEST_VERSION} and newer."
        yield DATABASE.error(f"PostgreSQL is {version}.", why, "sudo apt install postgresql && sudo pg_upgradecluster")
    if here.shown["server_encoding"] != "UTF8":
        what = f"The database is encoded as {here.shown['server_encoding']}."
        why = "Most of what people write cannot be stored."
        yield DATABASE.error(
            what, why, f"{AS_ADMIN} -c \"CREATE DATABASE confab_utf8 ENCODING 'UTF8' TEMPLATE template0\""
        )
    if here.shown["transaction_read_only"] == "on":
        why = "Nobody can log in or say anything. It may be a standby."
        yield DATABASE.error(
            "The database can only be read.", why, "DATABASE_URL=postgres://user:password@the-primary/name"
        )


def _durability(here: Postgres) -> Iterable[Finding]:
    why = "A message that was acknowledged may be lost when the power fails"
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if here.shown[name] == "off":
            more = ", and the database damaged." if name != "synchronous_commit" else "."
            mend = f'{AS_ADMIN} -c "ALTER SYSTEM SET {name} = on" -c "SELECT pg_reload_conf()"'
            yield DATABASE.error(f"{name} is off.", why + more, mend)


def _transactions(here: Postgres) -> Iterable[Finding]:
    isolation = here.shown["default_transaction_isolation"]
    if isolation != "read committed":
        what = f"Transactions are {isolation} by default."
        why = (
            "Numbers of messages are given under a lock, after which the newest state must be seen: posting would fail."
        )
        yield DATABASE.error(what, why, _altered(here, "default_transaction_isolation = 'read committed'"))
    if here.shown["idle_in_transaction_session_timeout"] == "0":
        yield DATABASE.warning(
            "idle_in_transaction_session_timeout is 0.",
            "A worker that stands still in a transaction keeps its rooms locked for as long as it stands. "
            "`options` in DATABASE_URL or a PgBouncer between took away what Confab sets.",
            _altered(here, "idle_in_transaction_session_timeout = '10s'"),
        )


def _altered(here: Postgres, setting: str) -> str:
    return f'psql "$DATABASE_URL" -c "ALTER DATABASE {here.name} SET {setting}"'


def _room(here: Postgres) -> Iterable[Finding]:
    pools = here.workers + MORE_POOLS
    wanted = pools * here.pool + SPARE_CONNECTIONS
    there = int(here.shown["max_connections"])
    if wanted > there + int(here.shown["superuser_reserved_connections"]):
        yield DATABASE.warning(
            f"max_connections is {there}; {pools} pools of {here.pool} and some to spare are {wanted}.",
            "Under load workers find no connection, and people are told to try again.",
            f'{AS_ADMIN} -c "ALTER SYSTEM SET max_connections = {wanted}" && sudo systemctl restart postgresql',
        )


def _distance(here: Postgres) -> Iterable[Finding]:
    if here.latency_ms > FAR_MS:
        what = f"The database is {ms(here.latency_ms)} away."
        why = "Each message takes several times that, and so does all that waits for the same room."
        yield DATABASE.warning(what, why, "DATABASE_URL=postgres://user:password@a-host-nearby/name")


def _postgres(latency_ms: float) -> Postgres:
    with connection.cursor() as cursor:
        # One that does not exist is null, not an error.
        cursor.execute("SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name", [list(ASKED)])
        shown = {name: value or "" for name, value in cursor.fetchall()}
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool", {})
    size = pool.get("max_size", 1) if isinstance(pool, dict) else 1
    return Postgres(shown, latency_ms, settings.WORKERS, size, connection.settings_dict["NAME"])


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _some(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
