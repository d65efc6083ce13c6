"""That transactions which meet never wait for each other in a circle: the order in docs/architecture.md.

Each begins one, stops it where it holds some of its locks, lets the others come until they wait, and lets it go on. On
SQLite they come one after the other, whatever the order.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from chat.models import Membership, Restriction, Room
from chat.services import invitations, restrictions, rooms
from chat.services.messages import Draft, post_batch
from notifications.models import Notification
from notifications.services import reading
from realtime_site.accounts import suspensions
from realtime_site.accounts.models import User
from realtime_site.audit.log import COMMAND
from tests.factories import make_user
from tests.services.house import House

pytestmark = pytest.mark.django_db(transaction=True)

# For a state that comes within milliseconds, on a machine that has other things to do.
SECONDS = 30


class Side:
    """A transaction in a thread of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._backend: int | None = None
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run)

    def begin(self) -> "Side":
        self.thread.start()
        return self

    def until_it_waits(self) -> None:
        """For a lock, or has ended. Nobody waits for a row of SQLite: who comes second does not even begin."""
        deadline = time.monotonic() + SECONDS
        while connection.vendor == "postgresql" and self.thread.is_alive() and not self._waits():
            assert time.monotonic() < deadline, "It neither waits nor ends."
            time.sleep(0.01)

    def _waits(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._backend])
            return bool(cursor.fetchone()[0])

    def _run(self) -> None:
        try:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    self._backend = cursor.fetchone()[0]
            self._work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


@pytest.fixture
def meet() -> Iterator[Callable[..., None]]:
    """`meet(first, *others)`: `first` is called with what it calls where it holds its locks; then the others come, one
    after the other, each until it waits. All must come to their ends.
    """
    sides: list[Side] = []

    def run(first: Callable[[Callable[[], None]], Any], *others: Callable[[], Any]) -> None:
        came: list[bool] = []

        def here() -> None:
            came.append(True)
            for work in others:
                sides.append(Side(work).begin())
                sides[-1].until_it_waits()

        sides.append(Side(lambda: first(here)).begin())
        for side in sides:  # grows
            side.thread.join(2 * SECONDS)
        assert came == [True]
        assert [side.error for side in sides] == [None] * (1 + len(others))

    yield run
    for side in sides:
        side.thread.join(2 * SECONDS)


def then(call: Callable[..., Any], here: Callable[[], None]) -> Callable[..., Any]:
    """The same call, and `here` after it."""

    def calling(*args: Any, **kwargs: Any) -> Any:
        result = call(*args, **kwargs)
        here()
        return result

    return calling


def say(room: Room, **bodies: str) -> None:
    """Together, as group commit does it."""
    authors = {user.username: user for user in User.objects.filter(username__in=bodies)}
    post_batch([Draft(room.pk, authors[name].pk, uuid4(), body) for name, body in bodies.items()])


@pytest.mark.parametrize("meanwhile", ["one of them bans another", "somebody calls them"])
def test_several_are_suspended_while(meanwhile: str, meet: Callable[..., None]) -> None:
    """In the order of their names, as the admin does it; whoever tells them something locks them by their ids."""
    house, zoe = House(), make_user("zoe")
    Membership.objects.create(room=house.room, user=zoe)
    bans = "bans" in meanwhile
    order = [house.olga, zoe] if bans else [house.ben, house.olga]

    def suspend(here: Callable[[], None]) -> None:
        with transaction.atomic():
            for person in order:
                suspensions.suspend(by=COMMAND, person_id=person.pk, seconds=None, reason="")
                if person == order[0]:
                    here()

    def other() -> None:
        if bans:
            restrictions.ban(seconds=None, **house.upon | {"person_id": zoe.pk})
        else:
            say(house.room, zoe="@olga @ben")

    meet(suspend, other)
    assert not User.objects.filter(pk__in=[person.pk for person in order], is_active=True).exists()
    if bans:
        assert Restriction.objects.filter(user=zoe).exists()
    else:
        assert Notification.objects.filter(kind="mention", user__in=order).count() == 2


def test_somebody_comes_by_a_link_while_who_made_it_is_banned(
    meet: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, guest = House(), make_user("guest")
    link = invitations.create(user_id=house.ben.pk, room_id=house.room.pk)

    def come(here: Callable[[], None]) -> None:
        monkeypatch.setattr(invitations, "_use", then(invitations._use, here))
        invitations.accept(code=link.code, user_id=guest.pk)

    meet(come, lambda: restrictions.ban(seconds=None, **house.upon))
    assert house.room.memberships.filter(user=guest).exists()
    link.refresh_from_db()
    assert (link.uses, link.revoked_at is not None) == (1, True)


def test_somebody_reads_in_slow_mode_while_they_write_and_are_called(
    meet: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    say(house.room, olga="@ben")
    Room.objects.update(slow_mode_seconds=60)
    read_scope = reading.read_scope

    def read(here: Callable[[], None]) -> None:
        def pausing(**fields: Any) -> None:
            here()
            read_scope(**fields)

        monkeypatch.setattr(reading, "read_scope", pausing)
        rooms.read(user_id=house.ben.pk, room_id=house.room.pk, seq=2)

    meet(read, lambda: say(house.room, ben="I am here", olga="@ben again"))
    member = house.room.memberships.get(user=house.ben)
    assert member.last_read == 2
    assert member.posted_at is not None
    assert Notification.objects.filter(user=house.ben, read_at=None).count() == 1
