"""Upon whom nobody acts, whatever their rights: upon themselves, and upon a superuser unless they are one.

The one place for all acts and their undoing. Commands may.
"""

from typing import Any

from django.contrib.auth import get_user_model

from realtime_site.audit.log import Actor
from realtime_site.live.errors import ClientError


def check(by: Actor, person: Any) -> None:
    """Raises `ClientError('forbidden')`. To be asked under the lock."""
    if by.user_id is None:
        return
    if person.pk == by.user_id:
        raise ClientError("forbidden", "You cannot do that to yourself.")
    if person.is_superuser and not _is_superuser(by.user_id):
        raise ClientError("forbidden", "Only a superuser may do that to a superuser.")


def may(user: Any, person: Any) -> bool:
    """The same of who is signed in, for what is offered to them."""
    return person.pk != user.pk and (bool(getattr(user, "is_superuser", False)) or not person.is_superuser)


def _is_superuser(user_id: int) -> bool:
    return get_user_model()._default_manager.filter(pk=user_id, is_superuser=True).exists()
