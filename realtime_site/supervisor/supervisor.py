"""Keeps every place filled with a worker that serves, whatever happens to them."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from realtime_site.supervisor.companion import Companion
from realtime_site.supervisor.process import Process, WorkerProcess

# A worker that dies younger died "at once": it is the site that is broken, not the moment.
QUICK_SECONDS = 10.0
GIVE_UP_AFTER = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 10.0
# A worker needs 1-2 s; on a loaded machine perhaps ten times that.
READY_SECONDS = 60.0
# On top of DRAIN_SECONDS. The worker itself takes up to 2 s more for its last handshakes.
GRACE_SECONDS = 5.0


@dataclass
class Place:
    """Where one worker belongs. `lock` is held by whoever puts a worker there."""

    worker: WorkerProcess | None = None
    quick_deaths: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Supervisor:
    def __init__(
        self,
        command: Sequence[str],
        *,
        listener: socket.socket,
        workers: int,
        url: str,
        drain_seconds: float,
        companion: Sequence[str] = (),
    ) -> None:
        self._command = command
        self._companion_command = companion
        self._listener = listener
        self._places = [Place() for _ in range(workers)]
        self._url = url
        self._drain_seconds = drain_seconds
        self._alive: set[Process] = set()
        self._served = False  # whether any worker ever did
        self._early_deaths = 0
        self._announced = False
        self._reload = asyncio.Event()
        self._companion = Companion(self._start_companion, say)
        self._in_terminal = sys.stdin is not None and sys.stdin.isatty()

    async def run(self) -> int:
        """Until told to stop, or until it is plain that nothing will ever serve. Gives the exit code."""
        loop = asyncio.get_running_loop()
        self._verdict: asyncio.Future[int] = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        tasks = [asyncio.create_task(self._keep(place)) for place in self._places]
        tasks.append(asyncio.create_task(self._reload_when_told()))
        if self._companion_command:
            tasks.append(asyncio.create_task(self._companion.keep()))
        code = await self._verdict
        for task in tasks:
            task.cancel()
        await self._end_all()
        return code

    # --- One place --------------------------------------------------------------------------------------------------

    async def _keep(self, place: Place) -> None:
        while True:
            async with place.lock:
                if place.worker is None:
                    place.worker = self._start()
            worker = place.worker
            if worker:
                await worker.ended.wait()
                if worker is not place.worker:
                    continue  # its successor is there already
            place.worker = None
            await asyncio.sleep(self._mourn(place, worker))

    def _start(self) -> WorkerProcess | None:
        environment = os.environ | {"WORKERS": str(len(self._places))}
        try:
            worker = WorkerProcess(self._command, self._listener, environment, on_ready=self._on_ready)
        except OSError as error:  # no memory, no process: exactly then the supervisor has to stay
            say(f"A worker could not be started: {error.strerror}.")
            return None
        self._alive.add(worker)
        return worker

    def _start_companion(self) -> Process | None:
        try:
            companion = Process(self._companion_command, os.environ)
        except OSError as error:
            say(f"The companion could not be started: {error.strerror}.")
            return None
        self._alive.add(companion)
        return companion

    def _mourn(self, place: Place, worker: WorkerProcess | None) -> float:
        """Takes note of a death. Gives the seconds to wait before the next try."""
        if worker and time.monotonic() - worker.started > QUICK_SECONDS:
            place.quick_deaths = 0
        else:
            place.quick_deaths += 1
        if not self._served:
            self._early_deaths += 1
        if self._early_deaths >= GIVE_UP_AFTER:
            say("Confab does not start: its workers end before they serve. What they said stands above.")
            self._decide(1)
        elif worker:
            say(f"Worker {worker.pid} ended by itself ({worker.how}); starting another.")
        if place.quick_deaths == 0:
            return 0
        return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (place.quick_deaths - 1)))

    def _on_ready(self) -> None:
        self._served = True
        self._early_deaths = 0
        if not self._announced and all(place.worker and place.worker.ready for place in self._places):
            self._announced = True
            say(f"Confab is at {self._url}\nNew workers without a break: kill -HUP {os.getpid()}")

    # --- Signals ----------------------------------------------------------------------------------------------------

    def _reap(self) -> None:
        for worker in [worker for worker in self._alive if worker.has_ended()]:
            self._alive.discard(worker)

    def _stop(self) -> None:
        if self._verdict.done():  # asked twice: a worker that gets a second SIGTERM does not finish its drain
            self._signal_all(signal.SIGTERM)
        self._decide(0)

    def _hang_up(self) -> None:
        # A closed terminal says SIGHUP too, and means the end.
        if self._in_terminal and not sys.stdin.isatty():
            self._stop()
        else:
            self._reload.set()

    def _decide(self, code: int) -> None:
        if not self._verdict.done():
            self._verdict.set_result(code)

    async def _reload_when_told(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            for place in self._places:
                async with place.lock:
                    if not await self._replace(place):
                        say("The new worker did not come up; the old ones stay.")
                        break
            else:
                self._companion.replace()
                say("All workers are new.")

    async def _replace(self, place: Place) -> bool:
        """Swaps a place's worker for a new one that serves. False, and the old one stays, when that fails."""
        new = self._start()
        if new is None:
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(new.settled.wait(), READY_SECONDS)
        if not new.ready:
            new.signal(signal.SIGKILL)
            return False
        old, place.worker = place.worker, new
        if old:
            old.signal(signal.SIGTERM)
        return True

    async def _end_all(self) -> None:
        self._signal_all(signal.SIGTERM)
        endings = [asyncio.create_task(worker.ended.wait()) for worker in self._alive]
        if endings:
            await asyncio.wait(endings, timeout=self._drain_seconds + GRACE_SECONDS)
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> None:
        for worker in self._alive:
            worker.signal(number)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
