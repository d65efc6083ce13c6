"""System checks: what an operator may set and should not. `manage.py check` runs them, and each `bin/serve`.

`manage.py check --deploy` runs the strict ones too.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  Django's name

from notifications.delivery import vapid
from realtime_site.listening import is_loopback

TAG = "confab"

Apps = Sequence[AppConfig] | None


@register(TAG)
def several_workers_need_redis(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Without it each worker would be an island: people on one never hear those on another."""
    if settings.WORKERS <= 1 or settings.REDIS_URL:
        return []
    return [
        Error(
            f"{settings.WORKERS} workers cannot tell each other what was said without Redis.",
            hint="Set REDIS_URL, for example redis://127.0.0.1:6379/0, or WORKERS=1.",
            id="confab.E001",
        )
    ]


@register(TAG)
def signup_is_known(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """The settings file refuses others; settings from elsewhere may not."""
    if settings.SIGNUP in {"invite", "open"}:
        return []
    return [
        Error(
            f"SIGNUP is {settings.SIGNUP!r}, which means nothing.",
            hint="Set SIGNUP=invite (people need a link) or SIGNUP=open (anybody may make an account).",
            id="confab.E002",
        )
    ]


@register(TAG)
def limits_are_on_in_production(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """https means that strangers come by."""
    return _limits_are_on() if settings.HTTPS else []


@register(TAG, deploy=True)
def limits_are_on(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    return [] if settings.HTTPS else _limits_are_on()  # said once


def _limits_are_on() -> list[CheckMessage]:
    if settings.LIVE_RATE_LIMITS:
        return []
    return [
        Warning(
            "Rate limits are off: one client can keep a worker busy, and passwords can be guessed without end.",
            hint="Take RATE_LIMITS=off out of the environment and .env; it is for load tests.",
            id="confab.W001",
        )
    ]


@register(TAG, deploy=True)
def site_url_is_https(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Passwords and session cookies in clear text, on every network between."""
    site = urlsplit(settings.SITE_URL)
    if site.scheme == "https" or is_loopback(site.hostname or ""):
        return []
    return [
        Warning(
            f"SITE_URL is {settings.SITE_URL}: what people type, passwords too, crosses the network in clear text.",
            hint=f"Put a proxy with TLS in front and set SITE_URL=https://{site.netloc}.",
            id="confab.W002",
        )
    ]


@register(TAG)
def the_key_for_pushes_is_one(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Otherwise pages would offer what then fails in each browser."""
    if not settings.VAPID_PRIVATE_KEY or vapid.is_key(settings.VAPID_PRIVATE_KEY):
        return []
    return [
        Error(
            "VAPID_PRIVATE_KEY is no key: nobody can get pushes.",
            hint="Make one with manage.py generate_vapid_keys, or unset it: then there are no pushes.",
            id="confab.E003",
        )
    ]


@register(TAG)
def pushes_go_to_public_addresses_in_production(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """An endpoint is what any browser says it is."""
    if not (settings.HTTPS and settings.PUSH_TEST_ORIGINS):
        return []
    return [
        Warning(
            "PUSH_TEST_ORIGINS is set: whoever has an account can make this machine send requests there.",
            hint="Take it out of the environment and .env; it is for tests.",
            id="confab.W003",
        )
    ]
