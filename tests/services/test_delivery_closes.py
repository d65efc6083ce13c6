"""What stands on a device that should not: every way in which a text that is gone must be taken off it."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone

from chat.services import rooms
from notifications.api import notify
from notifications.delivery import errands, outbox
from notifications.delivery.lanes import Lanes
from notifications.delivery.outbox import Result, State
from notifications.delivery.outcomes import Outcome
from notifications.models import Delivery, Notification, Preferences
from notifications.services import changing, preferences, reading
from notifications.services import outbox as service
from realtime_site.accounts.models import User
from tests.factories import make_user
from tests.notified import make_device

pytestmark = pytest.mark.django_db(transaction=True)


class Address(NamedTuple):
    endpoint: str = "https://push.example.org/x"
    p256dh: str = "key"
    auth: str = "secret"


DEVICE = Address()


@pytest.fixture
def alice() -> User:
    user = make_user("alice")
    make_device(user, DEVICE)
    return user


def tell(user: User, title: str, **fields: Any) -> Notification:
    notify(user, "announcement", title=title, **fields)
    return Notification.objects.latest("pk")


def take(now: datetime) -> list[errands.Errand]:
    return list(errands.take(now, now + timedelta(seconds=45), Lanes()).errands)


def sent(errand: errands.Errand, now: datetime) -> None:
    outbox.finish([Result(errand.row, State.SENT, Outcome.TAKEN)], now)


def step(now: datetime) -> list[str]:
    """Takes what is due and sends it; what each was."""
    taken = take(now)
    for errand in taken:
        sent(errand, now)
    return [f"{one.row.purpose}:{one.row.notification.title if one.row.notification else one.row.tag}" for one in taken]


def closes() -> int:
    return Delivery.objects.filter(purpose="close").count()


def test_a_close_that_waits_takes_away_what_came_meanwhile_too(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    start = timezone.now()
    clock = [start]
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])

    def at(seconds: float) -> datetime:
        clock[0] = start + timedelta(seconds=seconds)
        return clock[0]

    first = tell(alice, "A", tag="t")
    assert step(at(1)) == ["show:A"]
    at(2)
    reading.read(user_id=alice.pk, ids=[first.pk])
    at(3)
    tell(alice, "B", tag="t")
    assert step(at(4)) == ["show:B"]
    at(4.2)
    tell(alice, "C secret", tag="t", target="x:1")
    assert step(at(4.5)) == ["show:C secret"]
    at(4.8)
    changing.withdraw(target="x:1")
    assert [what for seconds in (6, 70, 140, 600, 4000) for what in step(at(seconds))] == ["close:t"]


def test_what_is_gone_is_closed_when_what_came_after_it_is_not_sent(alice: User) -> None:
    tell(alice, "A secret", tag="t", target="x:1")
    now = timezone.now()
    assert step(now) == ["show:A secret"]
    newer = tell(alice, "B", tag="t")
    changing.withdraw(target="x:1")
    reading.read(user_id=alice.pk, ids=[newer.pk])
    later = [what for seconds in (1, 10, 70, 140, 4000) for what in step(now + timedelta(seconds=seconds))]
    assert later == ["close:t"]


def test_what_was_tried_again_after_a_newer_one_is_closed_when_it_goes(alice: User) -> None:
    tell(alice, "A secret", tag="t", target="x:1")
    now = timezone.now()
    (late,) = take(now)
    outbox.finish([Result(late.row, State.WAITING, "busy", due_at=now + timedelta(seconds=30))], now)
    tell(alice, "B", tag="t")
    assert step(now + timedelta(seconds=2)) == ["show:B"]
    assert step(now + timedelta(seconds=31)) == ["show:A secret"]
    changing.withdraw(target="x:1")
    assert closes() == 1


def test_a_close_does_not_wait_for_what_is_put_off_while_somebody_is_active(alice: User) -> None:
    tell(alice, "A secret", tag="t", target="x:1")
    now = timezone.now()
    assert step(now) == ["show:A secret"]
    tell(alice, "B", tag="t")
    Delivery.objects.filter(notification__title="B").update(due_at=now + timedelta(seconds=60))
    changing.withdraw(target="x:1")
    assert step(now + timedelta(seconds=10)) == ["close:t"]


def test_reading_a_scope_closes_what_only_a_device_showed(alice: User) -> None:
    preferences.set_switch(user_id=alice.pk, kind="announcement", channel="app", on=False)
    hidden = tell(alice, "hidden", scope="room:1", position=1, tag="room:1")
    assert step(timezone.now()) == ["show:hidden"]
    reading.read_scope(user_id=alice.pk, scope="room:1", position=1)
    hidden.refresh_from_db()
    assert hidden.read_at
    assert not hidden.shown
    assert closes() == 1


def test_what_was_on_its_way_while_it_was_written_anew_is_closed_when_read(alice: User) -> None:
    tell(alice, "old words", tag="t", target="x:1", dedupe_key="k")
    now = timezone.now()
    (errand,) = take(now)
    changing.withdraw(target="x:1")
    Preferences.objects.update_or_create(user=alice, defaults={"quiet_from": time(0), "quiet_until": time(23, 59, 59)})
    renewed = tell(alice, "new words", tag="t", target="x:1", dedupe_key="k")
    sent(errand, now)
    reading.read(user_id=alice.pk, ids=[renewed.pk])
    assert closes() == 1


@pytest.mark.parametrize("wanted", [True, False])
def test_what_was_tried_and_is_written_anew_is_sent_once_or_not_at_all(alice: User, wanted: bool) -> None:
    tell(alice, "old words", target="x:1", dedupe_key="k")
    now = timezone.now()
    (errand,) = take(now)
    outbox.finish([Result(errand.row, State.WAITING, Outcome.BUSY, due_at=now + timedelta(seconds=30))], now)
    changing.withdraw(target="x:1")
    preferences.set_switch(user_id=alice.pk, kind="announcement", channel="push", on=wanted)
    tell(alice, "new words", target="x:1", dedupe_key="k")
    preferences.set_switch(user_id=alice.pk, kind="announcement", channel="push", on=True)
    later = [what for seconds in (1, 31, 100) for what in step(now + timedelta(seconds=seconds))]
    assert later == (["show:new words"] if wanted else [])
    assert Delivery.objects.get(pk=errand.row.pk).outcome == Outcome.REPLACED


def in_thread(work: Callable[[], Any], failed: list[str]) -> threading.Thread:
    def catching() -> None:
        try:
            work()
        except Exception as error:
            failed.append(repr(error))
        finally:
            connection.close()

    thread = threading.Thread(target=catching)
    thread.start()
    return thread


def test_bringing_somebody_in_again_never_waits_for_a_deliverer_that_waits_for_it(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = make_user("bob")
    make_device(bob, Address("https://push.example.org/bob"))
    room = rooms.create(owner_id=alice.pk, name="Room")
    rooms.add(by_id=alice.pk, room_id=room.pk, user_id=bob.pk)
    Delivery.objects.filter(channel="push").update(attempts=1, due_at=timezone.now() - timedelta(seconds=1))
    rooms.leave(user_id=bob.pk, room_id=room.pk)
    looked, dropping = threading.Event(), threading.Event()
    finish, drop = outbox.finish, service.drop

    def slow_finish(results: Any, now: datetime) -> None:
        looked.set()
        dropping.wait(30)
        finish(results, now)

    def told_drop(ids: Any) -> None:
        dropping.set()
        drop(ids)

    monkeypatch.setattr(outbox, "finish", slow_finish)
    monkeypatch.setattr(service, "drop", told_drop)
    failed: list[str] = []

    def add() -> None:
        looked.wait(30)
        rooms.add(by_id=alice.pk, room_id=room.pk, user_id=bob.pk)

    for thread in (in_thread(lambda: take(timezone.now()), failed), in_thread(add, failed)):
        thread.join(60)
    assert failed == []
