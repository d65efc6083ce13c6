"""From `notify` to the device and the mailbox, and back off the device when it was read: all parts together."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from notifications.api import notify
from notifications.delivery import errands, outbox, vapid
from notifications.delivery.deliverer import Deliverer
from notifications.delivery.errands import Taken
from notifications.delivery.lanes import Lanes
from notifications.delivery.outbox import Result, State
from notifications.delivery.outcomes import Outcome
from notifications.delivery.push import Pusher
from notifications.explain import why
from notifications.models import Delivery, Notification
from notifications.services import changing, devices, reading
from realtime_site.accounts.models import User
from tests.factories import make_user
from tests.notified import log_in
from tests.push_service import PushService, Subscription

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.VAPID_PRIVATE_KEY = vapid.make_private_key()
    settings.NOTIFICATION_ADDRESSES = None
    with PushService(vapid.public_key()) as service:
        settings.PUSH_TEST_ORIGINS = [service.origin]
        yield service
    assert service.faults == []


@pytest.fixture
def alice() -> User:
    return make_user("alice", email="alice@example.org")


@pytest.fixture
def phone(service: PushService, alice: User) -> Subscription:
    made = service.subscribe()
    devices.register(
        user_id=alice.pk, session_key=log_in(alice), endpoint=made.endpoint, p256dh=made.p256dh, auth=made.auth
    )
    return made


def deliver(settings: Any) -> None:
    async def drain() -> None:
        async with Pusher(settings.PUSH_TEST_ORIGINS) as pusher:
            await Deliverer(pusher).drain()

    asyncio.run(drain())


def as_if_later(**time: float) -> None:
    """What waits is due that much sooner."""
    for row in Delivery.objects.filter(state="waiting"):
        Delivery.objects.filter(pk=row.pk).update(due_at=row.due_at - timedelta(**time))


def tell(person: User) -> Notification:
    notify(person, "announcement", title="Hello", body="all", url="/x/", tag="hello")
    return Notification.objects.latest("pk")


def test_it_is_pushed_at_once_and_mailed_when_it_stays_unread(settings: Any, alice: User, phone: Subscription) -> None:
    told = tell(alice)
    deliver(settings)
    assert [push.payload["show"]["id"] for push in phone.got] == [told.pk]
    assert mail.outbox == []
    as_if_later(minutes=20)
    deliver(settings)
    assert len(mail.outbox) == 1
    assert len(phone.got) == 1
    outcomes = {
        reason.channel: (reason.outcome, reason.detail)
        for reason in why(user_id=alice.pk, notification_id=told.pk).reasons
    }
    assert outcomes["push"][0] == outcomes["email"][0] == "sent"
    assert outcomes["push"][1].endswith("The push service took it.")
    assert outcomes["email"][1].endswith("The mail server took it.")


def test_what_is_read_leaves_the_device_and_is_not_mailed(settings: Any, alice: User, phone: Subscription) -> None:
    told = tell(alice)
    deliver(settings)
    reading.read(user_id=alice.pk, ids=[told.pk])
    as_if_later(minutes=20)
    deliver(settings)
    assert [push.payload for push in phone.got[1:]] == [{"close": ["hello"]}]
    assert mail.outbox == []


def test_what_is_read_before_it_is_sent_shows_nowhere(settings: Any, alice: User, phone: Subscription) -> None:
    told = tell(alice)
    reading.read(user_id=alice.pk, ids=[told.pk])
    as_if_later(minutes=20)
    deliver(settings)
    assert phone.got == []
    assert mail.outbox == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"skipped"}


def test_a_new_one_in_its_place_is_not_closed(settings: Any, alice: User, phone: Subscription) -> None:
    told = tell(alice)
    deliver(settings)
    reading.read(user_id=alice.pk, ids=[told.pk])
    tell(alice)
    deliver(settings)
    as_if_later(seconds=10)
    deliver(settings)
    assert [list(push.payload) for push in phone.got] == [["show"], ["show"]]
    closing = Delivery.objects.get(purpose="close")
    assert (closing.state, closing.outcome) == ("skipped", "Something newer stands in its place.")


def taken(later: timedelta = timedelta(0)) -> Taken:
    """What a deliverer takes, that sends it and has written nothing down yet."""
    now = timezone.now() + later
    return errands.take(now, now + timedelta(seconds=45), Lanes())


@pytest.mark.parametrize("how", ["read", "withdrawn"])
def test_what_is_over_while_it_is_on_its_way_leaves_the_device(
    settings: Any, alice: User, phone: Subscription, how: str
) -> None:
    told = tell(alice)
    (errand,) = taken().errands
    end(told, how)
    outbox.finish([Result(errand.row, State.SENT, Outcome.TAKEN)], timezone.now())
    as_if_later(seconds=10)
    deliver(settings)
    assert [push.payload for push in phone.got] == [{"close": ["hello"]}]


def test_what_a_killed_deliverer_sent_leaves_the_device_when_it_is_over(
    settings: Any, alice: User, phone: Subscription
) -> None:
    told = tell(alice)
    assert len(taken().errands) == 1
    end(told, "read")
    as_if_later(minutes=1)
    deliver(settings)
    show = Delivery.objects.get(purpose="show", channel="push")
    assert (show.state, show.outcome, show.attempts) == ("skipped", Outcome.READ, 2)
    as_if_later(seconds=10)
    deliver(settings)
    assert [push.payload for push in phone.got] == [{"close": ["hello"]}]


def test_what_may_have_arrived_before_it_was_given_up_leaves_the_device(alice: User, phone: Subscription) -> None:
    told = tell(alice)
    Delivery.objects.filter(channel="push").update(state="failed", attempts=40)
    end(told, "withdrawn")
    assert Delivery.objects.filter(purpose="close").count() == 1


def test_a_close_does_not_overtake_what_is_to_stay(settings: Any, alice: User, phone: Subscription) -> None:
    told = tell(alice)
    deliver(settings)
    end(told, "read")
    as_if_later(seconds=10)
    tell(alice)
    going = taken()
    assert [errand.row.purpose for errand in going.errands] == ["show"]
    assert going.postponed == 1
    outbox.finish([Result(going.errands[0].row, State.FAILED, Outcome.REFUSED)], timezone.now())
    as_if_later(minutes=2)
    deliver(settings)
    assert phone.got[-1].payload == {"close": ["hello"]}, "nothing stands in its place"


def end(told: Notification, how: str) -> None:
    if how == "read":
        reading.read(user_id=told.user_id, ids=[told.pk])
    else:
        changing.withdraw(target=told.target, user_ids=[told.user_id])


def test_a_test_reaches_the_device(settings: Any, alice: User, phone: Subscription) -> None:
    devices.send_test(user_id=alice.pk, device_id=devices.Device.objects.get().pk)
    deliver(settings)
    (push,) = phone.got
    assert push.payload["show"]["body"] == "Notifications arrive on this device."
    assert Delivery.objects.get().finished_at <= timezone.now()  # type: ignore[operator]


def test_whoever_has_logged_out_gets_nothing_on_that_device(settings: Any, alice: User, phone: Subscription) -> None:
    tell(alice)
    devices.remove_of_session(devices.Device.objects.get().session_key)
    deliver(settings)
    assert phone.got == []
