"""Addresses that stand in a mail: absolute, by SITE_URL, and the one that ends the mails."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import NoReverseMatch, reverse

_SALT = "notifications.unsubscribe"


def absolute(url: str) -> str:
    """`url` is a path of the site, or an address of elsewhere that is complete already."""
    return url if urlsplit(url).scheme else f"{settings.SITE_URL}{url or '/'}"


def site_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def site_name() -> str:
    name: str = getattr(settings, "SITE_NAME", "")
    return name or site_host()


def unsubscribe(user_id: int) -> str:
    """Works as long as SECRET_KEY does: a mail may be found after years, and must still let one go."""
    token = signing.Signer(salt=_SALT).sign(str(user_id))
    return absolute(reverse("notifications:unsubscribe", args=[token]))


def who_unsubscribes(token: str) -> int | None:
    """The person's id, or None for a token that we have not made."""
    try:
        return int(signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def preferences() -> str:
    try:
        return absolute(reverse("notifications:preferences"))
    except NoReverseMatch:  # a host that has pages of its own
        return absolute("/")
