"""The chat page, the directory, and coming into rooms and out of them."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import history, people, protocol, selectors, wire
from chat.forms import RoomForm
from chat.models import Membership, Room
from chat.services import direct, rooms
from chat.views.common import done, membership_of, page, user_id_of

PAGE_MESSAGES = 50
LAST_ROOM_COOKIE = "room"
Kind = Room.Kind


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """To the room one was in last, else the first, else the directory. Never to a conversation: those one goes to."""
    mine = Membership.objects.filter(user=user_id_of(request), room__archived_at=None).exclude(room__kind=Kind.DIRECT)
    slugs = list(mine.order_by("room__name").values_list("room__slug", flat=True))
    last = request.COOKIES.get(LAST_ROOM_COOKIE, "")
    if not slugs:
        return redirect("chat:directory")
    return redirect("chat:room", slug=last if last in slugs else slugs[0])


@require_GET
@login_required
def room(request: HttpRequest, slug: str, seq: int | None = None) -> HttpResponseBase:
    """The chat page, with all it needs to show the room before its socket is open."""
    user_id = user_id_of(request)
    mine = selectors.rooms_of(user_id)
    if all(one.slug != slug for one in mine) and direct.bring_back(user_id=user_id, slug=slug):
        mine = selectors.rooms_of(user_id)
    here = next((one for one in mine if one.slug == slug), None)
    if here is None:
        found = get_object_or_404(Room, slug=slug, kind=Kind.PUBLIC, archived_at=None)
        return redirect(f"{reverse('chat:directory')}?{urlencode({'q': found.name})}")
    shown = history.page(user_id=user_id, room_id=here.id, around=seq, limit=PAGE_MESSAGES)
    bootstrap = {
        "user": protocol.to_builtins(wire.person(request.user)) | {"is_staff": request.user.is_staff},
        "site": {"name": settings.SITE_NAME},
        "room": here.id,
        "rooms": [protocol.to_builtins(one) for one in mine],
        "blocked": people.blocked_by_all([user_id])[user_id],
        **protocol.to_builtins(vars(shown)),
        "at": seq,
    }
    response = render(request, "chat/room.html", {"bootstrap": bootstrap, "room": here})
    response.set_cookie(
        LAST_ROOM_COOKIE,
        slug,
        max_age=365 * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
        httponly=False,  # the page writes it too, when it goes to another room without loading
    )
    return response


@require_GET
@login_required
def directory(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:60]
    found = selectors.directory(user_id=user_id_of(request), query=query)
    return page(request, "chat/directory.html", {"rooms": found, "query": query})


@login_required
@require_http_methods(["GET", "POST"])
def new_room(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = rooms.create(owner_id=user_id_of(request), **form.cleaned_data)
        return done(request, reverse("chat:room", args=[made.slug]))
    return page(request, "chat/new_room.html", {"form": form}, form)


@require_POST
@login_required
def join(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Room, slug=slug)
    rooms.join(user_id=user_id_of(request), room_id=found.pk)
    return done(request, reverse("chat:room", args=[slug]))


@require_POST
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    rooms.leave(user_id=user_id_of(request), room_id=membership_of(request, slug).room_id)
    return done(request, reverse("chat:home"))
