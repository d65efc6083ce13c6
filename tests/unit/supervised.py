"""A supervisor at work for tests, with workers that are ready in a moment."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FAKE = Path(__file__).with_name("fake_worker.py")
LIMIT_SECONDS = 30
# The leader of a session without a terminal has the one it opens from then on, and gets SIGHUP when that closes.
TAKE_TERMINAL = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


class Site:
    """A supervisor at work, and what its workers wrote into their diary."""

    def __init__(self, directory: Path) -> None:
        self.diary = directory / "diary"
        self.diary.touch()
        self.output = directory / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, workers: int = 2, stdin: int = subprocess.DEVNULL) -> None:
        command = [sys.executable, "-m", "realtime_site.supervisor", "--port=0", f"--workers={workers}", *options]
        if stdin != subprocess.DEVNULL:
            command = [sys.executable, "-c", TAKE_TERMINAL, *command]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--", sys.executable, str(FAKE)],
                env=os.environ | {"DIARY": str(self.diary)},
                stdin=stdin,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start_and_wait(self, *options: str, workers: int = 2, stdin: int = subprocess.DEVNULL) -> None:
        self.start(*options, workers=workers, stdin=stdin)
        wait_for(lambda: "Confab is at" in self.said())

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def exit_code(self) -> int:
        assert self.process
        return self.process.wait(LIMIT_SECONDS)

    def said(self) -> str:
        return self.output.read_text()

    def wrote(self, event: str) -> list[int]:
        """The pids of the workers to which this happened, in order."""
        lines = (line.split() for line in self.diary.read_text().splitlines())
        return [int(pid) for name, pid, _ in lines if name == event]

    def ask(self) -> int:
        """Connects; gives the pid of the worker that answered."""
        port = int(re.search(r"Confab is at http://127\.0\.0\.1:(\d+)", self.said())[1])  # type: ignore[index]
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS) as connection:
            return int(connection.recv(100))


def runs(pid: int) -> bool:
    """Whether the process is there and no zombie (an orphan's remains wait for whoever is process 1)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
