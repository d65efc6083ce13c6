"""Rows of notifications for tests of what comes after them: notifications, devices, deliveries, and sessions."""

from datetime import timedelta
from hashlib import sha256
from importlib import import_module
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from notifications.models import Delivery, Device, Notification
from notifications.services.outbox import lane
from realtime_site.accounts.models import User
from tests.push_service import Subscription

_seq = count(1)


def log_in(user: User) -> str:
    """The key of a session in which this person is logged in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def make_device(user: User, subscription: Subscription, *, session_key: str | None = None, **fields: Any) -> Device:
    return Device.objects.create(
        user=user,
        endpoint=subscription.endpoint,
        endpoint_hash=sha256(subscription.endpoint.encode()).hexdigest(),
        p256dh=subscription.p256dh,
        auth=subscription.auth,
        session_key=log_in(user) if session_key is None else session_key,
        name="Firefox on Linux",
        **fields,
    )


def make_notification(user: User, **fields: Any) -> Notification:
    seq = next(_seq)
    values: dict[str, Any] = {
        "kind": "mention",
        "title": "Bob in #general",
        "body": "Hello",
        "url": f"/rooms/general/{seq}/",
        "tag": "room:1",
        "seq": seq,
        "changed": seq,
        "created_at": timezone.now(),
    }
    return Notification.objects.create(user=user, **values | fields)


def make_push(notification: Notification, device: Device, **fields: Any) -> Delivery:
    values: dict[str, Any] = {
        "user": notification.user,
        "channel": "push",
        "lane": lane(device.endpoint),
        "tag": notification.tag,
        "due_at": timezone.now() - timedelta(seconds=1),
        "created_at": notification.created_at,
    }
    return Delivery.objects.create(notification=notification, device=device, **values | fields)


def make_mail(notification: Notification, **fields: Any) -> Delivery:
    values: dict[str, Any] = {
        "user": notification.user,
        "channel": "email",
        "due_at": timezone.now() - timedelta(seconds=1),
        "created_at": notification.created_at,
    }
    return Delivery.objects.create(notification=notification, **values | fields)
