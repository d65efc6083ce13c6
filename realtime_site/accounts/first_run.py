"""The first minute of a site: from no account to an admin in the first room.

Owns the setup link and who may use it: whoever reads it in the terminal, once, within a day, while no account exists.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.urls import reverse

from realtime_site.accounts import arrival
from realtime_site.accounts.models import User, username_validators

LIFETIME_SECONDS = 24 * 3600  # long enough for "I do it tomorrow morning", short enough for a forgotten log
_signer = signing.TimestampSigner(salt="realtime_site.accounts.first_run", sep=".")
_log = logging.getLogger(__name__)

TokenState = Literal["valid", "wrong", "old", "used"]


class AlreadySetUpError(Exception):
    """Somebody was first."""


def is_pending() -> bool:
    """Whether no account exists yet. One indexed look; never remembered, for it must be right on every worker."""
    return not User.objects.exists()


def ensure() -> str | None:
    """Bring the site past its first run, or say where that is done. Any number of processes may call it at each start.

    Gives the setup link while nobody has an account, else None. When DJANGO_SUPERUSER_USERNAME and
    DJANGO_SUPERUSER_PASSWORD are set (DJANGO_SUPERUSER_EMAIL may be), makes that first account itself.
    Raises ImproperlyConfigured when those name no possible account.
    """
    if not is_pending():
        return None
    account = _account_in_environment()
    if account is None:
        return setup_url()
    try:
        create_first_account(**account)
    except AlreadySetUpError:
        _log.info("Another process made the first account.")
    return None


def setup_url() -> str:
    """A fresh link to the setup page; it works for `LIFETIME_SECONDS` or until the first account exists."""
    return settings.SITE_URL + reverse("accounts:setup", args=[_signer.sign("first")])


def token_state(token: str) -> TokenState:
    """What a setup link is worth now."""
    try:
        _signer.unsign(token, max_age=LIFETIME_SECONDS)
    except signing.SignatureExpired:
        return "old" if is_pending() else "used"
    except signing.BadSignature:
        return "wrong"
    return "valid" if is_pending() else "used"


def create_first_account(*, username: str, password: str, email: str = "") -> User:
    """Make the superuser and the default rooms, together or not at all.

    Raises AlreadySetUpError when any account exists.
    """
    with _alone():
        if not is_pending():
            raise AlreadySetUpError
        user = User.objects.create_superuser(username=username, email=email, password=password)
        if user.email:
            # Whoever sees the setup link owns the server; asking them to prove their address would only lock them out.
            EmailAddress.objects.create(user=user, email=user.email.lower(), primary=True, verified=True)
        arrival.build_first_rooms(owner_id=user.pk)
    return user


@contextmanager
def _alone() -> Iterator[None]:
    """A transaction during which nobody else makes an account, so that two people posting at once get one admin.

    On SQLite the transaction itself is that (BEGIN IMMEDIATE). PostgreSQL would let two run side by side, each
    seeing no account; this lock mode conflicts with itself and with every INSERT.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {User._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        yield


def _account_in_environment() -> dict[str, str] | None:
    username = os.environ.get("DJANGO_SUPERUSER_USERNAME", "").strip()
    password = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
    email = os.environ.get("DJANGO_SUPERUSER_EMAIL", "").strip()
    if not username and not password:
        return None
    if not username or not password:
        raise ImproperlyConfigured("Set both DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD, or neither.")
    _check("DJANGO_SUPERUSER_USERNAME", username, *username_validators)
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" and not email:
        raise ImproperlyConfigured("With EMAIL_VERIFICATION=mandatory, set DJANGO_SUPERUSER_EMAIL too.")
    if email:
        _check("DJANGO_SUPERUSER_EMAIL", email, validate_email)
    try:
        validate_password(password, User(username=username, email=email))
    except ValidationError as error:
        # The operator's choice, perhaps of a demo on a laptop: said, not refused.
        _log.warning("DJANGO_SUPERUSER_PASSWORD is weak: %s", " ".join(error.messages))
    return {"username": username, "password": password, "email": email}


def _check(name: str, value: str, *validators: object) -> None:
    for validator in validators:
        try:
            validator(value)  # type: ignore[operator]  # Django's validators share no type
        except ValidationError as error:
            raise ImproperlyConfigured(f"{name}={value!r}: {' '.join(error.messages)}") from error
