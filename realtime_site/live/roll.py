"""Calling the roll: which sockets a person has, on all workers, asked of them when somebody wants to know.

Nothing is stored and nothing is told while nobody asks.
"""

import asyncio
import os
import socket
import sys
import uuid
from collections.abc import Set
from concurrent.futures import CancelledError as Cancelled
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from realtime_site.live import auth, topics

if TYPE_CHECKING:
    from realtime_site.live.subscriber import Subscriber

# A worker that has not answered by then is away, or its loop is.
ANSWER_SECONDS = 1.0
# Workers answer within a round trip of the layer; when none has for this long, all have.
QUIET_SECONDS = 0.3
# Of what a program calls itself: enough to know a browser by.
AGENT_CHARACTERS = 160
# More than anybody has open; a script that opens thousands is seen by these.
SOCKETS = 100

WORKER = f"{socket.gethostname()}:{os.getpid()}"
_numbers = count(1)


class Visit(NamedTuple):
    """Of one socket, what is kept of its handshake. `since` is Unix time in seconds; `address` may be unknown."""

    number: int
    since: int
    address: str
    path: str
    agent: str


class Seen(NamedTuple):
    """A socket, as a worker tells of it."""

    worker: str
    number: int
    since: datetime
    address: str
    path: str
    agent: str
    by_token: bool


class Tells(Protocol):
    """The hub, as far as it is needed here."""

    loop: asyncio.AbstractEventLoop

    @property
    def sockets(self) -> "Set[Subscriber]": ...

    def tell(self, topic_name: str, message: dict[str, Any]) -> None: ...


def visit_of(scope: auth.Scope) -> Visit:
    """Agents and paths are few and sockets are many: each is kept once."""
    agent = sys.intern((auth.header(scope, b"user-agent") or "")[:AGENT_CHARACTERS])
    lines = [value.decode("latin1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    address = auth.exact_address(",".join(lines), (scope.get("client") or [""])[0])
    path = sys.intern(str(scope.get("path", ""))[:100])
    return Visit(next(_numbers), int(datetime.now(UTC).timestamp()), str(address or ""), path, agent)


class Roll:
    """Belongs to a hub and lives on its loop, but for `ask_from_thread`."""

    def __init__(self, of: Tells) -> None:
        self._hub = of
        self._asked: dict[str, asyncio.Queue[dict[str, Any]]] = {}

    def ask_from_thread(self, person_id: int) -> list[Seen]:
        """The person's sockets on all workers, the newest first. Takes a third of a second, at most one and a bit."""
        answer = asyncio.run_coroutine_threadsafe(self.ask(person_id), self._hub.loop)
        try:
            return answer.result(ANSWER_SECONDS + 1)
        except (TimeoutError, Cancelled):
            answer.cancel()
            return []

    async def ask(self, person_id: int) -> list[Seen]:
        number = uuid.uuid4().hex
        answers = self._asked[number] = asyncio.Queue()
        self._hub.tell(topics.ROLL, {"ask": number, "person": person_id})
        found: list[Seen] = []
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                found += _seen(await answers.get())
                while True:
                    async with asyncio.timeout(QUIET_SECONDS):
                        found += _seen(await answers.get())
        except TimeoutError:
            return sorted(found, key=lambda one: one.since, reverse=True)
        finally:
            del self._asked[number]

    def hear(self, message: dict[str, Any]) -> None:
        if "ask" in message:
            here = [_told(one) for one in self._hub.sockets if one.identity.user.pk == message["person"]]
            self._hub.tell(topics.ROLL, {"answer": message["ask"], "worker": WORKER, "sockets": here[:SOCKETS]})
        elif message["answer"] in self._asked:
            self._asked[message["answer"]].put_nowait(message)


def _told(one: "Subscriber") -> list[Any]:
    return [*one.visit, one.identity.credentials.token is not None]


def _seen(message: dict[str, Any]) -> list[Seen]:
    return [
        Seen(message["worker"], number, datetime.fromtimestamp(since, UTC), address, path, agent, by_token)
        for number, since, address, path, agent, by_token in message["sockets"]
    ]
