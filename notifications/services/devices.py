"""Devices that take Web Push: registered by a page, tied to its session, removed with it.

Knows no HTTP and sends nothing; a test push is a row in the outbox.
"""

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications import endpoints, sql
from notifications.models import Delivery, Device
from notifications.selectors import signed_in
from notifications.services.outbox import lane
from realtime_site.live import agents
from realtime_site.live.errors import ClientError

# Each costs a push a notification. Past this the one that was unused for longest goes.
MOST_DEVICES = 20
POINT_BYTES, SECRET_BYTES = 65, 16  # RFC 8291 §3.1, §3.2
# A device that nobody is logged in on is silent. Its row stays for a while, so that what was not sent to it can say to
# which device, and whoever logs in there again has it back.
SIGNED_OUT_KEPT = timedelta(days=30)
FORGET_AT_ONCE = 500
# A test goes wherever the endpoint says.
TESTS, TESTS_WITHIN = 5, timedelta(minutes=1)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def register(*, user_id: int, session_key: str, endpoint: str, p256dh: str, auth: str, user_agent: str = "") -> Device:
    """The device behind this endpoint, made or brought up to date. Raises ClientError("invalid").

    One that belonged to somebody else is this person's now: a browser has one subscription, whoever uses it.
    """
    if endpoints.parse(endpoint, test_origins()) is None:
        raise ClientError("invalid", "`endpoint` is an https address of a push service.")
    values = {
        "user_id": user_id,
        "endpoint": endpoint,
        "p256dh": _checked(p256dh, "p256dh", POINT_BYTES),
        "auth": _checked(auth, "auth", SECRET_BYTES),
        "session_key": session_key,
        "name": name_of(user_agent),
    }
    digest = sha256(endpoint.encode()).hexdigest()
    with transaction.atomic():
        sql.hold_inboxes([user_id])
        Device.objects.bulk_create(  # two tabs of a browser may say it at once
            [Device(endpoint_hash=digest, **values)],
            update_conflicts=True,
            unique_fields=["endpoint_hash"],
            update_fields=[name.removesuffix("_id") for name in values],
        )
        device = Device.objects.get(endpoint_hash=digest)
        _forget_oldest(user_id, but=device.pk)
    return device


def remove(*, user_id: int, device_id: int) -> None:
    """Raises ClientError("not_found")."""
    if not _delete(Device.objects.filter(pk=device_id, user=user_id)):
        raise ClientError("not_found", "There is no such device.")


def remove_of_session(session_key: str) -> None:
    """Whoever logs out wants to hear nothing more there."""
    _delete(Device.objects.filter(session_key=session_key))


def follow(*, user_id: int, before: str, after: str) -> None:
    """A person's session has another key now: their devices stay theirs."""
    Device.objects.filter(user=user_id, session_key=before).update(session_key=after)


def forget_signed_out(*, after: int = 0, now: datetime | None = None) -> int:
    """Deletes devices that nobody is logged in on, some while after the last push to them.

    Looks at `FORGET_AT_ONCE` with an id above `after`. Returns the last id it has looked at, or 0: there are no more.
    """
    then = (now or timezone.now()) - SIGNED_OUT_KEPT
    idle = Device.objects.filter(pk__gt=after, created_at__lt=then).filter(
        Q(last_used_at=None) | Q(last_used_at__lt=then)
    )
    looked_at = list(idle.order_by("pk")[:FORGET_AT_ONCE])
    here = signed_in(looked_at)
    _delete(Device.objects.filter(pk__in=[one.pk for one in looked_at if one.pk not in here]))
    return looked_at[-1].pk if looked_at else 0


def send_test(*, user_id: int, device_id: int) -> int:
    """The id of the delivery. Raises ClientError("not_found") and ("rate_limited")."""
    device = Device.objects.filter(pk=device_id, user=user_id).first()
    if device is None:
        raise ClientError("not_found", "There is no such device.")
    now = timezone.now()
    tests = Delivery.objects.filter(user=user_id, purpose=Delivery.Purpose.TEST, created_at__gt=now - TESTS_WITHIN)
    if tests.count() >= TESTS:
        raise ClientError("rate_limited", "Enough tests for now.", retry_after=TESTS_WITHIN.total_seconds())
    delivery = Delivery.objects.create(
        user_id=user_id,
        device=device,
        channel="push",
        purpose=Delivery.Purpose.TEST,
        lane=lane(device.endpoint),
        tag="test",
        due_at=now,
        created_at=now,
    )
    return delivery.pk


def test_origins() -> list[str]:
    """Where pushes may go though it is not public: for tests."""
    origins: list[str] = getattr(settings, "PUSH_TEST_ORIGINS", [])
    return origins


def name_of(user_agent: str) -> str:
    """ "Firefox on Linux": enough to tell one's own devices apart."""
    return agents.on_its_system(agents.browser(user_agent) or "A browser", user_agent)


def _checked(value: str, name: str, length: int) -> str:
    """The key without padding. Raises ClientError("invalid")."""
    try:
        if not _BASE64URL.fullmatch(value):
            raise ValueError
        raw = urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4))
        if len(raw) != length:
            raise ValueError
        if length == POINT_BYTES:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except (ValueError, Base64Error):
        raise ClientError("invalid", f"`{name}` is no key of a push subscription.") from None
    return value.rstrip("=")


def _forget_oldest(user_id: int, *, but: int) -> None:
    others = Device.objects.filter(user=user_id).exclude(pk=but)
    if others.count() < MOST_DEVICES:
        return
    theirs = sorted(others, key=lambda one: one.last_used_at or one.created_at, reverse=True)
    _delete(Device.objects.filter(pk__in=[one.pk for one in theirs[MOST_DEVICES - 1 :]]))


def _delete(devices: QuerySet[Device]) -> int:
    """Their deliveries are changed with them: under the inboxes, as by whoever finishes these. How many there were."""
    with transaction.atomic():
        sql.hold_inboxes(devices.order_by().values_list("user", flat=True))
        return devices.delete()[0]
