"""What people report, as a queue for admins: all rooms and conversations.

Whoever reported a message gave it to read: as it was then, until somebody has looked at it. All else in private, what
stands around it and what it says later, is shown as `reading` has it: for a reason that is logged. What was reported of
oneself is for others.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from chat import wire
from chat.admin import reading
from chat.models import Message, Report, Room
from chat.services import reports, restrictions
from realtime_site.audit import upon
from realtime_site.audit.acts import Act
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.admin import ReadOnlyAdmin

PERMISSION = restrictions.PERMISSION


class Handled(admin.SimpleListFilter):
    """Those that wait, unless one asks for others."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("handled", "Handled"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "Open"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        if self.value() == "all":
            return queryset
        return queryset.filter(handled_at__isnull=self.value() is None)


class ReportAct(Act):
    """Settles a report and all others of the same message."""

    permission = PERMISSION
    outcome: str

    def find(self, **kwargs: Any) -> Any:
        found = _of_others(self.request, Report.objects.select_related("message__author", "room", "reporter"))
        return get_object_or_404(found, pk=kwargs["report_id"])

    def touches(self, subject: Report, data: dict[str, Any]) -> Sequence[str]:
        count = Report.objects.filter(message=subject.message, handled_at=None).count()
        return [f"Settles {count:,} report{'' if count == 1 else 's'} of it."]

    def perform(self, subject: Report, data: dict[str, Any], by: Actor) -> Entry:
        return reports.handle(by=by, report_id=subject.pk, outcome=self.outcome, reason=data["reason"])

    def back(self, subject: Report) -> str:
        return reverse("admin:chat_report_change", args=[subject.pk])


class Remove(ReportAct):
    title, verb, dangerous = "Delete the reported message", "Delete it", True
    outcome = Report.Outcome.REMOVED

    def touches(self, subject: Report, data: dict[str, Any]) -> Sequence[str]:
        where = reading.name_of(subject.room)
        author = wire.person(subject.message.author).name
        return [f"Deletes a message of {author} in {where}, for all who are there.", *super().touches(subject, data)]


class Dismiss(ReportAct):
    title, verb = "Dismiss the report", "Dismiss it"
    outcome = Report.Outcome.DISMISSED

    def touches(self, subject: Report, data: dict[str, Any]) -> Sequence[str]:
        return [*super().touches(subject, data), "The message stays."]


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "reason", "where", "whose", "reporter", "outcome", "handled_by")
    list_filter = (Handled, "reason")
    list_select_related = ("message__author", "room", "reporter", "handled_by")
    search_fields = ("message__author__username", "reporter__username", "room__slug", "note")
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return _of_others(request, super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:report_id>/remove/", wrap(Remove.as_view()), name="chat_report_remove"),
            path("<int:report_id>/dismiss/", wrap(Dismiss.as_view()), name="chat_report_dismiss"),
            *super().get_urls(),
        ]

    @admin.display(description="room")
    def where(self, report: Report) -> str:
        return report.room.name or "a conversation"

    @admin.display(description="of whom")
    def whose(self, report: Report) -> str:
        return wire.person(report.message.author).name

    def change_view(  # type: ignore[override]  # there is nothing to be posted here: acts have pages of their own
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404
        context = self.admin_site.each_context(request) | _context(request, report)
        return TemplateResponse(request, "admin/chat/report/page.html", context | {"opts": self.opts})


def _of_others(request: HttpRequest, found: QuerySet[Report]) -> QuerySet[Report]:
    return found.exclude(message__author=request.user.pk)


def _context(request: HttpRequest, report: Report) -> dict[str, Any]:
    message, room = report.message, report.room
    may_read = room.kind == Room.Kind.PUBLIC or reading.may_read(request, room)
    before, after = _around(message) if may_read else (None, None)
    return {
        "title": "A report",
        "report": report,
        "message": message,
        "author": wire.person(message.author),
        "where": reading.name_of(room),
        "is_direct": room.kind == Room.Kind.DIRECT,
        "before": before,
        "after": after,
        "may_read": may_read,
        "shows": may_read or _is_as_reported(report),
        "may_ask": not may_read and request.user.has_perm("chat.read_private_room"),
        "others": Report.objects.filter(message=message).exclude(pk=report.pk).count(),
        "of_author": Report.objects.filter(message__author=message.author_id).count(),
        "may_touch": upon.may(request.user, message.author),
    }


def _is_as_reported(report: Report) -> bool:
    edited_at = report.message.edited_at
    return report.handled_at is None and (edited_at is None or edited_at <= report.created_at)


def _around(message: Message) -> tuple[Message | None, Message | None]:
    rows = Message.objects.filter(room=message.room_id, kind=Message.Kind.TEXT).select_related("author")
    before = rows.filter(seq__lt=message.seq).order_by("-seq").first()
    return before, rows.filter(seq__gt=message.seq).order_by("seq").first()
