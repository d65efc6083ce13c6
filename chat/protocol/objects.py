"""What commands are answered with and events carry."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType


class Person(Struct, frozen=True):
    id: int
    username: str
    name: str
    avatar: str | None


class Member(Struct, frozen=True):
    id: int
    username: str
    name: str
    avatar: str | None
    role: str
    online: bool
    # Told to owners and moderators only.
    muted_until: datetime | None = None


class Quote(Struct, frozen=True):
    """The message that another answers, as it stands now. `text` is plain."""

    id: int
    seq: int
    author: Person
    text: str
    deleted: bool


class Message(Struct, frozen=True):
    id: int
    room: int
    seq: int
    changed: int
    author: Person
    client_id: UUID
    kind: Literal["text", "system"]
    body: str
    html: str
    mentions: list[int]
    audience: str
    reply_to: Quote | None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class Sent(Struct, frozen=True):
    """The `ok` of `message.send`: committed, and this is what it became."""

    message: Message


class Room(Struct, frozen=True, omit_defaults=True):
    """A room as one person sees it. Fields left unset did not change."""

    id: int
    slug: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    last_read: int | UnsetType = UNSET
    unread: int | UnsetType = UNSET
    mentions: int | UnsetType = UNSET
    online: int | UnsetType = UNSET
    last_message_at: datetime | UnsetType | None = UNSET
    people: list[Person] | UnsetType = UNSET
    slow_mode_seconds: int | UnsetType = UNSET
    read_only: bool | UnsetType = UNSET
    # Until when this person may not write here; a far year where nobody said until when.
    muted_until: datetime | UnsetType | None = UNSET
    # Open ones, told to owners and moderators only.
    reports: int | UnsetType = UNSET


class Report(Struct, frozen=True):
    """A message that somebody reported. `message` is as it stands now."""

    id: int
    message: Message
    reporter: Person
    reason: str
    note: str
    created_at: datetime


class Ban(Struct, frozen=True):
    """Somebody who may not be in the room, until when: None for good."""

    person: Person
    by: Person | None
    reason: str
    created_at: datetime
    until: datetime | None


class LogEntry(Struct, frozen=True):
    """What was done in the room, by whom. `person` is who it was done to."""

    id: int
    at: datetime
    actor: str
    action: str
    person: str
    summary: str
    reason: str
    undone: bool
    undoable: bool


def to_builtins(value: Any) -> dict[str, Any]:
    """A structure, or a dict of them, as JSON-ready builtins; unset fields are left out."""
    result: dict[str, Any] = msgspec.to_builtins(value)
    return result
