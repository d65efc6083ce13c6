"""How this site differs from what allauth does by itself: who may sign up, where people go after, what mail says.

Owns no page: allauth has the views, `templates/` the words.
"""

import logging
from smtplib import SMTPException
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from realtime_site.accounts import arrival, first_run, suspensions
from realtime_site.accounts.models import User
from realtime_site.live.errors import ClientError

_log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That name and that password do not belong together.",
        "email_password_mismatch": "That address and that password do not belong together.",
        "too_many_login_attempts": "Too many attempts. Wait a quarter of an hour, then try again.",
        "username_taken": "That name is taken.",
        "username_blacklisted": "The site keeps that name for itself. Take another.",
        "incorrect_password": "That is not the password.",
        "enter_current_password": "That is not the present password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """With SIGNUP=open, or with a working invitation. Never before the first account: that one is the admin's."""
        if first_run.is_pending():
            return False
        return settings.SIGNUP == "open" or arrival.invitation_is_open(request.session.get(arrival.INVITATION_KEY))

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        user.is_active = suspensions.let_in(user)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Says until when and why, to whoever had the right password, and to nobody else."""
        context = {"suspension": suspensions.current(user.pk)}
        return render(request, "account/account_inactive.html", context, status=403)

    def login(self, request: HttpRequest, user: User) -> None:
        # Here rather than at signup, so that accounts made in the admin or by a command find their rooms too, and
        # people whose e-mail must be verified first do not show up before.
        if user.last_login is None:
            arrival.enter_default_rooms(user_id=user.pk)
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        room = self._accept_invitation(request, user)
        if room:
            kwargs["redirect_url"] = room
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def is_safe_url(self, url: str | None) -> bool:
        """Only this site as it was asked for: ALLOWED_HOSTS, which allauth would accept too, holds localhost."""
        host = self.request.get_host()
        return url_has_allowed_host_and_scheme(url, allowed_hosts={host}, require_https=self.request.is_secure())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is down must not turn a page into an error, nor tell by that which addresses are here."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            _log.exception("Mail %s was not sent; look at EMAIL_URL", template_prefix)

    def get_reset_password_from_key_url(self, key: str) -> str:
        # From SITE_URL and not from the request: its Host header is the asker's choice among ALLOWED_HOSTS.
        uid, _, token = key.partition("-")
        return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom the login limits count. Over a Unix socket there is no peer address: then the proxy's word is taken."""
        if not request.META.get("REMOTE_ADDR"):
            forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
            request.META["REMOTE_ADDR"] = forwarded or "0.0.0.0"  # noqa: S104  nothing is bound; one bucket for all
        address: str = super().get_client_ip(request)
        return address

    def _accept_invitation(self, request: HttpRequest, user: User) -> str | None:
        code = request.session.pop(arrival.INVITATION_KEY, None)
        if not isinstance(code, str):
            return None
        try:
            return arrival.accept_invitation(code=code, user_id=user.pk)
        except ClientError as error:
            messages.warning(request, error.detail)
            return None
