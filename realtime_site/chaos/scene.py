"""A private room with people of its own in the site's database, for as long as a run takes. Knows no socket.

Everything here has `chaos-` and the run's number in its name, so that `sweep` finds what a run that was killed left
behind, and nobody mistakes it for a person's.
"""

import secrets
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from chat.models import Message, Room
from chat.services import rooms
from realtime_site.accounts import tokens
from realtime_site.accounts.models import User
from realtime_site.chaos.checker import Row

# Nobody who signs up has such a name and no password.
_NAMES = r"^chaos-[0-9a-f]{12}-[0-9]+$"
_NO_PASSWORD = "!"  # noqa: S105  how Django begins the password of somebody who has none


@dataclass(frozen=True)
class Scene:
    run: str
    room_id: int
    tokens: list[str]


@transaction.atomic
def build(people: int) -> Scene:
    """All of it or nothing."""
    run = f"chaos-{secrets.token_hex(6)}"
    users = [User.objects.create_user(username=f"{run}-{number}") for number in range(1, people + 1)]
    room = rooms.create(owner_id=users[0].pk, name=run, topic="manage.py chaos", kind=Room.Kind.PRIVATE)
    for user in users[1:]:
        rooms.admit(user_id=user.pk, room=room)
    return Scene(run, room.pk, [tokens.create(user_id=user.pk, name="chaos")[1] for user in users])


def rows(scene: Scene) -> list[Row]:
    """The room's messages in the order of seq."""
    stored = Message.objects.filter(room=scene.room_id).order_by("seq").values_list("seq", "pk", "client_id")
    return [Row(seq, pk, str(client_id)) for seq, pk, client_id in stored]


def remove(scene: Scene) -> None:
    """The room, what was said in it, the people and their tokens."""
    _remove(_ours().filter(username__startswith=f"{scene.run}-"))


def sweep() -> int:
    """Removes the rooms and people of all runs, also of one that is still going on. How many people there were."""
    return _remove(_ours())


def _ours() -> QuerySet[User]:
    return User.objects.filter(username__regex=_NAMES, password__startswith=_NO_PASSWORD, email="", is_staff=False)


@transaction.atomic
def _remove(people: QuerySet[User]) -> int:
    """Rooms first: with them go the messages, which keep their authors from being deleted."""
    ids = list(people.values_list("pk", flat=True))
    Room.objects.filter(created_by__in=ids, kind=Room.Kind.PRIVATE, name__startswith="chaos-").delete()
    User.objects.filter(pk__in=ids).delete()
    return len(ids)
