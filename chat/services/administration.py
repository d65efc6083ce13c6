"""What owners, moderators and admins do to a whole room. Each act is logged, with what undoing needs.

Whoever acts through the chat needs a role in the room, looked at under its lock; of an admin the page has asked for a
permission, of a command nobody asks. Conversations are nobody's to act upon.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chat import protocol, restraint, selectors, wire
from chat.access import access_membership, check_not_direct, check_open, check_role
from chat.models import Membership, Room
from chat.services import log, rooms
from chat.services.calls import Entry as Said
from chat.services.sql import LockedRoom
from realtime_site.audit.log import Actor, Subject, record
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit

Role = Membership.Role

# Ten years: longer is for ever.
KEEP_DAYS = 3_660
# People whose room is read and told together: a query of some 100 ms.
TOGETHER = 500


def create(*, by: Actor, owner_id: int, name: str, topic: str, kind: str, reason: str) -> Entry:
    """A new room with its owner in it. Raises `ClientError`: `not_found` for no such person, `invalid`."""
    with transaction.atomic():
        owner = get_user_model().objects.filter(pk=owner_id, is_active=True).first()
        if owner is None:
            raise ClientError("not_found", "No such person.")
        room = rooms.create(owner_id=owner_id, name=name, topic=topic, kind=kind)
        summary = f"Made the {kind} room {room.name}, owned by {wire.person(owner).name}."
        return _record(by, room, "room.create", summary, reason, person=Subject(owner_id, wire.person(owner).name))


def configure(*, by: Actor, room_id: int, name: str, topic: str, reason: str) -> Entry:
    """Renames a room or gives it another topic; its address stays. Raises `ClientError`: `not_found`, `forbidden`,
    `conflict` where that is as it was.
    """
    with transaction.atomic():
        _, room = _taken(by, room_id, Role.OWNER, Role.MODERATOR)
        check_open(room)
        before = _set(room, name=name, topic=topic)
        renamed = f"Renamed {before['name']} to {name}." if "name" in before else f"Gave {name} another topic."
        _tell(room)
        return _record(by, room, "room.update", renamed, reason, changed=before)


def set_kind(*, by: Actor, room_id: int, kind: str, reason: str) -> Entry:
    """Public or private. Who is in it stays in it. Raises `ClientError`: `not_found`, `forbidden`, `conflict`."""
    if kind not in {Room.Kind.PUBLIC, Room.Kind.PRIVATE}:
        raise ClientError("invalid", "A room is public or private.")
    with transaction.atomic():
        locked, room = _taken(by, room_id, Role.OWNER)
        check_open(room)
        before = _set(room, kind=kind)
        locked.kind = kind
        _say(by, locked, f"made the room {kind}")
        _tell(room)
        return _record(by, room, "room.kind", f"Made {room.name} {kind}.", reason, changed=before)


def restrict(
    *, by: Actor, room_id: int, slow_mode_seconds: int | None = None, read_only: bool | None = None, reason: str
) -> Entry:
    """How members may write; None leaves that as it is. Raises `ClientError`: `not_found`, `forbidden`, `invalid`,
    `conflict`.
    """
    if slow_mode_seconds is not None and not 0 <= slow_mode_seconds <= protocol.SLOW_MODE_SECONDS:
        raise ClientError("invalid", f"Slow mode is from 0 to {protocol.SLOW_MODE_SECONDS:,} seconds.")
    wanted = {"slow_mode_seconds": slow_mode_seconds, "read_only": read_only}
    with transaction.atomic():
        locked, room = _taken(by, room_id, Role.OWNER, Role.MODERATOR)
        check_open(room)
        before = _set(room, **{name: value for name, value in wanted.items() if value is not None})
        said = list(_restrictions(room, before))
        for what, _ in said:
            _say(by, locked, what)
        _tell(room)
        summary = " ".join(sentence for _, sentence in said)
        return _record(by, room, "room.restrict", summary, reason, changed=before)


def keep(*, by: Actor, room_id: int, days: int | None, reason: str) -> Entry:
    """For how long what is said is kept; None: as the site says. Raises `ClientError`: `not_found`, `forbidden`,
    `invalid`, `conflict`.
    """
    if days is not None and not 1 <= days <= KEEP_DAYS:
        raise ClientError("invalid", f"Messages are kept for 1 to {KEEP_DAYS:,} days, or for as long as the site says.")
    with transaction.atomic():
        _, room = _taken(by, room_id, Role.OWNER)
        before = _set(room, keep_days=days)
        how = "as long as the site says" if days is None else f"{days:,} day{'' if days == 1 else 's'}"
        return _record(by, room, "room.retention", f"Keeps messages of {room.name} {how}.", reason, changed=before)


def archive(*, by: Actor, room_id: int, reason: str) -> Entry:
    """Closes a room: it leaves everybody's list, and nobody reads or writes it until it is restored.

    Pages that show it go on showing it, closed. Raises `ClientError`: `not_found`, `forbidden`, `conflict`.
    """
    with transaction.atomic():
        locked, room = _taken(by, room_id, Role.OWNER)
        if room.archived_at is not None:
            raise ClientError("conflict", "The room is archived already.")
        _say(by, locked, "archived the room")
        before = _set(room, archived_at=timezone.now())
        _tell(room, control=("detach", topics.room(room.pk), locked.head))
        members = Membership.objects.filter(room=room).count()
        summary = f"Archived {room.name}, with {_people(members)} in it."
        return _record(by, room, "room.archive", summary, reason, changed=before)


def restore(*, by: Actor, room_id: int, reason: str) -> Entry:
    """Opens an archived room again; its people have it in their lists at once. Raises `ClientError` as `archive`."""
    with transaction.atomic():
        locked, room = _taken(by, room_id, Role.OWNER)
        if room.archived_at is None:
            raise ClientError("conflict", "The room is not archived.")
        before = _set(room, archived_at=None)
        _say(by, locked, "restored the room")
        count = _bring_back(locked)
        summary = f"Restored {room.name}, with {_people(count)} in it."
        return _record(by, room, "room.restore", summary, reason, changed=before)


# --- Taking back -----------------------------------------------------------------------------------------------------


def _undo_change(entry: Entry, by: Actor) -> str:
    """Puts back what the act changed, if it still stands as the act left it."""
    roles = (Role.OWNER, Role.MODERATOR) if entry.action in {"room.update", "room.restrict"} else (Role.OWNER,)
    locked, room = _taken(by, entry.room or 0, *roles)
    before, after = entry.details["before"], entry.details["after"]
    if any(getattr(room, name) != value for name, value in after.items()):
        raise ClientError("conflict", "It has been changed again since.")
    _set(room, **before)
    if "kind" in before:
        _say(by, locked, f"made the room {room.kind}")
    for what, _ in _restrictions(room, before):
        _say(by, locked, what)
    _tell(room)
    return f"Put {' and '.join(_WORDS[name] for name in before)} of {room.name} back."


def _undo_archive(entry: Entry, by: Actor) -> str:
    locked, room = _taken(by, entry.room or 0, Role.OWNER)
    if room.archived_at != parse_datetime(entry.details["after"]["archived_at"]):
        raise ClientError("conflict", "The room has been restored since.")
    _set(room, archived_at=None)
    _say(by, locked, "restored the room")
    return f"Restored {room.name}, with {_people(_bring_back(locked))} in it."


def _undo_restore(entry: Entry, by: Actor) -> str:
    locked, room = _taken(by, entry.room or 0, Role.OWNER)
    if room.archived_at is not None:
        raise ClientError("conflict", "The room has been archived since.")
    _say(by, locked, "archived the room")
    _set(room, archived_at=timezone.now())
    _tell(room, control=("detach", topics.room(room.pk), locked.head))
    return f"Archived {room.name} again."


def _to_publish(entry: Entry) -> Sequence[str]:
    """Whoever makes a room public again can read what was said there in private."""
    return ["chat.read_private_room"] if entry.details["before"]["kind"] == Room.Kind.PUBLIC else []


_WORDS = {
    "name": "the name",
    "topic": "the topic",
    "kind": "who may join",
    "slow_mode_seconds": "slow mode",
    "read_only": "who may write",
    "keep_days": "for how long messages are kept",
}

UNDO = {
    "room.update": Undo("chat.change_room", _undo_change),
    "room.kind": Undo("chat.change_room", _undo_change, also=_to_publish),
    "room.restrict": Undo("chat.moderate_room", _undo_change),
    "room.retention": Undo("chat.change_room", _undo_change),
    "room.archive": Undo("chat.archive_room", _undo_archive),
    "room.restore": Undo("chat.archive_room", _undo_restore),
}


# --- How -------------------------------------------------------------------------------------------------------------


def _taken(by: Actor, room_id: int, *roles: str) -> tuple[LockedRoom, Room]:
    """The room, locked, for somebody who may act upon it. Raises `ClientError`: `not_found`, `forbidden`."""
    locked = log.lock_rooms([room_id]).get(room_id)
    if locked is None:
        raise ClientError("not_found", "No such room.")
    room = Room.objects.get(pk=room_id)
    check_not_direct(room)
    if by.via == Entry.Via.CHAT:
        check_role(access_membership(user_id=by.user_id or 0, room_id=room_id), *roles)
    return locked, room


def _set(room: Room, **values: Any) -> dict[str, Any]:
    """Changes what is not so already; returns what it was. Raises `ClientError('conflict')` for nothing."""
    before = {name: getattr(room, name) for name, value in values.items() if getattr(room, name) != value}
    if not before:
        raise ClientError("conflict", "That is how it is already.")
    for name in before:
        setattr(room, name, values[name])
    room.save(update_fields=list(before))
    return before


def _restrictions(room: Room, before: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is said in the room of the new ones, and in the log."""
    if "slow_mode_seconds" in before and room.slow_mode_seconds:
        span = restraint.span(room.slow_mode_seconds)
        yield f"turned on slow mode: one message every {span}", f"Slow mode in {room.name}: {span}."
    elif "slow_mode_seconds" in before:
        yield "turned off slow mode", f"No slow mode in {room.name} any more."
    if "read_only" in before and room.read_only:
        yield "made the room read-only", f"Only owners and moderators write in {room.name}."
    elif "read_only" in before:
        yield "let everybody write again", f"Everybody writes in {room.name} again."


def _say(by: Actor, room: LockedRoom, what: str) -> None:
    """A system message in a locked room. A command is nobody who could say it."""
    user = get_user_model().objects.filter(pk=by.user_id).first() if by.user_id else None
    if user is not None:
        author = wire.person(user)
        log.append({room.pk: room}, [Said(room.pk, author, uuid4(), f"{author.name} {what}", "system")])


def _tell(room: Room, control: tuple[str, str, int] | None = None) -> None:
    publish_on_commit(
        Event(topics.room(room.pk), [wire.encode(protocol.RoomEvent(wire.described(room)))], control=control)
    )


def _bring_back(room: LockedRoom) -> int:
    """Brings the sockets of a room's people into it, complete up to its head; returns how many people these are."""
    everybody = list(Membership.objects.filter(room=room.pk, user__is_active=True).values_list("user_id", flat=True))
    control = ("attach", topics.room(room.pk), room.head)
    for start in range(0, len(everybody), TOGETHER):
        seen = selectors.seen_by(user_ids=everybody[start : start + TOGETHER], room_id=room.pk)
        publish_on_commit(
            *(
                Event(topics.rooms(user_id), [wire.encode(protocol.RoomEvent(shown))], control=control)
                for user_id, shown in seen.items()
            )
        )
    return len(everybody)


def _record(
    by: Actor,
    room: Room,
    action: str,
    summary: str,
    reason: str,
    *,
    changed: dict[str, Any] | None = None,
    person: Subject | None = None,
) -> Entry:
    """`changed`: what it was; what it is now, the room knows."""
    details = {}
    if changed is not None:
        details = {"before": _json(changed), "after": _json({name: getattr(room, name) for name in changed})}
    where = Subject(room.pk, room.name)
    return record(by=by, action=action, summary=summary, reason=reason, room=where, person=person, details=details)


def _json(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def _people(count: int) -> str:
    return f"{count:,} {'person' if count == 1 else 'people'}"
