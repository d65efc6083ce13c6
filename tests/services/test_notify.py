"""Writing notifications."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import catchup, facts
from notifications.api import announce, notify
from notifications.models import Delivery, Device, Inbox, Notification
from realtime_site.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_notification_takes_the_next_number_of_its_inbox() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    assert notify(alice, "announcement", title="One") == 1
    assert notify([alice, bob.pk], "announcement", title="Two", actor=bob) == 2
    assert list(Notification.objects.filter(user=alice).order_by("seq").values_list("seq", "changed", "title")) == [
        (1, 1, "One"),
        (2, 2, "Two"),
    ]
    assert Inbox.objects.get(user=alice).head == 2


def test_what_is_not_shown_takes_no_number_and_says_why() -> None:
    alice = make_user("alice")
    notify(alice, "announcement", title="Mine", actor=alice)
    row = Notification.objects.get()
    assert (row.seq, row.shown, row.why["app"]) == (None, False, ["skip", "own"])
    assert Inbox.objects.get(user=alice).head == 0
    assert not Delivery.objects.exists()


def test_of_several_with_one_key_a_person_gets_the_first() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    assert notify(alice, "announcement", title="One", dedupe_key="k") == 1
    assert notify([alice, bob], "announcement", title="Two", dedupe_key="k") == 1
    assert list(Notification.objects.order_by("pk").values_list("user", "title")) == [
        (alice.pk, "One"),
        (bob.pk, "Two"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_device_that_goes_meanwhile_does_not_fail_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = make_user("alice")
    Device.objects.create(user=alice, endpoint="https://push.example.org/x", endpoint_hash="x", p256dh="k", auth="a")
    after_facts(monkeypatch, lambda: Device.objects.all().delete())
    assert notify(alice, "announcement", title="One") == 1


@pytest.mark.django_db(transaction=True)
def test_a_person_who_goes_meanwhile_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    after_facts(monkeypatch, lambda: User.objects.filter(pk=bob.pk).delete())
    assert notify([alice, bob], "announcement", title="One") == 1
    assert [inbox.user_id for inbox in Inbox.objects.all()] == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_a_person_who_goes_while_their_inbox_is_waited_for_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The account is deleted, not yet committed, when the inboxes are to be locked."""
    alice, bob = make_user("alice"), make_user("bob")
    notify([alice, bob], "announcement", title="Zero")
    deleted, commit = threading.Event(), threading.Event()

    def delete() -> None:
        try:
            with transaction.atomic():
                User.objects.filter(pk=bob.pk).delete()
                deleted.set()
                commit.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=delete)

    def begin() -> None:
        thread.start()
        assert deleted.wait(30)
        threading.Timer(0.5, commit.set).start()

    after_facts(monkeypatch, begin)
    assert notify([alice, bob], "announcement", title="One") == 1
    thread.join(30)
    assert [inbox.user_id for inbox in Inbox.objects.all()] == [alice.pk]


def after_facts(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], Any]) -> None:
    """Something happens between the look at people and devices, and the transaction."""
    real = facts.gather

    def gather(*args: Any) -> facts.Gathered:
        found = real(*args)
        happen()
        return found

    monkeypatch.setattr(facts, "gather", gather)


def test_a_thousand_people_cost_a_dozen_queries() -> None:
    User.objects.bulk_create(User(username=f"p{number}", password="!") for number in range(1000))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert notify(User.objects.filter(username__startswith="p"), "announcement", title="Hello") == 1000
    assert len(queries) <= 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", [None, "k"])
def test_an_announcement_in_small_transactions_costs_a_dozen_queries_a_thousand(key: str | None) -> None:
    User.objects.bulk_create(User(username=f"p{number}", password="!") for number in range(1000))
    with CaptureQueriesContext(connection) as queries:
        assert announce(User.objects.all(), title="Hello", dedupe_key=key) == 1000
    asked = [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(asked) <= (12 if connection.vendor == "postgresql" else 24)  # SQLite cannot write two tables in one


@pytest.mark.django_db(transaction=True)
def test_somebody_told_by_the_same_key_while_an_announcement_rests_is_not_told_again() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    told = []

    def between(done: int) -> None:
        if not told:
            told.append(notify(bob, "announcement", title="By another", dedupe_key="k"))

    assert announce([alice, bob], title="Hello", dedupe_key="k", between=between) == 1
    assert told == [1]
    assert sorted(Notification.objects.values_list("user", "seq", "title")) == [
        (alice.pk, 1, "Hello"),
        (bob.pk, 1, "By another"),
    ]
    assert Inbox.objects.get(user=bob).head == 1


def test_heads_of_thousands_of_inboxes_are_one_query_without_parameters() -> None:
    alice = make_user("alice")
    notify(alice, "announcement", title="One")
    with CaptureQueriesContext(connection) as queries:
        heads = catchup.heads([f"inbox.{alice.pk + number}" for number in range(5_000)])
    assert heads == {f"inbox.{alice.pk}": 1}
    assert len(queries) == 1
    assert "%s" not in queries.captured_queries[0]["sql"]
