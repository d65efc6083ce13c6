"""Real servers for tests, on free ports of the loopback, with their data in temporary directories.

What a test does to them - kill, stop, start again - they survive as the real ones do, since they are real.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests import forks
from tests.binaries import postgres_binaries, reachable, redis_binary, unprivileged
from tests.processes import ROOT, Child, Process, accepts, free_port


class Redis(Process):
    """Nothing is written to disk: after `kill` and `restart` it is empty, as after a FLUSHALL."""

    def __init__(self, directory: Path) -> None:
        super().__init__("redis", directory / "redis.log")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.restart()

    def restart(self) -> None:
        """Starts it on the port it had."""
        self.kill()
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self.log_file.parent}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.start([redis_binary(), *words])
        self.wait_until(self._answers)

    def cli(self, *command: str) -> object:
        """`cli("FLUSHALL")`: what `redis-cli` would do."""
        with redis.Redis.from_url(self.url) as client:
            return client.execute_command(*command)

    def _answers(self) -> bool:
        try:
            return bool(self.cli("PING"))
        except redis.ConnectionError:
            return False


class Postgres(Process):
    """A cluster of its own. `durable=False` leaves out fsync: a server killed by a signal loses nothing by that."""

    def __init__(self, *, durable: bool = False) -> None:
        # Not in pytest's directory: that is closed to other users, and PostgreSQL refuses to run as root.
        self.directory = Path(tempfile.mkdtemp(prefix="confab-postgres-"))
        super().__init__("postgres", self.directory / "postgres.log")
        self.port = free_port()
        self._durable = durable
        self._uid = unprivileged()
        self._binaries = reachable(postgres_binaries(), self._uid, self.directory)
        if self._uid is not None:
            os.chown(self.directory, self._uid, -1)
        self._init()
        self.restart()

    @property
    def url(self) -> str:
        return self.database_url("postgres")

    def database_url(self, name: str) -> str:
        return f"postgres://confab@127.0.0.1:{self.port}/{name}"

    def restart(self) -> None:
        """Starts it on the port it had. After `kill` that includes its crash recovery."""
        self.kill()
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": "on" if self._durable else "off",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.start([self._binaries / "postgres", "-D", self.directory / "data", *words], uid=self._uid)
        self.wait_until(self._answers)

    def create_database(self, template: str = "template1") -> str:
        """The name of a new database, empty or a copy of `template`."""
        name = f"confab_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _init(self) -> None:
        options = ["--username=confab", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [self._binaries / "initdb", "-D", self.directory / "data", *options],
            cwd=self.directory,
            user=self._uid,
            extra_groups=[] if self._uid is not None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed.\n{made.stdout}{made.stderr}")

    def _answers(self) -> bool:
        if not accepts(self.port):
            return False
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:  # it is starting up
            return False
        return True


class Worker(Process):
    """One worker of Confab. Without `database_url` and `redis_url` it has SQLite and memory in `data_dir`.

    `settings` are environment variables, e.g. `DRAIN_SECONDS="2"`. `program` is a module that runs one.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        name: str = "worker",
        program: str = "realtime_site.worker",
        database_url: str = "",
        redis_url: str = "",
        **settings: str,
    ) -> None:
        super().__init__(name, data_dir / f"{name}.log")
        self._program = program
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = worker_environment(data_dir, database_url, redis_url) | {"SITE_URL": self.url} | settings

    def restart(self) -> None:
        """Starts it on the port it had, and waits until it is ready."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        self.kill()
        self.start(["-m", self._program, "--port", str(self.port)], env=self.env)

    def _launch(self, command: Sequence[str], env: Mapping[str, str] | None, uid: int | None) -> Child:
        return forks.start(command, env=env or {}, output=self.log_file)

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: self.get("/readyz") == 200)

    def get(self, path: str) -> int:
        """The status of an answer, 0 where there is none."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=15) as answer:  # noqa: S310  it is ours
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def terminate(self) -> None:
        self.signal(signal.SIGTERM)

    def manage(self, *words: str, stdin: Any = None) -> str:
        """What `python …` prints with this worker's settings: `manage("manage.py", "migrate")`."""
        return run_python(self.env, *words, stdin=stdin)


def worker_environment(data_dir: Path, database_url: str = "", redis_url: str = "") -> dict[str, str]:
    """All that decides about a worker; nothing of it comes from a developer's shell or .env."""
    (data_dir / "static").mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
        "SECRET_KEY": "for tests only",
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "WORKERS": "1",
        "SIGNUP": "open",
        "RATE_LIMITS": "off",
        "EMAIL_URL": "memory://",
        "PYTHONUNBUFFERED": "1",
    }


def run_python(env: dict[str, str], *words: str, stdin: Any = None) -> str:
    """Runs `python <words>` in the repository with `stdin` as JSON. What it prints; raises with its errors."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=env,
        input=json.dumps(stdin),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed.\n{done.stdout}{done.stderr}")
    return done.stdout
