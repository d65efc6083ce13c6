"""What moderators do to a person, done by admins: in one room, or in all. Below the list of restrictions."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from chat import protocol, wire
from chat.admin import naming
from chat.models import Restriction, Room
from chat.services import removals, restrictions
from realtime_site.audit import upon
from realtime_site.audit.acts import Act, ReasonForm, TimedForm
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.admin import ReadOnlyAdmin

Data = dict[str, Any]
PERMISSION = restrictions.PERMISSION


class RoomForm(ReasonForm):
    """In which room: one of the person's, or the one that the address asks for (`?room=`), of those that are named to
    this admin.
    """

    field_order: Sequence[str] = ("room", "reason")
    room = forms.ModelChoiceField(Room.objects.none())

    def __init__(self, *args: Any, rooms: QuerySet[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["room"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rooms


class TimedRoomForm(TimedForm, RoomForm):
    field_order: Sequence[str] = ("room", "seconds", "reason")


class MuteForm(TimedRoomForm):
    room = forms.ModelChoiceField(Room.objects.none(), required=False, empty_label="All rooms")


class ClearForm(RoomForm):
    field_order: Sequence[str] = ("room", "count", "reason")
    room = forms.ModelChoiceField(Room.objects.none(), required=False, empty_label="All rooms")
    count = forms.IntegerField(
        min_value=1,
        max_value=protocol.CLEAR_LIMIT,
        initial=50,
        label="How many",
        help_text=f"The last ones, {protocol.CLEAR_LIMIT:,} at most. Conversations are left out.",
    )


class PersonAct(Act):
    permission = PERMISSION
    form_class = RoomForm
    dangerous = True
    # As `restrictions.preview` calls it.
    name: ClassVar[str]

    def find(self, **kwargs: Any) -> Any:
        person = get_object_or_404(get_user_model(), pk=kwargs["person_id"])
        if not upon.may(self.request.user, person):
            raise PermissionDenied
        return person

    def form(self, subject: Any, data: Any = None) -> forms.Form:
        return self.form_class(data, initial=self.initial(subject), rooms=self._rooms(subject))

    def initial(self, subject: Any) -> Data:
        asked = self.request.GET.get("room", "")
        room = self._rooms(subject).filter(pk=asked[:18]).first() if asked.isascii() and asked.isdigit() else None
        return {"room": room, "count": 50}

    def touches(self, subject: Any, data: Data) -> Sequence[str]:
        room = data.get("room")
        if room is None and self.name in {"remove", "ban"}:
            return ["Choose the room."]
        return restrictions.preview(
            act=self.name, room_id=room.pk if room else None, person_id=subject.pk, count=data.get("count") or 0
        )

    def back(self, subject: Any) -> str:
        return reverse("admin:accounts_user_person", args=[subject.pk])

    def _rooms(self, person: Any) -> QuerySet[Room]:
        asked = self.request.GET.get("room", "")
        wanted = Q(memberships__user=person)
        if asked.isascii() and asked.isdigit():
            wanted |= Q(pk=asked[:18])
        return naming.named(self.request.user, person).filter(wanted).distinct()


class Mute(PersonAct):
    title, verb, name = "Mute", "Mute", "mute"
    form_class = MuteForm

    def perform(self, subject: Any, data: Data, by: Actor) -> Entry:
        return restrictions.mute(by=by, person_id=subject.pk, **_with_id(data))


class Remove(PersonAct):
    title, verb, name = "Remove from a room", "Remove", "remove"

    def perform(self, subject: Any, data: Data, by: Actor) -> Entry:
        return restrictions.remove(by=by, person_id=subject.pk, **_with_id(data))


class Ban(PersonAct):
    title, verb, name = "Ban from a room", "Ban", "ban"
    form_class = TimedRoomForm

    def perform(self, subject: Any, data: Data, by: Actor) -> Entry:
        return restrictions.ban(by=by, person_id=subject.pk, **_with_id(data))


class Clear(PersonAct):
    title, verb, name = "Delete their last messages", "Delete", "clear"
    form_class = ClearForm

    def perform(self, subject: Any, data: Data, by: Actor) -> Entry:
        return removals.clear(by=by, person_id=subject.pk, **_with_id(data))


class Lift(Act):
    """Ends a mute or a ban before its time."""

    permission = PERMISSION
    title, verb = "Lift a restriction", "Lift"

    def find(self, **kwargs: Any) -> Any:
        found = Restriction.objects.select_related("user", "room").filter(pk=kwargs["restriction_id"], lifted_at=None)
        restriction = found.first()
        if restriction is None:
            raise Http404
        if not upon.may(self.request.user, restriction.user):
            raise PermissionDenied
        if not naming.restrictions(self.request.user, restriction.user).filter(pk=restriction.pk).exists():
            raise Http404
        return restriction

    def touches(self, subject: Restriction, data: Data) -> Sequence[str]:
        name, where = wire.person(subject.user).name, subject.room.name if subject.room else "all rooms"
        if subject.kind == Restriction.Kind.BAN:
            return [f"{name} can come to {where} again. It brings nobody back."]
        return [f"{name} can write in {where} again."]

    def perform(self, subject: Restriction, data: Data, by: Actor) -> Entry:
        whom = {"by": by, "person_id": subject.user_id, "reason": data["reason"]}
        if subject.kind == Restriction.Kind.MUTE:
            return restrictions.unmute(room_id=subject.room_id, **whom)
        assert subject.room_id is not None
        return restrictions.unban(room_id=subject.room_id, **whom)

    def back(self, subject: Restriction) -> str:
        return reverse("admin:accounts_user_person", args=[subject.user_id])


ACTS: dict[str, type[PersonAct]] = {"mute": Mute, "remove": Remove, "ban": Ban, "clear": Clear}


def _with_id(data: Data) -> Data:
    room = data.pop("room")
    return data | {"room_id": room.pk if room else None}


@admin.register(Restriction)
class RestrictionAdmin(ReadOnlyAdmin):
    """All there were; those in force have a way to lift them on the person's page."""

    list_display = ("user", "kind", "room", "created_at", "until", "lifted_at", "by", "reason")
    list_filter = ("kind", "lifted_at")
    list_select_related = ("user", "room", "by")
    search_fields = ("user__username", "room__slug", "reason")
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            *(
                path(f"person/<int:person_id>/{name}/", wrap(act.as_view()), name=f"chat_person_{name}")
                for name, act in ACTS.items()
            ),
            path("<int:restriction_id>/lift/", wrap(Lift.as_view()), name="chat_restriction_lift"),
            *super().get_urls(),
        ]
