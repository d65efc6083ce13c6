"""Programs that notify a thousand people, each in an environment of its own: django-notifications-hq needs a Django
older than ours, and its package has the name of one of our apps.
"""

import json
import os
import subprocess
import sys
import venv
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.core.bench import ROOT, TOOLS, Bench, MissingError

HERE = Path(__file__).parent
FOLDER = TOOLS / "notify"
# Django 5.1 took `index_together` away, which notifications-hq 1.8.3 still has.
WANTED = "django<5.1 django-notifications-hq==1.8.3 django-webpush==0.3.6 psycopg[binary] dj-database-url"


def ours(bench: Bench, script: str, *arguments: str, **more: str) -> dict[str, Any]:
    """What one of our scripts found, on an empty database."""
    with bench.redis() as redis:
        environment = bench.environment(redis, bench.postgres.create_database(), **more)
        return _run([sys.executable, "-m", f"benchmarks.peers.notify.{script}", *arguments], environment, ROOT)


def theirs(bench: Bench, script: str, *arguments: str) -> dict[str, Any]:
    """What a peer's script found, on an empty database. Raises `MissingError`."""
    environment = os.environ | {"DATABASE_URL": bench.postgres.database_url(bench.postgres.create_database())}
    return _run([python(), HERE / f"{script}.py", *arguments], environment, bench.folder)


def our_version() -> str:
    return f"Django {version('django')}"


def their_versions() -> str:
    told = subprocess.run([python(), "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    wanted = ("django-notifications-hq", "django-webpush", "Django", "pywebpush")
    found = dict(line.split("==") for line in told.splitlines() if "==" in line)
    return ", ".join(f"{name} {found[name]}" for name in wanted)


@cache
def python() -> Path:
    """The peers' interpreter. Raises `MissingError`."""
    found, stamp = FOLDER / "bin" / "python", FOLDER / "installed"
    if not stamp.exists() or stamp.read_text() != WANTED:
        venv.create(FOLDER, clear=True, with_pip=True)
        command = [found, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *WANTED.split()]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise MissingError("pip could not install it; run `bin/bench` again with a network.")
        stamp.write_text(WANTED)
    return found


def _run(command: list[Any], environment: dict[str, str], folder: Path) -> dict[str, Any]:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
