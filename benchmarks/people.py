"""Fills a server's empty database with people in rooms; prints, as JSON, what each needs to connect.

`python -m benchmarks.people confab 30 10`: 30 rooms of 10 people each; `… stock 30 10` for the peer.
"""

import json
import os
import sys

SETTINGS = {"confab": "realtime_site.settings", "stock": "benchmarks.stock.settings"}


def main() -> None:
    which, room_count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS[which]
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(confab(room_count, size) if which == "confab" else stock(room_count, size)))  # noqa: T201


def confab(room_count: int, size: int) -> list[dict[str, object]]:
    from chat.models import Membership
    from chat.services import rooms
    from realtime_site.accounts import tokens
    from realtime_site.accounts.models import User

    people = User.objects.bulk_create([User(username=f"user{n}") for n in range(room_count * size)])
    result: list[dict[str, object]] = []
    for number in range(room_count):
        members = people[number * size : (number + 1) * size]
        room = rooms.create(owner_id=members[0].pk, name=f"room-{number}")
        Membership.objects.bulk_create([Membership(room=room, user=member) for member in members[1:]])
        for member in members:
            _, secret = tokens.create(user_id=member.pk, name="benchmark")
            result.append({"room": room.pk, "headers": {"Authorization": f"Bearer {secret}"}})
    return result


def stock(room_count: int, size: int) -> list[dict[str, object]]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    result: list[dict[str, object]] = []
    for number in range(room_count * size):
        user = User.objects.create(username=f"user{number}")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        result.append({"room": number // size, "headers": {"Cookie": f"sessionid={session.session_key}"}})
    return result


if __name__ == "__main__":
    main()
