"""Whoever wants to hear less after something was written hears less of what is still to be sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from chat.models import Room
from chat.services import blocks, messages
from chat.services.messages import Draft
from notifications.delivery import errands, mail
from notifications.delivery.lanes import Lanes
from notifications.delivery.outcomes import Outcome
from notifications.models import Delivery
from notifications.services import preferences
from realtime_site.accounts.models import User
from tests.factories import make_room, make_user
from tests.notified import make_device
from tests.push_service import Subscription

pytestmark = pytest.mark.django_db
LEASE = timedelta(minutes=3)


@pytest.fixture
def bob() -> User:
    user = make_user("bob")
    EmailAddress.objects.create(user=user, email="bob@example.org", verified=True, primary=True)
    make_device(user, Subscription.make("https://push.example.org/bob"))
    return user


@pytest.fixture
def room(bob: User) -> Room:
    """In which alice has mentioned bob."""
    alice = make_user("alice")
    room = make_room("tea", alice, bob)
    messages.post(Draft(room.pk, alice.pk, uuid4(), "hello @bob"))
    assert sorted(Delivery.objects.values_list("channel", "state")) == [("email", "waiting"), ("push", "waiting")]
    return room


def taken(now: datetime) -> dict[str, int]:
    """How much of it is to be sent."""
    pushes = errands.take(now, now + LEASE, Lanes()).errands
    return {"push": len(pushes), "email": len(mail.prepare(now, now + LEASE, people=4).letters)}


def outcomes() -> dict[str, str]:
    return dict(Delivery.objects.filter(state="skipped").values_list("channel", "outcome"))


def later() -> datetime:
    return timezone.now() + timedelta(minutes=20)


def test_both_are_sent_where_nothing_has_changed(room: Room) -> None:
    assert taken(later()) == {"push": 1, "email": 1}
    assert outcomes() == {}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (
            lambda bob, room: preferences.set_level(user_id=bob.pk, scope=f"room:{room.pk}", level="nothing"),
            Outcome.LEVEL,
        ),
        (lambda bob, room: blocks.block(user_id=bob.pk, person_id=room.created_by_id), Outcome.BLOCKED),
    ],
)
def test_who_wants_to_hear_no_more_gets_neither(
    bob: User, room: Room, change: Callable[[User, Room], object], outcome: Outcome
) -> None:
    change(bob, room)
    assert taken(later()) == {"push": 0, "email": 0}
    assert outcomes() == {"push": outcome, "email": outcome}


@pytest.mark.parametrize("channel", ["push", "email"])
def test_a_kind_that_was_switched_off_for_a_channel_goes_by_the_other(bob: User, room: Room, channel: str) -> None:
    preferences.set_switch(user_id=bob.pk, kind="mention", channel=channel, on=False)  # type: ignore[arg-type]
    assert taken(later()) == {"push": 1, "email": 1} | {channel: 0}
    assert outcomes() == {channel: Outcome.SWITCHED_OFF}


def test_in_quiet_hours_nothing_is_pushed_and_mail_goes_on(bob: User, room: Room) -> None:
    now = later()
    start, end = ((now + timedelta(hours=hours)).time() for hours in (-1, 1))
    preferences.set_quiet_hours(user_id=bob.pk, start=start, end=end, time_zone="UTC")
    assert taken(now) == {"push": 0, "email": 1}
    assert outcomes() == {"push": Outcome.QUIET}
