"""Links that let people in."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chat.access import access_membership, check_not_direct, check_open
from chat.models import Invitation, Membership
from chat.services import rooms
from realtime_site.live.errors import ClientError

VALID_DAYS = 14


def create(*, user_id: int, room_id: int) -> Invitation:
    """A new link to a room one is in. Raises `ClientError`: `not_found`, `forbidden`."""
    membership = access_membership(user_id=user_id, room_id=room_id)
    check_open(membership.room)
    check_not_direct(membership.room)
    return Invitation.objects.create(
        room_id=room_id,
        created_by_id=user_id,
        code=secrets.token_urlsafe(16),  # 128 bits: nobody guesses one
        expires_at=timezone.now() + timedelta(days=VALID_DAYS),
    )


def latest(*, user_id: int, room_id: int) -> Invitation | None:
    """The newest open link that this person made to the room."""
    mine = Invitation.objects.filter(room_id=room_id, created_by_id=user_id, expires_at__gt=timezone.now())
    return mine.order_by("-created_at").first()


def find(*, code: str) -> Invitation | None:
    """The open invitation with this code, its room and inviter loaded.

    Void once the inviter has left the room or the site.
    """
    found = (
        Invitation.objects.select_related("room", "created_by")
        .filter(code=code, expires_at__gt=timezone.now(), room__archived_at=None, created_by__is_active=True)
        .first()
    )
    if found and Membership.objects.filter(room=found.room, user=found.created_by).exists():
        return found
    return None


def is_open(*, code: str) -> bool:
    return find(code=code) is not None


def accept(*, code: str, user_id: int) -> str:
    """Makes the person a member of the room; returns its slug.

    Raises `ClientError('not_found')` for a link that is void.
    """
    invitation = find(code=code)
    if invitation is None:
        raise ClientError("not_found", "This invitation is no longer valid.")
    with transaction.atomic():
        if not Membership.objects.filter(room=invitation.room, user_id=user_id).exists():
            rooms.admit(user_id=user_id, room=invitation.room)
            Invitation.objects.filter(pk=invitation.pk).update(uses=F("uses") + 1)
    return invitation.room.slug
