"""All that an admin sees of one room, in a dozen queries whatever its size."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from chat import wire
from chat.admin import acts, reading, roles
from chat.models import Invitation, Membership, Report, Restriction, Room
from chat.services import invitations
from realtime_site.audit.models import Entry
from realtime_site.live import topics
from realtime_site.live.presence import online_from_thread

MEMBERS = 50
SHOWN = 20
MESSAGES = 12


def context(request: HttpRequest, room: Room) -> dict[str, Any]:
    """For `admin/chat/room/page.html`."""
    online = online_from_thread(topics.room(room.pk))
    return {
        "title": room.name,
        "room": room,
        "acts": acts.offered(request, room),
        "export": _exportable(request, room),
        "online": None if online is None else sorted(online.values(), key=lambda person: str(person["name"]).lower()),
        "members": _members(request, room),
        "member_count": Membership.objects.filter(room=room).count(),
        "query": _query(request),
        "sees_people": request.user.has_perm("accounts.view_user"),
        "invitations": list(_invitations(room)),
        "may_revoke": request.user.has_perm("chat.moderate_room"),
        "restrictions": list(_restrictions(room)),
        "reports": Report.objects.filter(room=room, handled_at=None).count(),
        "entries": _entries(request, room),
        "messages_shown": reading.newest(room, MESSAGES) if reading.may_read(request, room) else None,
        "may_ask_to_read": room.kind != Room.Kind.PUBLIC and request.user.has_perm("chat.read_private_room"),
        "until": reading.readable_until(request, room),
    }


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:60]


def _members(request: HttpRequest, room: Room) -> Any:
    rows = Membership.objects.filter(room=room).select_related("user").order_by("-role", "user__username")
    if query := _query(request):
        rows = rows.filter(Q(user__username__icontains=query) | Q(user__display_name__icontains=query))
    page = Paginator(rows, MEMBERS).get_page(request.GET.get("page"))
    for row in page:
        row.person = wire.person(row.user)  # type: ignore[attr-defined]  # for the template
        row.room = room
        row.role_way = roles.way_to(request, row)  # type: ignore[attr-defined]
    return page


def _invitations(room: Room) -> Any:
    """The newest, open or not, and whether they are."""
    rows = list(Invitation.objects.filter(room=room).select_related("created_by").order_by("-created_at")[:SHOWN])
    open_ones = set(invitations.open_in(room.pk).values_list("pk", flat=True))
    for row in rows:
        state = "open" if row.pk in open_ones else "revoked" if row.revoked_at else "over"
        yield {
            "id": row.pk,
            "by": wire.person(row.created_by).name,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "uses": row.uses,
            "max_uses": row.max_uses,
            "state": state,
            "revoke": reverse("admin:chat_room_revoke", args=[room.pk, row.pk]) if state == "open" else "",
        }


def _restrictions(room: Room) -> Any:
    now = timezone.now()
    rows = Restriction.objects.filter(Q(until=None) | Q(until__gt=now), room=room, lifted_at=None)
    for row in rows.select_related("user", "by").order_by("-created_at")[:SHOWN]:
        yield {
            "kind": row.kind,
            "person": wire.person(row.user),
            "by": wire.person(row.by).name if row.by else "",
            "reason": row.reason,
            "until": row.until,
        }


def _entries(request: HttpRequest, room: Room) -> list[Entry] | None:
    """The last acts, for who may read the log."""
    if not request.user.has_perm("audit.view_entry"):
        return None
    return list(Entry.objects.filter(room=room.pk).select_related("undone")[:SHOWN])


def _exportable(request: HttpRequest, room: Room) -> str:
    private = room.kind != Room.Kind.PUBLIC
    may = request.user.has_perm("chat.export_room") and (not private or request.user.has_perm("chat.read_private_room"))
    return reverse("admin:chat_room_export", args=[room.pk]) if may else ""
