"""The inbox as a page: what the chat page shows in its panel, for browsers without script and sites without chat."""

from typing import NamedTuple, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timesince import timesince
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from notifications import explain, protocol, selectors
from notifications.forms import MarkForm
from notifications.services import reading
from notifications.views.person import user_id_of
from realtime_site.live.errors import ClientError

PAGE = 30
VIEWS = {"all": "All", "unread": "Unread", "mentions": "Mentions"}
# static/js/notifications/words.js has the same.
ICONS = {
    "mention": "at-sign",
    "reply": "reply",
    "direct": "message-circle",
    "message": "message-square",
    "invitation": "user-plus",
    "reaction": "smile",
    "moderation": "shield",
    "announcement": "megaphone",
}
# Their words and icons; the same file has these too.
CHANNELS = {
    "app": ("On this site", "monitor"),
    "push": ("On your devices", "smartphone"),
    "email": ("By e-mail", "mail"),
}
OUTCOMES = {"sent": "Sent", "waiting": "Waiting", "silent": "Silent", "skipped": "Not sent", "failed": "Failed"}
TONES = 8  # static/css/people.css


class Item(NamedTuple):
    notification: protocol.Notification
    icon: str
    tone: int
    age: str


@require_GET
@login_required
@never_cache
def inbox(request: HttpRequest) -> HttpResponseBase:
    """Looking at it is seeing it: nothing of it needs to be pushed or mailed any more."""
    view = cast(protocol.View, request.GET.get("view") if request.GET.get("view") in VIEWS else "all")
    user_id = user_id_of(request)
    page = selectors.page(user_id=user_id, view=view, before=_before(request), limit=PAGE)
    reading.seen(user_id=user_id, up_to=page.seq)
    context = {
        "items": [_item(one) for one in page.notifications],
        "views": VIEWS,
        "view": view,
        "page": page,
        "older": page.notifications[-1].seq if page.more else None,
    }
    return render(request, "notifications/inbox.html", context)


@require_GET
@login_required
@never_cache
def go(request: HttpRequest, notification_id: int) -> HttpResponseBase:
    """To where a notification leads; it is read with that."""
    found = selectors.one(user_id=user_id_of(request), notification_id=notification_id)
    reading.read(user_id=user_id_of(request), ids=[notification_id])
    return HttpResponseRedirect(found.url or reverse("notifications:inbox"))


@require_POST
@login_required
def mark(request: HttpRequest) -> HttpResponse:
    form = MarkForm(request.POST)
    if not form.is_valid():
        raise ClientError("invalid", "One notification, or all up to a number.")
    user_id, said = user_id_of(request), form.cleaned_data
    if said["id"] is None:
        reading.read_up_to(user_id=user_id, seq=said["up_to"])
    else:
        (reading.read if said["read"] else reading.unread)(user_id=user_id, ids=[said["id"]])
    return redirect(_back(request))


@require_GET
@login_required
@never_cache
def why(request: HttpRequest, notification_id: int) -> HttpResponse:
    said = explain.why(user_id=user_id_of(request), notification_id=notification_id)
    reasons = [(*CHANNELS[reason.channel], OUTCOMES[reason.outcome], reason) for reason in said.reasons]
    return render(request, "notifications/why.html", {"why": said, "reasons": reasons})


def _item(one: protocol.Notification) -> Item:
    tone = (one.actor.id if one.actor else 0) % TONES
    return Item(one, ICONS.get(one.kind, "bell"), tone, timesince(one.created_at, depth=1))


def _before(request: HttpRequest) -> int | None:
    said = request.GET.get("before", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def _back(request: HttpRequest) -> str:
    """The same filter and page again."""
    wanted = {name: request.POST[name] for name in ("view", "before") if request.POST.get(name)}
    return reverse("notifications:inbox") + (f"?{urlencode(wanted)}" if wanted else "")
