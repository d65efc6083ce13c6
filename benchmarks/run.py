"""What every benchmark needs: servers of its own, a place for logs, tables."""

import os
import platform
import socket
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.servers import ROOT
from tests.servers import Postgres, Redis


class _Ports:
    """Free loopback ports; `last` is the one claimed last."""

    last = 0

    def claim(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.last = int(probe.getsockname()[1])
        return self.last


free_port = _Ports()


@dataclass(frozen=True)
class Table:
    title: str
    columns: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return f"### {self.title}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


class Bench:
    """One run: a Redis and a PostgreSQL that nobody else uses, and a folder."""

    def __init__(self, folder: Path, redis: Redis, postgres: Postgres) -> None:
        self.folder, self._redis, self._postgres = folder, redis, postgres
        self.redis_pid = redis.pid
        self.log = folder / "servers.log"

    def environment(self, which: str, **more: str) -> dict[str, str]:
        """Variables for a server and its empty database."""
        name = self._postgres.create_database()
        data = self.folder / f"{which}-{name}"
        (data / "static").mkdir(parents=True)
        return {
            **os.environ,
            "SECRET_KEY": "benchmark",
            "DATA_DIR": str(data),
            "DATABASE_URL": self._postgres.database_url(name),
            "REDIS_URL": self._redis.url,
            **more,
        }

    @staticmethod
    def say(text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)  # noqa: T201


def machine() -> str:
    """One line about where the figures come from."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    versions = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({model}), {versions}, {date.today()}"


__all__ = ["ROOT", "Bench", "Table", "free_port", "machine"]
