"""Fills a server's empty database with people in rooms, everybody logged in; prints, as JSON, what each needs.

`python -m benchmarks.people confab 30 10`: 30 rooms of 10 people each; `… stock 30 10` for the peer.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

SETTINGS = {"confab": "realtime_site.settings", "stock": "benchmarks.stock.settings"}


class Person(NamedTuple):
    room: int
    # The key of their session.
    session: str


def make(which: str, rooms: int, size: int, environment: dict[str, str]) -> list[Person]:
    """Everybody, room by room."""
    command = [sys.executable, "-m", "benchmarks.people", which, str(rooms), str(size)]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, env=environment, cwd=root, check=True, stdout=subprocess.PIPE)
    return [Person(*told) for told in json.loads(done.stdout)]


def main() -> None:
    which, room_count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS[which]
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    people = _people(room_count * size)
    rooms = _rooms(people, size) if which == "confab" else list(range(room_count))
    print(json.dumps([(rooms[number // size], key) for number, key in enumerate(sessions(people))]))


def _people(count: int) -> list[Any]:
    from django.contrib.auth import get_user_model

    user = get_user_model()
    return user.objects.bulk_create([user(username=f"user{n}") for n in range(count)], batch_size=1000)


def _rooms(people: list[Any], size: int) -> list[int]:
    from chat.models import Membership
    from chat.services import rooms

    made = []
    for first in range(0, len(people), size):
        owner, *others = people[first : first + size]
        room = rooms.create(owner_id=owner.pk, name=f"room-{first // size}")
        Membership.objects.bulk_create([Membership(room=room, user=person) for person in others])
        made.append(room.pk)
    return made


def sessions(people: list[Any]) -> list[str]:
    """What logging in would leave: one session a person, by its key."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone
    from django.utils.crypto import get_random_string

    backend = settings.AUTHENTICATION_BACKENDS[0]
    expires = timezone.now() + timedelta(days=1)
    rows = []
    for person in people:
        values = {SESSION_KEY: str(person.pk), BACKEND_SESSION_KEY: backend}
        text = SessionStore().encode(values | {HASH_SESSION_KEY: person.get_session_auth_hash()})
        key = get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")
        rows.append(Session(session_key=key, session_data=text, expire_date=expires))
    Session.objects.bulk_create(rows, batch_size=1000)
    return [row.session_key for row in rows]


if __name__ == "__main__":
    main()
