"""One run of `bin/bench`: a PostgreSQL that nobody else uses, a folder, a clock, and how thorough to be."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.processes import ROOT, Process, accepts
from tests.servers import Postgres, Redis

# What benchmarks install for themselves: other projects' servers.
TOOLS = ROOT / "var" / "bench"


class MissingError(Exception):
    """A peer that is not here and could not be brought; the text says how to get it."""


@dataclass
class Bench:
    folder: Path
    postgres: Postgres
    runs: int
    quick: bool

    def __post_init__(self) -> None:
        self._began = monotonic()
        self.versions: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        self._names = 0

    @property
    def elapsed_seconds(self) -> float:
        return monotonic() - self._began

    def say(self, text: str) -> None:
        minutes, seconds = divmod(int(self.elapsed_seconds), 60)
        print(f"{minutes:3}:{seconds:02}  {text}", file=sys.stderr, flush=True)

    def environment(self, redis: Redis, database: str, **more: str) -> dict[str, str]:
        """Variables for a server of ours or of the stock project."""
        data = self.path("data")
        (data / "static").mkdir(parents=True)
        return {
            **os.environ,
            "SECRET_KEY": "benchmark",
            "DATA_DIR": str(data),
            "DATABASE_URL": self.postgres.database_url(database),
            "REDIS_URL": redis.url,
            "EMAIL_URL": "memory://",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def path(self, name: str) -> Path:
        """One that does not exist yet."""
        self._names += 1
        return self.folder / f"{name}-{self._names}"

    @contextmanager
    def redis(self) -> Iterator[Redis]:
        """One for each server: its CPU is that server's, and no two hear each other's messages."""
        folder = self.path("redis")
        folder.mkdir()
        redis = Redis(folder)
        try:
            yield redis
        finally:
            redis.kill()

    @contextmanager
    def process(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, port: int
    ) -> Iterator[Process]:
        """A server, from when it accepts connections on `port`."""
        server = Process(name, self.path(name).with_suffix(".log"))
        try:
            server.start(command, env=environment)
            server.wait_until(lambda: accepts(port))
            yield server
        finally:
            server.kill()


Data = dict[str, Any]
__all__ = ["ROOT", "TOOLS", "Bench", "Data", "MissingError", "Process"]
