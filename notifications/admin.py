"""Notifications in Django's admin, for finding out why somebody heard of something, or did not.

Read-only, and without what they say: titles and bodies quote conversations.
"""

from django.contrib import admin
from django.utils.html import format_html_join

from notifications import explain
from notifications.models import Delivery, Notification
from realtime_site.live.admin import ReadOnlyAdmin

_TIMES = ("created_at", "seen_at", "read_at", "withdrawn_at")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    show_full_result_count = False
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
class DeliveryAdmin(ReadOnlyAdmin):
    """Without the device, whose address would let whoever reads it send there."""

    show_full_result_count = False
    list_display = ("user", "channel", "purpose", "lane", "state", "due_at", "attempts", "outcome", "finished_at")
    list_filter = ("channel", "purpose", "state")
    list_select_related = ("user",)
    search_fields = ("user__username", "=lane")
    fields = (*list_display, "created_at")
