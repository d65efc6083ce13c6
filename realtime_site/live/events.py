"""What travels between workers, and where a worker reads what the layer lost. Shapes only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self


class Event(NamedTuple):
    """Finished wire texts for everybody on a topic.

    With `first`, the texts are the topic's events number `first`, `first + 1`, … and are delivered in that order
    without gaps. Without, they are delivered as they come. `ephemeral` ones (typing, presence) may be dropped for a
    slow reader. `control` is for the subscribers on the server, not for clients: `("attach" | "detach", topic, seq)`.
    """

    topic: str
    texts: Sequence[str]
    first: int | None = None
    ephemeral: bool = False
    control: tuple[str, str, int] | None = None

    @property
    def last(self) -> int:
        return (self.first or 0) + len(self.texts) - 1

    def to_layer(self) -> dict[str, Any]:
        return {"type": "live.event", "event": [self.topic, list(self.texts), self.first, self.ephemeral, self.control]}

    @classmethod
    def from_layer(cls, message: Mapping[str, Any]) -> Self:
        topic, texts, first, ephemeral, control = message["event"]
        return cls(topic, texts, first, ephemeral, tuple(control) if control else None)


class Told(NamedTuple):
    """What one worker tells the others; no client hears of it."""

    topic: str
    message: dict[str, Any]

    def to_layer(self) -> dict[str, Any]:
        return {"type": "live.told", "topic": self.topic, "message": self.message}


def joined(waiting: Iterable[Event | Told]) -> list[Event | Told]:
    """What waits to be sent, neighbours on one topic made one: the layer's cost is per message, whatever is in it."""
    result: list[Event | Told] = []
    for item in waiting:
        last = result[-1] if result else None
        if isinstance(item, Event) and isinstance(last, Event) and _continues(last, item):
            result[-1] = last._replace(texts=[*last.texts, *item.texts])
        else:
            result.append(item)
    return result


def _continues(last: Event, item: Event) -> bool:
    if last.topic != item.topic or last.ephemeral != item.ephemeral or last.control or item.control:
        return False
    return item.first is None if last.first is None else item.first == last.last + 1


class Missed(NamedTuple):
    """What a topic's sockets have to be told to be complete up to `head`."""

    head: int
    texts: Sequence[str]


class EventSource(Protocol):
    """The database's side of sequenced topics; `settings.LIVE_EVENT_SOURCE` names the module.

    Both run in a database thread.
    """

    def heads(self, topics: Iterable[str]) -> dict[str, int]:
        """The last event number of each topic. One query. A topic that is not sequenced is left out."""
        ...

    def since(self, topic: str, after: int) -> Missed:
        """What happened on the topic after event number `after`."""
        ...
