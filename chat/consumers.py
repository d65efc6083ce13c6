"""`/ws/chat/`: the commands of `chat.protocol`, each a few lines that call a service or a selector."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence, Set
from time import monotonic
from typing import Any, ClassVar, Self

import msgspec
from django.conf import settings

from chat import history, people, protocol, selectors, wire
from chat.access import access_own_message
from chat.moderating import Moderating
from chat.proving import ProvingSockets
from chat.services import blocks, direct, maintenance, messages, rooms, standing
from chat.sockets import who_is_called
from chat.text import mentioned
from realtime_site.live import topics
from realtime_site.live.admission import Snapshot
from realtime_site.live.consumer import LiveConsumer
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.frames import Command
from realtime_site.live.limits import Buckets, Rate
from realtime_site.live.presence import presence

Fields = dict[str, Any]

# As access that was withdrawn otherwise: within five seconds, with the query.
RELAY_SECONDS = 4.0

# Somebody new greets twenty colleagues at once; nobody makes twenty acquaintances an hour.
_conversations = Buckets("conversations", Rate(per_second=1 / 180, burst=20))


class ChatConsumer(Moderating, ProvingSockets):
    """All rooms of one person."""

    commands: ClassVar[tuple[type[Command], ...]] = (*LiveConsumer.commands, *protocol.COMMANDS)
    buckets: ClassVar[tuple[Buckets, ...]] = tuple(
        dict.fromkeys((*Moderating.buckets, *ProvingSockets.buckets, _conversations))
    )

    def __init__(self) -> None:
        super().__init__()
        # How far each topic was complete when it was entered.
        self._complete: dict[str, int | None] = {}
        # When it was asked last whether the person may relay to a room; not kept of conversations of two, where a block
        # counts at once.
        self._may_relay: dict[int, float] = {}
        # Signals and typing that wait for the database; while there are any, the next ones wait behind them.
        self._relays = 0
        self._relaying: asyncio.Lock | None = None

    @classmethod
    def snapshots(cls, sockets: Sequence[Self]) -> list[Snapshot | ClientError]:
        everybody = {socket.person.id for socket in sockets}
        rooms, blocked = selectors.rooms_of_all(everybody), people.blocked_by_all(everybody)
        why = maintenance.current()
        site = {} if why is None else {"maintenance": why}
        return [
            found
            if isinstance(found, ClientError)
            else found | site | {"rooms": rooms[socket.person.id], "blocked": blocked[socket.person.id]}
            for socket, found in zip(sockets, super().snapshots(sockets), strict=True)
        ]

    def welcome(self, snapshot: Snapshot) -> None:
        """Subscribes to the rooms first: what is delivered from here on, the snapshot or the subscription has."""
        backlog = [self._enter(room) for room in snapshot["rooms"]]
        super().welcome(snapshot | {"rooms": backlog})

    def attach(self, topic: str, seq: int | None = None) -> int | None:
        complete = super().attach(topic, seq)
        self._complete[topic] = complete
        return complete

    def control(self, action: str, topic: str, seq: int) -> None:
        """A room new to this socket also says how many are online and where it stands: the database could not."""
        new = action == "attach" and topic not in self._topics
        super().control(action, topic, seq)
        room_id = topics.room_id(topic)
        if new and topic in self._topics and room_id is not None:
            room = protocol.Room(id=room_id, seq=self._complete[topic] or seq, online=presence().count(topic))
            self.outlet.send(wire.encode(protocol.RoomEvent(room)))

    def reconcile(self, allowed: Mapping[str, int], known: Set[str]) -> None:
        """Also enters rooms of which no news came."""
        super().reconcile(allowed, known)
        missing = [topic for topic in allowed if topic not in known and topic not in self._topics]
        if missing:
            self.run(self._enter_missing(missing))

    async def _enter_missing(self, missing: list[str]) -> None:
        for topic in missing:
            room_id = topics.room_id(topic)
            assert room_id is not None
            room = await in_database(selectors.room_of, user_id=self.user.pk, room_id=room_id)
            if topic not in self._topics:
                self.outlet.send(wire.encode(protocol.RoomEvent(self._enter(room))))
                self.catch_up()

    def _enter(self, room: protocol.Room) -> protocol.Room:
        topic = topics.room(room.id)
        assert isinstance(room.seq, int)
        seq = self.attach(topic, room.seq)
        return msgspec.structs.replace(room, seq=seq, online=presence().count(topic))

    def _entered(self, room: protocol.Room) -> protocol.Room:
        """A room that this socket just asked to be let into."""
        assert isinstance(room.seq, int)
        self.control("attach", topics.room(room.id), room.seq)
        return msgspec.structs.replace(room, online=presence().count(topics.room(room.id)))

    # --- Messages --------------------------------------------------------------------------------------------------

    def message_send(self, command: protocol.MessageSend) -> "asyncio.Future[protocol.Sent]":
        return self.post(command.room, command.client_id, command.body, command.reply_to)

    async def message_edit(self, command: protocol.MessageEdit) -> Fields:
        here: frozenset[int] = frozenset()
        if "online" in mentioned(command.body):
            own = await in_database(access_own_message, user_id=self.user.pk, message_id=command.message)
            here = who_is_called(own.room_id, command.body)
        edited = await in_database(
            messages.edit, user_id=self.user.pk, message_id=command.message, body=command.body, online=here
        )
        return {"message": edited}

    async def message_delete(self, command: protocol.MessageDelete) -> Fields:
        return {"message": await in_database(messages.delete, user_id=self.user.pk, message_id=command.message)}

    # --- Rooms -----------------------------------------------------------------------------------------------------

    async def room_history(self, command: protocol.RoomHistory) -> Fields:
        page = await in_database(
            history.page,
            user_id=self.user.pk,
            room_id=command.room,
            before=command.before,
            after=command.after,
            around=command.around,
            limit=command.limit,
        )
        return vars(page)

    async def room_sync(self, command: protocol.RoomSync) -> Fields:
        return vars(await in_database(history.changes, user_id=self.user.pk, room_id=command.room, after=command.after))

    async def room_read(self, command: protocol.RoomRead) -> Fields:
        mark = await in_database(rooms.read, user_id=self.user.pk, room_id=command.room, seq=command.seq)
        return {"last_read": mark.last_read, "unread": mark.unread, "mentions": mark.mentions}

    async def room_members(self, command: protocol.RoomMembers) -> Fields:
        here = list(presence().online(topics.room(command.room)))
        found = await in_database(selectors.members, user_id=self.user.pk, room_id=command.room, online_ids=here)
        return {"members": found, "online": len(here)}

    async def room_join(self, command: protocol.RoomJoin) -> Fields:
        return {"room": self._entered(await in_database(rooms.join, user_id=self.user.pk, room_id=command.room))}

    async def room_leave(self, command: protocol.RoomLeave) -> Fields:
        seq = await in_database(rooms.leave, user_id=self.user.pk, room_id=command.room)
        self.control("detach", topics.room(command.room), seq)
        return {"room": command.room}

    # --- People ----------------------------------------------------------------------------------------------------

    async def direct_open(self, command: protocol.DirectOpen) -> Fields:
        new = await in_database(direct.is_new, user_id=self.user.pk, people=command.people)
        if new and settings.LIVE_RATE_LIMITS:
            _conversations.take(self.person.id)
        return {"room": self._entered(await in_database(direct.open_with, user_id=self.user.pk, people=command.people))}

    async def people_find(self, command: protocol.PeopleFind) -> Fields:
        return {"people": await in_database(people.find, user_id=self.user.pk, query=command.query)}

    async def person_block(self, command: protocol.PersonBlock) -> Fields:
        return {"blocked": await in_database(blocks.block, user_id=self.user.pk, person_id=command.person)}

    async def person_unblock(self, command: protocol.PersonUnblock) -> Fields:
        return {"blocked": await in_database(blocks.unblock, user_id=self.user.pk, person_id=command.person)}

    # --- What is stored nowhere ------------------------------------------------------------------------------------

    def typing(self, command: protocol.Typing) -> Fields | Awaitable[Fields]:
        return self._relay(command.room, protocol.TypingEvent(command.room, self.person))

    def signal(self, command: protocol.Signal) -> Fields | Awaitable[Fields]:
        event = protocol.SignalEvent(command.room, self.person, command.name, command.data)
        return self._relay(command.room, event)

    def _relay(self, room_id: int, event: msgspec.Struct) -> Fields | Awaitable[Fields]:
        """Asks the database first, and then now and then beside: a signal may come thirty times a second, and a mute
        need not end that at once.
        """
        topic = topics.room(room_id)
        if topic not in self._topics:
            raise ClientError("not_found", "No such room.")
        relayed = Event(topic, [wire.encode(event)], ephemeral=isinstance(event, protocol.TypingEvent))
        asked_at = self._may_relay.get(room_id)
        if self._relays or asked_at is None:
            return self._relay_in_turn(room_id, relayed)
        if monotonic() - asked_at > RELAY_SECONDS:
            self._may_relay[room_id] = monotonic()  # one question at a time
            self.run(self._ask_to_relay(room_id))
        self.hub.publish(relayed)
        return {}

    async def _relay_in_turn(self, room_id: int, event: Event) -> Fields:
        """In the order they came: cursors and live figures need it."""
        self._relays += 1
        self._relaying = self._relaying or asyncio.Lock()
        try:
            async with self._relaying:
                if room_id not in self._may_relay:
                    await self._ask_to_relay(room_id)
                if event.topic in self._topics:
                    self.hub.publish(event)
        finally:
            self._relays -= 1
        return {}

    async def _ask_to_relay(self, room_id: int) -> None:
        """Raises `ClientError`, and then the next one is asked for first."""
        try:
            of_two = await in_database(standing.check_may_relay, user_id=self.person.id, room_id=room_id)
        except ClientError:
            self._may_relay.pop(room_id, None)
            raise
        if not of_two:
            self._may_relay[room_id] = monotonic()
