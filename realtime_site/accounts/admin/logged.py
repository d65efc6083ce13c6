"""What is changed by Django's forms stands in the log too: which fields, never what is in them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from realtime_site.accounts import acting
from realtime_site.accounts.models import User
from realtime_site.audit import log
from realtime_site.audit.acts import actor_of


class LoggedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own is not generic
    """Where Django writes its own log, in the transaction of the change."""

    # How actions begin: "person" makes `person.change`.
    thing: str

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "create", f"Made the {self.thing} {obj} by the form.")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        fields = _names(message)
        if fields:
            self._record(request, obj, "change", f"Changed {', '.join(fields)} of {obj} by the form.")
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for one in queryset:
            self._record(request, one, "delete", f"Deleted the {self.thing} {one}.")
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, thing: Any, verb: str, summary: str) -> None:
        person = acting.subject(thing) if isinstance(thing, User) else None
        log.record(by=actor_of(request), action=f"{self.thing}.{verb}", summary=summary, person=person)


def _names(message: Any) -> list[str]:
    """Of the fields, as `construct_change_message` gives them."""
    return [str(name).lower() for part in message for name in part.get("changed", {}).get("fields", ())]
