"""What admins do to a room: each asks, says what it touches, and calls the service that does it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from chat.models import Invitation, Membership, Message, Room
from chat.protocol import SLOW_MODE_SECONDS
from chat.services import administration, announcements, invitations, roles
from realtime_site.audit.acts import Act, OnceForm, ReasonForm
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry

Data = dict[str, Any]


class RoomAct(Act):
    """Upon one room that is no conversation, for who may see rooms."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("chat.view_room"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def find(self, **kwargs: Any) -> Any:
        return get_object_or_404(Room.objects.exclude(kind=Room.Kind.DIRECT), pk=kwargs["room_id"])

    def back(self, subject: Any) -> str:
        return reverse("admin:chat_room_change", args=[subject.pk])

    @classmethod
    def may(cls, request: HttpRequest, room: Room) -> bool:
        """Whether it is offered."""
        return request.user.has_perm(cls.permission)


class CreateForm(ReasonForm):
    field_order = ("name", "topic", "kind", "owner", "reason")
    name = forms.CharField(max_length=60)
    topic = forms.CharField(max_length=200, required=False)
    kind = forms.ChoiceField(choices=[("public", "Public"), ("private", "Private")])
    owner = forms.CharField(max_length=33, help_text="The username of whoever owns it.")

    def clean_owner(self) -> Any:
        return _person(self.cleaned_data["owner"])


class Create(Act):
    permission = "chat.add_room"
    title, verb = "New room", "Make the room"
    form_class = CreateForm

    def find(self, **kwargs: Any) -> Any:
        return "Rooms"

    def touches(self, subject: Any, data: Data) -> Sequence[str]:
        if not data.get("owner"):
            return ["Makes a room with its owner in it."]
        return [f"Makes the {data['kind']} room {data['name']}, with {data['owner']} in it as its owner."]

    def perform(self, subject: Any, data: Data, by: Actor) -> Entry:
        owner = data.pop("owner")
        return administration.create(by=by, owner_id=owner.pk, **data)

    def back(self, subject: Any) -> str:
        return reverse("admin:chat_room_changelist")


class Archive(RoomAct):
    permission = "chat.archive_room"
    title, verb, dangerous = "Archive the room", "Archive", True

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        return [
            f"Takes {subject.name} out of the lists of {_members(subject)}.",
            "Nobody reads or writes there until it is restored. Nothing is deleted.",
        ]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return administration.archive(by=by, room_id=subject.pk, reason=data["reason"])


class Restore(RoomAct):
    permission = "chat.archive_room"
    title, verb = "Restore the room", "Restore"

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        return [f"Gives {subject.name} back to {_members(subject)}, at once where they are online."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return administration.restore(by=by, room_id=subject.pk, reason=data["reason"])


class ConfigureForm(ReasonForm):
    field_order = ("name", "topic", "reason")
    name = forms.CharField(max_length=60)
    topic = forms.CharField(max_length=200, required=False)


class Configure(RoomAct):
    permission = "chat.change_room"
    title, verb = "Name and topic", "Change"
    form_class = ConfigureForm

    def initial(self, subject: Room) -> Data:
        return {"name": subject.name, "topic": subject.topic}

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        return [
            f"{_members(subject).capitalize()} see the new words at once. The address stays /rooms/{subject.slug}/."
        ]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return administration.configure(by=by, room_id=subject.pk, **data)


class KindForm(ReasonForm):
    """What it shall be is in the form: sent twice it is the same, and nothing that the page did not say."""

    kind = forms.ChoiceField(choices=[("public", "Public"), ("private", "Private")], widget=forms.HiddenInput)


class SetKind(RoomAct):
    permission = "chat.change_room"
    title, verb = "Who may join", "Change"
    form_class = KindForm

    @classmethod
    def may(cls, request: HttpRequest, room: Room) -> bool:
        return super().may(request, room) and _may_make(request, _other_kind(room))

    def find(self, **kwargs: Any) -> Any:
        room = super().find(**kwargs)
        if not _may_make(self.request, self.request.POST.get("kind", _other_kind(room))):
            raise PermissionDenied
        return room

    def initial(self, subject: Room) -> Data:
        return {"kind": _other_kind(subject)}

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        said = Message.objects.filter(room=subject, deleted_at=None, kind=Message.Kind.TEXT).count()
        if data["kind"] == Room.Kind.PUBLIC:
            return [f"Makes {subject.name} public: everybody on this site can join and read its {said:,} messages."]
        return [f"Makes {subject.name} private: {_members(subject)} stay, others come by invitation only."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return administration.set_kind(by=by, room_id=subject.pk, kind=data["kind"], reason=data["reason"])


class RestrictForm(ReasonForm):
    field_order = ("slow_mode_seconds", "read_only", "reason")
    slow_mode_seconds = forms.IntegerField(
        min_value=0,
        max_value=SLOW_MODE_SECONDS,
        label="Slow mode",
        help_text="Seconds that a member waits between two messages; 0 is off.",
    )
    read_only = forms.BooleanField(required=False, label="Only owners and moderators write")


class Restrict(RoomAct):
    permission = "chat.moderate_room"
    title, verb = "Who may write, how often", "Change"
    form_class = RestrictForm

    def initial(self, subject: Room) -> Data:
        return {"slow_mode_seconds": subject.slow_mode_seconds, "read_only": subject.read_only}

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        count = Membership.objects.filter(room=subject, role=Membership.Role.MEMBER).count()
        members = "1 member" if count == 1 else f"{count:,} members"
        return [f"Concerns {members} of {subject.name}; its owners and moderators write as ever."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return administration.restrict(by=by, room_id=subject.pk, **data)


class KeepForm(ReasonForm):
    field_order = ("days", "reason")
    days = forms.IntegerField(
        min_value=1,
        max_value=administration.KEEP_DAYS,
        required=False,
        label="Keep messages for so many days",
        help_text="Empty: as long as the site says.",
    )


class Keep(RoomAct):
    permission = "chat.change_room"
    title, verb, dangerous = "For how long messages are kept", "Change", True
    form_class = KeepForm

    def initial(self, subject: Room) -> Data:
        return {"days": subject.keep_days}

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        return ["Messages that are older are deleted for good when manage.py prune runs next. Undo is until then."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return administration.keep(by=by, room_id=subject.pk, days=data["days"], reason=data["reason"])


class AnnounceForm(OnceForm):
    field_order = ("text", "reason")
    text = forms.CharField(
        max_length=announcements.TEXT_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3}), label="What"
    )


class Announce(RoomAct):
    permission = "chat.announce"
    title, verb = "Announce in the room", "Announce"
    form_class = AnnounceForm

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        return [f"Stands in {subject.name} under your name, for {_members(subject)}. It notifies nobody."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return announcements.to_room(by=by, room_id=subject.pk, **data)


class Revoke(RoomAct):
    permission = "chat.moderate_room"
    title, verb, dangerous = "Revoke an invitation", "Revoke", True

    def find(self, **kwargs: Any) -> Any:
        room = super().find(**kwargs)
        if not Invitation.objects.filter(room=room, pk=kwargs["invitation_id"]).exists():
            raise Http404
        return room

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        uses = Invitation.objects.get(pk=self.kwargs["invitation_id"]).uses
        return [f"The link lets nobody into {subject.name} any more. Who came by it, {uses:,} so far, stays."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return invitations.revoke(by=by, invitation_id=self.kwargs["invitation_id"], reason=data["reason"])


class TransferForm(ReasonForm):
    field_order = ("person", "reason")
    person = forms.CharField(max_length=33, label="New owner", help_text="The username of somebody in the room.")

    def clean_person(self) -> Any:
        return _person(self.cleaned_data["person"])


class Transfer(RoomAct):
    permission = "chat.transfer_room"
    title, verb = "Give it another owner", "Transfer"
    form_class = TransferForm

    def touches(self, subject: Room, data: Data) -> Sequence[str]:
        who = data.get("person") or "the new owner"
        return [f"Gives {subject.name} to {who}. Who owned it moderates it from then on."]

    def perform(self, subject: Room, data: Data, by: Actor) -> Entry:
        return roles.transfer(by=by, room_id=subject.pk, person_id=data["person"].pk, reason=data["reason"])


# By the last part of their address.
ACTS: dict[str, type[RoomAct]] = {
    "configure": Configure,
    "restrict": Restrict,
    "kind": SetKind,
    "keep": Keep,
    "announce": Announce,
    "transfer": Transfer,
    "archive": Archive,
    "restore": Restore,
}


def offered(request: HttpRequest, room: Room) -> list[dict[str, Any]]:
    """The acts that this admin may do to the room as it stands, for buttons."""
    closed = {"configure", "restrict", "kind", "announce", "transfer", "archive"}
    names = [name for name in ACTS if (name not in closed if room.archived_at else name != "restore")]
    return [
        {
            "title": ACTS[name].title,
            "url": reverse(f"admin:chat_room_{name}", args=[room.pk]),
            "dangerous": ACTS[name].dangerous,
        }
        for name in names
        if ACTS[name].may(request, room)
    ]


def _other_kind(room: Room) -> str:
    return Room.Kind.PUBLIC.value if room.kind == Room.Kind.PRIVATE else Room.Kind.PRIVATE.value


def _may_make(request: HttpRequest, kind: str) -> bool:
    """Whoever makes a room public can read what was said there in private."""
    return kind != Room.Kind.PUBLIC or request.user.has_perm("chat.read_private_room")


def _person(username: str) -> Any:
    found = get_user_model().objects.filter(username__iexact=username.strip(), is_active=True).first()
    if found is None:
        raise forms.ValidationError("Nobody here has that username.")
    return found


def _members(room: Room) -> str:
    count = Membership.objects.filter(room=room).count()
    return f"{count:,} {'person' if count == 1 else 'people'}"
