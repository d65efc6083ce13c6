"""Work that costs per call rather than per item: while one call is under way the next items queue, then all go in one.

One item alone waits for nobody. Messages are committed like this (`chat/writer.py`), and handshakes answered
(`live/admission.py`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError

logger = logging.getLogger(__name__)

# Between two calls, so that those who were just answered can ask on: batches are twice as large under load, and a
# posted message costs a fifth less.
BREATH_SECONDS = 0.001

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batches(Generic[Item, Result]):
    """Lives on one event loop. Items are worked on in the order in which `submit` was called.

    `work` runs in a database thread, with `most` items at most. It returns each item's result, or the `ClientError`
    that is raised for it; what it raises itself concerns all.
    """

    def __init__(self, work: Callable[[list[Item]], Sequence[Result | ClientError]], *, most: int, name: str) -> None:
        self.loop = asyncio.get_running_loop()
        self._work, self._most, self._name = work, most, name
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    def submit(self, item: Item) -> "asyncio.Future[Result]":
        """A future of the item's result. It raises `ClientError`."""
        future: asyncio.Future[Result] = self.loop.create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            # In nobody's course: the first item's is not the others'.
            self._task = self.loop.create_task(self._run(), name=self._name, context=Context())
        return future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            for (_, future), result in zip(batch, await self._results([item for item, _ in batch]), strict=True):
                if future.done():  # nobody waits any more; the work is done all the same
                    continue
                if isinstance(result, ClientError):
                    future.set_exception(result)
                else:
                    future.set_result(result)
            await asyncio.sleep(BREATH_SECONDS)

    async def _results(self, items: list[Item]) -> Sequence[Result | ClientError]:
        """Never raises: what goes wrong becomes each one's own result."""
        try:
            return await in_database(self._work, items)
        except ClientError as error:  # the database is away: it is so for all of them
            return [error] * len(items)
        except Exception:
            if len(items) == 1:
                logger.exception("The %s failed", self._name)
                return [ClientError("internal", "A fault of the server. It has been logged.")]
        logger.warning("The %s failed with %d items; each is tried alone", self._name, len(items))
        return [result for item in items for result in await self._results([item])]
