"""Where an admin goes: the line of links on every page of the admin, and what the first page says about each.

Knows where the apps' pages are, and counts; changes nothing.
"""

from dataclasses import dataclass

from django import template
from django.db.models import Q
from django.http import HttpRequest
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from chat.models import Maintenance, Report, Room
from realtime_site.accounts.models import User
from realtime_site.audit.models import Entry

register = template.Library()

# As many as fit beside the places without scrolling.
NEWEST = 8


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    icon: str
    # Names of addresses; the first there is.
    routes: tuple[str, ...]
    # Any of them lets in.
    permissions: tuple[str, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    icon: str
    about: str
    url: str
    current: bool


PLACES = (
    Place("Dashboard", "activity", ("dashboard",), ("audit.view_dashboard",), "Rooms and workers, live"),
    Place("Rooms", "hash", ("admin:chat_room_changelist",), ("chat.view_room",), "Members, limits, archive, export"),
    Place(
        "People",
        "users",
        ("admin:accounts_user_changelist",),
        ("accounts.view_user", "accounts.change_user"),
        "Accounts, sessions, suspensions",
    ),
    Place("Reports", "flag", ("admin:chat_report_changelist",), ("chat.moderate_room",), "What people point out"),
    Place("Log", "scroll-text", ("admin:audit_entry_changelist",), ("audit.view_entry",), "Who did what, and undo"),
)

# What one does now and then, from the first page only.
SITE_ACTS = (
    Place("Announce", "megaphone", ("announce",), ("chat.announce",), ""),
    Place("Maintenance", "construction", ("admin:chat_maintenance_changelist",), ("chat.maintain_site",), ""),
)


@register.simple_tag(takes_context=True)
def admin_places(context: Context) -> list[Link]:
    """The places this person may go, the one they are at marked."""
    return _links(context["request"], PLACES)


@register.simple_tag(takes_context=True)
def admin_site_acts(context: Context) -> list[Link]:
    """What this person may do to the whole site."""
    return _links(context["request"], SITE_ACTS)


def _links(request: HttpRequest, places: tuple[Place, ...]) -> list[Link]:
    links = []
    for place in places:
        url = _first(place.routes)
        if url and any(request.user.has_perm(one) for one in place.permissions):
            links.append(Link(place.name, place.icon, place.about, url, request.path.startswith(url)))
    return links


@register.simple_tag(takes_context=True)
def admin_standing(context: Context) -> dict[str, object]:
    """What the first page says: numbers by the place's name, and what needs somebody."""
    user = context["request"].user
    may = user.has_perm
    numbers: dict[str, str] = {}
    if may("chat.view_room"):
        rooms = Room.objects.exclude(kind=Room.Kind.DIRECT)
        numbers["Rooms"] = _counted(rooms.filter(archived_at=None).count(), "room", "rooms")
    if may("accounts.view_user"):
        numbers["People"] = _people()
    reports = Report.objects.filter(handled_at=None).exclude(message__author=user.pk)  # those are for others
    open_reports = reports.count() if may("chat.moderate_room") else 0
    if may("chat.moderate_room"):
        numbers["Reports"] = f"{open_reports} open" if open_reports else "None open"
    newest = Entry.objects.select_related("undone")[:NEWEST] if may("audit.view_entry") else ()
    return {
        "numbers": numbers,
        "open_reports": open_reports,
        "maintenance": Maintenance.objects.first(),
        "newest": newest,
    }


@register.filter
def of(numbers: dict[str, str], name: str) -> str:
    return numbers.get(name, "")


def _people() -> str:
    people = _counted(User.objects.filter(is_active=True).count(), "person", "people")
    still = Q(suspensions__until=None) | Q(suspensions__until__gt=timezone.now())
    out = User.objects.filter(still, is_active=False, suspensions__lifted_at=None, suspensions__isnull=False).count()
    return f"{people}, {out} suspended" if out else people


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _first(routes: tuple[str, ...]) -> str | None:
    for route in routes:
        try:
            return reverse(route)
        except NoReverseMatch:
            continue
    return None
