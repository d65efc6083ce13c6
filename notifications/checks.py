"""System checks for sites that bring notifications along: what letters need, and would otherwise do without."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004  Django's name
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from notifications.delivery.links import DEVELOPMENT_URL, unsubscribe

TAG = "notifications"

Apps = Sequence[AppConfig] | None


@register(TAG)
def links_lead_somewhere(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    if getattr(settings, "SITE_URL", ""):
        return []
    return [
        Warning(
            f"SITE_URL is not set: links in e-mails lead to {DEVELOPMENT_URL}.",
            hint='Set SITE_URL = "https://shop.example.org".',
            id="notifications.W001",
        )
    ]


@register(TAG)
def letters_can_be_ended(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    if unsubscribe(0):
        return []
    return [
        Warning(
            "E-mails have no link that ends them: large mailboxes take them for spam.",
            hint='Add path("notifications/", include("notifications.urls")) to the site\'s urls.',
            id="notifications.W002",
        )
    ]


@register(TAG)
def letters_can_be_written(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    from notifications.delivery.mail import TEMPLATES  # what it brings along is of no use to a worker

    try:
        for name in TEMPLATES:
            get_template(name)
    except TemplateDoesNotExist as error:
        return [
            Warning(
                f"There is no template {error}: e-mails cannot be written.",
                hint="Add the folder templates/ of Confab to DIRS in TEMPLATES, or write one with that name.",
                id="notifications.W003",
            )
        ]
    return []
