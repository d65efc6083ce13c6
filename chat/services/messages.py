"""Posting, editing, deleting."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import protocol, wire
from chat.access import access_own_message, check_open, deny
from chat.models import Mention, Message
from chat.services import log, sql
from chat.services.sql import LockedRoom
from realtime_site.live.errors import ClientError

# Room, author, client_id: what makes a message the same one.
Key = tuple[int, int, UUID]


@dataclass(frozen=True)
class Draft:
    """A message somebody wants to post. `body` has passed `protocol.check_body`.

    `author` is how the author is shown, where the caller knows that already; else it is read.
    """

    room_id: int
    author_id: int
    client_id: UUID
    body: str
    author: protocol.Person | None = None

    @property
    def key(self) -> Key:
        return self.room_id, self.author_id, self.client_id


Outcome = protocol.Message | ClientError


def post(draft: Draft) -> protocol.Message:
    """Posts one message. Raises `ClientError`: `not_found`, `forbidden`, `conflict`."""
    outcome = post_batch([draft])[0]
    if isinstance(outcome, ClientError):
        raise outcome
    return outcome


def post_batch(drafts: Sequence[Draft]) -> list[Outcome]:
    """Posts many in one transaction: what each became, in their order. One that fails does not touch the others.

    A draft whose (room, author, client_id) is stored already gives that first message back, whoever retries,
    wherever, whenever. Nearly always there is none: that is found out by storing them, and looked into only then.
    """
    try:
        return _post_batch(drafts, look_up=False)
    except IntegrityError:
        return _post_batch(drafts, look_up=True)


@transaction.atomic
def _post_batch(drafts: Sequence[Draft], *, look_up: bool) -> list[Outcome]:
    """`look_up`: whether any may be stored already. Of those that may not be posted that is looked up always: they
    may have been posted while they might.
    """
    rooms = log.lock_rooms(draft.room_id for draft in drafts)
    members = sql.active_members({(draft.room_id, draft.author_id) for draft in drafts})
    stored = _stored([draft for draft in drafts if look_up or not _may(draft, rooms, members)])
    fresh: dict[Key, Draft] = {}
    failed: dict[int, ClientError] = {}
    for position, draft in enumerate(drafts):
        try:
            if draft.key not in stored:
                _check(draft, rooms, members)
            _check_same(stored.get(draft.key) or fresh.setdefault(draft.key, draft), draft)
        except ClientError as error:
            failed[position] = error
    posted = _append(rooms, list(fresh.values()))
    return [
        failed.get(position) or posted.get(draft.key) or _shown(stored[draft.key])
        for position, draft in enumerate(drafts)
    ]


def edit(*, user_id: int, message_id: int, body: str) -> protocol.Message:
    """Replaces the text of one's own message. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        room, message = _own(user_id, message_id)
        if message.body == body and not message.deleted_at:
            return _shown(message)
        if message.deleted_at:
            raise ClientError("forbidden", "The message was deleted.")
        message.body, message.edited_at = body, timezone.now()
        return log.amend(room, message)


def delete(*, user_id: int, message_id: int) -> protocol.Message:
    """Leaves a stone where one's own message was. Deleting twice is deleting once.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        room, message = _own(user_id, message_id)
        if message.deleted_at:
            return _shown(message)
        message.body, message.deleted_at = "", timezone.now()
        return log.amend(room, message)


def _own(user_id: int, message_id: int) -> tuple[LockedRoom, Message]:
    """The message, re-read under its room's lock, so that two edits at once are one after the other."""
    room_id = access_own_message(user_id=user_id, message_id=message_id).room_id
    room = log.lock_rooms([room_id])[room_id]
    return room, access_own_message(user_id=user_id, message_id=message_id)


def _stored(drafts: Sequence[Draft]) -> dict[Key, Message]:
    if not drafts:
        return {}
    found = Message.objects.select_related("author").filter(client_id__in={draft.client_id for draft in drafts})
    return {(message.room_id, message.author_id, message.client_id): message for message in found}


def _may(draft: Draft, rooms: dict[int, LockedRoom], members: set[tuple[int, int]]) -> bool:
    return (draft.room_id, draft.author_id) in members and rooms[draft.room_id].archived_at is None


def _check(draft: Draft, rooms: dict[int, LockedRoom], members: set[tuple[int, int]]) -> None:
    if (draft.room_id, draft.author_id) not in members:
        deny(draft.room_id)
    check_open(rooms[draft.room_id])


def _check_same(first: Message | Draft, draft: Draft) -> None:
    """A message edited or deleted since is still the one that was sent: what it said first is not kept, so it is not
    compared.
    """
    changed = isinstance(first, Message) and (first.edited_at or first.deleted_at)
    if not changed and first.body != draft.body:
        raise ClientError("conflict", "This client_id was used for another message.")


def _append(rooms: dict[int, LockedRoom], drafts: Sequence[Draft]) -> dict[Key, protocol.Message]:
    if not drafts:
        return {}
    authors = _authors(drafts)
    entries = [log.Entry(one.room_id, authors[one.author_id], one.client_id, one.body) for one in drafts]
    return {draft.key: shown for draft, shown in zip(drafts, log.append(rooms, entries), strict=True)}


def _authors(drafts: Sequence[Draft]) -> dict[int, protocol.Person]:
    """How authors are shown. One query, if any draft does not say."""
    known = {draft.author_id: draft.author for draft in drafts if draft.author}
    missing = {draft.author_id for draft in drafts} - known.keys()
    if missing:
        known |= {user.pk: wire.person(user) for user in get_user_model().objects.filter(pk__in=missing)}
    return known


def _shown(message: Message) -> protocol.Message:
    return wire.message(message, list(Mention.objects.filter(message=message).values_list("user_id", flat=True)))
