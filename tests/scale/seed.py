"""`python -m tests.scale.seed`: makes people and rooms in a database, in a process of its own.

Standard input: `{"general": ["p0", "p1"]}`, rooms with their members, the first of which owns the room. Standard
output: `{"rooms": {"general": 1}, "people": {"p0": [1, "cfb_…"]}}`, ids and access tokens.
"""

import json
import sys

import django

django.setup()

from realtime_site.accounts import tokens  # noqa: E402
from realtime_site.accounts.models import User  # noqa: E402
from tests.factories import make_room  # noqa: E402


def main() -> None:
    wanted: dict[str, list[str]] = json.load(sys.stdin)
    names = dict.fromkeys(name for members in wanted.values() for name in members)
    people = {user.username: user for user in User.objects.bulk_create([User(username=name) for name in names])}
    rooms = {slug: make_room(slug, *[people[name] for name in members]).pk for slug, members in wanted.items()}
    made = {name: [user.pk, tokens.create(user_id=user.pk, name="test")[1]] for name, user in people.items()}
    json.dump({"rooms": rooms, "people": made}, sys.stdout)


if __name__ == "__main__":
    main()
