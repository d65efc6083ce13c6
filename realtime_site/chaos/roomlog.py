"""One room as a client knows it: docs/protocol.md, "Order, gaps, resume". Pure."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

Frame = dict[str, Any]


class RoomLog:
    """What was applied, in that order and when; what waits for a gap to close."""

    def __init__(self, last: int, *, clock: Callable[[], float] = monotonic) -> None:
        self.first = self.last = self.head = last
        self.heard: list[Frame] = []
        self._heard_at: list[float] = []
        self.ignored = 0  # events that brought nothing new
        self.syncs = 0
        self._clock = clock
        self._known: dict[int, Frame] = {}
        self._held: list[Frame] = []

    def times(self) -> Iterator[tuple[str, float]]:
        """The `client_id` of each message that was applied, and when."""
        return zip((message["client_id"] for message in self.heard), self._heard_at, strict=True)

    @property
    def is_behind(self) -> bool:
        """Something that is known to exist has not been applied yet."""
        return self.last < self.head

    def offer(self, event: Frame) -> None:
        """A `message` event."""
        self.head = max(self.head, event["seq"])
        if event["seq"] <= self.last:
            self.ignored += 1
        elif _after(event) <= self.last:
            self._apply(event["message"])
            self.last = event["seq"]
            self._release()
        else:
            self._held.append(event)

    def complete(self, messages: list[Frame], seq: int) -> None:
        """An answer of the server that is complete up to `seq`."""
        for message in sorted(messages, key=lambda one: int(one["seq"])):
            self._apply(message)
        self.last = max(self.last, seq)
        self._release()

    def _apply(self, message: Frame) -> None:
        if message["id"] not in self._known:
            self.heard.append(message)
            self._heard_at.append(self._clock())
        self._known[message["id"]] = message

    def _release(self) -> None:
        held, self._held = sorted(self._held, key=lambda event: int(event["seq"])), []
        for event in held:
            self.offer(event)


def _after(event: Frame) -> int:
    return int(event.get("after", event["seq"] - 1))
