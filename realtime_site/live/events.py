"""What travels between workers, and where a worker reads what the layer lost. Shapes only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self


class Event(NamedTuple):
    """Finished wire texts for everybody on a topic.

    With `first`, the texts are the topic's events number `first`, `first + 1`, … and are delivered in that order without gaps.
    Without, they are delivered as they come. `ephemeral` ones (typing, presence) may be dropped for a slow reader.
    `control` is for the subscribers on the server, not for clients: `("attach" | "detach", topic, seq)`.
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


class Missed(NamedTuple):
    """What a topic's sockets have to be told to be complete up to `head`."""

    head: int
    texts: Sequence[str]


class EventSource(Protocol):
    """The database's side of sequenced topics; `settings.LIVE_EVENT_SOURCE` names the module. Both run in a database thread."""

    def heads(self, topics: Iterable[str]) -> dict[str, int]:
        """The last event number of each topic. One query. A topic that is not sequenced is left out."""
        ...

    def since(self, topic: str, after: int) -> Missed:
        """What happened on the topic after event number `after`."""
        ...
