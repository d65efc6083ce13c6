"""`python -m tests.browser.seed`: makes what a browser test needs, in a process of its own.

Standard input: `{"people": ["alice"], "rooms": {"general": ["alice"]}, "messages": {"general": [["alice", "hello"]]}}`.
The first of a room's people owns it. Standard output: session keys by username.
"""

import json
import sys
import uuid
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402

from chat.models import Room  # noqa: E402
from chat.services import messages  # noqa: E402
from realtime_site.accounts.models import User  # noqa: E402
from tests.factories import make_room, make_user  # noqa: E402


def main() -> None:
    wanted = json.load(sys.stdin)
    people = {name: make_user(name, display_name=name.title()) for name in wanted.get("people", [])}
    for slug, members in wanted.get("rooms", {}).items():
        owner, *others = [people[name] for name in members]
        make_room(slug, owner, *others)
    for slug, said in wanted.get("messages", {}).items():
        _say(Room.objects.get(slug=slug), said)
    json.dump({name: _session(user) for name, user in people.items()}, sys.stdout)


def _say(room: Room, said: list[list[str]]) -> None:
    ids = dict(User.objects.values_list("username", "pk"))
    drafts = [
        messages.Draft(room_id=room.pk, author_id=ids[who], client_id=uuid.uuid4(), body=body) for who, body in said
    ]
    for start in range(0, len(drafts), 50):
        messages.post_batch(drafts[start : start + 50])


def _session(user: User) -> str:
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    main()
