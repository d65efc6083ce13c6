"""Lists to look things up in. Direct conversations are nobody's to look up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chat.models import Invitation, Membership, Message, Room
from realtime_site.live.admin import ReadOnlyAdmin


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "room", "role", "last_read", "joined_at")
    list_filter = ("role",)
    list_select_related = ("user", "room")
    search_fields = ("user__username", "room__slug")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(room__kind=Room.Kind.DIRECT)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages of public rooms. What is said in private is not read in passing."""

    list_display = ("room", "seq", "author", "kind", "short", "created_at")
    list_filter = ("kind",)
    list_select_related = ("room", "author")
    search_fields = ("body",)
    fields = ("room", "seq", "author", "kind", "body", "created_at", "edited_at", "deleted_at")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(room__kind=Room.Kind.PUBLIC)

    @admin.display(description="body")
    def short(self, message: Message) -> str:
        return message.body[:80]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Without the code: whoever reads it could use it."""

    list_display = ("room", "created_by", "created_at", "expires_at", "uses")
    list_select_related = ("room", "created_by")
    exclude = ("code",)
