"""What a client may say about notifications, and what it hears: two closed sets of types.

Pure; docs/protocol.md is its prose.
"""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from realtime_site.live.errors import ClientError
from realtime_site.live.frames import SAFE_INTEGER, Command, check_text

LIST_LIMIT = 100
SYNC_LIMIT = 200
IDS_LIMIT = 500
# Counting stops here: "99+".
UNREAD_CAP = 100
SCOPE_CHARACTERS = 100

LevelValue = Literal["everything", "mentions", "nothing"]
View = Literal["all", "unread", "mentions"]

# --- Commands --------------------------------------------------------------------------------------------------------


class NotificationList(Command, tag="notification.list"):
    view: View = "all"
    before: int | None = None
    limit: int = 30

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.before)
        if not 1 <= self.limit <= LIST_LIMIT:
            raise ClientError("invalid", f"`limit` is from 1 to {LIST_LIMIT}.")


class NotificationSync(Command, tag="notification.sync"):
    after: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.after)


class NotificationRead(Command, tag="notification.read"):
    ids: list[int] | None = None
    up_to: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.ids is None) == (self.up_to is None):
            raise ClientError("invalid", "Give one of `ids` and `up_to`.")
        _check_ids(self.ids or [])
        _check_numbers(self.up_to)


class NotificationUnread(Command, tag="notification.unread"):
    ids: list[int]

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_ids(self.ids)


class NotificationSeen(Command, tag="notification.seen"):
    up_to: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.up_to)


class NotificationWhy(Command, tag="notification.why"):
    notification: int | None = None
    target: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.notification is None) == (self.target is None):
            raise ClientError("invalid", "Give one of `notification` and `target`.")
        _check_numbers(self.notification)
        if self.target is not None:
            _check_scope(self.target, "target")


class NotificationLevel(Command, tag="notification.level"):
    scope: str
    level: LevelValue

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_scope(self.scope, "scope")


class Active(Command, tag="active"):
    pass


COMMANDS: tuple[type[Command], ...] = (
    NotificationList,
    NotificationSync,
    NotificationRead,
    NotificationUnread,
    NotificationSeen,
    NotificationWhy,
    NotificationLevel,
    Active,
)


def _check_numbers(*numbers: int | None) -> None:
    for number in numbers:
        if number is not None and not 0 <= number <= SAFE_INTEGER:
            raise ClientError("invalid", "Ids and seqs are integers from 0 to 2^53 - 1.")


def _check_ids(ids: list[int]) -> None:
    if len(ids) > IDS_LIMIT:
        raise ClientError("invalid", f"`ids` has at most {IDS_LIMIT}.")
    _check_numbers(*ids)


def _check_scope(text: str, field: str) -> None:
    check_text(text, field)
    if not 1 <= len(text) <= SCOPE_CHARACTERS:
        raise ClientError("invalid", f"`{field}` has 1 to {SCOPE_CHARACTERS} characters.")


# --- Objects ---------------------------------------------------------------------------------------------------------


class Actor(Struct, frozen=True):
    id: int
    username: str
    name: str
    avatar: str | None


class Notification(Struct, frozen=True):
    id: int
    seq: int
    changed: int
    kind: str
    mention: bool
    actor: Actor | None
    title: str
    body: str
    url: str
    scope: str
    position: int | None
    target: str
    tag: str
    created_at: datetime
    read_at: datetime | None
    withdrawn_at: datetime | None


class Summary(Struct, frozen=True):
    """What `welcome` carries: where the inbox stands. `levels`: scopes whose level the person has chosen."""

    seq: int
    unread: int
    levels: dict[str, LevelValue]
    push_key: str | None


class Reason(Struct, frozen=True):
    """What was decided for one channel, and what came of it. `detail` says the rule in a sentence."""

    channel: Literal["app", "push", "email"]
    outcome: Literal["sent", "waiting", "silent", "skipped", "failed"]
    rule: str
    detail: str
    at: datetime | None = None
    attempts: int = 0
    device: str | None = None


class Why(Struct, frozen=True):
    """Why one was notified, or not. `stored` is false where nothing was decided, and this is how it stands now."""

    about: str
    concern: str
    stored: bool
    reasons: list[Reason]


# --- Events ----------------------------------------------------------------------------------------------------------


class NotificationEvent(Struct, tag_field="type", tag="notification", frozen=True):
    """An upsert. `alert`: whether a page should show a toast, or a desktop notification while it is hidden.

    `unread` is how many there are now; without it, a new one is one more. `after`: it covers all numbers from there.
    """

    seq: int
    notification: Notification
    alert: bool
    after: int | UnsetType = UNSET
    unread: int | UnsetType = UNSET


class NotificationReadEvent(Struct, tag_field="type", tag="notification.read", frozen=True):
    """Those with these ids, or all whose `seq` is at most `up_to`, are read; or unread again."""

    seq: int
    read: bool
    unread: int
    ids: list[int] | UnsetType = UNSET
    up_to: int | UnsetType = UNSET


class NotificationLevelEvent(Struct, tag_field="type", tag="notification.level", frozen=True):
    scope: str
    level: LevelValue


EVENTS: tuple[type[Struct], ...] = (NotificationEvent, NotificationReadEvent, NotificationLevelEvent)


def encode(value: object) -> str:
    """The text of a frame."""
    return msgspec.json.encode(value).decode()
