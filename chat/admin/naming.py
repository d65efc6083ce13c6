"""Which rooms are named to an admin who looks at a person, or acts upon them. Conversations never are."""

from typing import Any

from django.db.models import Q, QuerySet

from chat.models import Membership, Report, Room


def named(admin: Any, person: Any) -> QuerySet[Room]:
    """All to who may see rooms. To others those that are public; private ones where they may see which rooms the person
    is in, or where something was reported that the person wrote, for them to judge.
    """
    rooms = Room.objects.exclude(kind=Room.Kind.DIRECT)
    if admin.has_perm("chat.view_room"):
        return rooms
    known = Q(kind=Room.Kind.PUBLIC)
    if admin.has_perm("chat.view_membership"):
        known |= Q(pk__in=Membership.objects.filter(user=person).values("room"))
    if admin.has_perm("chat.moderate_room"):
        known |= Q(pk__in=Report.objects.filter(message__author=person).values("room"))
    return rooms.filter(known)
