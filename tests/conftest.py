"""Servers for tests that ask for them, and their logs for tests that fail."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import TransactionTestCase

from tests import forks, processes
from tests.emptying import empty_tables
from tests.scale import seeder
from tests.servers import Postgres, Redis, Worker, run_python, worker_environment

LOG_CHARACTERS = 8_000  # the end of each log that a failure shows


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.failed:
        report.sections += [(f"log of {one.name}", one.log[-LOG_CHARACTERS:]) for one in processes.running]
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", default=None, help="decides when the tests in tests/faults break things")


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('--seed')}"


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--seed") is None:  # before pytest-xdist hands the options to its processes
        config.option.seed = str(secrets.randbelow(1_000_000))
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
    # whitenoise warns of a missing directory, and warnings are errors here
    (settings.DATA_DIR / "static").mkdir(parents=True)


def pytest_unconfigure() -> None:
    processes.kill_all()
    forks.end()
    seeder.end()
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL drops no database that somebody uses, and threads of asynchronous tests keep their connections."""
    yield
    from django.db import connection

    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                cursor.execute(f"SELECT pg_terminate_backend(pid) {others}")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def migrated_database(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with all tables and no rows, to be copied from."""
    name = postgres_server.create_database()
    env = worker_environment(tmp_path_factory.mktemp("migrate"), postgres_server.database_url(name))
    run_python(env, "manage.py", "migrate", "-v0")
    return name


@pytest.fixture
def workers(
    redis_server: Redis, postgres_server: Postgres, migrated_database: str, tmp_path: Path
) -> Iterator[Callable[..., list[Worker]]]:
    """`workers(2, DRAIN_SECONDS="1")`: that many on one fresh database and one Redis, up and ready."""
    database = postgres_server.database_url(postgres_server.create_database(migrated_database))
    with starter_of_workers(tmp_path, database, redis_server.url) as start:
        yield start


@contextmanager
def starter_of_workers(directory: Path, database_url: str, redis_url: str) -> Iterator[Callable[..., list[Worker]]]:
    """What the fixture `workers` gives, for fixtures that live longer."""
    started: list[Worker] = []

    def start(count: int = 1, **settings: str) -> list[Worker]:
        new = [
            Worker(
                directory / f"worker-{number}",
                name=f"worker-{number}",
                database_url=database_url,
                redis_url=redis_url,
                REDIS_PREFIX=database_url.rpartition("/")[2],
                WORKERS=str(count),
                **settings,
            )
            for number in range(len(started), len(started) + count)
        ]
        started.extend(new)
        for worker in new:
            worker.launch()
        for worker in new:
            worker.wait_until_ready()
        return new

    try:
        yield start
    finally:
        for worker in started:
            worker.kill()
