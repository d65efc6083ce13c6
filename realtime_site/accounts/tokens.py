"""Personal access tokens: what a bot or a script connects with instead of a password.

Owns their making, checking and end. Knows no request and no socket.
"""

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from realtime_site.accounts.models import AccessToken, User
from realtime_site.live.errors import ClientError

PREFIX = "cfb_"  # secret scanners and people recognise a leaked token by it
RANDOM_BYTES = 32  # 256 bits, 43 characters in base64url
TOKENS_PER_PERSON = 50  # more than anybody needs, few enough to look through
STAMP_EVERY = timedelta(minutes=1)  # a bot that calls ten times a second must not write ten times a second

_shape = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


def create(*, user_id: int, name: str) -> tuple[AccessToken, str]:
    """Make a token; give its row and the secret, which is nowhere else and cannot be had again.

    Raises ClientError: `invalid` when the name is empty or the person has `TOKENS_PER_PERSON` already.
    """
    name = name.strip()[:60]
    if not name:
        raise ClientError("invalid", "Give the token a name, so that you know it again.")
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    with transaction.atomic():
        # The lock makes the count hold: two requests at once would both see room for one more.
        User.objects.select_for_update(no_key=True).get(pk=user_id)
        if AccessToken.objects.filter(user_id=user_id).count() >= TOKENS_PER_PERSON:
            raise ClientError("invalid", f"{TOKENS_PER_PERSON} tokens are the most. Revoke one that is no longer used.")
        token = AccessToken.objects.create(user_id=user_id, name=name, digest=_digest(secret))
    return token, secret


def authenticate(secret: str) -> User | None:
    """Give the active person this token belongs to, or None. One query; a write at most once a minute and token."""
    return authenticate_all([secret]).get(secret)


def authenticate_all(secrets: Collection[str]) -> dict[str, User]:
    """The same for many at once, in as many queries; tokens of nobody are left out."""
    digests = {_digest(secret): secret for secret in secrets if _shape.fullmatch(secret)}
    if not digests:
        return {}
    found = list(AccessToken.objects.select_related("user").filter(digest__in=digests, user__is_active=True))
    _stamp(found)
    return {digests[token.digest]: token.user for token in found}


def revoke(*, user_id: int, token_id: int) -> None:
    """End a token of this person. Raises ClientError `not_found` for anybody else's, and for none."""
    deleted, _ = AccessToken.objects.filter(pk=token_id, user_id=user_id).delete()
    if not deleted:
        raise ClientError("not_found", "You have no such token.")


def _stamp(tokens: Iterable[AccessToken]) -> None:
    now = timezone.now()
    stale = now - STAMP_EVERY
    due = [token.pk for token in tokens if not token.last_used_at or token.last_used_at <= stale]
    if due:
        # Again in the statement: of many workers that read the same old stamp, one writes.
        still = Q(last_used_at=None) | Q(last_used_at__lte=stale)
        AccessToken.objects.filter(still, pk__in=due).update(last_used_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
