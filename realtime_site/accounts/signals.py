"""What changes about a person is told to their sockets at once; within seconds they would find out anyway."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from realtime_site.accounts.models import AccessToken, User
from realtime_site.live.publish import recheck_on_commit


@receiver(post_delete, sender=Session)
def session_ended(instance: Session, **_: Any) -> None:
    """Logged out, here or by "everywhere else"; or the password was changed, which gives the session another key.

    Those that had expired are cleared by the thousand, and let nobody in any more.
    """
    if instance.expire_date <= timezone.now():
        return
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        recheck_on_commit(int(user_id))


@receiver(post_delete, sender=AccessToken)
def token_revoked(instance: AccessToken, **_: Any) -> None:
    recheck_on_commit(instance.user_id)


@receiver(post_save, sender=User)
def person_changed(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    if not created and update_fields != frozenset({"last_login"}):
        recheck_on_commit(instance.pk)
