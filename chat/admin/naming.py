"""Which rooms are named to an admin who looks at a person, or acts upon them. Conversations never are."""

from typing import Any

from django.db.models import Q, QuerySet

from chat.models import Membership, Report, Restriction, Room


def named(admin: Any, person: Any) -> QuerySet[Room]:
    """All to who may see rooms. To others those that are public; private ones where they may see which rooms the person
    is in, or is kept out of, or where something was reported that the person wrote, for them to judge.
    """
    rooms = Room.objects.exclude(kind=Room.Kind.DIRECT)
    if admin.has_perm("chat.view_room"):
        return rooms
    known = Q(kind=Room.Kind.PUBLIC)
    if admin.has_perm("chat.view_membership"):
        known |= Q(pk__in=Membership.objects.filter(user=person).values("room"))
        known |= Q(pk__in=Restriction.objects.filter(user=person, room__isnull=False).values("room"))
    if admin.has_perm("chat.moderate_room"):
        known |= Q(pk__in=Report.objects.filter(message__author=person).values("room"))
    return rooms.filter(known)


def restrictions(admin: Any, person: Any) -> QuerySet[Restriction]:
    """The person's in rooms that are named, and in all rooms."""
    return Restriction.objects.filter(Q(room=None) | Q(room__in=named(admin, person)), user=person)
