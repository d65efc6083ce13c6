"""Workers of our own, on free ports of the loopback, which we may kill. Knows no room and no socket of theirs."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from realtime_site.listening import listen
from realtime_site.supervisor.process import WorkerProcess

COMMAND = [sys.executable, "-m", "realtime_site.worker"]
START_SECONDS = 60.0  # of a second or two, on a machine that is busy with other things
LEAVE_SECONDS = 15.0  # beyond the drain


class WorkerError(Exception):
    """A worker does not start. The text is for the operator."""


class OwnWorker:
    """One worker, again and again on the same port."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path, *, drain_seconds: float) -> None:
        self.name = name
        self.log_file = log
        self._environment = environment
        self._drain_seconds = drain_seconds
        self._port = 0
        self._process: WorkerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Returns when it serves. Raises WorkerError."""
        # The worker keeps the port and nobody else: while it is away, who comes is refused rather than kept waiting.
        with listen("127.0.0.1", self._port) as listener, self.log_file.open("ab") as log:
            self._port = listener.getsockname()[1]
            process = self._process = WorkerProcess(
                COMMAND,
                listener,
                self._environment,
                on_ready=lambda: None,
                output=log.fileno(),
                dies_by=signal.SIGKILL,  # it may stand still, and would not heed another signal
            )
        deadline = monotonic() + START_SECONDS
        while not process.ready:
            if process.has_ended() or monotonic() > deadline:
                raise WorkerError(f"{self.name} does not start ({process.how}).\n{self._last_words()}")
            await asyncio.sleep(0.02)

    async def leave(self) -> None:
        """Ends it as a deploy does; by force when it takes too long."""
        self._signal(signal.SIGTERM)
        deadline = monotonic() + self._drain_seconds + LEAVE_SECONDS
        while not self._has_ended() and monotonic() < deadline:  # noqa: ASYNC110  as below
            await asyncio.sleep(0.02)
        await self.kill()

    async def kill(self) -> None:
        self._signal(signal.SIGKILL)
        while not self._has_ended():  # noqa: ASYNC110  the process has no event to wait for
            await asyncio.sleep(0.02)

    def suspend(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            self._process.signal(number)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.has_ended()

    def _last_words(self) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-20:])
