"""From rows to what goes over the wire. Knows models and protocol; asks no database of its own."""

from datetime import datetime
from typing import Any

import msgspec

from notifications import protocol
from notifications.catalogue import is_mention
from notifications.models import Notification
from notifications.stories import Story

_encoder = msgspec.json.Encoder()


class Shared(msgspec.Struct, frozen=True):
    """What a notification says, the same for everybody who is told of it. The rest of `protocol.Notification` is a
    person's own: `id`, `seq`, `changed`.
    """

    kind: str
    mention: bool
    actor: protocol.Actor | None
    title: str
    body: str
    url: str
    scope: str
    position: int | None
    target: str
    tag: str
    created_at: datetime
    read_at: datetime | None = None
    withdrawn_at: datetime | None = None


def actor(user: Any) -> protocol.Actor:
    """`user`: the site's user model. A host's own model needs no `name` and no `avatar_url`."""
    username = user.get_username()
    return protocol.Actor(user.pk, username, getattr(user, "name", "") or username, getattr(user, "avatar_url", None))


def told(story: Story, by: protocol.Actor | None, created_at: datetime) -> Shared:
    return Shared(
        kind=story.kind.name,
        mention=story.kind.mention,
        actor=by,
        title=story.title,
        body=story.body,
        url=story.url,
        scope=story.scope,
        position=story.position,
        target=story.target,
        tag=story.tag,
        created_at=created_at,
    )


def shared(row: Notification) -> Shared:
    """`row.actor` must be loaded."""
    return Shared(
        kind=row.kind,
        mention=is_mention(row.kind),
        actor=actor(row.actor) if row.actor else None,
        title=row.title,
        body=row.body,
        url=row.url,
        scope=row.scope,
        position=row.position,
        target=row.target,
        tag=row.tag,
        created_at=row.created_at,
        read_at=row.read_at,
        withdrawn_at=row.withdrawn_at,
    )


def notification(row: Notification) -> protocol.Notification:
    """A shown one. `row.actor` must be loaded."""
    assert row.seq is not None
    assert row.changed is not None
    return protocol.Notification(id=row.pk, seq=row.seq, changed=row.changed, **msgspec.structs.asdict(shared(row)))


def event(row: Notification, *, alert: bool = False, unread: int | None = None, after: int | None = None) -> str:
    """The text of a `notification` event."""
    shown = notification(row)
    told = protocol.NotificationEvent(shown.changed, shown, alert)
    if unread is not None:
        told = msgspec.structs.replace(told, unread=unread)
    if after is not None and after != shown.changed - 1:
        told = msgspec.structs.replace(told, after=after)
    return protocol.encode(told)


def encode_shared(value: Shared) -> str:
    return _encoder.encode(value).decode()


def event_of(shared_text: str, change: "Change") -> str:
    """The text of a `notification` event from a finished half and a person's own numbers.

    By hand, since a worker makes thousands at a time.
    """
    count = "" if change.unread is None else f',"unread":{change.unread:d}'
    return (
        f'{{"type":"notification","seq":{change.changed:d},"notification":{{"id":{change.id:d},"seq":{change.seq:d},'
        f'"changed":{change.changed:d},{shared_text[1:]},"alert":{"true" if change.alert else "false"}{count}}}'
    )


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One person's side of a notification that was written or changed; travels between workers as a list."""

    user_id: int
    id: int
    seq: int
    changed: int
    alert: bool
    unread: int | None = None
