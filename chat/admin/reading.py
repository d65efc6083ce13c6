"""Reading what was said, as an admin. What is private is read for a reason that is logged, for a quarter of an hour."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from chat import history, people, protocol, wire
from chat.models import Message, Room
from realtime_site.audit.acts import Act
from realtime_site.audit.log import Actor, Subject, record
from realtime_site.audit.models import Entry

# Long enough to look into one matter; the next is another reason.
READ_SECONDS = 15 * 60
PAGE = 40
_KEY = "rooms_read"


def name_of(room: Room) -> str:
    """Of a conversation: nothing that says who is in it."""
    return room.name if room.kind != Room.Kind.DIRECT else f"Conversation #{room.pk}"


def full_name_of(room: Room) -> str:
    """Of a conversation: who is in it. For who has given a reason."""
    if room.kind != Room.Kind.DIRECT:
        return room.name
    return ", ".join(wire.person(user).name for user in people.talking_in([room])[room.pk]) or f"#{room.pk}"


def readable_until(request: HttpRequest, room: Room) -> datetime | None:
    """Until when this admin may read a private room or a conversation, by the reason they gave; None: not."""
    if not request.user.has_perm("chat.read_private_room"):
        return None
    person, until = request.session.get(_KEY, {}).get(str(room.pk), (None, 0))
    if person != request.user.pk or until < time.time():
        return None
    return datetime.fromtimestamp(until, UTC)


def may_read(request: HttpRequest, room: Room) -> bool:
    if room.kind == Room.Kind.PUBLIC:
        return request.user.has_perm("chat.view_message")
    return readable_until(request, room) is not None


class Read(Act):
    """The reason."""

    permission = "chat.read_private_room"
    title, verb, dangerous = "Read what is private", "Read", True

    def find(self, **kwargs: Any) -> Any:
        return get_object_or_404(Room, pk=kwargs["room_id"])

    def touches(self, subject: Room, data: dict[str, Any]) -> Sequence[str]:
        return [
            f"Shows what was said in {name_of(subject)}.",
            f"For {READ_SECONDS // 60} minutes, to you alone. The log keeps your name and the reason.",
        ]

    def perform(self, subject: Room, data: dict[str, Any], by: Actor) -> Entry:
        until = int(time.time()) + READ_SECONDS
        granted = {key: one for key, one in self.request.session.get(_KEY, {}).items() if one[1] > time.time()}
        self.request.session[_KEY] = granted | {str(subject.pk): (self.request.user.pk, until)}
        what = "the conversation of " if subject.kind == Room.Kind.DIRECT else ""
        name = full_name_of(subject)
        return record(
            by=by,
            action="room.read",
            summary=f"Read {what}{name}.",
            reason=data["reason"],
            room=Subject(subject.pk, name),
        )

    def back(self, subject: Room) -> str:
        if may_read(self.request, subject):
            return reverse("admin:chat_room_messages", args=[subject.pk])
        where = "admin:chat_room_changelist" if subject.kind == Room.Kind.DIRECT else "admin:chat_room_change"
        return reverse(where, args=[] if subject.kind == Room.Kind.DIRECT else [subject.pk])


def messages(request: HttpRequest, room_id: int, site: dict[str, Any]) -> HttpResponseBase:
    """What was said, the newest first to be read, or around a message (`?around=seq`, `?before=seq`)."""
    room = get_object_or_404(Room, pk=room_id)
    if not may_read(request, room):
        if room.kind == Room.Kind.PUBLIC or not request.user.has_perm("chat.read_private_room"):
            raise PermissionDenied
        return redirect("admin:chat_room_read", room_id=room_id)
    shown, older = _page(room, _number(request, "before"), _number(request, "around"))
    context = site | {
        "title": f"Messages of {full_name_of(room)}",
        "room": room,
        "shown": shown,
        "older": older,
        "around": _number(request, "around"),
        "until": readable_until(request, room),
        "is_direct": room.kind == Room.Kind.DIRECT,
    }
    return TemplateResponse(request, "admin/chat/room/messages.html", context)


def newest(room: Room, count: int) -> list[protocol.Message]:
    return _page(room, None, None, count)[0]


def _page(
    room: Room, before: int | None, around: int | None, count: int = PAGE
) -> tuple[list[protocol.Message], int | None]:
    """In the order of seq, and before which number there is more."""
    rows = Message.objects.filter(room=room).select_related("author")
    if around is not None:
        after = list(rows.filter(seq__gt=around).order_by("seq").values_list("seq", flat=True)[: count // 2])
        before = (after[-1] if after else around) + 1
    found = list((rows if before is None else rows.filter(seq__lt=before)).order_by("-seq")[: count + 1])
    older = found[count - 1].seq if len(found) > count else None
    return history.shown(found[:count][::-1]), older


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
