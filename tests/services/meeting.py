"""Transactions that meet: one stops where it holds some of its locks, the others come until they wait, it goes on. On
SQLite they come one after the other, whatever the order.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

# For a state that comes within milliseconds, on a machine that has other things to do.
SECONDS = 30


class Side:
    """A transaction in a thread of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._backend: int | None = None
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run)

    def begin(self) -> "Side":
        self.thread.start()
        return self

    def until_it_waits(self) -> None:
        """For a lock, or has ended. Nobody waits for a row of SQLite: who comes second does not even begin."""
        deadline = time.monotonic() + SECONDS
        while connection.vendor == "postgresql" and self.thread.is_alive() and not self._waits():
            assert time.monotonic() < deadline, "It neither waits nor ends."
            time.sleep(0.01)

    def _waits(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._backend])
            return bool(cursor.fetchone()[0])

    def _run(self) -> None:
        try:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    self._backend = cursor.fetchone()[0]
            self._work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


def meet(first: Callable[[Callable[[], None]], Any], *others: Callable[[], Any]) -> None:
    """`first` is called with what it calls where it holds its locks; then the others come, one after the other, each
    until it waits. All must come to their ends; raises what any of them raised.
    """
    sides: list[Side] = []

    def here() -> None:
        if len(sides) > 1:  # once
            return
        for work in others:
            sides.append(Side(work).begin())
            sides[-1].until_it_waits()

    sides.append(Side(lambda: first(here)))
    sides[0].begin()
    for side in sides:  # grows
        side.thread.join(2 * SECONDS)
        assert not side.thread.is_alive(), "It does not end."
    for side in sides:
        if side.error:
            raise side.error
    assert len(sides) == 1 + len(others), "The first has met nobody."


def then(call: Callable[..., Any], here: Callable[[], None]) -> Callable[..., Any]:
    """The same call, and `here` after it."""

    def calling(*args: Any, **kwargs: Any) -> Any:
        result = call(*args, **kwargs)
        here()
        return result

    return calling
