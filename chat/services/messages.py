"""Posting, editing, deleting."""

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import history, protocol, wire
from chat.access import access_own_message
from chat.models import Message
from chat.services import direct, log, maintenance, standing
from chat.services.sql import LockedRoom
from chat.services.standing import Draft as Draft  # what `post` takes
from chat.services.standing import Key, Standing
from realtime_site.live.errors import ClientError

Outcome = protocol.Message | ClientError


def post(draft: Draft) -> protocol.Message:
    """Posts one message. Raises `ClientError`: `not_found`, `forbidden`, `conflict`, `rate_limited` in slow mode,
    `unavailable` while the site is maintained.
    """
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
    allowed = standing.read(log.lock_rooms(draft.room_id for draft in drafts), drafts)
    refused = {place: error for place, draft in enumerate(drafts) if (error := _refusal(allowed, draft))}
    stored: dict[Key, Message] = {}
    if look_up or refused or allowed.turns:
        stored = _stored([one for place, one in enumerate(drafts) if look_up or place in refused or allowed.waits(one)])
    fresh: dict[Key, Draft] = {}
    failed: dict[int, ClientError] = {}
    for place, draft in enumerate(drafts):
        try:
            if place in refused and draft.key not in stored:
                raise refused[place]
            if allowed.turns and draft.key not in stored and draft.key not in fresh:
                allowed.take_turn(draft)
            _check_same(stored.get(draft.key) or fresh.setdefault(draft.key, draft), draft)
        except ClientError as error:
            failed[place] = error
    posted = _append(allowed, list(fresh.values()))
    return [
        failed.get(place) or posted.get(draft.key) or _shown(stored[draft.key]) for place, draft in enumerate(drafts)
    ]


def edit(*, user_id: int, message_id: int, body: str, online: frozenset[int] = frozenset()) -> protocol.Message:
    """Replaces the text of one's own message; `online` is as a draft has it. What it answers stays.

    Raises `ClientError`: `not_found`, `forbidden`, `unavailable` while the site is maintained.
    """
    with transaction.atomic():
        room, message = _own(user_id, message_id)
        if message.body == body and not message.deleted_at:
            return _shown(message)
        if message.deleted_at:
            raise ClientError("forbidden", "The message was deleted.")
        draft = Draft(room.pk, user_id, message.client_id, body, None, message.reply_to_id, online)
        allowed = standing.read({room.pk: room}, [draft])
        allowed.check(draft)
        message.body, message.edited_at = body, timezone.now()
        before = message.audience, frozenset(message.mentions.values_list("user_id", flat=True))
        return log.amend(room, message, allowed.entry(draft, wire.person(message.author), before))


def delete(*, user_id: int, message_id: int) -> protocol.Message:
    """Leaves a stone where one's own message was. Deleting twice is deleting once.

    Who is muted may do it, and anybody where it is read-only. Raises `ClientError`: `not_found`, `forbidden`,
    `unavailable` while the site is maintained.
    """
    with transaction.atomic():
        room, message = _own(user_id, message_id)
        if message.deleted_at:
            return _shown(message)
        maintenance.check()
        message.deleted_at = timezone.now()
        return log.erase(room, [message])[0]


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


def _refusal(allowed: Standing, draft: Draft) -> ClientError | None:
    try:
        allowed.check(draft)
    except ClientError as error:
        return error
    return None


def _check_same(first: Message | Draft, draft: Draft) -> None:
    """A message edited or deleted since is still the one that was sent: what it said first is not kept, so it is not
    compared.
    """
    if isinstance(first, Message):
        same = first.edited_at or first.deleted_at or first.body == draft.body
        answers = first.reply_to_id
    else:
        same, answers = first.body == draft.body, first.reply_to
    if not same or answers != draft.reply_to:
        raise ClientError("conflict", "This client_id was used for another message.")


def _append(allowed: Standing, drafts: Sequence[Draft]) -> dict[Key, protocol.Message]:
    if not drafts:
        return {}
    newcomers = direct.begin(allowed.rooms[room_id] for room_id in {draft.room_id for draft in drafts})
    if newcomers:
        allowed = standing.read(allowed.rooms, drafts)
    authors = _authors(drafts)
    entries = [allowed.entry(draft, authors[draft.author_id]) for draft in drafts]
    if allowed.turns:  # memberships before inboxes, as who reads locks them
        standing.store_turns(allowed.turns, {draft.pair for draft in drafts}, allowed.now)
    shown = log.append(allowed.rooms, entries)
    direct.tell(newcomers, shown, allowed.rooms)
    return {draft.key: message for draft, message in zip(drafts, shown, strict=True)}


def _authors(drafts: Sequence[Draft]) -> dict[int, protocol.Person]:
    """How authors are shown. One query, if any draft does not say."""
    known = {draft.author_id: draft.author for draft in drafts if draft.author}
    missing = {draft.author_id for draft in drafts} - known.keys()
    if missing:
        known |= {user.pk: wire.person(user) for user in get_user_model().objects.filter(pk__in=missing)}
    return known


def _shown(message: Message) -> protocol.Message:
    return history.shown([message])[0]
