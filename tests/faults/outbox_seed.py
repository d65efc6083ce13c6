"""`python -m tests.faults.outbox_seed`: people with devices, and pushes that wait for them.

Reads JSON: {"people": [[{"endpoint", "p256dh", "auth", "old"}, …], …], "notifications": 4, "within_seconds": 10}. Of a
device that is `old` all that waits is a day old and has had its tries but one.
"""

import json
import sys
from datetime import timedelta
from hashlib import sha256
from typing import Any


def main() -> None:
    import django

    django.setup()
    from django.db import transaction

    plan: dict[str, Any] = json.load(sys.stdin)
    with transaction.atomic():
        for number, devices in enumerate(plan["people"]):
            seed(f"person-{number}", devices, plan)


def seed(username: str, devices: list[dict[str, Any]], plan: dict[str, Any]) -> None:
    from django.utils import timezone

    from notifications.delivery.outcomes import Outcome
    from notifications.delivery.retry import STALE_ATTEMPTS
    from notifications.models import Delivery, Device
    from notifications.services.outbox import lane
    from realtime_site.accounts.models import User
    from tests.notified import log_in, make_notification

    user, now = User.objects.create(username=username, password="!"), timezone.now()
    session_key = log_in(user)
    made = [
        Device.objects.create(
            user=user,
            endpoint=one["endpoint"],
            endpoint_hash=sha256(one["endpoint"].encode()).hexdigest(),
            p256dh=one["p256dh"],
            auth=one["auth"],
            session_key=session_key,
            name="A phone",
        )
        for one in devices
    ]
    for number in range(plan["notifications"]):
        # No later than what waits for it: that would be of what it said before.
        notification = make_notification(user, created_at=now - timedelta(days=1))
        due = now + timedelta(seconds=plan["within_seconds"] * number / plan["notifications"])
        Delivery.objects.bulk_create(
            Delivery(
                notification=notification,
                user=user,
                channel="push",
                device=device,
                lane=lane(device.endpoint),
                tag=notification.tag,
                due_at=due,
                created_at=now - timedelta(days=1) if one["old"] else now,
                attempts=STALE_ATTEMPTS - 1 if one["old"] else 0,
                outcome=Outcome.UNREACHABLE if one["old"] else "",
            )
            for device, one in zip(made, devices, strict=True)
        )


if __name__ == "__main__":
    main()
