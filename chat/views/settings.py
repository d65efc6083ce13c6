"""What owners and moderators change about a room."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat.access import check_role
from chat.forms import ArchiveForm, RoomSettingsForm, TransferForm
from chat.models import Membership
from chat.services import administration, roles
from chat.views.common import actor_of, done, membership_of, page
from realtime_site.audit.log import Actor
from realtime_site.live.errors import ClientError

Role = Membership.Role


@login_required
@require_http_methods(["GET", "POST"])
def room_settings(request: HttpRequest, slug: str) -> HttpResponse:
    membership = membership_of(request, slug)
    owns = membership.role == Role.OWNER
    may_edit = owns or membership.role == Role.MODERATOR
    form = RoomSettingsForm(request.POST or None, instance=membership.room, owner=owns) if may_edit else None
    if request.method == "POST" and form is not None and form.is_valid():
        _change(actor_of(request), membership.room_id, form)
        return done(request, reverse("chat:room", args=[slug]))
    return _page(request, membership, form)


@require_POST
@login_required
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    membership, form = membership_of(request, slug), ArchiveForm(request.POST)
    if not form.is_valid():
        raise ClientError("invalid", "Say why.")
    administration.archive(by=actor_of(request), room_id=membership.room_id, **form.cleaned_data)
    return done(request, reverse("chat:home"))


@require_POST
@login_required
def transfer(request: HttpRequest, slug: str) -> HttpResponse:
    membership = membership_of(request, slug)
    check_role(membership, Role.OWNER)
    form = TransferForm(request.POST, room_id=membership.room_id)
    if not form.is_valid():
        return _page(request, membership, RoomSettingsForm(instance=membership.room, owner=True), form)
    person = form.cleaned_data["username"]
    roles.transfer(by=actor_of(request), room_id=membership.room_id, person_id=person.pk, reason="")
    return done(request, reverse("chat:room", args=[slug]))


def _page(
    request: HttpRequest, membership: Membership, form: RoomSettingsForm | None, giving: TransferForm | None = None
) -> HttpResponse:
    """All forms of a room; `giving` is the one that was filled in wrongly, if it was."""
    context: dict[str, Any] = {"form": form, "room": membership.room, "membership": membership}
    if membership.role == Role.OWNER:
        transfer = giving or TransferForm(room_id=membership.room_id)
        context |= {"archiving": ArchiveForm(), "transfer": transfer}
    return page(request, "chat/room_settings.html", context, giving or form)


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
