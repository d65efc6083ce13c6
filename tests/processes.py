"""A server process of a test: started in a group of its own, waited for, ended by id, its output kept.

Knows nothing of what runs; tests/servers.py does.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil

ROOT = Path(__file__).resolve().parent.parent
# A limit for what takes a second or two: twenty times that, for a machine that is busy with other things.
PATIENCE_SECONDS = 30
PR_SET_PDEATHSIG = 1  # prctl(2)

# What runs now. A failing test shows their logs; whatever is left is ended with the test run.
running: "list[Process]" = []


class Child(Protocol):
    """What is used of subprocess.Popen."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...


class Process:
    """One process at a time under one name; `start` again after it has ended. Its log goes on in the same file.

    Start it in the main thread: it is tied to the life of the thread that starts it.
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log_file = log
        self._popen: Child | None = None

    @property
    def pid(self) -> int:
        assert self._popen, f"{self.name} has not been started"
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def start(
        self, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, uid: int | None = None
    ) -> None:
        assert not self.is_running
        self._popen = self._launch([str(word) for word in command], env, uid)
        running.append(self)

    def _launch(self, command: Sequence[str], env: Mapping[str, str] | None, uid: int | None) -> Child:
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.log_file.parent if uid else ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=before_exec(uid),
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Raises when the process ends before it is ready, or is not ready in time; its log is in the message."""

        def ready_or_dead() -> bool:
            if not self.is_running:
                raise RuntimeError(f"{self.name} has ended.\n{self.log}")
            return ready()

        try:
            wait_until(ready_or_dead, f"{self.name} to be ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log}") from None

    def signal(self, number: signal.Signals) -> None:
        assert self._popen
        self._popen.send_signal(number)

    def suspend(self) -> None:
        """It stands still until `resume`; what it had open stays open."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """As a power cut would, its children too. Nothing happens when it does not run."""
        if self._popen is None:
            return
        if self.is_running:
            # One by one: PostgreSQL's children make groups of their own, and it does not start while one lives.
            family = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            wait_until(lambda: all(has_ended(one) for one in family[1:]), f"the children of {self.name} to end")
        self.wait()

    def wait(self) -> int:
        """Waits for its end. Its exit code; -9 means SIGKILL."""
        assert self._popen
        code = self._popen.wait(PATIENCE_SECONDS)
        if self in running:
            running.remove(self)
        return code


def has_ended(process: psutil.Process) -> bool:
    """A zombie has: whoever inherited it may collect it late."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def kill_all() -> None:
    for process in list(running):
        process.kill()


def wait_until(happened: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Asks every 20 ms. Raises TimeoutError, which says what was waited for."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds} s in vain for {what}.")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def before_exec(uid: int | None = None) -> Callable[[], None]:
    """Becomes another user if asked; and dies with its parent, so that a killed test run leaves nothing (Linux)."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def in_child() -> None:
        if uid is not None:
            os.setgroups([])
            os.setuid(uid)
        if prctl:  # last: setuid(2) clears it
            prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))

    return in_child
