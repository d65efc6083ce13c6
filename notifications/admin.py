"""Notifications in Django's admin, for finding out why somebody heard of something, or did not.

Read-only, and without what they say: titles and bodies quote conversations.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join

from notifications import explain
from notifications.models import Delivery, Notification

_TIMES = ("created_at", "seen_at", "read_at", "withdrawn_at")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own is not generic
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filters of the list, and no other: Django takes `?body__regex=^s` for any field of the model, and the number
        of rows that are left tells, letter by letter, what is not shown.
        """
        return lookup.removesuffix("__exact").removesuffix("__isnull") in self.list_filter

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    list_display = ("user", "kind", "target", "shown", "created_at", "read_at", "withdrawn_at")
    list_filter = ("kind", "shown")
    list_select_related = ("user",)
    search_fields = ("user__username", "=target")
    fields = ("user", "kind", "target", "scope", "seq", "shown", "decision", *_TIMES)

    @admin.display(description="why")
    def decision(self, row: Notification) -> str:
        reasons = explain.stored(row).reasons
        lines = ((f"{one.channel}: {one.outcome} ({one.rule}). {one.detail}",) for one in reasons)
        return format_html_join("", "<div>{}</div>", lines) or "Forgotten"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Without the device, whose address would let whoever reads it send there."""

    list_display = ("user", "channel", "purpose", "lane", "state", "due_at", "attempts", "outcome", "finished_at")
    list_filter = ("channel", "purpose", "state")
    list_select_related = ("user",)
    search_fields = ("user__username", "=lane")
    fields = (*list_display, "created_at")
