"""What travels between workers, and where a worker reads what the layer lost. Shapes only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol


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


class Told(NamedTuple):
    """What one worker tells the others; no client hears of it."""

    topic: str
    message: dict[str, Any]


def to_layer(items: Iterable[Event | Told]) -> dict[str, Any]:
    """One message of the channel layer. Its cost there is per message, whatever is in it."""
    return {"type": "live.events", "items": [list(item) for item in items]}


def from_layer(message: Mapping[str, Any]) -> Iterator[Event | Told]:
    """The other end of `to_layer`."""
    for item in message["items"]:
        if len(item) == len(Told._fields):
            yield Told(*item)
        else:
            topic, texts, first, ephemeral, control = item
            yield Event(topic, texts, first, ephemeral, tuple(control) if control else None)


class Missed(NamedTuple):
    """What a topic's sockets have to be told to be complete up to `head`."""

    head: int
    texts: Sequence[str]


class EventSource(Protocol):
    """The database's side of sequenced topics; `settings.LIVE_EVENT_SOURCE` names the module.

    All run in a database thread.
    """

    def heads(self, topics: Iterable[str]) -> dict[str, int]:
        """The last event number of each topic. One query. A topic that is not sequenced is left out."""
        ...

    def allowed(self, user_ids: Iterable[int]) -> dict[int, dict[str, int]]:
        """The sequenced topics each person may hear, with their last event number. One query."""
        ...

    def since(self, topic: str, after: int) -> Missed:
        """What happened on the topic after event number `after`."""
        ...
