"""Group commit: while one transaction is in flight the next messages queue; then all of them go in one. One alone
waits for nobody.

One writer a process. Its costs are per transaction, not per message: the fsync, the locks, the hop to a thread, the
publish.
"""

import asyncio

from chat import protocol
from chat.activity import activity
from chat.services.messages import Draft, post_batch
from realtime_site.live.batches import Batches
from realtime_site.live.errors import ClientError
from realtime_site.live.vitals import vitals

# Past this a larger batch gains little (11,500/s at 50, 23,700/s at 200 on two cores) and makes the first one wait.
BATCH = 200

Writer = Batches[Draft, protocol.Sent]

_current: Writer | None = None


def writer() -> Writer:
    """The writer of this process. Messages are committed in the order of `submit`. Call it on the event loop."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Batches(_post, most=BATCH, name="room writer")
        vitals().contribute("activity", activity.told)
    return _current


def _post(drafts: list[Draft]) -> list[protocol.Sent | ClientError]:
    outcomes = post_batch(drafts)
    activity.posted(outcome.room for outcome in outcomes if not isinstance(outcome, ClientError))
    return [outcome if isinstance(outcome, ClientError) else protocol.Sent(outcome) for outcome in outcomes]
