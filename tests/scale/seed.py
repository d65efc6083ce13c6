"""`python -m tests.scale.seed`: makes people and rooms in databases, in a process of its own.

A line of standard input is one site: `{"database": name, "wanted": {"general": ["p0", "p1"]}}`, rooms with their
members, the first of which owns the room. A line of standard output answers it: `{"rooms": {"general": 1},
"people": {"p0": [1, "cfb_…"]}}`, ids and access tokens; or `{"error": …}`.
"""

import json
import sys
import traceback
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from realtime_site.accounts import tokens  # noqa: E402
from realtime_site.accounts.models import User  # noqa: E402
from tests.factories import make_room  # noqa: E402


def main() -> None:
    for line in sys.stdin:
        site = json.loads(line)
        leave()
        connection.settings_dict["NAME"] = site["database"]
        try:
            answer = seed(site["wanted"])
        except Exception:
            answer = {"error": traceback.format_exc()}
        leave()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def leave() -> None:
    """The database has no connection of ours when it is broken, or copied."""
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()


def seed(wanted: dict[str, list[str]]) -> dict[str, Any]:
    names = dict.fromkeys(name for members in wanted.values() for name in members)
    people = {user.username: user for user in User.objects.bulk_create([User(username=name) for name in names])}
    rooms = {slug: make_room(slug, *[people[name] for name in members]).pk for slug, members in wanted.items()}
    made = {name: [user.pk, tokens.create(user_id=user.pk, name="test")[1]] for name, user in people.items()}
    return {"rooms": rooms, "people": made}


if __name__ == "__main__":
    main()
