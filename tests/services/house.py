"""A room, who owns it and who is in it, for tests of what is done there."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from chat import protocol
from chat.services import undoing
from chat.services.messages import Draft, post
from realtime_site.accounts.models import User
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user


def actor(user: User, via: str = Entry.Via.CHAT) -> Actor:
    return Actor(user.pk, user.name, via)


class House:
    """Olga owns the room, Ben is in it."""

    def __init__(self, kind: str = "public") -> None:
        self.olga, self.ben = make_user("olga"), make_user("ben")
        self.room = make_room("general", self.olga, self.ben, kind=kind)
        self.by = actor(self.olga)

    @property
    def upon(self) -> dict[str, object]:
        return {"by": self.by, "room_id": self.room.pk, "person_id": self.ben.pk, "reason": "because"}

    def say(self, body: str = "hello", who: User | None = None) -> protocol.Message:
        return post(Draft(self.room.pk, (who or self.ben).pk, uuid4(), body))

    def undo(self, entry: Entry) -> Entry:
        return undoing.undo(by=self.by, entry_id=entry.pk, reason="")


def refused(attempt: Callable[[], object]) -> ClientError:
    with pytest.raises(ClientError) as caught:
        attempt()
    return caught.value
