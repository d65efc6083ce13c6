"""Ours: `notify()` a thousand people with a device each, and `manage.py deliver --once` beside it."""

import hashlib
import os
import sys
from time import perf_counter
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "realtime_site.settings"
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.peers.notify.keys import subscription_keys  # noqa: E402
from benchmarks.peers.notify.measured import PEOPLE, tell  # noqa: E402
from benchmarks.people import sessions  # noqa: E402
from notifications.api import notify  # noqa: E402
from notifications.models import Delivery, Device  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    model = get_user_model()
    people = model.objects.bulk_create([model(username=f"user{number}") for number in range(PEOPLE)])
    keys = subscription_keys()
    Device.objects.bulk_create(
        _device(person, session, keys) for person, session in zip(people, sessions(people), strict=True)
    )
    began = perf_counter()
    notify(people, "announcement", title="Hello", body="Hello")
    held = perf_counter() - began
    call_command("deliver", once=True, verbosity=0)
    sent = perf_counter() - began
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == PEOPLE
    tell({"held_seconds": held, "sent_seconds": sent})


def _device(person: Any, session: str, keys: dict[str, str]) -> Device:
    endpoint = f"{sys.argv[1]}/{person.pk}"
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    return Device(user=person, endpoint=endpoint, endpoint_hash=digest, session_key=session, name="Benchmark", **keys)


if __name__ == "__main__":
    main()
