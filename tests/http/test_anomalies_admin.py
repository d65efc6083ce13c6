"""The list of what should not be: read by who may, changed by nobody, and no word of what was said."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chat.models import Anomaly
from chat.services import anomalies
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/chat/anomaly/"


@pytest.fixture
def client() -> Client:
    """Somebody of the staff who may see anomalies, and one anomaly of bob's."""
    bob = make_user("bob")
    room = make_room("general", bob)
    for room_id in (room.pk, make_room("secret", make_user("ann")).pk):
        anomalies.record(
            kind="lost", room_id=room_id, user_id=bob.pk, first=7, last=9, worker="w1", explanation="Redis."
        )
    staff = make_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_anomaly"))
    client = Client()
    client.force_login(staff)
    return client


def test_a_row_says_who_where_which_and_why_and_is_of_members_alone(client: Client) -> None:
    page = client.get(LIST).content.decode()
    for words in ("lost", "general", "bob", "#7 to #9", "Redis.", "w1"):
        assert words in page
    assert "secret" not in page
    for narrowed, is_in in (
        ({"q": "bob", "kind__exact": "lost"}, True),
        ({"kind__exact": "reordered"}, False),
        ({"q": "eve"}, False),
    ):
        assert ("#7 to #9" in client.get(LIST, narrowed).content.decode()) is is_in


def test_nobody_changes_adds_or_deletes_a_row(client: Client) -> None:
    row = Anomaly.objects.get()
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/change/", {"kind": "duplicated"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_staff_without_the_right_does_not_see_it(client: Client) -> None:
    client.force_login(make_user("other", is_staff=True))
    assert client.get(LIST).status_code == 403
