"""The process that works beside the workers: kept alive, replaced when they are, never waited for.

Whether it runs decides nothing about the site: people are served all the same. Standard library only.
"""

import asyncio
import signal
import time
from collections.abc import Callable

from realtime_site.supervisor.process import Process

# As with workers: one that dies younger died "at once". It is in no hurry, so that its log stays readable.
QUICK_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 60.0


class Companion:
    """`start` gives a new process, or None where that failed; whoever gives it ends it, too, when all ends."""

    def __init__(self, start: Callable[[], Process | None], say: Callable[[str], None]) -> None:
        self._start = start
        self._say = say
        self._replacing = asyncio.Event()
        self._quick_deaths = 0

    def replace(self) -> None:
        """A new one begins at once; the old one ends when it has done what it is at."""
        self._replacing.set()

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            process = self._start()
            if process and await self._outlives(process):
                process.signal(signal.SIGTERM)
                continue
            if process:
                self._say(f"The companion, {process.pid}, ended by itself ({process.how}); starting another.")
            await asyncio.sleep(self._mourn(process))

    async def _outlives(self, process: Process) -> bool:
        """Waits for its end, or for the word to replace it. True: it is to be replaced."""
        self._replacing.clear()
        waiting = [asyncio.create_task(event.wait()) for event in (process.ended, self._replacing)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return not process.ended.is_set()

    def _mourn(self, process: Process | None) -> float:
        """Takes note of a death. Gives the seconds to wait before the next try."""
        if process and time.monotonic() - process.started > QUICK_SECONDS:
            self._quick_deaths = 0
            return 0
        self._quick_deaths += 1
        return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (self._quick_deaths - 1)))
