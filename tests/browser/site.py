"""A whole site for one test: its own data, its own worker process, which may be killed.

Owns processes and files under a temporary directory. Knows nothing of pages.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests import forks
from tests.collected import collect_into
from tests.processes import Child

ROOT = Path(__file__).resolve().parents[2]
# A worker imports Django and Twisted and opens its database: 2 s here, ten times that on a machine that is busy.
START_SECONDS = 30


class Seeder:
    """The process of tests/browser/seed.py: one for all sites, since to load Django takes longer than to seed."""

    def __init__(self, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.browser.seed"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def seed(self, database: Path, wanted: dict[str, Any]) -> dict[str, str]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"database": str(database), "wanted": wanted}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def end(self) -> None:
        self._process.communicate()


class Site:
    def __init__(self, data_dir: Path, seeder: Seeder | None = None) -> None:
        self.data_dir = data_dir
        self.seeder = seeder
        self.redis_url = ""
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: Child | None = None

    def prepare(self) -> None:
        """Tables and hashed static files, once for all sites that are copied from this one."""
        self.data_dir.mkdir()
        self._run("manage.py", "migrate", "-v0")
        collect_into(self.data_dir)

    def begin_to_seed(self) -> None:
        """For this site and its copies."""
        self.seeder = Seeder(self._env())

    def copy_to(self, data_dir: Path) -> "Site":
        shutil.copytree(self.data_dir, data_dir, ignore=shutil.ignore_patterns("static"))
        (data_dir / "static").symlink_to(self.data_dir / "static")
        return Site(data_dir, self.seeder)

    def seed(self, **wanted: Any) -> dict[str, str]:
        """Makes people, rooms and messages as tests/browser/seed.py describes. Session keys by username."""
        assert self.seeder
        return self.seeder.seed(self.data_dir / "db.sqlite3", wanted)

    def start(self) -> None:
        """One worker."""
        self._process = forks.start(["-m", "realtime_site.worker", "--port", str(self.port)], env=self._env())
        self._wait()

    def supervise(self, workers: int) -> None:
        """As an operator starts it: a supervisor with that many workers, which it can replace. Two need `redis_url`.

        It collects static files, and other tests read those that all sites share.
        """
        static = self.data_dir / "static"
        shared = static.resolve()
        static.unlink()
        shutil.copytree(shared, static)
        command = [sys.executable, "-m", "realtime_site.serve", "--port", str(self.port), "--workers", str(workers)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._env())
        self._wait()

    def _wait(self) -> None:
        assert self._process
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The worker does not come up.")
            time.sleep(0.05)

    def deploy(self) -> Callable[[], bool]:
        """New workers take the old ones' places, under a supervisor. What it gives says whether those are gone."""
        assert self._process
        supervisor = psutil.Process(self._process.pid)
        before = supervisor.children()
        self._process.send_signal(signal.SIGHUP)
        return lambda: not any(worker.is_running() for worker in before)

    def stop(self) -> None:
        """Politely, so that a supervisor takes its workers along."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """As a power cut would: no goodbye, no close frame."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310  it is ours
                return bool(answer.status == 200)
        except OSError:
            return False

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self._env(),
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _env(self) -> dict[str, str]:
        mine = {
            "DATA_DIR": str(self.data_dir),
            "DRAIN_SECONDS": "2",
            "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
            "SECRET_KEY": "for tests only",
            "SITE_URL": self.url,
            "SIGNUP": "open",
            "RATE_LIMITS": "false",
            "REDIS_URL": self.redis_url,
            "REDIS_PREFIX": f"browser-{self.port}",
        }
        ours = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "WORKERS"}}
        return ours | mine


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
