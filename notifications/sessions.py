"""Devices and the sessions they were made in: whoever logs out gets no more pushes there.

The look before each push (`delivery/facts.py`) is what holds: a device is silent as soon as its session logs nobody in,
whatever has ended that. Here is what makes it exact: a logout removes the device, and a session that gets another key,
as with a new password, keeps it.
"""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from notifications.services import devices


def connect() -> None:
    user_logged_out.connect(_on_logout, dispatch_uid="notifications.sessions")


def _on_logout(request: HttpRequest | None, **_: Any) -> None:
    session = getattr(request, "session", None)
    if session is not None and session.session_key:
        devices.remove_of_session(session.session_key)


class DeviceSessionMiddleware(MiddlewareMixin):
    """After `AuthenticationMiddleware`. Django gives a session another key when its person logs in anew or changes the
    password, and tells nobody. Costs nothing where the key stays.
    """

    def process_request(self, request: HttpRequest) -> None:
        request._device_session_key = request.session.session_key  # type: ignore[attr-defined]  # this class's own

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        before, session = getattr(request, "_device_session_key", None), getattr(request, "session", None)
        after = session.session_key if session is not None else None
        if before and after and before != after and request.user.is_authenticated:
            devices.follow(user_id=request.user.pk, before=before, after=after)
        return response
