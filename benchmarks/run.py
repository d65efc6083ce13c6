"""What every benchmark needs: servers of its own, a place for logs, tables."""

import os
import platform
import socket
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.servers import ROOT


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

    def __init__(self, folder: Path, redis_url: str, redis_pid: int, postgres_url: str) -> None:
        self.folder, self.redis_url, self.redis_pid = folder, redis_url, redis_pid
        self._postgres_url = postgres_url
        self._databases = 0
        self.log = folder / "servers.log"

    def environment(self, which: str, **more: str) -> dict[str, str]:
        """Variables for a server and its empty database."""
        self._databases += 1
        name = f"{which}{self._databases}"
        import psycopg

        with psycopg.connect(self._postgres_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        data = self.folder / name
        (data / "static").mkdir(parents=True)
        return {
            **os.environ,
            "SECRET_KEY": "benchmark",
            "DATA_DIR": str(data),
            "DATABASE_URL": self._postgres_url.rsplit("/", 1)[0] + f"/{name}",
            "REDIS_URL": self.redis_url,
            **more,
        }

    @staticmethod
    def say(text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)  # noqa: T201


def machine() -> str:
    """One line about where the figures come from."""
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}, {date.today()}"


__all__ = ["ROOT", "Bench", "Table", "free_port", "machine"]
