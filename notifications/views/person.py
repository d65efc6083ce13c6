"""Whose page it is: for views behind a login."""

from django.http import HttpRequest


def user_id_of(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)
