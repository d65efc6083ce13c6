"""Writing notifications."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import catchup
from notifications.api import notify
from notifications.models import Delivery, Inbox, Notification
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


def test_a_thousand_people_cost_a_dozen_queries() -> None:
    User.objects.bulk_create(User(username=f"p{number}", password="!") for number in range(1000))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert notify(User.objects.filter(username__startswith="p"), "announcement", title="Hello") == 1000
    assert len(queries) <= 12


def test_heads_of_thousands_of_inboxes_are_one_query_without_parameters() -> None:
    alice = make_user("alice")
    notify(alice, "announcement", title="One")
    with CaptureQueriesContext(connection) as queries:
        heads = catchup.heads([f"inbox.{alice.pk + number}" for number in range(5_000)])
    assert heads == {f"inbox.{alice.pk}": 1}
    assert len(queries) == 1
    assert "%s" not in queries.captured_queries[0]["sql"]
