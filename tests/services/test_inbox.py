"""Seen, read, unread, by id, up to a number and by scope."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import catchup, selectors
from notifications.api import notify
from notifications.kinds import Kind
from notifications.models import Delivery, Device, Inbox, Notification
from notifications.services import changing, outbox, preferences, pruning, reading
from realtime_site.accounts.models import User
from tests.factories import make_admin, make_user

pytestmark = pytest.mark.django_db

ROW: dict[str, Any] = {
    "kind": "announcement",
    "title": "Hello",
    "scope": "shop:1",
    "tag": "t",
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
}


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def tell(user: User, *titles: str, **fields: Any) -> list[Notification]:
    for title in titles:
        notify(user, "announcement", title=title, **fields)
    return list(Notification.objects.filter(user=user, title__in=titles).order_by("pk"))


def make_device(user: User, host: str = "push.example.org") -> Device:
    return Device.objects.create(
        user=user, endpoint=f"https://{host}/x", endpoint_hash=f"{user.pk} {host}", p256dh="k", auth="a", name="Firefox"
    )


def unread(user: User) -> list[str]:
    return [one.title for one in selectors.page(user_id=user.pk, view="unread").notifications]


def test_reading_by_id_touches_only_ones_own(alice: User) -> None:
    bob = make_user("bob")
    (hers,), (his,) = tell(alice, "hers"), tell(bob, "his")
    assert reading.read(user_id=alice.pk, ids=[hers.pk, his.pk, 10**9]) == 0
    assert (unread(alice), unread(bob)) == ([], ["his"])
    assert (Inbox.objects.get(user=alice).head, Inbox.objects.get(user=bob).head) == (2, 1)


def test_reading_what_is_read_takes_no_number(alice: User) -> None:
    (row,) = tell(alice, "one")
    reading.read(user_id=alice.pk, ids=[row.pk])
    reading.read(user_id=alice.pk, ids=[row.pk])
    reading.read_up_to(user_id=alice.pk, seq=99)
    reading.unread(user_id=alice.pk, ids=[row.pk])
    reading.unread(user_id=alice.pk, ids=[row.pk])
    assert Inbox.objects.get(user=alice).head == 3
    assert unread(alice) == ["one"]


def test_reading_up_to_a_number_leaves_what_came_after(alice: User) -> None:
    tell(alice, "one", "two", "three")
    assert reading.read_up_to(user_id=alice.pk, seq=2) == 1
    assert unread(alice) == ["three"]


def test_no_word_of_what_was_read_names_more_than_a_few_hundred(alice: User) -> None:
    rows = [{**ROW, "user_id": alice.pk, "seq": seq, "changed": seq, "position": seq} for seq in range(1, 1_203)]
    Notification.objects.bulk_create(Notification(**row) for row in rows)
    Inbox.objects.create(user=alice, head=1_202)
    reading.read_scope(user_id=alice.pk, scope="shop:1", position=1_201)
    numbers = Notification.objects.filter(read_at__isnull=False).values_list("changed", flat=True)
    assert Counter(numbers) == {1_203: 500, 1_204: 500, 1_205: 201}
    assert Inbox.objects.get().head == 1_205
    missed = json.loads(catchup.since(f"inbox.{alice.pk}", 1_204).texts[0])
    assert (len(missed["ids"]), missed["unread"]) == (201, 1)


def test_what_was_read_up_to_a_number_is_caught_up_with_by_that_number(alice: User) -> None:
    rows = [{**ROW, "user_id": alice.pk, "seq": seq, "changed": seq} for seq in range(1, 703)]
    Notification.objects.bulk_create(Notification(**row) for row in rows)
    Inbox.objects.create(user=alice, head=702)
    reading.read_up_to(user_id=alice.pk, seq=701)
    missed = json.loads(catchup.since(f"inbox.{alice.pk}", 702).texts[0])
    assert missed == {"type": "notification.read", "seq": 703, "read": True, "unread": 1, "up_to": 701}


def test_seen_keeps_the_count(alice: User) -> None:
    tell(alice, "one", "two")
    reading.seen(user_id=alice.pk, up_to=1)
    rows = Notification.objects.order_by("seq").values_list("seen_at", flat=True)
    assert [at is not None for at in rows] == [True, False]
    assert (selectors.unread_of(alice.pk), Inbox.objects.get(user=alice).head) == (2, 2)


def test_counting_stops_at_a_hundred(alice: User) -> None:
    tell(alice, *map(str, range(103)))
    assert selectors.unread_of(alice.pk) == 100
    assert selectors.summaries([alice.pk], None)[alice.pk].unread == 100


def test_pages_and_views(alice: User) -> None:
    tell(alice, "one", "two", "three")
    page = selectors.page(user_id=alice.pk, limit=2)
    assert ([one.title for one in page.notifications], page.more) == (["three", "two"], True)
    older = selectors.page(user_id=alice.pk, before=2, limit=2)
    assert ([one.title for one in older.notifications], older.more) == (["one"], False)
    notify(alice, "mention", title="@alice", scope="a:1")
    assert [one.title for one in selectors.page(user_id=alice.pk, view="mentions").notifications] == ["@alice"]


def test_too_many_changes_are_to_be_loaded_afresh(alice: User) -> None:
    tell(alice, *map(str, range(201)))
    assert selectors.changes(user_id=alice.pk, after=0).reset
    assert len(selectors.changes(user_id=alice.pk, after=1).notifications) == 200


def test_there_is_a_push_for_each_device_and_a_place_in_an_email(alice: User) -> None:
    make_device(alice, "one.example:444"), make_device(alice, "two.example")
    alice.emailaddress_set.create(email="a@example.org", verified=True, primary=True)
    before = timezone.now()
    tell(alice, "one")
    rows = Delivery.objects.order_by("channel", "lane")
    assert [(one.channel, one.lane, one.state) for one in rows] == [
        ("email", "", "waiting"),
        ("push", "one.example:444", "waiting"),
        ("push", "two.example", "waiting"),
    ]
    assert timedelta(minutes=15) <= rows[0].due_at - before < timedelta(minutes=16)
    assert {one.notification for one in rows} == set(Notification.objects.all())


def test_what_is_not_shown_is_sent_all_the_same_where_that_is_wanted(alice: User) -> None:
    make_device(alice)
    preferences.set_switch(user_id=alice.pk, kind="announcement", channel="app", on=False)
    tell(alice, "hidden")
    assert Delivery.objects.get().notification == Notification.objects.get(shown=False)


def test_what_is_read_is_closed_on_the_devices_that_showed_it(alice: User) -> None:
    device = make_device(alice)
    one, two, other = tell(alice, "one", tag="t") + tell(alice, "two", tag="t") + tell(alice, "other", tag="o")
    Delivery.objects.update(state="sent")
    reading.read(user_id=alice.pk, ids=[one.pk])
    assert not Delivery.objects.filter(purpose="close").exists()  # the other of that tag is what the device shows
    reading.read(user_id=alice.pk, ids=[two.pk])
    assert [(row.device, row.tag, row.state) for row in Delivery.objects.filter(purpose="close")] == [
        (device, "t", "waiting")
    ]
    reading.unread(user_id=alice.pk, ids=[two.pk])
    reading.read_up_to(user_id=alice.pk, seq=99)
    changing.withdraw(target=other.target)
    assert Delivery.objects.filter(purpose="close").count() == 2  # one a device and tag


def test_a_withdrawn_one_is_closed_too(alice: User) -> None:
    make_device(alice)
    tell(alice, "one", target="x:1")
    Delivery.objects.update(state="sent")
    changing.withdraw(target="x:1")
    assert Delivery.objects.filter(purpose="close").count() == 1
    assert selectors.unread_of(alice.pk) == 0


def test_what_is_gone_leaves_the_device_though_an_older_one_is_unread(alice: User) -> None:
    make_device(alice)
    tell(alice, "older", tag="t")
    tell(alice, "secret", tag="t", target="x:1")
    Delivery.objects.update(state="sent")
    changing.withdraw(target="x:1")
    assert Delivery.objects.filter(purpose="close", tag="t").count() == 1


def test_only_what_is_pushed_takes_the_place_of_what_is_gone(alice: User) -> None:
    device = make_device(alice)
    tell(alice, "secret", tag="t", target="x:1")
    Delivery.objects.update(state="sent")
    Device.objects.all().delete()  # what comes now is not pushed
    tell(alice, "newer", tag="t")
    device.save(force_insert=True)
    Delivery.objects.update(device=device)
    Delivery.objects.filter(notification__title="newer").update(state="skipped")
    changing.withdraw(target="x:1")
    assert Delivery.objects.filter(purpose="close", tag="t").count() == 1


def test_a_close_is_written_beside_what_is_still_to_be_pushed_and_may_never_be(alice: User) -> None:
    make_device(alice)
    tell(alice, "secret", tag="t", target="x:1")
    Delivery.objects.update(state="sent")
    tell(alice, "newer", tag="t")
    changing.withdraw(target="x:1")
    assert Delivery.objects.filter(purpose="close").count() == 1


def test_what_was_pushed_to_nobody_costs_one_look(alice: User) -> None:
    (row,) = tell(alice, "one", target="x:1")
    with CaptureQueriesContext(connection) as queries:
        outbox.close([row.pk], timezone.now())
    assert len(queries) == 1


def test_a_lane_is_a_push_service() -> None:
    assert outbox.lane("https://Push.Example.org:8443/abc?x") == "push.example.org:8443"
    for same in ("push.example.org", "PUSH.example.org:443", "push.example.org:", "push.example.org.:0443"):
        assert outbox.lane(f"https://{same}/abc") == "push.example.org"


def test_preferences_decide(alice: User) -> None:
    assert preferences.wishes_of(alice.pk).switches["reaction"] == frozenset()
    preferences.set_switch(user_id=alice.pk, kind="reaction", channel="push", on=True)
    preferences.set_email(user_id=alice.pk, mode="weekly")
    preferences.set_push_while_active(user_id=alice.pk, on=True)
    preferences.set_quiet_hours(user_id=alice.pk, start=None, end=None, time_zone="Asia/Tokyo")
    wishes = preferences.wishes_of(alice.pk)
    assert (wishes.switches["reaction"], wishes.email, wishes.push_while_active) == (
        frozenset({"push"}),
        "weekly",
        True,
    )
    assert wishes.time_zone == "Asia/Tokyo"
    for bad in (
        lambda: preferences.set_switch(user_id=alice.pk, kind="nonsense", channel="push", on=True),
        lambda: preferences.set_switch(user_id=alice.pk, kind="reply", channel="pigeon", on=True),  # type: ignore[arg-type]
        lambda: preferences.set_email(user_id=alice.pk, mode="hourly"),  # type: ignore[arg-type]
        lambda: preferences.set_quiet_hours(user_id=alice.pk, start=None, end=None, time_zone="Mars/Base"),
    ):
        with pytest.raises(ValueError, match=r"."):
            bad()


def test_levels_go_with_welcome_and_decide_for_a_hosts_own_scopes(alice: User, settings: Any) -> None:
    settings.NOTIFICATION_HEARERS = None
    preferences.set_level(user_id=alice.pk, scope="shop:1", level="nothing")
    assert selectors.summaries([alice.pk], None)[alice.pk].levels == {"shop:1": "nothing"}
    notify(alice, "direct", title="a", scope="shop:1")
    notify(alice, "direct", title="b", scope="shop:2")
    assert unread(alice) == ["b"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "nonsense"}, "There is no kind of notification 'nonsense'"),
        ({"title": ""}, "needs a title"),
        ({"title": "x" * 201}, "`title` is longer than 200"),
        ({"body": "x" * 501}, "`body` is longer than 500"),
        ({"body": "\0"}, "`body` holds a NUL"),
        ({"title": "\ud800"}, "half a surrogate pair"),
        ({"title": 5}, "`title` is a text"),
        ({"url": "http://example.org/"}, "`url` is a path"),
        ({"url": "javascript:alert(1)"}, "`url` is a path"),
        ({"url": "//example.org/"}, "`url` is a path"),
        ({"url": "https://bank.example:x@example.org/"}, "`url` is a path"),
        ({"url": "/\\example.org/"}, "`url` is a path"),
        ({"url": "/\t/example.org/"}, "`url` is a path"),
        ({"position": 5}, "goes with a `scope`"),
        ({"actor": "alice"}, "`actor`: a saved user"),
        ({"user_or_users": "alice"}, "`user_or_users` is a user"),
        ({"user_or_users": [None]}, "`user_or_users`: a saved user"),
        ({"user_or_users": [True]}, "`user_or_users`: a saved user"),
        ({"target": User()}, "`target` must be saved"),
        ({"actor": 10**9}, "There is no user 1000000000"),
        ({"dedupe_key": "x" * 151}, "`dedupe_key` is longer than 150"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(alice: User, fields: dict[str, Any], problem: str) -> None:
    given = {"user_or_users": alice, "kind": "announcement", "title": "Hello"} | fields
    with pytest.raises((ValueError, TypeError)) as error:
        notify(given.pop("user_or_users"), given.pop("kind"), **given)
    assert problem in str(error.value)


def test_whoever_does_not_exist_is_left_out(alice: User) -> None:
    assert notify([alice.pk, 10**9, -1], "announcement", title="Hello") == 1


def test_what_it_is_about_may_be_an_object(alice: User) -> None:
    notify(alice, "announcement", title="Hello", target=alice, url="https://example.org/x")
    assert Notification.objects.get().target == f"accounts.user:{alice.pk}"


def test_a_hosts_own_kind(alice: User, settings: Any) -> None:
    from notifications.catalogue import kinds

    settings.NOTIFICATION_KINDS = [Kind("order", "Orders", "An order of yours moves", on=frozenset({"email"}))]
    kinds.cache_clear()
    try:
        notify(alice, "order", title="Sent")
        assert Notification.objects.get().why["app"] == ["skip", "switched_off"]
    finally:
        kinds.cache_clear()


def test_it_is_stored_if_and_only_if_its_cause_is(alice: User) -> None:
    with transaction.atomic():
        tell(alice, "one")
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


def test_announcing(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    make_user("gone", is_active=False)
    call_command("announce", "Tonight we update", url="/news/")
    assert [row.user for row in Notification.objects.all()] == [alice]
    assert "1 of 1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="longer than 200"):
        call_command("announce", "x" * 201)


def test_an_announcement_with_a_key_is_told_once(alice: User) -> None:
    for _ in range(2):
        call_command("announce", "Tonight we update", key="update-1")
    assert Notification.objects.get().user == alice


def test_pruning(alice: User) -> None:
    read, kept = tell(alice, "read", "kept")
    reading.read(user_id=alice.pk, ids=[read.pk])
    make_device(alice)
    tell(alice, "sent")
    Delivery.objects.update(state="sent")
    assert pruning.prune() == 0
    month, year = timezone.now() + timedelta(days=31), timezone.now() + timedelta(days=365)
    assert pruning.prune(now=month) == 4
    assert (list(Notification.objects.values_list("why", flat=True)), Delivery.objects.count()) == ([{}] * 3, 0)
    assert pruning.prune(now=month) == 0
    assert pruning.prune(now=year) == 1
    assert not Notification.objects.filter(pk=read.pk).exists()
    assert Notification.objects.filter(pk=kept.pk).exists()


def test_the_admin_shows_decisions_and_not_what_was_said(alice: User, client: Any) -> None:
    make_device(alice)
    (row,) = tell(alice, "a secret title", body="a secret body")
    client.force_login(make_admin())
    for path in (
        "notification/",
        f"notification/{row.pk}/change/",
        "delivery/",
        f"delivery/{Delivery.objects.get().pk}/change/",
    ):
        page = client.get(f"/admin/notifications/{path}")
        assert page.status_code == 200
        assert "secret" not in page.content.decode()
        assert "push.example.org/x" not in page.content.decode()
    page = client.get(f"/admin/notifications/notification/{row.pk}/change/").content.decode()
    assert "app: sent (default). Nothing speaks against it." in page


def test_decisions_that_were_forgotten_are_not_looked_at_again() -> None:
    users = User.objects.bulk_create(User(username=f"p{number}", password="!") for number in range(500))
    notify(users, "announcement", title="Old")
    Notification.objects.update(created_at=timezone.now() - timedelta(days=40))
    notify(users, "announcement", title="New")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        assert pruning.prune(batches=1) >= 500
    plan = explained(next(one["sql"] for one in queries.captured_queries if "why" in one["sql"]))
    assert "decisions_by_age" in plan


def explained(statement: str) -> str:
    how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {statement}")
        return str(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_make_one() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    barrier, written = threading.Barrier(4), list[int]()

    def write(order: list[int]) -> None:
        try:
            for number in range(10):
                barrier.wait(30)
                written.append(notify(order, "announcement", title="Hello", dedupe_key=str(number)))
        finally:
            connection.close()

    orders = [[alice.pk, bob.pk], [bob.pk, alice.pk]] * 2
    threads = [threading.Thread(target=write, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(written) == 20
    for user in (alice, bob):
        assert sorted(Notification.objects.filter(user=user).values_list("seq", flat=True)) == list(range(1, 11))
        assert Inbox.objects.get(user=user).head == 10
