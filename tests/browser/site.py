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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# A worker imports Django and Twisted and opens its database: 2 s here, ten times that on a machine that is busy.
START_SECONDS = 30


class Site:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Tables and hashed static files, once for all sites that are copied from this one."""
        self._run("manage.py", "migrate", "-v0")
        self._run("manage.py", "collectstatic", "--noinput", "-v0")

    def copy_to(self, data_dir: Path) -> "Site":
        shutil.copytree(self.data_dir, data_dir, ignore=shutil.ignore_patterns("static"))
        (data_dir / "static").symlink_to(self.data_dir / "static")
        return Site(data_dir)

    def seed(self, **wanted: Any) -> dict[str, str]:
        """Makes people, rooms and messages as tests/browser/seed.py describes. Session keys by username."""
        answer: dict[str, str] = json.loads(self._run("-m", "tests.browser.seed", stdin=json.dumps(wanted)))
        return answer

    def start(self, program: str = "realtime_site.worker") -> None:
        """`realtime_site.serve` puts a supervisor before the worker, which can replace it."""
        command = [sys.executable, "-m", program, "--port", str(self.port)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._env())
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The worker does not come up.")
            time.sleep(0.05)

    def deploy(self) -> None:
        """A new worker takes the old one's place, on a site under a supervisor. Returns before it has."""
        if self._process:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Politely, so that a supervisor takes its workers along."""
        if self._process:
            self._process.terminate()
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

    def _run(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self._env(),
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def _env(self) -> dict[str, str]:
        mine = {
            "DATA_DIR": str(self.data_dir),
            "DRAIN_SECONDS": "2",
            "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
            "SECRET_KEY": "for tests only",
            "SITE_URL": self.url,
            "SIGNUP": "open",
            "RATE_LIMITS": "false",
        }
        ours = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL", "WORKERS"}}
        return ours | mine


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
