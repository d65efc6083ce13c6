"""What chat tells the rest of the site: one signal, sent in the transaction of the cause, with shapes of primitives.

Chat does not know who listens. A receiver that raises takes the transaction with it: what belongs together is stored
together or not at all. Receivers do no I/O but the database's.

    @receiver(chat.events.happened)
    def on_chat(events, **_): ...
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.dispatch import Signal

# How a message concerns somebody, the strongest first: a person who is named in a reply to them is "named".
Concern = Literal["named", "replied", "room", "online", "direct"]

# What a moderator did to somebody, and did not take back.
Measure = Literal["muted", "removed", "banned", "unbanned"]


@dataclass(frozen=True, slots=True)
class RoomRef:
    """A room as it is called outside. `name` is empty for a direct conversation."""

    id: int
    slug: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that concerns somebody, or may concern people who follow the whole room.

    `concerns`: people by id, never the author: those it names, whom it answers, whom @room and @online call, and in a
    direct conversation everybody else. `ignored_by`: those of the room's people who have blocked the author, as far as
    they are in `concerns`. `text` is plain, at most 300 characters.
    """

    message_id: int
    room: RoomRef
    seq: int
    author_id: int
    author_name: str
    text: str
    concerns: Mapping[int, Concern] = field(default_factory=dict)
    ignored_by: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Edited:
    """A message says something else now. `posted` is how it stands; `no_longer` are those it concerned and does not
    concern any more; those new in `posted.concerns` were not concerned before.
    """

    posted: Posted
    no_longer: frozenset[int]


@dataclass(frozen=True, slots=True)
class Deleted:
    message_id: int
    room_id: int


@dataclass(frozen=True, slots=True)
class Read:
    """A person looks at a room and has read it up to `seq`, whether that is further than before or not."""

    user_id: int
    room_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody was brought into a room by somebody else."""

    user_id: int
    room: RoomRef
    by_id: int
    by_name: str


@dataclass(frozen=True, slots=True)
class Left:
    """A person is no longer in a room, whoever ended it: what they were told of it is no longer theirs to read."""

    user_id: int
    room_id: int


@dataclass(frozen=True, slots=True)
class Moderated:
    """A moderator did something to a person. `room` is None where it concerns all. `number` with `what` names it.
    `lasts` is for how long from now, in words (`1 h`), and empty where nobody said.
    """

    user_id: int
    room: RoomRef | None
    what: Measure
    number: int
    lasts: str
    by_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lifted:
    """What `Moderated` told is no longer so: taken back, lifted, or replaced."""

    user_id: int
    what: Measure
    number: int


ChatEvent = Posted | Edited | Deleted | Read | Added | Left | Moderated | Lifted

# Sent with `events: Sequence[ChatEvent]`: a transaction's, together.
happened = Signal()


def tell(events: Sequence[ChatEvent]) -> None:
    """Hands events to whoever listens, in the current transaction. Raises what a receiver raises."""
    if events:
        happened.send(sender=None, events=events)
