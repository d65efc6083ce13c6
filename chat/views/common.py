"""What all pages of chat do: whose they are, how they answer."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render

from chat import wire
from chat.models import Membership, Room
from realtime_site.audit.acts import address_of
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry


def user_id_of(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)


def actor_of(request: HttpRequest) -> Actor:
    return Actor(user_id_of(request), wire.person(request.user).name, Entry.Via.CHAT, address_of(request))


def membership_of(request: HttpRequest, slug: str) -> Membership:
    """Raises `Http404` for a room that is not the person's, as for one that is not. A conversation is no room here:
    there is nothing to set, to invite to, to leave.
    """
    mine = Membership.objects.select_related("room").filter(user=request.user.pk, room__archived_at=None)
    return get_object_or_404(mine.exclude(room__kind=Room.Kind.DIRECT), room__slug=slug)


def is_fragment(request: HttpRequest) -> bool:
    """Whether the chat page asks, for a dialog."""
    return request.headers.get("X-Fragment") == "1"


def page(
    request: HttpRequest, template: str, context: dict[str, Any], form: Any = None, status: int = 200
) -> HttpResponse:
    """The whole page, or only its content where the chat page asked. A form with errors is 422."""
    if form is not None and form.is_bound and form.errors:
        status = 422
    layout = "fragment.html" if is_fragment(request) else "page.html"
    response = render(request, template, context | {"layout": layout}, status=status)
    response["Vary"] = "X-Fragment, Cookie"
    return response


def done(request: HttpRequest, location: str) -> HttpResponse:
    """Where to go now: a redirect for a page, the address as JSON for the chat page, which goes there without
    loading.
    """
    return JsonResponse({"location": location}) if is_fragment(request) else redirect(location)
