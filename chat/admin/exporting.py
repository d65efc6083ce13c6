"""A room as a file. Written page by page to whoever asked, in the pace in which they read; a script may count along."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from chat.admin.acts import RoomAct
from chat.models import Message, Room
from chat.services import export
from chat.services.export import Form
from realtime_site.audit.acts import ReasonForm, actor_of
from realtime_site.live.database import in_database


class ExportForm(ReasonForm):
    field_order = ("form", "reason")
    form = forms.ChoiceField(
        choices=[("html", "A page to read (HTML)"), ("jsonl", "For programs (JSON lines)")], label="As"
    )


class Export(RoomAct):
    permission = "chat.export_room"
    title, verb = "Export what was said", "Export"
    form_class = ExportForm
    template_name = "admin/chat/room/export.html"

    def find(self, **kwargs: Any) -> Any:
        room = super().find(**kwargs)
        if room.kind != Room.Kind.PUBLIC and not self.request.user.has_perm("chat.read_private_room"):
            raise PermissionDenied
        return room

    def touches(self, subject: Room, data: dict[str, Any]) -> Sequence[str]:
        count = Message.objects.filter(room=subject).count()
        return [f"Writes {count:,} message{'' if count == 1 else 's'} of {subject.name} into a file, for you to keep."]

    def post(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The file itself: where it goes one cannot undo."""
        room = self.find(**kwargs)
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self._page(request, room, form, self.touches(room, {}), status=422)
        data = form.cleaned_data
        _, begun = export.begin(by=actor_of(request), room_id=room.pk, form=data["form"], reason=data["reason"])
        return download(begun, export.FORMS[data["form"]])


def download(begun: export.Export, form: Form) -> HttpResponseBase:
    """`X-Total-Messages` says how many there will be."""
    response = StreamingHttpResponse(written(begun, form), content_type=form.content_type)
    name = f"{begun.slug}-{begun.at:%Y-%m-%d}.{form.ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Total-Messages"] = str(begun.total)
    response["Cache-Control"] = "no-store"
    return response


async def written(begun: export.Export, form: Form) -> AsyncIterator[str]:
    """Holds one page of messages at a time."""
    yield form.head(begun)
    after = 0
    while messages := await in_database(export.page, begun, after):
        yield "".join(form.pieces(messages))
        after = messages[-1].seq
    yield form.foot
