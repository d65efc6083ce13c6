"""Rows are taken once, come back when their taker dies, and are written by whoever has them."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.delivery import outbox
from notifications.delivery.lanes import Lanes
from notifications.delivery.outbox import Result, State
from notifications.models import Delivery
from tests.factories import make_user
from tests.notified import make_mail, make_notification

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = timedelta(seconds=60)


def make_rows(count: int, *, lane: str = "push.example.org", **fields: Any) -> list[Delivery]:
    user, now = make_user(), timezone.now()
    values = {"user": user, "channel": "push", "lane": lane, "due_at": now, "created_at": now} | fields
    return Delivery.objects.bulk_create([Delivery(**values) for _ in range(count)])


def take(lanes: Lanes | None = None) -> list[Delivery]:
    now = timezone.now()
    with transaction.atomic():
        return outbox.take_pushes(now, now + LEASE, lanes or wide())


def wide() -> Lanes:
    """A lane that answers, and nothing in flight."""
    lanes = Lanes()
    for _ in range(10):
        lanes.enter("push.example.org")
        lanes.leave("push.example.org", reached=True)
    return lanes


def in_threads(work: Callable[[], Any], count: int = 2) -> list[Any]:
    """What each of so many gives, that begin at the same moment."""
    together = Barrier(count)

    def one() -> Any:
        together.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return [future.result() for future in [threads.submit(one) for _ in range(count)]]


def test_two_takers_at_once_never_get_the_same_row() -> None:
    rows = make_rows(300)

    def take_all() -> list[int]:
        mine: list[int] = []
        while outbox.is_any_due("push", timezone.now()):  # another may have locked the rest for a moment
            mine += [row.pk for row in take()]
        return mine

    taken = in_threads(take_all, 4)
    counts = Counter(pk for mine in taken for pk in mine)
    assert counts == Counter(row.pk for row in rows)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_a_taken_row_comes_back_when_its_lease_is_over() -> None:
    make_rows(1)
    assert len(take()) == 1
    assert take() == []
    later = timezone.now() + LEASE
    with transaction.atomic():
        (again,) = outbox.take_pushes(later, later + LEASE, wide())
    assert again.attempts == 2


def test_who_is_late_writes_nothing() -> None:
    make_rows(1)
    (late,) = take()
    later = timezone.now() + LEASE
    with transaction.atomic():
        (mine,) = outbox.take_pushes(later, later + LEASE, wide())
    outbox.finish([Result(late, State.FAILED, "late")], later)
    assert Delivery.objects.get().state == "waiting"
    outbox.finish([Result(mine, State.SENT, "mine")], later)
    outbox.finish([Result(late, State.FAILED, "late")], later)
    assert (Delivery.objects.get().state, Delivery.objects.get().outcome) == ("sent", "mine")


def test_what_failed_waits_and_what_was_no_attempt_is_not_counted() -> None:
    make_rows(2)
    first, second = take()
    now = timezone.now()
    then = now + timedelta(minutes=5)
    outbox.finish(
        [
            Result(first, State.WAITING, "busy", due_at=then),
            Result(second, State.WAITING, due_at=then, uncounted=True),
        ],
        now,
    )
    found = Delivery.objects.order_by("pk").values_list("attempts", "outcome", "due_at", "finished_at")
    assert list(found) == [(1, "busy", then, None), (0, "", then, None)]


def test_rows_of_a_full_lane_are_left_where_they_are() -> None:
    make_rows(300, lane="stalls.example.org", due_at=timezone.now() - timedelta(hours=1))
    other = Delivery.objects.create(
        user=make_user("bob"), channel="push", lane="push.example.org", due_at=timezone.now(), created_at=timezone.now()
    )
    lanes = wide()
    for row in take(lanes):
        lanes.enter(row.lane)
    assert lanes.full == ["stalls.example.org"]
    assert [row.pk for row in take(lanes)] == [other.pk]
    assert Delivery.objects.filter(lane="stalls.example.org", attempts=0).count() == 295


def test_a_look_and_a_taking_cost_two_queries_whatever_there_is(django_assert_num_queries: Any) -> None:
    make_rows(50)
    with django_assert_num_queries(1):
        assert outbox.is_any_due("push", timezone.now(), wide())
    with transaction.atomic(), django_assert_num_queries(2):
        now = timezone.now()
        assert len(outbox.take_pushes(now, now + LEASE, wide())) == 20


def test_a_person_gets_all_of_their_mail_from_one_taker() -> None:
    now = timezone.now()
    for name in ("alice", "bob", "carol", "dave"):
        user = make_user(name)
        for minutes in (0, 0, 10, 60):
            make_mail(make_notification(user), due_at=now + timedelta(minutes=minutes))

    def take_all() -> list[tuple[int, int]]:
        mine: list[tuple[int, int]] = []
        for _ in range(10):
            then = timezone.now()
            with transaction.atomic():
                taken = outbox.take_mail(then, then + LEASE, people=1)
            mine += [(user, len(rows)) for user, rows in taken.items()]
        return mine

    taken = [one for mine in in_threads(take_all, 3) for one in mine]
    assert len({user for user, _ in taken}) == len(taken) == 4
    assert {count for _, count in taken} == {4}


def test_mail_that_is_on_its_way_is_left_alone_by_what_comes_after() -> None:
    user, now = make_user(), timezone.now()
    make_mail(make_notification(user))
    with transaction.atomic():
        assert len(outbox.take_mail(now, now + LEASE, people=5)[user.pk]) == 1
    new = make_mail(make_notification(user))
    with transaction.atomic():
        assert [row.pk for row in outbox.take_mail(now, now + LEASE, people=5)[user.pk]] == [new.pk]


def test_nothing_is_mailed_before_something_is_due() -> None:
    user, now = make_user(), timezone.now()
    make_mail(make_notification(user), due_at=now + timedelta(minutes=1))
    with transaction.atomic():
        assert outbox.take_mail(now, now + LEASE, people=5) == {}
    assert not outbox.is_any_due("email", now)
