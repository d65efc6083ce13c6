"""Who is online where. Each worker tells the others about its own sockets; each merges what it hears and tells its
sockets what changed.

Leases, not keys in Redis: changes are told at most once a second, everything every 15 s, and a worker unheard for 45
s is forgotten. So a worker that was killed leaves no ghosts, and the in-memory layer works alike.

It knows topics and people as `{"id": …}` dicts; it does not know what a room is.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Any

from realtime_site.live import topics
from realtime_site.live.events import Event
from realtime_site.live.frames import encode
from realtime_site.live.hub import Hub, hub, running_hub

Person = dict[str, Any]
PersonId = int

TICK_SECONDS = 1.0
EVERYTHING_SECONDS = 15.0
FORGET_SECONDS = 45.0
# A reload of the page, or a reconnect, must not flicker for the others.
GRACE_SECONDS = 4.0
# What a page waits for the loop to say who is online.
ANSWER_SECONDS = 1.0
# People named in one event, each way: a thousand arriving at once are a number, not a list.
NAMED = 50


class View:
    """What one worker says about its sockets: who is there, on which topics.

    Its methods return the topics that changed.
    """

    def __init__(self) -> None:
        self.people: dict[PersonId, Person] = {}
        self.topics: dict[PersonId, set[str]] = {}
        self.on: dict[str, set[PersonId]] = {}
        self.heard_at = 0.0

    def put(self, person: Person, names: Iterable[str]) -> set[str]:
        """The person is on these topics and no others."""
        person_id, now = person["id"], set(names)
        before = self.topics.get(person_id, set())
        for name in now - before:
            self.on.setdefault(name, set()).add(person_id)
        for name in before - now:
            self.on[name].discard(person_id)
            if not self.on[name]:
                del self.on[name]
        if now:
            self.people[person_id], self.topics[person_id] = person, now
        else:
            self.people.pop(person_id, None)
            self.topics.pop(person_id, None)
        return now ^ before

    def drop(self, person_id: PersonId) -> set[str]:
        return self.put({"id": person_id}, ())

    def replace(self, here: Iterable[tuple[Person, Iterable[str]]]) -> set[str]:
        """These people are there and nobody else."""
        changed, seen = set(), set()
        for person, names in here:
            seen.add(person["id"])
            changed |= self.put(person, names)
        for person_id in self.topics.keys() - seen:
            changed |= self.drop(person_id)
        return changed


class Presence:
    """Belongs to a hub and lives on its loop."""

    def __init__(self, of: Hub) -> None:
        self._hub = of
        self.worker_id = uuid.uuid4().hex
        self._sockets: Counter[tuple[str, PersonId]] = Counter()
        self._leaving: dict[tuple[str, PersonId], float] = {}
        self._own = View()
        self._untold: set[PersonId] = set()
        self._others: dict[str, View] = {}
        self._online: dict[str, dict[PersonId, Person]] = {}
        self._changed: set[str] = set()
        self._everything_at = 0.0
        self._gone = False
        of.listen(topics.PRESENCE, self._hear)
        of.tell(topics.PRESENCE, {"worker": self.worker_id, "hello": True})
        of.spawn(self._run)

    # --- What consumers call ---------------------------------------------------------------------------------------

    def enter(self, topic: str, person: Person) -> None:
        """One more socket of the person on the topic."""
        person_id = person["id"]
        key = (topic, person_id)
        self._sockets[key] += 1
        self._leaving.pop(key, None)
        names = self._own.topics.get(person_id, set())
        if topic not in names or self._own.people[person_id] != person:
            self._changed |= self._own.put(person, names | {topic})
            self._untold.add(person_id)

    def leave(self, topic: str, person_id: PersonId) -> None:
        """One socket less. After the last one and a grace the person is offline there."""
        key = (topic, person_id)
        self._sockets[key] -= 1
        if self._sockets[key] <= 0:
            del self._sockets[key]
            self._leaving[key] = monotonic() + GRACE_SECONDS

    def rename(self, person: Person) -> None:
        """The person is shown otherwise from now on."""
        person_id = person["id"]
        if person_id in self._own.people and self._own.people[person_id] != person:
            self._own.people[person_id] = person
            self._untold.add(person_id)

    def online(self, topic: str) -> dict[PersonId, Person]:
        """People online on the topic by id, those who came this very second included."""
        views = (*self._others.values(), self._own)
        return {pid: view.people[pid] for view in views for pid in view.on.get(topic, ())}

    def count(self, topic: str) -> int:
        """How many people are online on the topic."""
        known = self._online.get(topic, {})
        if topic not in self._changed:
            return len(known)
        return len(self.online(topic))

    def counts(self) -> dict[int, int]:
        """How many people are online in each room where there are any, as the sockets were told last."""
        found = ((topics.room_id(name), len(people)) for name, people in self._online.items())
        return {room_id: count for room_id, count in found if room_id is not None}

    def everybody(self) -> int:
        """How many people are online on any topic of any worker."""
        return len(self._own.people.keys() | set().union(*(view.people for view in self._others.values())))

    def farewell(self) -> None:
        """The worker goes: its people are somewhere else by now, or will be within the grace."""
        self._gone = True
        self._hub.tell(topics.PRESENCE, {"worker": self.worker_id, "gone": True})

    # --- Telling -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        await asyncio.sleep(TICK_SECONDS)
        self.tick(monotonic())

    def tick(self, now: float) -> None:
        self._let_go(now)
        self._gossip(now)
        self._forget(now)
        for topic in self._changed:
            self._announce(topic)
        self._changed.clear()

    def _let_go(self, now: float) -> None:
        for (topic, person_id), until in list(self._leaving.items()):
            if now < until:
                continue
            del self._leaving[topic, person_id]
            person = self._own.people[person_id]
            self._changed |= self._own.put(person, self._own.topics[person_id] - {topic})
            self._untold.add(person_id)

    def _gossip(self, now: float) -> None:
        own = self._own
        everything = now >= self._everything_at
        if everything:
            self._everything_at = now + EVERYTHING_SECONDS
        if self._gone or not (everything or self._untold):
            return
        here = [pid for pid in (own.topics if everything else self._untold) if pid in own.topics]
        message = {
            "worker": self.worker_id,
            "everything": everything,
            "here": [[own.people[pid], sorted(own.topics[pid])] for pid in here],
            "gone_people": [] if everything else [pid for pid in self._untold if pid not in own.topics],
        }
        self._untold.clear()
        self._hub.tell(topics.PRESENCE, message)

    # --- Hearing -----------------------------------------------------------------------------------------------------

    def _hear(self, message: dict[str, Any]) -> None:
        worker = message["worker"]
        if worker == self.worker_id:
            return
        if message.get("hello"):
            self._everything_at = 0.0
        elif message.get("gone"):
            if worker in self._others:
                self._others[worker].heard_at = monotonic() - FORGET_SECONDS + GRACE_SECONDS
        else:
            self._merge(worker, message)

    def _merge(self, worker: str, message: dict[str, Any]) -> None:
        view = self._others.setdefault(worker, View())
        view.heard_at = monotonic()
        if message["everything"]:
            self._changed |= view.replace(message["here"])
            return
        for person, names in message["here"]:
            self._changed |= view.put(person, names)
        for person_id in message["gone_people"]:
            self._changed |= view.drop(person_id)

    def _forget(self, now: float) -> None:
        for worker, view in list(self._others.items()):
            if now - view.heard_at > FORGET_SECONDS:
                del self._others[worker]
                self._changed.update(view.on)

    def _announce(self, topic: str) -> None:
        """Tells this worker's sockets on the topic who came and went since they were told last."""
        before, now = self._online.get(topic, {}), self.online(topic)
        if now:
            self._online[topic] = now
        else:
            self._online.pop(topic, None)
        came = [person for pid, person in now.items() if pid not in before]
        went = [person for pid, person in before.items() if pid not in now]
        room_id = topics.room_id(topic)
        if (came or went) and room_id is not None:
            people = {"online": len(now), "came": came[:NAMED], "went": went[:NAMED]}
            text = encode({"type": "presence", "room": room_id, **people})
            self._hub.deliver_here(Event(topic, [text], ephemeral=True))


_current: Presence | None = None


def presence() -> Presence:
    """The presence of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current._hub is not hub():
        _current = Presence(hub())
    return _current


def online_from_thread(topic: str) -> dict[PersonId, Person] | None:
    """People online on the topic, for a page; None in a process without sockets, or when it is too busy to say."""
    running = running_hub()
    if running is None:
        return None
    asked = asyncio.run_coroutine_threadsafe(_online(topic), running.loop)
    try:
        return asked.result(ANSWER_SECONDS)
    except TimeoutError:
        asked.cancel()
        return None


async def _online(topic: str) -> dict[PersonId, Person]:
    return presence().online(topic)
