"""What is told: shapes only, between those who tell and those who write."""

from collections.abc import Collection
from dataclasses import dataclass, field

from notifications.kinds import Kind
from notifications.policy import Level


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, in the words that everybody gets who is told of it.

    `default_level`: the level of its scope for those who have chosen none; None where no level counts.
    """

    kind: Kind
    title: str
    body: str = ""
    url: str = ""
    actor_id: int | None = None
    target: str = ""
    scope: str = ""
    position: int | None = None
    tag: str = ""
    dedupe_key: str | None = None
    default_level: Level | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """A story and whom it is for. `ignored_by`: those of them who have blocked its actor."""

    story: Story
    user_ids: Collection[int]
    ignored_by: frozenset[int] = field(default_factory=frozenset)
