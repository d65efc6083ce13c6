"""Group commit: while one transaction is in flight the next messages queue; then all of them go in one. One alone
waits for nobody.

One writer a process. Its costs are per transaction, not per message: the fsync, the locks, the hop to a thread, the
publish per room.
"""

import asyncio
import logging

from chat import protocol
from chat.services.messages import Draft, Outcome, post, post_batch
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError

logger = logging.getLogger(__name__)

# Past this a larger batch gains little (11,500/s at 50, 23,700/s at 200 on two cores) and makes the first one wait.
BATCH = 200

Waiting = tuple[Draft, asyncio.Future[protocol.Message]]


class Writer:
    """Lives on one event loop. Messages are committed in the order in which `post` was called."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None

    def post(self, draft: Draft) -> "asyncio.Future[protocol.Message]":
        """A future of the committed message. It raises `ClientError`."""
        future: asyncio.Future[protocol.Message] = self.loop.create_future()
        self._waiting.append((draft, future))
        if self._task is None or self._task.done():
            self._task = self.loop.create_task(self._write(), name="room writer")
        return future

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            for (_, future), outcome in zip(batch, await _outcomes([draft for draft, _ in batch]), strict=True):
                if future.done():  # the socket has gone; the message is committed all the same
                    continue
                if isinstance(outcome, ClientError):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)


async def _outcomes(drafts: list[Draft]) -> list[Outcome]:
    """Never raises: what goes wrong becomes each one's own outcome."""
    try:
        return await in_database(post_batch, drafts)
    except ClientError as error:  # the database is away: it is so for all of them
        return [error] * len(drafts)
    except Exception:
        logger.exception("A batch of %d failed; each is tried alone", len(drafts))
        return [await _alone(draft) for draft in drafts]


async def _alone(draft: Draft) -> Outcome:
    """So that one message that cannot be stored does not take its neighbours along."""
    try:
        return await in_database(post, draft)
    except ClientError as error:
        return error
    except Exception:
        logger.exception("A message could not be stored")
        return ClientError("internal", "A fault of the server. It has been logged.")


_current: Writer | None = None


def writer() -> Writer:
    """The writer of this process. Call it on the event loop."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Writer()
    return _current
