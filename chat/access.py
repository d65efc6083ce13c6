"""Fetching and authorising in one step. What a person may not see is `not_found`, exactly as if it did not exist."""

from typing import Any, NoReturn, Protocol

from chat import restraint
from chat.models import Membership, Message, Room
from realtime_site.live.errors import ClientError


class Archivable(Protocol):
    """A room, read whole or locked to be written to. `archived_at` is None while it is open."""

    @property
    def archived_at(self) -> Any: ...


class Sorted(Protocol):
    """The same, of what kind it is."""

    @property
    def kind(self) -> str: ...


def access_membership(*, user_id: int, room_id: int) -> Membership:
    """The person's membership, its room loaded.

    Raises `ClientError`: `forbidden` in a public room one has not joined, or is banned from, else `not_found`.
    """
    membership = Membership.objects.select_related("room").filter(user_id=user_id, room_id=room_id).first()
    if membership is None:
        deny(room_id, user_id)
    return membership


def access_public_room(*, room_id: int) -> Room:
    """A room anybody may join. Raises `ClientError('not_found')`."""
    room = Room.objects.filter(pk=room_id, kind=Room.Kind.PUBLIC, archived_at=None).first()
    if room is None:
        raise ClientError("not_found", "No such room.")
    return room


def access_own_message(*, user_id: int, message_id: int) -> Message:
    """A message the person wrote, in a room they are still in. Raises `ClientError`: `not_found`, `forbidden`."""
    message = (
        Message.objects.select_related("author", "room")
        .filter(pk=message_id, room__memberships__user_id=user_id)
        .first()
    )
    if message is None:
        raise ClientError("not_found", "No such message.")
    if message.author_id != user_id or message.kind != Message.Kind.TEXT:
        raise ClientError("forbidden", "Only its author may change a message.")
    check_open(message.room)
    return message


def check_open(room: Archivable) -> None:
    """Raises `ClientError('forbidden')` when the room is archived."""
    if room.archived_at is not None:
        raise ClientError("forbidden", "This room is archived.")


def check_not_direct(room: Sorted) -> None:
    """Raises `ClientError('forbidden')` for what cannot be done to a conversation: who is in it never changes."""
    if room.kind == Room.Kind.DIRECT:
        raise ClientError("forbidden", "A conversation stays as it is. Start another one.")


def check_role(membership: Membership, *roles: str) -> None:
    """Raises `ClientError('forbidden')` unless the membership has one of the roles."""
    if membership.role not in roles:
        raise ClientError("forbidden", "You may not do that in this room.")


def deny(room_id: int, user_id: int) -> NoReturn:
    """Raises what somebody who is not in the room gets."""
    if Room.objects.filter(pk=room_id, kind=Room.Kind.PUBLIC).exists():
        restraint.check_not_banned(room_id=room_id, user_id=user_id)
        raise ClientError("forbidden", "Join the room first.")
    raise ClientError("not_found", "No such room.")
