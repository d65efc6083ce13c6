"""Posting, editing, deleting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import protocol, wire
from chat.access import access_own_message, check_open, deny
from chat.models import Membership, Mention, Message, Room
from chat.services import log
from realtime_site.live.errors import ClientError

# Room, author, client_id: what makes a message the same one.
Key = tuple[int, int, UUID]


@dataclass(frozen=True)
class Draft:
    """A message somebody wants to post. `body` has passed `protocol.check_body`."""

    room_id: int
    author_id: int
    client_id: UUID
    body: str

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


@transaction.atomic
def post_batch(drafts: Sequence[Draft]) -> list[Outcome]:
    """Posts many in one transaction: what each became, in their order. One that fails does not touch the others.

    A draft whose (room, author, client_id) is stored already gives that first message back, whoever retries,
    wherever, whenever.
    """
    rooms = log.lock_rooms(draft.room_id for draft in drafts)
    authors = _authors(drafts)
    stored = _stored(drafts)
    fresh: dict[Key, Draft] = {}
    failed: dict[int, ClientError] = {}
    for position, draft in enumerate(drafts):
        try:
            _check(draft, rooms, authors)
            first = stored.get(draft.key) or fresh.setdefault(draft.key, draft)
            _check_same(first, draft)
        except ClientError as error:
            failed[position] = error
    posted = _append(rooms, authors, list(fresh.values()))
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


def _own(user_id: int, message_id: int) -> tuple[Room, Message]:
    """The message, re-read under its room's lock, so that two edits at once are one after the other."""
    room_id = access_own_message(user_id=user_id, message_id=message_id).room_id
    room = log.lock_rooms([room_id])[room_id]
    return room, access_own_message(user_id=user_id, message_id=message_id)


def _authors(drafts: Sequence[Draft]) -> dict[tuple[int, int], Any]:
    """The people who may post, by room and id."""
    rooms = {draft.room_id for draft in drafts}
    authors = {draft.author_id for draft in drafts}
    found = Membership.objects.select_related("user").filter(room__in=rooms, user__in=authors, user__is_active=True)
    return {(membership.room_id, membership.user_id): membership.user for membership in found}


def _stored(drafts: Sequence[Draft]) -> dict[Key, Message]:
    """What is there of these already, by room, author and client_id. Nearly always nothing: only then rows are read."""
    client_ids = [draft.client_id for draft in drafts]
    known = list(Message.objects.filter(client_id__in=client_ids).order_by().values_list("pk", flat=True))
    if not known:
        return {}
    found = Message.objects.select_related("author").filter(pk__in=known)
    return {(message.room_id, message.author_id, message.client_id): message for message in found}


def _check(draft: Draft, rooms: dict[int, Room], authors: dict[tuple[int, int], Any]) -> None:
    if (draft.room_id, draft.author_id) not in authors:
        deny(draft.room_id)
    check_open(rooms[draft.room_id])


def _check_same(first: Message | Draft, draft: Draft) -> None:
    """A message edited or deleted since is still the one that was sent: what it said first is not kept, so it is not
    compared.
    """
    changed = isinstance(first, Message) and (first.edited_at or first.deleted_at)
    if not changed and first.body != draft.body:
        raise ClientError("conflict", "This client_id was used for another message.")


def _append(
    rooms: dict[int, Room], authors: dict[tuple[int, int], Any], drafts: Sequence[Draft]
) -> dict[Key, protocol.Message]:
    if not drafts:
        return {}
    now = timezone.now()
    messages = [
        Message(
            room=rooms[draft.room_id],
            author=authors[draft.room_id, draft.author_id],
            client_id=draft.client_id,
            body=draft.body,
            created_at=now,
        )
        for draft in drafts
    ]
    shown = log.append(rooms, messages)
    return {draft.key: shown[message.pk] for draft, message in zip(drafts, messages, strict=True)}


def _shown(message: Message) -> protocol.Message:
    return wire.message(message, list(Mention.objects.filter(message=message).values_list("user_id", flat=True)))
