"""`manage.py demo`: an empty site becomes one to look around in. What is said in it is true and useful."""

import secrets
import uuid
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from chat import protocol
from chat.models import Message, Room
from chat.services import direct, messages, rooms
from realtime_site.accounts import arrival, first_run
from realtime_site.accounts.models import User


class Said(NamedTuple):
    author: str
    minutes_ago: int
    body: str
    at_first: str = ""  # what it said before it was edited
    answers: str = ""  # how the message begins that it replies to


GENERAL: list[Said] = [
    Said("alice", 1620, "Welcome! This is Confab, on our own machine. One command started it: `bin/serve`."),
    Said("bob", 1612, "Where does it keep things?"),
    Said(
        "alice",
        1611,
        "All in `var/`: the database, uploaded pictures, the key that signs sessions. To back it up while it runs:\n"
        "```sh\n"
        "sqlite3 var/db.sqlite3 \".backup '/backup/confab.sqlite3'\"\n"
        "cp -r var/secret_key var/media /backup/\n"
        "```",
    ),
    Said("carol", 1604, "And when SQLite is not enough?"),
    Said("alice", 1602, "Then `DATABASE_URL` points to PostgreSQL. Every setting has a line in `.env.example`."),
    Said("bob", 95, "Who can make an account here?"),
    Said(
        "alice",
        93,
        "Whoever has an invitation: *Invite* in any room makes a link that works for two weeks. "
        "With `SIGNUP=open` anybody can.",
    ),
    Said("carol", 12, "@alice, what should the load balancer ask to know that a worker is well?"),
    Said(
        "bob",
        10,
        "`/readyz`, @carol: 200 while it should get traffic, 503 while it drains. `/healthz` is for restarts.",
        at_first="`/healthz`, @carol.",
    ),
]
RANDOM: list[Said] = [
    Said("carol", 220, "TIL: **Ctrl K** jumps to any room, and **?** shows every other key. :sparkles:"),
    Said(
        "bob",
        200,
        "Our builds speak here now. A token from the profile page and ten lines:\n"
        "```python\n"
        "import asyncio, json, websockets\n\n"
        'URL = "ws://127.0.0.1:8000/ws/rooms/random/"\n'
        'TOKEN = "…"\n\n'
        "async def say(text):\n"
        '    headers = {"Authorization": f"Bearer {TOKEN}"}\n'
        "    async with websockets.connect(URL, additional_headers=headers) as room:\n"
        '        await room.send(json.dumps({"type": "chat", "message": text}))\n\n'
        'asyncio.run(say("The build is green :tada:"))\n'
        "```",
    ),
    Said("carol", 198, "Neat. Does it need a library?"),
    Said("bob", 196, "Any WebSocket client does; `docs/protocol.md` says it all.", answers="Neat."),
]
DIRECT: list[Said] = [
    Said("bob", 32, "Who reads what we write here?"),
    Said(
        "alice",
        30,
        "You and I, and whoever can read the database. Nobody can be brought in later: with Carol it is "
        "another conversation, and this one is not in the admin pages either.",
        answers="Who reads",
    ),
    Said("bob", 29, "And if somebody is a nuisance?"),
    Said("alice", 27, "Block them: then neither of you can write in the conversation of you two.", answers="And if"),
]
OPERATIONS: list[Said] = [
    Said("alice", 60, "This room is private: nobody sees it but us two, until one of us invites somebody."),
    Said("bob", 58, "Good. How do we use both cores?"),
    Said(
        "alice",
        57,
        "Redis, and one more worker each:\n```sh\nREDIS_URL=redis://127.0.0.1:6379/0 bin/serve --workers 2\n```",
    ),
    Said("bob", 40, "Upgrades without throwing anybody out?"),
    Said("alice", 38, "`kill -HUP` to the process of `bin/serve`: it swaps the workers one by one."),
]


class Command(BaseCommand):
    help = "Fill an empty site with three people and a conversation about running it. Prints their passwords."

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = {name: secrets.token_urlsafe(9) for name in ("alice", "bob", "carol")}
        try:
            fill(passwords)
        except first_run.AlreadySetUpError:
            raise CommandError(
                "This site has accounts, and the demo is for an empty one. "
                "Start it elsewhere: DATA_DIR=/tmp/confab-demo bin/serve --demo"
            ) from None
        self.stdout.write("\nThree people are here to try (these passwords are shown only now):\n\n")
        for name, password in passwords.items():
            self.stdout.write(f"    {name:6} {password}" + ("   (admin)" if name == "alice" else ""))
        self.stdout.write("")


@transaction.atomic
def fill(passwords: dict[str, str]) -> None:
    """All of it or nothing. Raises `AlreadySetUpError` when the site has an account."""
    ids = {name: _person(name, password) for name, password in passwords.items()}
    operations = rooms.create(owner_id=ids["alice"], name="Operations", topic="Keeping it up", kind=Room.Kind.PRIVATE)
    rooms.add(by_id=ids["alice"], room_id=operations.pk, user_id=ids["bob"])
    general, chatter = (Room.objects.get(slug=slug) for slug, _, _ in rooms.DEFAULT_ROOMS)
    talk = Room.objects.get(pk=direct.open_with(user_id=ids["bob"], people=[ids["alice"]]).id)
    for room, said in ((general, GENERAL), (chatter, RANDOM), (operations, OPERATIONS), (talk, DIRECT)):
        _say(room.pk, said, ids)
    for room in (chatter, operations, talk):  # in General a question waits for her
        rooms.read(user_id=ids["alice"], room_id=room.pk, seq=Room.objects.get(pk=room.pk).head)


def _person(name: str, password: str) -> int:
    """Alice comes first and is the admin."""
    if name == "alice":
        user = first_run.create_first_account(username=name, password=password)
    else:
        user = User.objects.create_user(username=name, password=password)
    User.objects.filter(pk=user.pk).update(display_name=name.title())
    arrival.enter_default_rooms(user_id=user.pk)
    return user.pk


def _say(room_id: int, said: list[Said], ids: dict[str, int]) -> None:
    now = timezone.now()
    # Whatever the services write happens now. They cannot make a past, so it is made here.
    Message.objects.filter(room_id=room_id).update(created_at=now - timedelta(minutes=said[0].minutes_ago + 5))
    posted: list[protocol.Message] = []
    for line in said:
        answered = next((one.id for one in posted if line.answers and one.body.startswith(line.answers)), None)
        draft = messages.Draft(room_id, ids[line.author], uuid.uuid4(), line.at_first or line.body, None, answered)
        message = messages.post(draft)
        posted.append(message)
        then = now - timedelta(minutes=line.minutes_ago)
        Message.objects.filter(pk=message.id).update(created_at=then)
        if line.at_first:
            messages.edit(user_id=draft.author_id, message_id=message.id, body=line.body)
            Message.objects.filter(pk=message.id).update(edited_at=then + timedelta(minutes=1))
    Room.objects.filter(pk=room_id).update(last_message_at=now - timedelta(minutes=said[-1].minutes_ago))
