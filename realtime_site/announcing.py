"""Announcing from the admin: to everybody online, by chat, or to everybody, by notifications. Composes the two.

An announcement to everybody takes a while: a thread of this worker writes it by the thousand, whether the page stays
open or not. How far it is stands in the cache; a worker that dies in the middle leaves it standing, and it can be gone
on with: whoever was told is not told again. Nor by a button that is pressed twice: the form has a token, good for once.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, TypedDict

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from chat.services import announcements
from notifications import api
from realtime_site.audit import log
from realtime_site.audit.acts import Act, OnceForm
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

logger = logging.getLogger(__name__)

# Between two transactions: SQLite has one writer, and whoever posts meanwhile must get their turn.
BREATH_SECONDS = 0.2
# Longer than a thousand take on a busy machine: after this nobody is at it any more.
STALLED_SECONDS = 60
KEPT_SECONDS = 7 * 86_400
PERMISSION = "chat.announce"


class Progress(TypedDict):
    """Of one announcement, as the cache has it."""

    token: str
    title: str
    body: str
    url: str
    done: int
    total: int
    at: float
    failed: bool


class AnnounceForm(OnceForm):
    field_order = ("to", "title", "body", "url", "reason")
    to = forms.ChoiceField(
        choices=[("online", "Everybody online now: a banner, once"), ("everybody", "Everybody: in their inbox, kept")]
    )
    title = forms.CharField(max_length=200, label="What")
    body = forms.CharField(max_length=500, required=False, label="More", help_text="For the inbox.")
    url = forms.CharField(max_length=500, required=False, label="Link", help_text="A path of this site, or https://…")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        try:
            api.story_of(
                "announcement", title=data.get("title", ""), body=data.get("body", ""), url=data.get("url", "")
            )
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return data


class Announce(Act):
    permission = PERMISSION
    title, verb = "Announce", "Announce"
    form_class = AnnounceForm

    def find(self, **kwargs: Any) -> Any:
        return "the whole site"

    def touches(self, subject: Any, data: dict[str, Any]) -> Sequence[str]:
        count = everybody().count()
        if data.get("to", "online") == "online":
            return ["Is shown on every page that is open now, under your name. Nothing is kept."]
        return [f"Tells {count:,} people: in their inbox, by push and mail as each wants it. It cannot be undone."]

    def perform(self, subject: Any, data: dict[str, Any], by: Actor) -> Entry:
        if data["to"] == "online":
            text = data["title"] + (f" {data['body']}" if data["body"] else "")
            text = text[: announcements.TEXT_CHARACTERS]
            return announcements.to_all_online(by=by, text=text, reason=data["reason"], token=data["token"])
        words = {name: data[name] for name in ("title", "body", "url", "reason")}
        self.entry = begin(by=by, token=str(data["token"]), **words)
        return self.entry

    def back(self, subject: Any) -> str:
        entry: Entry | None = getattr(self, "entry", None)
        return reverse("announce_progress", args=[entry.pk]) if entry else reverse("admin:index")


def everybody() -> Any:
    return get_user_model()._default_manager.filter(is_active=True)


def begin(*, by: Actor, token: str, title: str, body: str, url: str, reason: str) -> Entry:
    """Logs it, and starts telling everybody once that is stored. Raises `ClientError('conflict')` the second time."""
    if not cache.add(f"announcement:{token}", True, KEPT_SECONDS):
        raise ClientError("conflict", "It is being announced already.")
    try:
        return _begin(
            by,
            Progress(
                token=token,
                title=title,
                body=body,
                url=url,
                done=0,
                total=everybody().count(),
                at=time.time(),
                failed=False,
            ),
            reason,
        )
    except Exception:
        cache.delete(f"announcement:{token}")
        raise


@transaction.atomic
def _begin(by: Actor, begun: Progress, reason: str) -> Entry:
    summary = f"Announced something to {begun['total']:,} people."
    entry = log.record(by=by, action="site.announce", summary=summary, reason=reason, details={"to": "everybody"})
    put(entry.pk, begun)
    transaction.on_commit(lambda: start(entry.pk))
    return entry


def start(entry_id: int) -> None:
    threading.Thread(target=run, args=[entry_id], name=f"announcement {entry_id}", daemon=True).start()


def run(entry_id: int) -> None:
    """In a thread, with connections of its own."""
    try:
        tell(entry_id)
    except Exception:
        logger.exception("An announcement was not finished; it can be gone on with")
        if (progress := found(entry_id)) is not None:
            put(entry_id, progress | {"failed": True})
    finally:
        connections.close_all()


def tell(entry_id: int, breath_seconds: float = BREATH_SECONDS) -> None:
    """Tells everybody who was not told yet."""
    progress = found(entry_id)
    if progress is None:
        return

    def between(done: int) -> None:
        put(entry_id, progress | {"done": done, "at": time.time(), "failed": False})
        time.sleep(breath_seconds)

    words = {"title": progress["title"], "body": progress["body"], "url": progress["url"]}
    api.announce(everybody(), dedupe_key=f"announcement:{progress['token']}", between=between, **words)
    between(progress["total"])


def put(entry_id: int, progress: Progress) -> None:
    cache.set(f"announcement:{entry_id}", progress, KEPT_SECONDS)


def found(entry_id: int) -> Progress | None:
    progress: Progress | None = cache.get(f"announcement:{entry_id}")
    return progress


def shown(entry_id: int) -> dict[str, Any]:
    """How far it is. `stalled`: nobody is at it any more."""
    progress = found(entry_id)
    if progress is None:
        return {"known": False, "done": 0, "total": 0, "finished": False, "stalled": False}
    finished = progress["done"] >= progress["total"]
    stalled = not finished and (progress["failed"] or time.time() - progress["at"] > STALLED_SECONDS)
    return {
        "known": True,
        "done": progress["done"],
        "total": progress["total"],
        "finished": finished,
        "stalled": stalled,
    }


@require_GET
def progress_page(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """How far it is: a page, or JSON for the script on it."""
    _check(request)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse(shown(entry_id))
    context = admin.site.each_context(request) | {"title": "Announcement", "entry_id": entry_id, **shown(entry_id)}
    return TemplateResponse(request, "admin/announcing.html", context)


@require_POST
def go_on(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """Goes on with one that stands still."""
    _check(request)
    progress = found(entry_id)
    if progress is not None and shown(entry_id)["stalled"]:
        put(entry_id, progress | {"at": time.time(), "failed": False})
        start(entry_id)
    return redirect("announce_progress", entry_id)


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


_wrap = admin.site.admin_view
urlpatterns = [
    path("", _wrap(Announce.as_view()), name="announce"),
    path("<int:entry_id>/", _wrap(progress_page), name="announce_progress"),
    path("<int:entry_id>/on/", _wrap(go_on), name="announce_go_on"),
]
