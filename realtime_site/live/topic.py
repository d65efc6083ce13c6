"""The local side of one topic: its sockets, by dialect, and how far they have been told. Pure.

Events that carry a number are put in order here: what is next goes to `pending`, what came too early is held.
"""

import asyncio
from collections import deque

from realtime_site.live.events import Event, Missed
from realtime_site.live.subscriber import Subscriber, Translate

# Events kept for sockets whose snapshot is a moment older than what was delivered last.
RECENT_EVENTS = 64


class Topic:
    __slots__ = ("controls", "delivered", "flushed", "gap_timer", "held", "name", "pending", "recent", "subscribers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.subscribers: dict[Translate | None, dict[Subscriber, None]] = {}
        # Put in order up to here, and written to the sockets up to there; what lies between waits in `pending`.
        self.delivered: int | None = None
        self.flushed = 0
        self.held: list[Event] = []
        self.pending: list[tuple[str, bool]] = []
        self.controls: list[tuple[str, str, int]] = []
        # None while nothing came: every socket brings a topic of its own, and a deque takes 600 bytes.
        self.recent: deque[tuple[int, str]] | None = None
        self.gap_timer: asyncio.TimerHandle | None = None

    def everybody(self) -> list[Subscriber]:
        return [subscriber for group in self.subscribers.values() for subscriber in group]

    def put(self, event: Event) -> None:
        """Takes an event in, whatever its number."""
        if event.first is not None:
            self.held.append(event)
            self.release()
            return
        self.pending += [(text, event.ephemeral) for text in event.texts]
        if event.control:
            self.controls.append(event.control)

    def release(self) -> None:
        """Queues for delivery what is next in order; keeps the rest."""
        if self.delivered is None:
            return
        self.held.sort(key=lambda event: event.first or 0)
        while self.held and (self.held[0].first or 0) <= self.delivered + 1:
            event = self.held.pop(0)
            new = event.texts[self.delivered + 1 - (event.first or 0) :]
            for number, text in enumerate(new, self.delivered + 1):
                self.pending.append((text, False))
                self._remember(number, text)
                self.delivered = number

    def repaired(self, missed: Missed) -> None:
        """What was missing, read from the database. Each covers several numbers: it is not handed out by number."""
        self.pending += [(text, False) for text in missed.texts]
        self.recent = None
        self.delivered = missed.head

    def _remember(self, number: int, text: str) -> None:
        if self.recent is None:
            self.recent = deque(maxlen=RECENT_EVENTS)
        self.recent.append((number, text))

    def take(self) -> tuple[list[tuple[str, bool]], list[tuple[str, str, int]]]:
        """What is to be written now, and the controls after it."""
        texts, self.pending = self.pending, []
        controls, self.controls = self.controls, []
        self.flushed = self.delivered or 0
        return texts, controls

    def since(self, seq: int) -> list[tuple[str, bool]] | None:
        """What was written after event number `seq`, or None where that is no longer at hand, or nothing."""
        missed = [(number, text) for number, text in self.recent or () if seq < number <= self.flushed]
        if not missed or missed[0][0] != seq + 1:
            return None
        return [(text, False) for _, text in missed]
