"""What a person wants to hear, by which channel, on which devices: one page, each part of it a form of its own."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications import outside, selectors
from notifications.delivery import vapid
from notifications.forms import LEVELS, DeviceForm, LevelForm, PreferencesForm
from notifications.kinds import Channel
from notifications.services import devices
from notifications.services import preferences as services
from notifications.views.person import user_id_of
from realtime_site.live.errors import ClientError


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """A POST names its part of the page in `part`. What is wrong is said beside it, with the page as it was sent."""
    if request.method != "POST":
        return _page(request)
    part = _PARTS.get(request.POST.get("part", ""))
    if part is None:
        raise ClientError("invalid", "This page is older than the site. Load it again.")
    form = part(request)
    if isinstance(form, PreferencesForm):
        return _page(request, form=form, status=422)
    return redirect("notifications:preferences")


def _save(request: HttpRequest) -> Form | None:
    user_id = user_id_of(request)
    wishes = services.wishes_of(user_id)
    form = PreferencesForm(request.POST, wishes=wishes)
    if not form.is_valid():
        messages.error(request, "Nothing was saved. See below what is wrong.")
        return form
    said = form.cleaned_data
    with transaction.atomic():
        _save_switches(user_id, wishes, said["switches"])
        services.set_quiet_hours(
            user_id=user_id, start=said["quiet_from"], end=said["quiet_until"], time_zone=said["time_zone"]
        )
        services.set_push_while_active(user_id=user_id, on=said["push_while_active"])
        services.set_email(user_id=user_id, mode=said["email"])
    messages.success(request, "Saved.")
    return None


def _save_switches(user_id: int, wishes: services.Wishes, switches: Mapping[tuple[str, Channel], bool]) -> None:
    """Only what changed: a default that changes later is still followed where nothing was chosen."""
    for (kind, channel), on in switches.items():
        if on != (channel in wishes.switches[kind]):
            services.set_switch(user_id=user_id, kind=kind, channel=channel, on=on)


def _set_level(request: HttpRequest) -> None:
    form = LevelForm(request.POST)
    if not form.is_valid():
        raise ClientError("invalid", "There is no such level.")
    services.set_level(user_id=user_id_of(request), scope=form.cleaned_data["scope"], level=form.cleaned_data["level"])
    messages.success(request, "Saved.")


def _remove_device(request: HttpRequest) -> None:
    devices.remove(user_id=user_id_of(request), device_id=_device_id(request))
    messages.success(request, "That device gets nothing any more.")


def _test_device(request: HttpRequest) -> None:
    try:
        devices.send_test(user_id=user_id_of(request), device_id=_device_id(request))
    except ClientError as error:
        if error.code != "rate_limited":
            raise
        messages.error(request, error.detail)
    else:
        messages.success(request, "A test is on its way. It should arrive within a few seconds.")


_PARTS: Mapping[str, Callable[[HttpRequest], Form | None]] = {
    "preferences": _save,
    "level": _set_level,
    "remove-device": _remove_device,
    "test-device": _test_device,
}


def _page(request: HttpRequest, *, form: PreferencesForm | None = None, status: int = 200) -> HttpResponse:
    user_id = user_id_of(request)
    levels = selectors.levels_of(user_id)
    context: dict[str, Any] = {
        "form": form or PreferencesForm(wishes=services.wishes_of(user_id)),
        "address": outside.addresses_of([user_id]).get(user_id),
        "push_key": vapid.public_key(),
        "devices": selectors.devices_of(user_id),
        "levels": [
            (*place, levels[scope], scope)
            for scope, place in outside.scopes_of(user_id, levels).items()
            if scope in levels
        ],
        "level_choices": LEVELS,
    }
    return render(request, "notifications/preferences.html", context, status=status)


def _device_id(request: HttpRequest) -> int:
    form = DeviceForm(request.POST)
    if not form.is_valid():
        raise ClientError("not_found", "There is no such device.")
    return int(form.cleaned_data["device"])
