"""What clients reported that should not be: rooms, people and numbers, never what was said."""

from django.contrib import admin

from chat.models import Anomaly, Room
from realtime_site.live.admin import ReadOnlyAdmin


@admin.register(Anomaly)
class AnomalyAdmin(ReadOnlyAdmin):
    """Many rows of one person are one person's client: sorted by person, they lie together."""

    list_display = ("at", "kind", "place", "user", "events", "explanation", "worker")
    list_filter = ("kind", "at")  # not the worker: each start of one has another name; the search finds it
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("user", "room")
    search_fields = ("user__username", "room__slug", "worker")
    search_help_text = "A username, a room's address, a worker"
    fields = ("at", "kind", "place", "user", "first", "last", "worker", "explanation")

    @admin.display(description="room", ordering="room")
    def place(self, anomaly: Anomaly) -> str:
        """A conversation is named by nothing that says who is in it."""
        return "a conversation" if anomaly.room.kind == Room.Kind.DIRECT else anomaly.room.name

    @admin.display(description="events", ordering="first")
    def events(self, anomaly: Anomaly) -> str:
        return f"#{anomaly.first:,}" if anomaly.first == anomaly.last else f"#{anomaly.first:,} to #{anomaly.last:,}"
