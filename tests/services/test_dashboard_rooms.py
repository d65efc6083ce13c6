"""A page of the rooms: found, sorted, turned over in the database."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from chat.models import Message, Report, Room
from chat.services import direct
from realtime_site.dashboard.permission import may_look
from realtime_site.dashboard.protocol import PAGE_SIZE, View
from realtime_site.dashboard.rooms import page
from tests.factories import make_admin, make_room, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> dict[str, int]:
    alice, bob = make_user("alice"), make_user("bob")
    now = timezone.now()
    rooms = {slug: make_room(slug, alice, bob) for slug in ("attic", "barn", "cellar")}
    for age, room in enumerate(rooms.values()):
        Room.objects.filter(pk=room.pk).update(last_message_at=now - timedelta(hours=age) if age else None)
    said = Message.objects.filter(room=rooms["cellar"])[0]
    Report.objects.create(message=said, room=rooms["cellar"], reporter=bob, reason="spam")
    direct.open_with(user_id=alice.pk, people=[bob.pk])
    return {slug: room.pk for slug, room in rooms.items()}


def slugs(hot: dict[int, int] | None = None, **view: object) -> list[str]:
    return [room.slug for room in page(View(**view), hot or {}).rooms]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sort", "order", "expected"),
    [
        ("name", "asc", ["attic", "barn", "cellar"]),
        ("name", "desc", ["cellar", "barn", "attic"]),
        ("last", "desc", ["barn", "cellar", "attic"]),
        ("last", "asc", ["cellar", "barn", "attic"]),
        ("reports", "desc", ["cellar", "barn", "attic"]),
    ],
)
def test_rooms_are_sorted_by_what_the_database_knows(
    ids: dict[str, int], sort: str, order: str, expected: list[str]
) -> None:
    assert slugs(sort=sort, order=order) == expected


@pytest.mark.parametrize("sort", ["online", "rate"])
def test_rooms_are_sorted_by_what_only_the_workers_know(ids: dict[str, int], sort: str) -> None:
    hot = {ids["attic"]: 9, ids["cellar"]: 10}
    assert slugs(hot, sort=sort) == ["cellar", "attic", "barn"]
    assert slugs(hot, sort=sort, order="asc") == ["barn", "attic", "cellar"]


def test_conversations_are_nobodys_to_look_through(ids: dict[str, int]) -> None:
    found = page(View(), {})
    assert (found.total, found.open_reports) == (3, 1)
    assert [room.open_reports for room in found.rooms if room.slug == "cellar"] == [1]
    nothing = page(View(query="nowhere"), {})
    assert (nothing.total, nothing.open_reports) == (0, 1)


def test_a_query_is_words_and_no_pattern(ids: dict[str, int]) -> None:
    assert slugs(query="CELL") == ["cellar"]
    assert slugs(query="%") == slugs(query="_") == slugs(query="\\") == slugs(query="' OR 1=1 --") == []


def test_past_the_end_is_the_last_page(ids: dict[str, int], django_assert_num_queries: object) -> None:
    Room.objects.bulk_create(Room(slug=f"r{n}", name=f"R{n:03}") for n in range(2 * PAGE_SIZE))
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(page(View(page=2), {}).rooms) == PAGE_SIZE
    last = page(View(page=99), {})
    assert (last.page, last.pages, len(last.rooms)) == (3, 3, 3)
    assert page(View(query="nothing", page=9), {}).rooms == []


def test_who_may_look_is_staff_with_the_permission_by_whatever_way() -> None:
    right = Permission.objects.get(codename="view_dashboard")
    group = Group.objects.create(name="watchers")
    group.permissions.add(right)
    own, grouped, staff, no_staff = (
        make_user(name, is_staff=name != "no_staff") for name in ("own", "grouped", "staff", "no_staff")
    )
    admin, gone = make_admin(), make_admin("gone", is_active=False)
    own.user_permissions.add(right)
    no_staff.user_permissions.add(right)
    grouped.groups.add(group)
    everybody = {one.pk for one in (own, grouped, staff, no_staff, admin, gone)}
    assert may_look(everybody) == {own.pk, grouped.pk, admin.pk}
