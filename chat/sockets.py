"""What every socket with rooms does, whatever words it speaks: it is online in its rooms, and posts to them."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import Any, ClassVar, Self
from uuid import UUID

from chat import protocol, wire
from chat.services.standing import Draft
from chat.text import mentioned
from chat.writer import writer
from realtime_site.live import topics
from realtime_site.live.admission import Snapshot
from realtime_site.live.auth import Identity
from realtime_site.live.consumer import LiveConsumer
from realtime_site.live.errors import ClientError
from realtime_site.live.limits import Buckets, Rate
from realtime_site.live.presence import presence

Fields = dict[str, Any]

# A fast typist sends one message a second; thirty at once are a pasted list or an outbox after a night offline.
_posts = Buckets("posts", Rate(per_second=5, burst=30))
# What a room of a thousand still can read while it scrolls by, were there as many bots in it.
_room_posts = Buckets("posts in a room", Rate(per_second=30, burst=150))


class RoomSockets(LiveConsumer):
    """Of one person."""

    buckets: ClassVar[tuple[Buckets, ...]] = (*LiveConsumer.buckets, _posts, _room_posts)

    person: protocol.Person
    _as_dict: Fields

    def attach(self, topic: str, seq: int | None = None) -> int | None:
        """Subscribes; a room's topic also makes the person online there."""
        if topic not in self._topics and topics.room_id(topic) is not None:
            presence().enter(topic, self._as_dict)
        return super().attach(topic, seq)

    def detach(self, topic: str) -> None:
        if topic in self._topics and topics.room_id(topic) is not None:
            presence().leave(topic, self.person.id)
        super().detach(topic)

    def welcome(self, snapshot: Snapshot) -> None:
        self.attach(topics.rooms(self.person.id))
        super().welcome(snapshot)

    def reconcile(self, allowed: Mapping[str, int], known: Set[str]) -> None:
        """Leaves rooms the person may no longer hear; `known` are those it was in when the database was asked."""
        for topic in known & self._topics:
            room_id = topics.room_id(topic)
            if room_id is not None and topic not in allowed:
                self.withdrawn(topic, room_id)

    def withdrawn(self, topic: str, room_id: int) -> None:
        self.detach(topic)
        self.outlet.send(wire.encode(protocol.RoomRemoved(room_id)))

    def identify(self, identity: Identity) -> None:
        """Also how the person is shown; in rooms where they are online already, anew."""
        super().identify(identity)
        self.person = wire.person(identity.user)
        self._as_dict = protocol.to_builtins(self.person)
        if self._topics:
            presence().rename(self._as_dict)

    @classmethod
    def snapshots(cls, sockets: Sequence[Self]) -> list[Snapshot | ClientError]:
        return [
            found if isinstance(found, ClientError) else found | {"user": socket.person}
            for socket, found in zip(sockets, super().snapshots(sockets), strict=True)
        ]

    def room_posted_to(self, command: Any) -> int | None:
        """The room a command posts to, if it does: it costs a token of the person and one of the room."""
        return command.room if isinstance(command, protocol.MessageSend) else None

    def check_rate(self, command: Any) -> None:
        room_id = self.room_posted_to(command)
        if room_id is None:
            super().check_rate(command)
            return
        _posts.take(self.person.id)
        if topics.room(room_id) in self._topics:  # a stranger cannot use up a room's
            _room_posts.take(room_id)

    def post(
        self, room_id: int, client_id: UUID, body: str, reply_to: int | None = None
    ) -> "asyncio.Future[protocol.Sent]":
        """Posts through the room writer. The future raises `ClientError`."""
        here = who_is_called(room_id, body)
        return writer().submit(Draft(room_id, self.person.id, client_id, body, self.person, reply_to, here))


def who_is_called(room_id: int, body: str) -> frozenset[int]:
    """Who is online in the room, if the text asks for them."""
    if "online" not in mentioned(body):
        return frozenset()
    return frozenset(presence().online(topics.room(room_id)))
