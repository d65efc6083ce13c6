"""Taking back what is in the log, by an admin, for a reason."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from realtime_site.audit.acts import Act
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import may_undo, undo


class UndoEntry(Act):
    """Asks for the permission to undo, and for the act's own. To others there is no such page."""

    permission = "audit.undo_entry"
    title, verb = "Take it back", "Undo"

    def find(self, **kwargs: Any) -> Any:
        entry = get_object_or_404(Entry, pk=kwargs["entry_id"])
        if not may_undo(self.request.user, entry):
            raise Http404
        return entry

    def touches(self, subject: Entry, data: dict[str, Any]) -> Sequence[str]:
        reason = f", “{subject.reason}”" if subject.reason else ""
        return [
            f"Takes back: {subject.summary}",
            f"Done by {subject.actor_name}{reason}.",
            "What has changed since for other reasons stays as it is.",
        ]

    def perform(self, subject: Entry, data: dict[str, Any], by: Actor) -> Entry:
        return undo(entry_id=subject.pk, by=by, reason=data["reason"])

    def back(self, subject: Entry) -> str:
        if self.request.user.has_perm("audit.view_entry"):
            return reverse("admin:audit_entry_change", args=[subject.pk])
        return reverse("admin:index")
