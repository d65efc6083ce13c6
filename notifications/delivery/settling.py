"""What came of a try: whether a row is done, given up, or waits, and writing that down.

Rows are written together, many tries in one transaction, and for as long as they are this deliverer's.
"""

import asyncio
from datetime import datetime
from random import Random

from django.utils import timezone

from notifications.delivery import outbox
from notifications.delivery.outbox import Result, State
from notifications.delivery.payload import KEPT_FOR
from notifications.delivery.retry import Answer, is_given_up, next_try
from notifications.delivery.tally import Tally
from notifications.models import Delivery
from realtime_site.live.batches import Batches
from realtime_site.live.errors import ClientError

FINISHED_AT_ONCE = 200
# How long after the database was away it is asked again, where it says nothing.
AGAIN_SECONDS = 1.0


class Settler:
    """`await settle(rows, answer)`, on the deliverer's event loop."""

    def __init__(self, tally: Tally, dice: Random) -> None:
        self._tally = tally
        self._dice = dice
        self._results: Batches[Result, None] = Batches(_finish, most=FINISHED_AT_ONCE, name="finishing of deliveries")

    async def settle(self, rows: list[Delivery], answer: Answer) -> None:
        """Writes it down, again and again while the database is away and the rows are ours."""
        results = results_of(rows, answer, timezone.now(), self._dice)
        self._tally.add(_word(results[0], rows[0]))
        while timezone.now() < rows[0].due_at:
            try:
                await asyncio.gather(*(self._results.submit(one) for one in results))
                return
            except ClientError as error:
                if error.code != "unavailable":
                    return
                await asyncio.sleep(error.retry_after or AGAIN_SECONDS)


def results_of(rows: list[Delivery], answer: Answer, now: datetime, dice: Random) -> list[Result]:
    """For rows that went together: they are tried again together, each as often as the others are."""
    if answer.meaning == "sent":
        return [Result(row, State.SENT, answer.outcome) for row in rows]
    if answer.meaning != "later":
        return [Result(row, State.FAILED, answer.outcome, device_gone=answer.meaning == "gone") for row in rows]
    most = max(row.attempts for row in rows)
    again = next_try(attempts=most, now=now, retry_after=answer.retry_after, dice=dice)
    return [
        Result(row, State.FAILED, answer.outcome)
        if is_given_up(attempts=row.attempts, is_stale=_is_stale(row, now))
        else Result(row, State.WAITING, answer.outcome, again)
        for row in rows
    ]


def _is_stale(row: Delivery, now: datetime) -> bool:
    """A push that no push service would keep is news to nobody; the inbox has it. A letter sums up, however old."""
    return row.channel == outbox.PUSH and now - row.created_at >= KEPT_FOR


def _word(result: Result, row: Delivery) -> str:
    if result.due_at:
        return "put off"
    if result.state == State.FAILED:
        return "failed"
    return "mailed" if row.channel == outbox.EMAIL else "sent"


def _finish(results: list[Result]) -> list[None]:
    outbox.finish(results, timezone.now())
    return [None] * len(results)
