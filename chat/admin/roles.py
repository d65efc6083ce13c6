"""What somebody is in a room, changed by admins: from the room's list of members."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from chat import wire
from chat.admin.acts import Data, RoomAct
from chat.models import Membership, Room
from chat.services import roles
from realtime_site.audit import upon
from realtime_site.audit.acts import ReasonForm
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry

Role = Membership.Role
# What each may, for who changes it. The sheet of rules is docs/admin.md.
_MAY: dict[str, str] = {
    Role.OWNER: "does all there is to do in it, also to moderators, and chooses roles and who may join",
    Role.MODERATOR: "mutes, removes and bans members there, and deletes what they said",
    Role.MEMBER: "reads and writes there, and moderates nobody",
}


class RoleForm(ReasonForm):
    field_order = ("role", "reason")
    role = forms.ChoiceField(choices=Role.choices)


class ChangeRole(RoomAct):
    """Of one who is in the room. Whoever may give a room to anybody may also give less of it."""

    permission = "chat.transfer_room"
    title, verb = "Change a role", "Change"
    form_class = RoleForm

    def find(self, **kwargs: Any) -> Any:
        rows = Membership.objects.select_related("user", "room").exclude(room__kind=Room.Kind.DIRECT)
        member = get_object_or_404(rows, room=kwargs["room_id"], user=kwargs["person_id"])
        if not upon.may(self.request.user, member.user):
            raise PermissionDenied
        return member

    def initial(self, subject: Membership) -> Data:
        return {"role": subject.role}

    def touches(self, subject: Membership, data: Data) -> Sequence[str]:
        name, role, where = wire.person(subject.user).name, data["role"], subject.room.name
        if role == subject.role:
            return [f"{name} is {roles.NAMES[role]} of {where}. Choose what they shall be."]
        owners = Membership.objects.filter(room=subject.room, role=Role.OWNER).exclude(pk=subject.pk).count()
        owners += role == Role.OWNER
        return [
            f"{name}, who is {roles.NAMES[subject.role]} of {where}, becomes {roles.NAMES[role]}: {_MAY[role]}.",
            f"The room has {owners:,} owner{'' if owners == 1 else 's'} then."
            if owners
            else "The room would have no owner, and that is refused. Give it another one first.",
        ]

    def perform(self, subject: Membership, data: Data, by: Actor) -> Entry:
        return roles.change(
            by=by, room_id=subject.room_id, person_id=subject.user_id, role=data["role"], reason=data["reason"]
        )

    def back(self, subject: Membership) -> str:
        return reverse("admin:chat_room_change", args=[subject.room_id])


def way_to(request: HttpRequest, member: Membership) -> str:
    """Where this admin changes what somebody is in a room that is open; nothing where they may not."""
    may = ChangeRole.may(request, member.room) and upon.may(request.user, member.user)
    if member.room.archived_at is not None or not may:
        return ""
    return reverse("admin:chat_room_role", args=[member.room_id, member.user_id])
