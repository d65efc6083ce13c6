"""Things that tests need to be there. Plain functions; what is not named gets a value that works."""

from typing import Any

from chat.models import Membership, Room
from chat.services import administration, rooms
from realtime_site.accounts.models import User
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry

PASSWORD = "correct horse battery"


def make_user(username: str = "alice", password: str = PASSWORD, **fields: Any) -> User:
    return User.objects.create_user(username=username, password=password, **fields)


def make_admin(username: str = "admin", password: str = PASSWORD, **fields: Any) -> User:
    return User.objects.create_superuser(username=username, password=password, **fields)


def make_room(slug: str, owner: User, *others: User, kind: str = "public") -> Room:
    """A room with its owner and members; its head is 1, the system message of its making."""
    room = rooms.create(owner_id=owner.pk, name=slug, kind=kind)
    Membership.objects.bulk_create([Membership(room=room, user=user, last_read=1) for user in others])
    room.refresh_from_db()
    return room


def rename(by: User, room_id: int, *, name: str, topic: str) -> None:
    """In the chat."""
    actor = Actor(by.pk, by.name, Entry.Via.CHAT)
    administration.configure(by=actor, room_id=room_id, name=name, topic=topic, reason="")
