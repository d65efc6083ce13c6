"""The pages of chat.

Each is a plain page that works without JavaScript, and a fragment when the chat page asks for it in a dialog.
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import history, people, protocol, selectors, wire
from chat.forms import ArchiveForm, InvitationForm, PersonForm, RoomForm, RoomSettingsForm, TransferForm
from chat.models import Invitation, Membership, Room
from chat.services import administration, direct, invitations, roles, rooms
from realtime_site.audit.acts import address_of
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

PAGE_MESSAGES = 50
LAST_ROOM_COOKIE = "room"
Kind, Role = Room.Kind, Membership.Role


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """To the room one was in last, else the first, else the directory. Never to a conversation: those one goes to."""
    mine = Membership.objects.filter(user=_user_id(request), room__archived_at=None).exclude(room__kind=Kind.DIRECT)
    slugs = list(mine.order_by("room__name").values_list("room__slug", flat=True))
    last = request.COOKIES.get(LAST_ROOM_COOKIE, "")
    if not slugs:
        return redirect("chat:directory")
    return redirect("chat:room", slug=last if last in slugs else slugs[0])


@require_GET
@login_required
def room(request: HttpRequest, slug: str, seq: int | None = None) -> HttpResponseBase:
    """The chat page, with all it needs to show the room before its socket is open."""
    user_id = _user_id(request)
    mine = selectors.rooms_of(user_id)
    if all(one.slug != slug for one in mine) and direct.bring_back(user_id=user_id, slug=slug):
        mine = selectors.rooms_of(user_id)
    here = next((one for one in mine if one.slug == slug), None)
    if here is None:
        found = get_object_or_404(Room, slug=slug, kind=Kind.PUBLIC, archived_at=None)
        return redirect(f"{reverse('chat:directory')}?{urlencode({'q': found.name})}")
    page = history.page(user_id=user_id, room_id=here.id, around=seq, limit=PAGE_MESSAGES)
    bootstrap = {
        "user": protocol.to_builtins(wire.person(request.user)) | {"is_staff": request.user.is_staff},
        "site": {"name": settings.SITE_NAME},
        "room": here.id,
        "rooms": [protocol.to_builtins(one) for one in mine],
        "blocked": people.blocked_by_all([user_id])[user_id],
        **protocol.to_builtins(vars(page)),
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
    found = selectors.directory(user_id=_user_id(request), query=query)
    return _page(request, "chat/directory.html", {"rooms": found, "query": query})


@login_required
@require_http_methods(["GET", "POST"])
def new_room(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = rooms.create(owner_id=_user_id(request), **form.cleaned_data)
        return _done(request, reverse("chat:room", args=[made.slug]))
    return _page(request, "chat/new_room.html", {"form": form}, form)


@require_POST
@login_required
def join(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Room, slug=slug)
    rooms.join(user_id=_user_id(request), room_id=found.pk)
    return _done(request, reverse("chat:room", args=[slug]))


@require_POST
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    rooms.leave(user_id=_user_id(request), room_id=_membership(request, slug).room_id)
    return _done(request, reverse("chat:home"))


@login_required
@require_http_methods(["GET", "POST"])
def room_settings(request: HttpRequest, slug: str) -> HttpResponse:
    membership = _membership(request, slug)
    owns = membership.role == Role.OWNER
    may_edit = owns or membership.role == Role.MODERATOR
    form = RoomSettingsForm(request.POST or None, instance=membership.room, owner=owns) if may_edit else None
    if request.method == "POST" and form is not None and form.is_valid():
        _change(_actor(request), membership.room_id, form)
        return _done(request, reverse("chat:room", args=[slug]))
    context: dict[str, Any] = {"form": form, "room": membership.room, "membership": membership}
    if owns:
        context |= {"archiving": ArchiveForm(), "transfer": TransferForm(people=_others(membership))}
    return _page(request, "chat/room_settings.html", context, form)


def _change(by: Actor, room_id: int, form: RoomSettingsForm) -> None:
    """Each kind of change is an act of its own, in the log too; all of them or none."""
    changed, wanted = set(form.changed_data), form.cleaned_data
    target = {"by": by, "room_id": room_id, "reason": wanted["reason"]}
    limits = {name: wanted[name] for name in ("slow_mode_seconds", "read_only") if name in changed}
    with transaction.atomic():
        if changed & {"name", "topic"}:
            administration.configure(name=wanted["name"], topic=wanted["topic"], **target)
        if limits:
            administration.restrict(**limits, **target)
        if "kind" in changed:
            administration.set_kind(kind=wanted["kind"], **target)
        if "keep_days" in changed:
            administration.keep(days=wanted["keep_days"], **target)


@require_POST
@login_required
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    membership, form = _membership(request, slug), ArchiveForm(request.POST)
    if not form.is_valid():
        raise ClientError("invalid", "Say why.")
    administration.archive(by=_actor(request), room_id=membership.room_id, **form.cleaned_data)
    return _done(request, reverse("chat:home"))


@require_POST
@login_required
def transfer(request: HttpRequest, slug: str) -> HttpResponse:
    membership = _membership(request, slug)
    form = TransferForm(request.POST, people=_others(membership))
    if not form.is_valid():
        raise ClientError("invalid", "Choose somebody who is in the room.")
    person = form.cleaned_data["person"]
    roles.transfer(by=_actor(request), room_id=membership.room_id, person_id=person.pk, reason="")
    return _done(request, reverse("chat:room", args=[slug]))


def _others(membership: Membership) -> Any:
    """Who else is in the room, for a list to choose from."""
    users = get_user_model().objects.filter(memberships__room=membership.room_id, is_active=True)
    return users.exclude(pk=membership.user_id).order_by("username")


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Links to the room, with how long and for how many they are; and a way to add people who have accounts."""
    membership, user_id = _membership(request, slug), _user_id(request)
    found, role = membership.room, membership.role
    adding = "username" in request.POST
    form = PersonForm(request.POST if adding else None)
    if adding and form.is_valid():
        rooms.add(by_id=user_id, room_id=found.pk, user_id=form.cleaned_data["username"].pk)
        return _done(request, reverse("chat:room", args=[slug]))
    making = InvitationForm(request.POST if request.method == "POST" and not adding else None)
    if making.is_bound and making.is_valid():
        invitations.create(user_id=user_id, room_id=found.pk, **making.cleaned_data)
    links = [one for one in invitations.open_in(found.pk) if role != Role.MEMBER or one.created_by_id == user_id]
    for one in links:
        one.link = request.build_absolute_uri(reverse("chat:invitation", args=[one.code]))  # type: ignore[attr-defined]
    context = {"room": found, "form": form, "making": making, "links": links}
    return _page(request, "chat/invite.html", context, form if adding else making)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, invitation_id: int) -> HttpResponse:
    membership = _membership(request, slug)
    found = get_object_or_404(Invitation, pk=invitation_id, room=membership.room_id)
    invitations.revoke(by=_actor(request), invitation_id=found.pk)
    return _done(request, reverse("chat:invite", args=[slug]))


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Where an invitation link leads. Who has no account yet takes the code along to signing up, in the session."""
    found = invitations.find(code=code)
    if found and request.user.is_authenticated and request.method == "POST":
        return redirect("chat:room", slug=invitations.accept(code=code, user_id=_user_id(request)))
    if found and not request.user.is_authenticated:
        request.session["invitation"] = code
    context = {
        "valid": found is not None,
        "room": found.room if found else None,
        "inviter": wire.person(found.created_by).name if found else None,
    }
    return _page(request, "chat/invitation.html", context, status=200 if found else 404)


def _user_id(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)


def _actor(request: HttpRequest) -> Actor:
    return Actor(_user_id(request), wire.person(request.user).name, Entry.Via.CHAT, address_of(request))


def _membership(request: HttpRequest, slug: str) -> Membership:
    """Raises `Http404` for a room that is not the person's, as for one that is not. A conversation is no room here:
    there is nothing to set, to invite to, to leave.
    """
    mine = Membership.objects.select_related("room").filter(user=request.user.pk, room__archived_at=None)
    return get_object_or_404(mine.exclude(room__kind=Kind.DIRECT), room__slug=slug)


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("X-Fragment") == "1"


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], form: Any = None, status: int = 200
) -> HttpResponse:
    """The whole page, or only its content where the chat page asked. A form with errors is 422."""
    if form is not None and form.is_bound and form.errors:
        status = 422
    layout = "fragment.html" if _is_fragment(request) else "page.html"
    response = render(request, template, context | {"layout": layout}, status=status)
    response["Vary"] = "X-Fragment, Cookie"
    return response


def _done(request: HttpRequest, location: str) -> HttpResponse:
    """Where to go now: a redirect for a page, the address as JSON for the chat page, which goes there without
    loading.
    """
    return JsonResponse({"location": location}) if _is_fragment(request) else redirect(location)
