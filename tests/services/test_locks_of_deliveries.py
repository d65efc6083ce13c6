"""That deliverers, and whoever writes, reads, prunes and logs out meanwhile, never wait for each other in a circle."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from notifications import sql
from notifications.api import notify
from notifications.catalogue import kind
from notifications.delivery import outbox
from notifications.delivery.lanes import Lanes
from notifications.delivery.outbox import Result, State
from notifications.delivery.outcomes import Outcome
from notifications.models import Delivery, Device, Notification
from notifications.services import changing, devices, pruning, reading
from notifications.services.writing import write
from notifications.stories import Story, Telling
from realtime_site.accounts.models import User
from tests.factories import make_user
from tests.notified import make_device
from tests.push_service import Subscription
from tests.services.meeting import meet, then

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(settings: Any) -> User:
    settings.NOTIFICATION_ADDRESSES = "notifications.outside.of_accounts"
    return make_user("alice", email="alice@example.org")


@pytest.fixture
def device(alice: User) -> Device:
    return make_device(alice, Subscription.make("https://push.example.org/x"))


def taken(alice: User) -> list[Delivery]:
    """Two pushes on their way to the device."""
    notify(alice, "announcement", title="One")
    notify(alice, "announcement", title="Two")
    now = timezone.now()
    with transaction.atomic():
        rows = outbox.take_pushes(now, now + timedelta(seconds=45), Lanes())
    return sorted(rows, key=lambda row: row.pk)


def test_two_deliverers_hear_at_once_that_a_device_is_gone(
    alice: User, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = taken(alice)

    def finish(row: Delivery) -> None:
        outbox.finish([Result(row, State.FAILED, Outcome.GONE, device_gone=True)], timezone.now())

    def one(here: Callable[[], None]) -> None:
        monkeypatch.setattr(outbox, "_write", then(outbox._write, here))
        finish(rows[0])

    meet(one, lambda: finish(rows[1]))
    assert not Device.objects.exists()
    assert [row.state for row in Delivery.objects.filter(channel="push")] == [State.FAILED] * 2


def test_somebody_logs_out_while_what_went_to_them_is_written_down(
    alice: User, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = taken(alice)
    results = [Result(second, State.SENT, Outcome.TAKEN), Result(first, State.FAILED, Outcome.REFUSED)]

    def finish(here: Callable[[], None]) -> None:
        monkeypatch.setattr(outbox, "_write", then(outbox._write, here))
        outbox.finish(results, timezone.now())

    meet(finish, lambda: devices.remove_of_session(device.session_key))
    assert not Device.objects.exists()
    states = Delivery.objects.filter(channel="push").order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.FAILED, State.SENT]


def test_mail_is_taken_while_what_it_tells_is_written_anew(alice: User) -> None:
    """Both want two rows; a third holds one of them, so that they come to the other in their own order."""
    tellings = [Telling(_story(key), [alice.pk]) for key in ("one", "two")]
    write(tellings)
    changing.withdraw(target="x:1")
    lower, higher = Delivery.objects.filter(channel="email").order_by("pk")
    Delivery.objects.filter(pk=lower.pk).update(due_at=timezone.now())  # it stands after the other in the table now

    def hold(here: Callable[[], None]) -> None:
        with transaction.atomic():
            Delivery.objects.select_for_update().get(pk=higher.pk)
            here()

    def take() -> None:
        now = timezone.now()
        with transaction.atomic():
            outbox.take_mail(now, now + timedelta(seconds=45), people=10)

    meet(hold, lambda: write(tellings), take)
    assert Notification.objects.filter(withdrawn_at=None).count() == 2


def _story(key: str) -> Story:
    return Story(kind("announcement"), key, target="x:1", tag="t", dedupe_key=key)


def test_who_opens_the_inbox_waits_for_who_writes_to_it(alice: User) -> None:
    notify(alice, "announcement", title="One")

    def hold(here: Callable[[], None]) -> None:
        with transaction.atomic():
            sql.lock_inboxes([alice.pk])
            here()
            assert Notification.objects.get().seen_at is None

    meet(hold, lambda: reading.seen(user_id=alice.pk, up_to=1))
    assert Notification.objects.get().seen_at


@pytest.mark.parametrize("what", ["decisions", "deliveries"])
def test_what_somebody_changes_is_not_pruned_then(alice: User, device: Device, what: str) -> None:
    old = timezone.now() - timedelta(days=100)
    rows: Any = Delivery.objects.filter(pk__in=[row.pk for row in taken(alice)]).order_by("pk")
    rows.update(state=State.SENT, created_at=old)
    Delivery.objects.exclude(pk__in=rows).delete()
    if what == "decisions":
        rows = Notification.objects.order_by("pk")
        rows.update(created_at=old)
    one, other = rows

    def change(here: Callable[[], None]) -> None:
        with transaction.atomic():
            rows.filter(pk=other.pk).update(tag="x")
            here()
            rows.filter(pk=one.pk).update(tag="x")

    meet(change, lambda: pruning.prune(batches=1))
    pruning.prune()
    assert not Notification.objects.exclude(why={}).exists() if what == "decisions" else not rows.all().exists()
