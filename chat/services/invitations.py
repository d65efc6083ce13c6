"""Links that let people in."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from chat.access import access_membership, check_not_direct, check_open, check_role
from chat.models import Invitation, Membership, Room
from chat.services import log, rooms
from realtime_site.audit.log import Actor, Subject, record
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError

Role = Membership.Role

VALID_DAYS = 14
# A year: a link that nobody remembers should not be open.
LONGEST_DAYS = 366
MOST_USES = 10_000


def create(*, user_id: int, room_id: int, days: int = VALID_DAYS, max_uses: int | None = None) -> Invitation:
    """A new link to a room one is in, for so many days and people. Raises `ClientError`: `not_found`, `forbidden`,
    `invalid`.
    """
    if not 1 <= days <= LONGEST_DAYS or (max_uses is not None and not 1 <= max_uses <= MOST_USES):
        raise ClientError("invalid", f"A link is for 1 to {LONGEST_DAYS} days, and 1 to {MOST_USES:,} people or any.")
    membership = access_membership(user_id=user_id, room_id=room_id)
    check_open(membership.room)
    check_not_direct(membership.room)
    return Invitation.objects.create(
        room_id=room_id,
        created_by_id=user_id,
        code=secrets.token_urlsafe(16),  # 128 bits: nobody guesses one
        expires_at=timezone.now() + timedelta(days=days),
        max_uses=max_uses,
    )


def revoke(*, by: Actor, invitation_id: int, reason: str = "") -> Entry:
    """Ends a link. In the chat whoever made it may, and the room's owners and moderators. Raises `ClientError`:
    `not_found`, `forbidden`, `conflict` where it has ended already.
    """
    with transaction.atomic():
        found = Invitation.objects.select_for_update().filter(pk=invitation_id).first()
        if found is None:
            raise ClientError("not_found", "No such invitation.")
        room = Room.objects.get(pk=found.room_id)
        _check_may_end(by, found)
        if not _open().filter(pk=invitation_id).exists():
            raise ClientError("conflict", "The invitation has ended already.")
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
        times = f"{found.uses:,} time{'' if found.uses == 1 else 's'}"
        return record(
            by=by,
            action="invitation.revoke",
            summary=f"Revoked a link to {room.name} that was used {times}.",
            reason=reason,
            room=Subject(room.pk, room.name),
            details={"invitation": found.pk},
        )


def end_all_of(*, room_id: int, user_id: int) -> list[int]:
    """Ends the links that somebody made to a room who is put out of it; which."""
    mine = Invitation.objects.filter(room=room_id, created_by=user_id, revoked_at=None, expires_at__gt=timezone.now())
    ended = list(mine.values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=ended).update(revoked_at=timezone.now())
    return ended


def reopen(ids: Collection[int]) -> None:
    """Takes that back."""
    Invitation.objects.filter(pk__in=ids).update(revoked_at=None)


def open_in(room_id: int) -> QuerySet[Invitation]:
    """The links that let people into a room now, the newest first, each with who made it."""
    return _open().filter(room_id=room_id).select_related("created_by").order_by("-created_at", "-pk")


def latest(*, user_id: int, room_id: int) -> Invitation | None:
    """The newest open link that this person made to the room."""
    return open_in(room_id).filter(created_by_id=user_id).first()


def find(*, code: str) -> Invitation | None:
    """The open invitation with this code, its room and inviter loaded.

    Void once the inviter has left the room or the site.
    """
    return _open().select_related("room", "created_by").filter(code=code).first()


def is_open(*, code: str) -> bool:
    return find(code=code) is not None


def accept(*, code: str, user_id: int, arriving: bool = False) -> str:
    """Makes the person a member of the room; returns its slug. `arriving` is as `rooms.admit` has it.

    Raises `ClientError('not_found')` for a link that is void.
    """
    invitation = find(code=code)
    if invitation is None:
        raise ClientError("not_found", "This invitation is no longer valid.")
    with transaction.atomic():
        log.lock_rooms([invitation.room_id])  # before the link, as who bans its maker does
        if not Membership.objects.filter(room=invitation.room, user_id=user_id).exists():
            _use(invitation)
            rooms.admit(user_id=user_id, room=invitation.room, arriving=arriving)
    return invitation.room.slug


def _use(invitation: Invitation) -> None:
    """Counts before anybody is let in: by the row's lock two who come for the last place come one after the other."""
    room_left = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    if not Invitation.objects.filter(room_left, pk=invitation.pk, revoked_at=None).update(uses=F("uses") + 1):
        raise ClientError("not_found", "This invitation is no longer valid.")


def _open() -> QuerySet[Invitation]:
    there = Membership.objects.values("user").filter(room=OuterRef("room"), user=OuterRef("created_by"))
    return Invitation.objects.filter(
        Exists(there),
        Q(max_uses=None) | Q(uses__lt=F("max_uses")),
        expires_at__gt=timezone.now(),
        revoked_at=None,
        room__archived_at=None,
        created_by__is_active=True,
    )


def _check_may_end(by: Actor, invitation: Invitation) -> None:
    if by.via != Entry.Via.CHAT:
        return
    membership = access_membership(user_id=by.user_id or 0, room_id=invitation.room_id)
    if invitation.created_by_id != by.user_id:
        check_role(membership, Role.OWNER, Role.MODERATOR)


def _undo(entry: Entry, by: Actor) -> str:
    found = Invitation.objects.select_for_update().filter(pk=entry.details["invitation"]).first()
    if found is None or found.revoked_at is None or found.expires_at <= timezone.now():
        raise ClientError("conflict", "The link has expired since.")
    _check_may_end(by, found)
    found.revoked_at = None
    found.save(update_fields=["revoked_at"])
    return f"The link to {entry.room_name} lets people in again."


def _made_by(entry: Entry) -> Any:
    """Whose link was ended does not open it again."""
    made = Invitation.objects.filter(pk=entry.details["invitation"]).values("created_by")
    return get_user_model().objects.filter(pk__in=made)


UNDO = {"invitation.revoke": Undo("chat.moderate_room", _undo, upon=_made_by)}
