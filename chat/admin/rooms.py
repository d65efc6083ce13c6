"""The list of rooms and the addresses of what is done to one. Conversations are in no list."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path

from chat.admin import acts, reading, roles, room_page
from chat.admin.exporting import Export
from chat.models import Membership, Room
from realtime_site.audit.acts import Act
from realtime_site.live.admin import ReadOnlyAdmin


class RoomList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Counts members in one query for the rooms that are shown, not for all."""
        super().get_results(request)
        rows = list(self.result_list)
        counted = Membership.objects.filter(room__in=[room.pk for room in rows]).order_by().values("room")
        counts = dict(counted.annotate(count=Count("pk")).values_list("room", "count"))
        for room in rows:
            room.member_count = counts.get(room.pk, 0)
        self.result_list = rows  # of which what is shown is only read


class State(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("archived", "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> QuerySet[Room]:
        if self.value() is None:
            return queryset
        return queryset.filter(archived_at__isnull=self.value() == "open")


class Slow(admin.SimpleListFilter):
    title, parameter_name = "slow mode", "slow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", "On"), ("off", "Off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> QuerySet[Room]:
        if self.value() is None:
            return queryset
        return (
            queryset.filter(slow_mode_seconds__gt=0) if self.value() == "on" else queryset.filter(slow_mode_seconds=0)
        )


@admin.register(Room)
class RoomAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "people", "last_message_at", "events", "flags")
    list_filter = ("kind", State, "read_only", Slow, "is_default")
    search_fields = ("name", "slug", "topic")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(kind=Room.Kind.DIRECT)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RoomList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.add_room")

    @admin.display(description="events", ordering="head")
    def events(self, room: Room) -> str:
        return f"{room.head:,}"

    # Not `members`: the model has one, and Django would take that.
    @admin.display(description="members")
    def people(self, room: Any) -> str:
        return f"{room.member_count:,}"

    @admin.display(description="state", empty_value="")
    def flags(self, room: Room) -> str:
        slow = f"slow mode {room.slow_mode_seconds} s" if room.slow_mode_seconds else ""
        keep = f"keeps {room.keep_days} days" if room.keep_days else ""
        found = (
            "archived" if room.archived_at else "",
            "read-only" if room.read_only else "",
            slow,
            keep,
            "default" if room.is_default else "",
        )
        return ", ".join(filter(None, found))

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        views: dict[str, type[Act]] = {**acts.ACTS, "export": Export, "read": reading.Read}
        one = [
            path(f"<int:room_id>/{name}/", wrap(view.as_view()), name=f"chat_room_{name}")
            for name, view in views.items()
        ]
        return [
            path("add/", wrap(acts.Create.as_view()), name="chat_room_add"),
            *one,
            path(
                "<int:room_id>/invitations/<int:invitation_id>/revoke/",
                wrap(acts.Revoke.as_view()),
                name="chat_room_revoke",
            ),
            path(
                "<int:room_id>/members/<int:person_id>/role/",
                wrap(roles.ChangeRole.as_view()),
                name="chat_room_role",
            ),
            path("<int:room_id>/messages/", wrap(self._messages), name="chat_room_messages"),
            *super().get_urls(),
        ]

    def change_view(  # type: ignore[override]  # there is nothing to be posted here: acts have pages of their own
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        room = self.get_object(request, object_id)
        if room is None:
            raise Http404
        if not self.has_view_permission(request, room):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | room_page.context(request, room)
        return TemplateResponse(request, "admin/chat/room/page.html", context | {"opts": self.opts})

    def _messages(self, request: HttpRequest, room_id: int) -> HttpResponseBase:
        return reading.messages(request, room_id, self.admin_site.each_context(request))
