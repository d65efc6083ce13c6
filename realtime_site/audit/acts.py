"""The one shape of every act in the admin: who may, what it will touch, why, then done, logged, and undone from there.

Knows no app: apps subclass `Act` and put it under their `ModelAdmin.get_urls`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views import View

from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import can_be_undone, may_undo
from realtime_site.live import auth
from realtime_site.live.errors import ClientError


class ReasonForm(forms.Form):
    """What every act asks."""

    reason = forms.CharField(max_length=300, label="Reason", help_text="Goes to the log with your name.")


class OnceForm(ReasonForm):
    """For acts that would be done twice by a button that is pressed twice: the form has a token, good for once."""

    token = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)


class TimedForm(ReasonForm):
    """For acts that end by themselves, or do not. `seconds` is None for those."""

    field_order: Sequence[str] = ("seconds", "reason")
    seconds = forms.TypedChoiceField(
        choices=[
            ("3600", "An hour"),
            ("86400", "A day"),
            ("604800", "A week"),
            ("2592000", "30 days"),
            ("", "Until somebody lifts it"),
        ],
        coerce=int,
        empty_value=None,
        required=False,
        initial="86400",
        label="For how long",
    )


class Act(View):
    """One act upon one thing. GET asks; POST says what it will touch, and with `confirm` does it.

    Wrap it with `admin_site.admin_view(…)`, which asks for a login and checks CSRF.
    """

    # Full name of the permission: "chat.moderate_room".
    permission: ClassVar[str]
    title: ClassVar[str]
    # On the button: what it does, as a verb.
    verb: ClassVar[str]
    dangerous: ClassVar[bool] = False
    form_class: ClassVar[type[forms.Form]] = ReasonForm
    template_name: ClassVar[str] = "admin/act.html"

    def find(self, **kwargs: Any) -> Any:
        """What the act is upon, by the address's arguments. Raises `Http404`, `PermissionDenied`."""
        raise NotImplementedError

    def touches(self, subject: Any, data: dict[str, Any]) -> Sequence[str]:
        """Sentences: what it will touch, with numbers. `data` is the form's, or its initial values."""
        raise NotImplementedError

    def perform(self, subject: Any, data: dict[str, Any], by: Actor) -> Entry:
        """Does it. Raises `ClientError`, whose detail is shown."""
        raise NotImplementedError

    def back(self, subject: Any) -> str:
        """Where to go afterwards."""
        raise NotImplementedError

    def initial(self, subject: Any) -> dict[str, Any]:
        return {}

    def form(self, subject: Any, data: Any = None) -> forms.Form:
        """What asks. `data` is what was posted; None at first."""
        return self.form_class(data, initial=self.initial(subject))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        subject = self.find(**kwargs)
        return self._page(request, subject, self.form(subject), self.touches(subject, self.initial(subject)))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        subject = self.find(**kwargs)
        form = self.form(subject, request.POST)
        if not form.is_valid():
            return self._page(request, subject, form, (), status=422)
        if "confirm" not in request.POST:
            return self._page(request, subject, form, self.touches(subject, form.cleaned_data))
        try:
            entry = self.perform(subject, form.cleaned_data, actor_of(request))
        except ClientError as error:
            form.add_error(None, error.detail)
            return self._page(request, subject, form, (), status=422)
        tell(request, entry)
        return redirect(self.back(subject))

    def _page(
        self, request: HttpRequest, subject: Any, form: forms.Form, touches: Sequence[str], status: int = 200
    ) -> HttpResponse:
        context = admin.site.each_context(request) | {
            "title": self.title,
            "subject": subject,
            "form": form,
            "touches": touches,
            "verb": self.verb,
            "dangerous": self.dangerous,
            "back": self.back(subject),
            "has_choices": len(form.fields) > 1,
        }
        return TemplateResponse(request, self.template_name, context, status=status)


def actor_of(request: HttpRequest) -> Actor:
    """Who sends the request, from where, through the admin."""
    user: Any = request.user
    return Actor(user.pk, getattr(user, "name", "") or user.get_username(), Entry.Via.ADMIN, address_of(request))


def address_of(request: HttpRequest) -> str | None:
    """Where the request comes from; None where that is not known."""
    found = auth.exact_address(request.headers.get("X-Forwarded-For", ""), request.META.get("REMOTE_ADDR") or "")
    return str(found) if found else None


def tell(request: HttpRequest, entry: Entry) -> None:
    """Says what was done, with the way back to who may go it."""
    if can_be_undone(entry) and may_undo(request.user, entry):
        way = reverse("admin:audit_entry_undo", args=[entry.pk])
        messages.success(request, format_html('{} <a href="{}">Undo</a>', entry.summary, way))
    else:
        messages.success(request, entry.summary)
