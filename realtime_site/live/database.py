"""The way from the event loop to the database: a small pool of threads, one hop a call.

Not `database_sync_to_async`: that puts all work of a process on the one thread asgiref shares, so that one slow query
holds everybody.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connections
from psycopg.errors import IdleInTransactionSessionTimeout
from psycopg_pool import PoolTimeout

from realtime_site.live.errors import ClientError

P = ParamSpec("P")
R = TypeVar("R")

# Seconds after which a client should try again: about what PostgreSQL needs to restart.
RETRY_AFTER = 2.0
# After a call has waited for a connection in vain, others are refused at once for this long. Each would wait as long,
# and there are few threads: the fortieth would be told after a minute what the first was told after three seconds.
AWAY_SECONDS = 1.0
_away_until = 0.0
_calls: set[Future[Any]] = set()
# A database that hangs rather than refuses: the thread stays with it, the client is told. Longer than any command
# takes on a database that is merely busy.
PATIENCE_SECONDS = 15.0


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `function` in a database thread.

    Raises `ClientError('unavailable')` when the database does not answer, and whatever else `function` raises.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            course = copy_context()  # what a thread logs belongs to whoever sent it
            call = _pool().submit(lambda: course.run(lambda: _call(function, *args, **kwargs)))
            _calls.add(call)
            call.add_done_callback(_calls.discard)
            return await asyncio.wrap_future(call)
    except TimeoutError:
        raise unavailable() from None


def is_busy() -> bool:
    """Whether anything runs or waits for a thread, be it that nobody awaits it any more."""
    return bool(_calls)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.LIVE_DATABASE_THREADS, thread_name_prefix="database")


def _call(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    global _away_until
    if monotonic() < _away_until:
        raise unavailable()
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.__cause__, PoolTimeout):
            _away_until = monotonic() + AWAY_SECONDS
        raise unavailable() from error
    except InternalError as error:
        if isinstance(error.__cause__, IdleInTransactionSessionTimeout):  # we stood still; nothing was stored
            raise unavailable() from error
        raise
    finally:
        _release()


def unavailable() -> ClientError:
    return ClientError("unavailable", "The database does not answer. Try again.", retry_after=RETRY_AFTER)


def _release() -> None:
    """Gives pooled connections back, keeps a thread's own, drops broken ones, as Django does after a request."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # the test suite's outer transaction stays
            connection.close_if_unusable_or_obsolete()
