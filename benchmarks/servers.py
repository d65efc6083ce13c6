"""The servers that are measured: Redis, PostgreSQL, our worker, the stock peer.

Each run has its own, on free ports, in a temporary folder.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*pids: int) -> float:
    """User and system time the processes have used so far (proc(5), fields 14 and 15)."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


@contextmanager
def process(*command: str, log: Path, **environment: str) -> Iterator[int]:
    """A process with its output in a file; ended by its id. Yields the id."""
    with log.open("ab") as out:
        child = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    try:
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def confab(port: int, log: Path, **environment: str) -> Iterator[int]:
    """One worker of ours."""
    command = (sys.executable, "-m", "realtime_site.worker", "--port", str(port))
    with process(*command, log=log, RATE_LIMITS="off", **environment) as pid:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield pid


@contextmanager
def stock(port: int, log: Path, **environment: str) -> Iterator[int]:
    """The peer under daphne, as the tutorial starts it."""
    command = (sys.executable, "-m", "daphne", "-p", str(port), "benchmarks.stock.asgi:application")
    with process(*command, log=log, DJANGO_SETTINGS_MODULE="benchmarks.stock.settings", **environment) as pid:
        wait_for(f"http://127.0.0.1:{port}/nothing")
        yield pid


def wait_for(url: str) -> None:
    """Until the address answers anything but 5xx. Raises `TimeoutError` after 60 s."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(url)
