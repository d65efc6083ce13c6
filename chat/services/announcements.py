"""What an admin says to a room, or to everybody who is online. What goes to every inbox is not chat's."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from chat import protocol, wire
from chat.access import check_not_direct, check_open
from chat.models import Message, Room
from chat.services import authority, log
from chat.services.calls import Entry as Said
from realtime_site.audit.log import Actor, Subject, record
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import check_text
from realtime_site.live.publish import broadcast_on_commit

# A line or three: more is a message, or a page to link to.
TEXT_CHARACTERS = 500


def to_room(*, by: Actor, room_id: int, text: str, reason: str, token: UUID | None = None) -> Entry:
    """A system message that stays in the room. The same words with the same token are said once; again, that entry is
    given back. Raises `ClientError`: `not_found`, `forbidden`, `invalid`, `conflict` where they were taken back since.
    """
    _check(text)
    with transaction.atomic():
        locked = log.lock_rooms([room_id]).get(room_id)
        author = get_user_model().objects.filter(pk=by.user_id).first() if by.user_id else None
        if locked is None or author is None:
            raise ClientError("not_found", "No such room.")
        room = Room.objects.get(pk=room_id)
        check_not_direct(room)
        check_open(room)
        key = _key(token, f"{room_id} {text}")  # of a person, no two messages of any rooms have one id
        if before := _said_before(room_id, author, key):
            return before
        person = wire.person(author)
        body = f"Announcement by {person.name}: {text}"
        said = log.append({room_id: locked}, [Said(room_id, person, key, body, "system")])[0]
        return record(
            by=by,
            action="room.announce",
            summary=f"Announced something in {room.name}.",
            reason=reason,
            room=Subject(room_id, room.name),
            details={"message": said.id},
        )


def to_all_online(*, by: Actor, text: str, reason: str, token: UUID | None = None) -> Entry:
    """To every socket there is, once; stored nowhere. The same words with the same token are told once, as in a room.
    Raises `ClientError('invalid')`.
    """
    _check(text)
    key = _key(token, text).hex
    with transaction.atomic():
        if by.user_id is not None:
            authority.lock_person(by.user_id)  # the second of two at once finds the entry of the first
        told = Entry.objects.filter(action="site.announce", actor=by.user_id, details__key=key).first()
        if told is not None:
            return told
        broadcast_on_commit(wire.encode(protocol.Announcement(text, by.name, datetime.now(UTC))))
        summary = "Announced something to everybody online."
        details = {"to": "online", "key": key}
        return record(by=by, action="site.announce", summary=summary, reason=reason, details=details)


def _key(token: UUID | None, text: str) -> UUID:
    """Whoever goes back to a form and says something else with it says that too."""
    return uuid5(token, text) if token else uuid4()


def _said_before(room_id: int, author: Any, key: UUID) -> Entry | None:
    """In a locked room."""
    said = Message.objects.filter(client_id=key, author=author, room=room_id).first()
    if said is None:
        return None
    entry = Entry.objects.filter(action="room.announce", room=room_id, details__message=said.pk).first()
    if entry is None or said.deleted_at:
        raise ClientError("conflict", "It was announced, and taken back. Open the form anew to announce it again.")
    return entry


def _check(text: str) -> None:
    check_text(text, "text")
    if not text.strip() or len(text) > TEXT_CHARACTERS:
        raise ClientError("invalid", f"An announcement has 1 to {TEXT_CHARACTERS} characters.")


def _undo(entry: Entry, by: Actor) -> str:
    """Takes it out of the room; who has read it has read it."""
    room = log.lock_rooms([entry.room or 0]).get(entry.room or 0)
    message = Message.objects.select_related("author").filter(pk=entry.details["message"], deleted_at=None).first()
    if room is None or message is None:
        raise ClientError("conflict", "It is not there any more.")
    message.deleted_at = timezone.now()
    log.erase(room, [message])
    return f"Took the announcement out of {entry.room_name}."


UNDO = {"room.announce": Undo("chat.announce", _undo)}
