"""The log in Django's admin: to look things up, to take back, to carry away. Nobody adds, changes or deletes there,
superusers neither.
"""

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from realtime_site.audit import exporting, log
from realtime_site.audit.acts import actor_of
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import can_be_undone, may_undo
from realtime_site.audit.views import UndoEntry
from realtime_site.live.admin import ReadOnlyAdmin

# Names that a filter offers; the search finds the others.
OFFERED = 20


class OneFilter(admin.SimpleListFilter):
    """By somebody or something, as links elsewhere ask: `?person=5`. Offers the one that is asked for."""

    name_field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = self.offered(request)
        return [(str(number), name) for number, name in found if number is not None]

    def offered(self, request: HttpRequest) -> Any:
        asked = request.GET.get(self.parameter_name or "", "")
        if not asked.isascii() or not asked.isdigit():
            return []
        name = self.parameter_name or ""
        return Entry.objects.filter(**{name: asked[:18]}).values_list(name, self.name_field)[:1]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        asked = self.value()
        if asked is None:
            return queryset
        if not asked.isascii() or not asked.isdigit():
            return queryset.none()
        return queryset.filter(**{self.parameter_name or "": asked[:18]})


class PersonFilter(OneFilter):
    title, parameter_name, name_field = "whom", "person", "person_name"


class RoomFilter(OneFilter):
    title, parameter_name, name_field = "room", "room", "room_name"


class ActorFilter(OneFilter):
    title, parameter_name, name_field = "who", "actor", "actor_name"

    def offered(self, request: HttpRequest) -> Any:
        rows = Entry.objects.exclude(actor=None).order_by("actor_id").values_list("actor", "actor_name")
        names = dict(rows.distinct()[:OFFERED])
        return [*names.items(), *(one for one in super().offered(request) if one[0] not in names)]


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "who", "done", "whom", "whence")
    list_display_links = ("at",)
    # Spans of time, not `date_hierarchy`: that one cuts the date of each row that there is, on each page.
    list_filter = ("at", ActorFilter, ("action", admin.AllValuesFieldListFilter), "via", PersonFilter, RoomFilter)
    list_select_related = ("undone", "person")
    list_per_page = 50
    search_fields = ("actor_name", "person_name", "room_name", "summary", "reason", "action")
    show_full_result_count = False
    change_list_template = "admin/audit/entries.html"
    change_form_template = "admin/audit/entry.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("export/", wrap(self.export), name="audit_entry_export"),
            path("<int:entry_id>/undo/", wrap(UndoEntry.as_view()), name="audit_entry_undo"),
            *super().get_urls(),
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        @admin.display(description="undone?")
        def state(entry: Entry) -> str:
            """The way back is for who may go it."""
            if hasattr(entry, "undone"):
                way = reverse("admin:audit_entry_change", args=[entry.undone.pk])
                return format_html('<a href="{}">Undone</a>', way)
            if can_be_undone(entry) and may_undo(request.user, entry):
                return format_html('<a href="{}">Undo</a>', reverse("admin:audit_entry_undo", args=[entry.pk]))
            return mark_safe('<span class="quiet">–</span>')

        return (*super().get_list_display(request), state)

    @admin.display(description="who", ordering="actor_name")
    def who(self, entry: Entry) -> str:
        return entry.actor_name

    @admin.display(description="whom, where", ordering="person_name")
    def whom(self, entry: Entry) -> str:
        return format_html("{}<small>{}</small>", entry.person_name, entry.room_name)

    @admin.display(description="what, and why", ordering="action")
    def done(self, entry: Entry) -> str:
        why = f"“{entry.reason}” · " if entry.reason else ""
        return format_html("{}<small>{}{}</small>", entry.summary, why, entry.action)

    @admin.display(description="from", ordering="address")
    def whence(self, entry: Entry) -> str:
        return format_html("{}<small>{}</small>", entry.get_via_display(), entry.address or "")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        entry: Entry = context["original"]
        context["kept"] = json.dumps(entry.details) if entry.details else ""
        context["may_undo"] = can_be_undone(entry) and may_undo(request.user, entry)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may_export = request.user.has_perm("audit.export_entry")
        extra = {"may_export": may_export, "title": "Log", **(extra_context or {})}
        return super().changelist_view(request, extra)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows with these filters, as a file. POST, since it is written down."""
        if not (request.user.has_perm("audit.export_entry") and self.has_view_permission(request)):
            raise PermissionDenied
        form = request.POST.get("form", "")
        if request.method != "POST" or form not in exporting.CONTENT_TYPES:
            return HttpResponseNotAllowed(["POST"])
        entries: QuerySet[Entry] = self.get_changelist_instance(request).get_queryset(request)
        newest = entries.order_by("-pk").values_list("pk", flat=True).first() or 0
        entries = entries.filter(pk__lte=newest)
        count, asked = entries.count(), request.GET.urlencode()
        log.record(
            by=actor_of(request),
            action="log.export",
            summary=f"Exported {count:,} {'entry' if count == 1 else 'entries'} of the log as {form.upper()}.",
            details={"filter": asked},
        )
        response = StreamingHttpResponse(exporting.written(entries, form), content_type=exporting.CONTENT_TYPES[form])
        response["Content-Disposition"] = f'attachment; filename="log-{timezone.now():%Y-%m-%d}.{form}"'
        response["Cache-Control"] = "no-store"
        return response
