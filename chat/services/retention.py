"""Forgetting what was said long ago, where a room or the site says so. For good: nothing here can be taken back.

A message goes with its mentions, reports and what it said before a moderator deleted it; answers to it lose their
quote; notifications of it are withdrawn. Numbers stay: what is gone is a hole below, which `changed > s` and pages of
history step over, and no event. Pages that show it go on showing it until they load again.

In small transactions under the room's lock, so that an edit of what goes comes before or after, and others write in
between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chat import events
from chat.events import Deleted
from chat.models import Invitation, Message, Report, Room
from chat.services import log

# Messages deleted under one lock: some 50 ms in which nobody else writes there.
BATCH = 200
# How long a void link can be looked up.
INVITATION_DAYS = 30


@dataclass(frozen=True)
class Due:
    """What a room has that is older than it keeps."""

    room_id: int
    name: str
    keep_days: int
    messages: int


def due(*, now: datetime | None = None) -> list[Due]:
    """What `forget` would delete, room by room; those without anything are left out."""
    now = now or timezone.now()
    counts = ((room, days, _old(room.pk, days, now).count()) for room, days in _rooms())
    return [Due(room.pk, _called(room), days, count) for room, days, count in counts if count]


def forget(*, room_id: int, keep_days: int, now: datetime | None = None) -> Iterator[int]:
    """Deletes a room's messages that are older; after each batch says how many are gone, so that one may wait."""
    now = now or timezone.now()
    gone = 0
    while count := _forget_batch(room_id, keep_days, now):
        gone += count
        yield gone


def void_invitations(now: datetime | None = None) -> QuerySet[Invitation]:
    """Links that have let nobody in for a month, and never will again."""
    before = (now or timezone.now()) - timedelta(days=INVITATION_DAYS)
    return Invitation.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before))


@transaction.atomic
def _forget_batch(room_id: int, keep_days: int, now: datetime) -> int:
    if not log.lock_rooms([room_id]):
        return 0
    ids = list(_old(room_id, keep_days, now).order_by("seq").values_list("pk", flat=True)[:BATCH])
    if ids:
        events.tell([Deleted(message_id, room_id) for message_id in ids])
        Message.objects.filter(pk__in=ids).delete()
    return len(ids)


def _rooms() -> Iterator[tuple[Room, int]]:
    """Rooms that forget, each with after how many days: its own number, or else the site's."""
    for room in Room.objects.order_by("pk").iterator():
        days = settings.CHAT_KEEP_DAYS if room.keep_days is None else room.keep_days
        if days > 0:
            yield room, days


def _old(room_id: int, days: int, now: datetime) -> QuerySet[Message]:
    """Not what somebody reported, until moderators have looked at it."""
    reported = Report.objects.filter(message=OuterRef("pk"), handled_at=None)
    return Message.objects.filter(~Exists(reported), room=room_id, created_at__lt=now - timedelta(days=days))


def _called(room: Room) -> str:
    return room.name or f"conversation {room.pk}"
