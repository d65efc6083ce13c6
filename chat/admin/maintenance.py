"""Maintenance mode as a page of the admin: switched on with what people read, off with one button."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from chat.models import Maintenance
from chat.services import maintenance
from realtime_site.audit.acts import Act
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.admin import ReadOnlyAdmin


class OnForm(forms.Form):
    """Which way is in the form: sent twice it is the same, not there and back."""

    on = forms.ChoiceField(choices=[("1", "On")], initial="1", widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200, help_text="Everybody reads it who wants to post.")


class Switch(Act):
    """Whichever way it can be switched. The reason to end it is that it is over."""

    permission = "chat.maintain_site"
    title = "Maintenance"

    def find(self, **kwargs: Any) -> Any:
        why = maintenance.current()
        self.on = "on" in self.request.POST if self.request.method == "POST" else why is None
        self.verb = "Switch on" if self.on else "Switch off"  # type: ignore[misc]  # of this request alone
        self.dangerous = self.on  # type: ignore[misc]
        self.form_class = OnForm if self.on else forms.Form  # type: ignore[misc]
        return "Off" if why is None else f"On: {why}"

    def touches(self, subject: Any, data: dict[str, Any]) -> Sequence[str]:
        if self.on:
            return [
                "Nobody can post, edit or delete, in any room, until you switch it off.",
                "Reading goes on, and what moderators and admins do.",
            ]
        return ["Everybody can post again. Messages that wait in browsers are sent by themselves."]

    def perform(self, subject: Any, data: dict[str, Any], by: Actor) -> Entry:
        return maintenance.switch(by=by, reason=data["reason"] if self.on else None)

    def back(self, subject: Any) -> str:
        return reverse("admin:chat_maintenance_changelist")


@admin.register(Maintenance)
class MaintenanceAdmin(ReadOnlyAdmin):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.maintain_site")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("chat.maintain_site")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        return Switch.as_view()(request)
