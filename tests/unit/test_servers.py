"""The servers of tests/servers.py do what the tests that use them rely on."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.processes import accepts, running
from tests.servers import Postgres, Redis, Worker


def test_redis_comes_back_empty_on_the_same_port(redis_server: Redis) -> None:
    url = redis_server.url
    redis_server.cli("SET", "a", "1")

    redis_server.kill()
    assert not accepts(redis_server.port)
    redis_server.restart()

    assert (redis_server.url, redis_server.cli("GET", "a")) == (url, None)


def test_postgres_comes_back_with_what_was_committed(postgres_server: Postgres) -> None:
    url = postgres_server.database_url(postgres_server.create_database())
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")

    postgres_server.kill()
    postgres_server.restart()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_a_worker_can_be_killed_and_started_again(workers: Callable[..., list[Worker]]) -> None:
    (worker,) = workers()
    assert worker.get("/healthz") == 200

    worker.kill()
    assert worker.get("/healthz") == 0
    worker.restart()

    assert worker.get("/readyz") == 200
    worker.terminate()
    assert worker.wait() == 0
    assert "Traceback" not in worker.log


def test_a_server_that_ends_too_early_says_why(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "data", SECRET_KEY="")

    with pytest.raises(RuntimeError, match="SECRET_KEY is not set"):
        worker.restart()

    worker.wait()
    assert worker not in running
