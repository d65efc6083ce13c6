"""`python -m tests.browser.seed`: makes what browser tests need, in a process of its own that serves all of them.

A line of standard input is one site: `{"database": path, "wanted": …}`. What may be wanted:
`{"people": ["alice"], "rooms": {"general": ["alice"]}, "messages": {"general": [["alice", "hello"]]}}`.
The first of a room's people owns it. A third part of what is said is the place, from 0, of what it answers.
`{"direct": [{"people": ["alice", "bob"], "messages": [["bob", "hi"]]}]}` makes conversations the same way.
`{"superusers": ["ann"]}` are admins, and `{"moderated": ["bob", "general"]}` lets the first of them act upon somebody
there in all ways, so that each of the admin's pages has something to show.
A line of standard output answers it: session keys by username, or `{"error": …}`.
"""

import json
import sys
import traceback
import uuid
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.db import connection  # noqa: E402

from chat import protocol  # noqa: E402
from chat.models import Room  # noqa: E402
from chat.services import direct, messages  # noqa: E402
from realtime_site.accounts.models import User  # noqa: E402
from tests.browser import moderated  # noqa: E402
from tests.factories import make_admin, make_room, make_user  # noqa: E402


def main() -> None:
    for line in sys.stdin:
        site = json.loads(line)
        connection.close()
        connection.settings_dict["NAME"] = site["database"]
        try:
            answer = seed(site["wanted"])
        except Exception:
            answer = {"error": traceback.format_exc()}
        connection.close()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def seed(wanted: dict[str, Any]) -> dict[str, str]:
    """Session keys by username."""
    people = {name: make_user(name, display_name=name.title()) for name in wanted.get("people", [])}
    people |= {name: make_admin(name, display_name=name.title()) for name in wanted.get("superusers", [])}
    for slug, members in wanted.get("rooms", {}).items():
        owner, *others = [people[name] for name in members]
        make_room(slug, owner, *others)
    for slug, said in wanted.get("messages", {}).items():
        _say(Room.objects.get(slug=slug), said)
    for conversation in wanted.get("direct", []):
        said, everybody = conversation.get("messages", []), [people[name].pk for name in conversation["people"]]
        for opener in everybody if said else everybody[:1]:
            room = direct.open_with(user_id=opener, people=everybody)
        _say(Room.objects.get(pk=room.id), said)
    if "moderated" in wanted:
        whom, slug = wanted["moderated"]
        moderated.moderate(people[wanted["superusers"][0]], people[whom], Room.objects.get(slug=slug))
    return {name: session_of(user) for name, user in people.items()}


def _say(room: Room, said: list[list[Any]]) -> None:
    ids = dict(User.objects.values_list("username", "pk"))
    stored: list[int] = []
    at_once = 1 if any(answered for _, _, *answered in said) else 50
    for start in range(0, len(said), at_once):
        drafts = [
            messages.Draft(
                room_id=room.pk,
                author_id=ids[who],
                client_id=uuid.uuid4(),
                body=body,
                reply_to=stored[answered[0]] if answered else None,
            )
            for who, body, *answered in said[start : start + at_once]
        ]
        stored += [posted.id for posted in messages.post_batch(drafts) if isinstance(posted, protocol.Message)]


def session_of(user: User) -> str:
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    main()
