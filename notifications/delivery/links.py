"""Addresses that stand in a mail: absolute, by SITE_URL, and the one that ends the mails."""

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core import signing
from django.urls import NoReverseMatch, reverse

DEVELOPMENT_URL = "http://localhost:8000"
_SALT = "notifications.unsubscribe"
# No address has these (RFC 3986 §2), and readers of mail end a link before them.
_UNSAFE = frozenset(' <>"\\^`{|}')


def absolute(url: str) -> str:
    """`url` is a path of the site, or an address of elsewhere that is complete already.

    What ends an address in a text, or begins a tag, is percent-encoded: a host may hand over what somebody typed.
    """
    whole = url if urlsplit(url).scheme else f"{site_url()}{url or '/'}"
    return "".join(quote(one) if one in _UNSAFE or not one.isprintable() else one for one in whole)


def site_url() -> str:
    """`settings.SITE_URL`. Without it (`checks.py` warns) links lead to a development server."""
    url: str = getattr(settings, "SITE_URL", "") or DEVELOPMENT_URL
    return url.rstrip("/")


def site_host() -> str:
    return urlsplit(site_url()).hostname or "localhost"


def site_name() -> str:
    name: str = getattr(settings, "SITE_NAME", "")
    return name or site_host()


def unsubscribe(user_id: int) -> str:
    """Works as long as SECRET_KEY does: a mail may be found after years, and must still let one go.

    "" where a host has not mounted our addresses (`checks.py` warns): its mails then say nothing of it.
    """
    token = signing.Signer(salt=_SALT).sign(str(user_id))
    try:
        return absolute(reverse("notifications:unsubscribe", args=[token]))
    except NoReverseMatch:
        return ""


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
