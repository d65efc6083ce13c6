"""What admins do to an account: each asks, says what it touches, and calls the service that does it."""

from collections.abc import Callable, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from realtime_site.accounts import security, sessions, suspensions
from realtime_site.accounts.models import AccessToken, User
from realtime_site.audit import upon
from realtime_site.audit.acts import Act, ReasonForm, TimedForm, tell
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry

Data = dict[str, Any]


class PersonAct(Act):
    """Upon one person; never upon oneself, and upon superusers by superusers only."""

    def find(self, **kwargs: Any) -> Any:
        person = get_object_or_404(User, pk=kwargs["person_id"])
        if not upon.may(self.request.user, person):
            raise PermissionDenied
        return person

    def back(self, subject: Any) -> str:
        return reverse("admin:accounts_user_person", args=[subject.pk])


class Suspend(PersonAct):
    permission = suspensions.PERMISSION
    title, verb, dangerous = "Suspend", "Suspend", True
    form_class = TimedForm

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        return _kept_out(subject)

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return suspensions.suspend(by=by, person_id=subject.pk, **data)


class Reinstate(PersonAct):
    permission = suspensions.PERMISSION
    title, verb = "Let in again", "Let in"

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        return [
            f"{subject.name} can sign in again, at once. Browsers that were signed in and access tokens work again."
        ]

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return suspensions.reinstate(by=by, person_id=subject.pk, reason=data["reason"])


class DisconnectForm(ReasonForm):
    field_order = ("tokens", "reason")
    tokens = forms.BooleanField(required=False, label="Revoke their access tokens too")


class Disconnect(PersonAct):
    permission = sessions.PERMISSION
    title, verb, dangerous = "Sign out everywhere", "Sign out", True
    form_class = DisconnectForm

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        here, tokens = len(sessions.of(subject.pk)), subject.access_tokens.count()
        lines = [f"Signs {subject.name} out of {_counted(here, 'browser')}; their sockets close at once."]
        if tokens:
            ends = "revoked, for good" if data.get("tokens") else "left, and programs that use them stay connected"
            lines.append(f"{_counted(tokens, 'access token')} {'is' if tokens == 1 else 'are'} {ends}.")
        return [*lines, _AGAIN]

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return sessions.end_all(by=by, person_id=subject.pk, reason=data["reason"], tokens=data["tokens"])


class EndSession(PersonAct):
    permission = sessions.PERMISSION
    title, verb, dangerous = "Sign out of one browser", "Sign out", True

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        place = next((one for one in sessions.of(subject.pk) if one.id == self.kwargs["session_id"]), None)
        if place is None:
            raise Http404
        return [f"Signs {subject.name} out of {place.device} at {place.address}; its sockets close at once.", _AGAIN]

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return sessions.end(by=by, person_id=subject.pk, session_id=self.kwargs["session_id"], reason=data["reason"])


class RevokeToken(PersonAct):
    permission = sessions.PERMISSION
    title, verb, dangerous = "Revoke an access token", "Revoke", True

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        token = get_object_or_404(AccessToken, pk=self.kwargs["token_id"], user=subject)
        return [f"Programs that use {token.name} are cut off at once. It cannot be undone."]

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return sessions.revoke_token(
            by=by, person_id=subject.pk, token_id=self.kwargs["token_id"], reason=data["reason"]
        )


class ResetMFA(PersonAct):
    permission = "accounts.reset_mfa"
    title, verb, dangerous = "Take the second factor off", "Take it off", True

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        count = Authenticator.objects.filter(user=subject).count()
        return [
            f"Removes {_counted(count, 'factor')} of {subject.name}: then the password alone lets in.",
            "It cannot be undone: they set up a new one themselves. Make sure that it is they who ask.",
        ]

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return security.reset_mfa(by=by, person_id=subject.pk, reason=data["reason"])


class SendPasswordReset(PersonAct):
    permission = "accounts.reset_mfa"
    title, verb = "Send a link for a new password", "Send"

    def touches(self, subject: User, data: Data) -> Sequence[str]:
        where = f"to {subject.email}" if subject.email else "nowhere: they have no e-mail address"
        return [f"Mails a link {where}. The present password holds until it is used."]

    def perform(self, subject: User, data: Data, by: Actor) -> Entry:
        return security.send_password_reset(by=by, person_id=subject.pk, reason=data["reason"], request=self.request)


class People(list[User]):
    """Upon whom an act is, as pages call them."""

    def __str__(self) -> str:
        return "1 person" if len(self) == 1 else f"{len(self):,} people"


class Several(Act):
    """The same upon each of several, all or none; each is an entry of its own."""

    permission = suspensions.PERMISSION

    def find(self, **kwargs: Any) -> Any:
        wanted = [int(one) for one in kwargs["ids"].split(",") if one.isascii() and one.isdigit() and len(one) < 19]
        people = People(User.objects.filter(pk__in=wanted).order_by("username"))
        if not people:
            raise Http404
        if not all(upon.may(self.request.user, person) for person in people):
            raise PermissionDenied
        return people

    def touches(self, subject: list[User], data: Data) -> Sequence[str]:
        return [", ".join(person.name for person in subject)]

    def one(self, person: User, data: Data, by: Actor) -> Entry:
        raise NotImplementedError

    def perform(self, subject: list[User], data: Data, by: Actor) -> Entry:
        with transaction.atomic():
            entries = [self.one(person, data, by) for person in subject]
        for entry in entries[:-1]:
            tell(self.request, entry)
        return entries[-1]

    def back(self, subject: Any) -> str:
        return reverse("admin:accounts_user_changelist")


class SuspendSeveral(Several):
    title, verb, dangerous = "Suspend these people", "Suspend", True
    form_class = TimedForm

    def one(self, person: User, data: Data, by: Actor) -> Entry:
        return suspensions.suspend(by=by, person_id=person.pk, **data)


class ReinstateSeveral(Several):
    title, verb = "Let these people in again", "Let in"

    def one(self, person: User, data: Data, by: Actor) -> Entry:
        return suspensions.reinstate(by=by, person_id=person.pk, reason=data["reason"])


_AGAIN = "They can sign in again. To keep somebody out, suspend them."

# By their place below a person.
ACTS: dict[str, type[PersonAct]] = {
    "suspend": Suspend,
    "reinstate": Reinstate,
    "disconnect": Disconnect,
    "mfa": ResetMFA,
    "password": SendPasswordReset,
}


def urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Below the list of people. Not `password`: that is Django's own page, to set one."""
    paths = {name: "password-link" if name == "password" else name for name in ACTS}
    return [
        *(
            path(f"<int:person_id>/{paths[name]}/", wrap(act.as_view()), name=f"accounts_user_{name}")
            for name, act in ACTS.items()
        ),
        path(
            "<int:person_id>/sessions/<int:session_id>/end/", wrap(EndSession.as_view()), name="accounts_user_session"
        ),
        path("<int:person_id>/tokens/<int:token_id>/revoke/", wrap(RevokeToken.as_view()), name="accounts_user_token"),
        path("several/<str:ids>/suspend/", wrap(SuspendSeveral.as_view()), name="accounts_user_suspend_several"),
        path("several/<str:ids>/reinstate/", wrap(ReinstateSeveral.as_view()), name="accounts_user_reinstate_several"),
    ]


def offered(request: HttpRequest, person: User) -> list[dict[str, Any]]:
    """The acts that this admin may do to the person as they stand, for buttons."""
    if not upon.may(request.user, person):
        return []
    fits = {
        "suspend": person.is_active,
        "reinstate": not person.is_active,
        "mfa": Authenticator.objects.filter(user=person).exists(),
        "password": person.is_active and bool(person.email),
    }
    return [
        {
            "title": act.title,
            "url": reverse(f"admin:accounts_user_{name}", args=[person.pk]),
            "dangerous": act.dangerous,
        }
        for name, act in ACTS.items()
        if fits.get(name, True) and request.user.has_perm(act.permission)
    ]


def _kept_out(person: User) -> list[str]:
    here = len(sessions.of(person.pk))
    return [
        f"{person.name} is out at once: {_counted(here, 'browser')} and "
        f"{_counted(person.access_tokens.count(), 'access token')} stop working while it lasts.",
        "They stay in their rooms, and what they wrote stays. When they try to sign in they read until when, and why.",
    ]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
