"""The loop of `manage.py deliver`: takes what is due, sends it, writes what came of it. Several may run at once.

Owns the order of things on one event loop and no rule: rows are the outbox's, limits the lanes', and what is sent is
push.py's and mail.py's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from random import Random, SystemRandom
from typing import Any

from django.utils import timezone

from notifications.delivery import errands, mail, outbox
from notifications.delivery.errands import Errand
from notifications.delivery.lanes import Lanes
from notifications.delivery.mail import Letter
from notifications.delivery.push import SENDING_SECONDS, Pusher
from notifications.delivery.retry import BROKEN
from notifications.delivery.settling import Settler
from notifications.delivery.tally import Tally
from notifications.services import devices, pruning
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError

logger = logging.getLogger(__name__)

# Ten seconds to send, fifteen of patience with the database, and some to spare. A killed deliverer's rows wait for it.
LEASE_SECONDS = 45.0
# How soon a push goes out that was written while nothing was in flight.
IDLE_SECONDS = 1.0
MAIL_IDLE_SECONDS = 5.0
# Letters on their way to the mail server at once; each may take half a minute where that is slow.
LETTERS = 4
MAIL_LEASE_SECONDS = 180.0
PRUNE_SECONDS = 3600.0
# As long as some of it may take: half of the time is others'.
PRUNE_PAUSE_SECONDS = 1.0
REPORT_SECONDS = 60.0


class Deliverer:
    """`await run()` on an event loop, once. `stop()` lets what is in flight end, and takes no more."""

    def __init__(self, pusher: Pusher, *, lease_seconds: float = LEASE_SECONDS, dice: Random | None = None) -> None:
        self.tally = Tally()
        self.lanes = Lanes()
        self._pusher = pusher
        self._lease = timedelta(seconds=lease_seconds)
        self._stopping = asyncio.Event()
        self._room = asyncio.Event()  # something in flight has ended
        self._sending: set[asyncio.Task[None]] = set()
        self._settler = Settler(self.tally, dice or SystemRandom())
        self._letters = 0  # on their way
        self._mail_threads = ThreadPoolExecutor(LETTERS, thread_name_prefix="mail")

    def stop(self) -> None:
        self._stopping.set()
        self._room.set()

    async def run(self) -> None:
        """Until it is told to stop."""
        loops = [self._again(self._push, IDLE_SECONDS), self._again(self._mail, MAIL_IDLE_SECONDS)]
        async with asyncio.TaskGroup() as group:
            for loop in (*loops, self._every(PRUNE_SECONDS, self._prune), self._every(REPORT_SECONDS, self._report)):
                group.create_task(loop)
        await self._land()

    async def drain(self) -> None:
        """Sends what is due, and ends when nothing is."""
        while not self._stopping.is_set() and await self._push() + await self._mail() + len(self._sending):
            if self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        await self._land()

    # --- Loops --------------------------------------------------------------------------------------------------------

    async def _again(self, step: Callable[[], Awaitable[int]], idle_seconds: float) -> None:
        """`step` gives how much it has taken; where there may be more it is asked again at once."""
        while not self._stopping.is_set():
            try:
                taken = await step()
            except ClientError as error:  # the database is away
                await self._pause(error.retry_after or idle_seconds)
            except Exception:
                logger.exception("Deliveries could not be taken")
                await self._pause(idle_seconds * 5)
            else:
                if not taken:
                    await self._pause(idle_seconds, or_room=step == self._push)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            await self._pause(seconds)
            await work()

    async def _pause(self, seconds: float, *, or_room: bool = False) -> None:
        """`or_room`: until something in flight has ended, if that is sooner."""
        event = self._room if or_room else self._stopping
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    async def _land(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending)
        self._mail_threads.shutdown(wait=False)

    # --- Pushes -------------------------------------------------------------------------------------------------------

    async def _push(self) -> int:
        self._room.clear()
        if not self.lanes.free or self._stopping.is_set():
            return 0
        now = timezone.now()
        taken = await in_database(errands.take, now, now + self._lease, self.lanes.copy())
        self.tally.add("skipped", taken.skipped)
        self.tally.add("postponed", taken.postponed)
        for row in taken.broken:
            self._start(self._settler.settle([row], BROKEN))
        for errand in taken.errands:
            self.lanes.enter(errand.row.lane)
            self._start(self._send(errand))
        return len(taken)

    async def _send(self, errand: Errand) -> None:
        reached = False
        try:
            if timezone.now() > errand.row.due_at - timedelta(seconds=SENDING_SECONDS):
                return  # this process stood still; another has it by now, or will
            answer = await self._pusher.send(errand.to, errand.message)
            reached = answer.reached
            await self._settler.settle([errand.row], answer)
        except Exception:
            logger.exception("A push could not be sent")
            await self._settler.settle([errand.row], BROKEN)
        finally:
            self.lanes.leave(errand.row.lane, reached=reached)
            self._room.set()

    # --- Mail ---------------------------------------------------------------------------------------------------------

    async def _mail(self) -> int:
        now = timezone.now()
        if self._letters >= LETTERS or not await in_database(outbox.is_any_due, outbox.EMAIL, now):
            return 0
        lease = now + timedelta(seconds=MAIL_LEASE_SECONDS)
        prepared = await in_database(mail.prepare, now, lease, people=LETTERS - self._letters)
        self.tally.add("skipped", prepared.skipped)
        for letter in prepared.letters:
            self._letters += 1
            self._start(self._send_letter(letter))
        return prepared.skipped + len(prepared.letters)

    async def _send_letter(self, letter: Letter) -> None:
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._mail_threads, mail.send, letter)
        except Exception:
            logger.exception("A mail could not be sent")
            answer = BROKEN
        await self._settler.settle(letter.rows, answer)
        self._letters -= 1

    # --- What came of it ----------------------------------------------------------------------------------------------

    def _start(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _prune(self) -> None:
        """What is old goes bit by bit, with pauses in which others write."""
        try:
            while await in_database(pruning.prune) and not self._stopping.is_set():
                await self._pause(PRUNE_PAUSE_SECONDS)
            last = await in_database(devices.forget_signed_out)
            while last and not self._stopping.is_set():
                await self._pause(PRUNE_PAUSE_SECONDS)
                last = await in_database(devices.forget_signed_out, after=last)
        except ClientError:  # the database is away; there is time
            pass
        except Exception:
            logger.exception("What is old could not be pruned")

    async def _report(self) -> None:
        if news := self.tally.news():
            logger.info("In the last minute: %s; %d in flight", news, self.lanes.in_flight)
