"""The log in Django's admin: to look things up, to take back, to carry away. Nobody adds, changes or deletes there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from realtime_site.audit.models import Entry
from realtime_site.live.admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "summary")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
