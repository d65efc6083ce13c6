"""What this very site is, whether it can be tried, and what may be broken at it. Reads settings; starts nothing."""

import os

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from realtime_site.chaos.faults import CUT, KILL, REPLACE, STAND_STILL, Fault

REDIS_SECONDS = 3.0


def described(workers: int) -> str:
    """`PostgreSQL and Redis, with 2 workers`."""
    database = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    layer = "Redis" if settings.REDIS_URL else "memory"
    return f"{database} and {layer}, with {workers} {'workers' if workers > 1 else 'worker'}"


def problem(workers: int) -> str | None:
    """Why it cannot be tried with so many workers, in words for the operator."""
    if workers > 1 and not settings.REDIS_URL:
        return (
            f"{workers} workers need Redis, through which they tell each other what was said. "
            "Set REDIS_URL, or take --workers 1."
        )
    return _database_problem() or _redis_problem()


def faults() -> list[Fault]:
    """On SQLite none stands still: in the middle of a write it would keep everybody's writes waiting."""
    standing = [STAND_STILL] if connection.vendor == "postgresql" else []
    return [KILL, REPLACE, CUT, *standing]


def environment(workers: int) -> dict[str, str]:
    """Of workers that serve this site. The command that starts them may have been given in any directory."""
    paths = [str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"WORKERS": str(workers), "PYTHONPATH": os.pathsep.join(paths)}


def _database_problem() -> str | None:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "The database is not prepared. Start the site once, or run: manage.py migrate"
    except DatabaseError as error:
        return f"The database cannot be used; look at DATABASE_URL. {error}"
    return None


def _redis_problem() -> str | None:
    if not settings.REDIS_URL:
        return None
    wait = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **wait) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis cannot be used; look at REDIS_URL. {error}"
    return None
