"""The pages of notifications: whose they are, what they show, and that they work without script."""

import re
from collections.abc import Collection
from datetime import time
from typing import Any

import pytest
from django.test import Client

from notifications.api import notify
from notifications.models import Delivery, Device, Level, Notification, Preferences, Switch
from notifications.services import preferences
from realtime_site.accounts.models import User
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db

PREFERENCES = "/notifications/preferences/"


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def client(alice: User) -> Client:
    return logged_in(alice)


def told(user: User, title: str = "Look here", kind: str = "announcement", **more: Any) -> Notification:
    notify(user, kind, title=title, **more)
    return Notification.objects.filter(user=user).latest("pk")


def device_of(user: User, endpoint: str = "https://push.example.org/1") -> Device:
    return Device.objects.create(
        user=user,
        endpoint=endpoint,
        endpoint_hash=endpoint[-1] * 64,
        p256dh="k",
        auth="a",
        session_key="s",
        name="Firefox",
    )


def wanted(**changes: Any) -> dict[str, Any]:
    """The form as somebody sends it who has changed nothing else."""
    on = {
        f"on-{kind}-{channel}": "on"
        for kind, channels in preferences.wishes_of(0).switches.items()
        for channel in channels
    }
    said = {
        "part": "preferences",
        "email": "soon",
        "quiet_from": "",
        "quiet_until": "",
        "time_zone": "",
        **on,
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


@pytest.mark.parametrize("path", ["/notifications/", "/notifications/1/", "/notifications/1/why/", PREFERENCES])
def test_nobody_sees_them_without_logging_in(path: str) -> None:
    assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"


def test_the_inbox_shows_the_newest_first_and_its_filters(alice: User, client: Client) -> None:
    told(alice, "First")
    told(alice, "Second", "mention")
    page = client.get("/notifications/").content.decode()
    assert page.index("Second") < page.index("First")
    assert "First" not in client.get("/notifications/?view=mentions").content.decode()
    client.post("/notifications/read/", {"id": Notification.objects.get(title="First").pk, "read": "1"})
    unread = client.get("/notifications/?view=unread").content.decode()
    assert "Second" in unread
    assert "First" not in unread


def test_older_ones_are_a_page_further(alice: User, client: Client) -> None:
    for number in range(35):
        told(alice, f"Number {number}.")
    page = client.get("/notifications/").content.decode()
    assert page.count('class="item__title"') == 30
    [older] = re.findall(r'href="(\?view=all&amp;before=\d+)"', page)
    rest = client.get("/notifications/" + older.replace("&amp;", "&")).content.decode()
    assert rest.count('class="item__title"') == 5
    assert "Number 0." in rest


@pytest.mark.parametrize(
    "query", ["?view=nonsense", "?before=x", "?before=99999999999999999999", "?view=unread&before=-1"]
)
def test_a_strange_address_is_the_inbox(client: Client, query: str) -> None:
    assert client.get(f"/notifications/{query}").status_code == 200


def test_looking_is_seeing_and_not_reading(alice: User, client: Client) -> None:
    told(alice)
    client.get("/notifications/")
    row = Notification.objects.get()
    assert row.seen_at
    assert not row.read_at


def test_following_one_reads_it(alice: User, client: Client) -> None:
    row = told(alice, url="/rooms/general/3/")
    assert client.get(f"/notifications/{row.pk}/")["Location"] == "/rooms/general/3/"
    row.refresh_from_db()
    assert row.read_at
    nowhere = told(alice)
    assert client.get(f"/notifications/{nowhere.pk}/")["Location"] == "/notifications/"


def test_read_unread_and_all_read_keep_the_filter(alice: User, client: Client) -> None:
    row = told(alice)
    answer = client.post("/notifications/read/", {"id": row.pk, "read": "1", "view": "unread"})
    assert answer["Location"] == "/notifications/?view=unread"
    row.refresh_from_db()
    assert row.read_at
    client.post("/notifications/read/", {"id": row.pk, "read": "0"})
    row.refresh_from_db()
    assert not row.read_at
    client.post("/notifications/read/", {"up_to": row.seq, "read": "1"})
    row.refresh_from_db()
    assert row.read_at


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"read": "1"},
        {"id": "x", "read": "1"},
        {"id": "1", "up_to": "1", "read": "1"},
        {"id": "1"},
        {"id": 2**70, "read": 1},
    ],
)
def test_nonsense_is_refused(client: Client, said: dict[str, Any]) -> None:
    assert client.post("/notifications/read/", said).status_code == 400


def test_what_is_somebody_elses_is_not_there(alice: User) -> None:
    row = told(alice, "A secret")
    other = logged_in(make_user("mallory"))
    assert other.get(f"/notifications/{row.pk}/").status_code == 404
    assert other.get(f"/notifications/{row.pk}/why/").status_code == 404
    assert "no-store" in other.get(f"/notifications/{row.pk}/why/")["Cache-Control"]
    other.post("/notifications/read/", {"id": row.pk, "read": "1"})
    row.refresh_from_db()
    assert not row.read_at
    device = device_of(alice)
    assert other.post(PREFERENCES, {"part": "remove-device", "device": device.pk}).status_code == 404
    assert Device.objects.filter(pk=device.pk).exists()


def test_markup_in_a_notification_is_text(alice: User, client: Client) -> None:
    row = told(alice, "<script>alert(1)</script>", body="<b>x</b>")
    for path in ("/notifications/", f"/notifications/{row.pk}/why/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<b>x" not in page


def test_why_says_a_sentence_for_each_channel(alice: User, client: Client) -> None:
    page = client.get(f"/notifications/{told(alice).pk}/why/").content.decode()
    assert re.findall(r'data-channel="(\w+)" data-rule="(\w+)"', page) == [
        ("app", "default"),
        ("push", "no_device"),
        ("email", "no_address"),
    ]


@pytest.mark.parametrize("scope", ["room:0{}", "room:00{}", "room:+{}"])
def test_a_room_has_one_scope(alice: User, client: Client, scope: str) -> None:
    """A level for another spelling is none of the room's, and does no harm to the page."""
    spelled = scope.format(make_room("general", alice).pk)
    with pytest.raises(ClientError, match="no such thing"):
        preferences.set_level(user_id=alice.pk, scope=spelled, level="nothing")
    Level.objects.create(user=alice, scope=spelled, value="nothing")
    assert client.get(PREFERENCES).status_code == 200


def test_scopes_that_were_not_asked_for_are_passed_over(alice: User, client: Client, settings: Any) -> None:
    settings.NOTIFICATION_SCOPES = "tests.http.test_notification_pages.more_scopes"
    Level.objects.create(user=alice, scope="shop:1", value="nothing")
    page = client.get(PREFERENCES).content.decode()
    assert ("Shop one" in page, "Shop two" in page) == (True, False)


def more_scopes(user_id: int, scopes: Collection[str]) -> dict[str, tuple[str, str]]:
    return {"shop:1": ("Shop one", "/shops/1/"), "shop:2": ("Shop two", "/shops/2/")}


def test_preferences_are_saved_and_shown(alice: User, client: Client) -> None:
    said = wanted(
        **{"on-mention-email": None, "on-reaction-app": "on"},
        quiet_from="22:00",
        quiet_until="07:30",
        time_zone="Europe/Berlin",
        push_while_active="on",
        email="weekly",
    )
    answer = client.post(PREFERENCES, said, follow=True)
    assert "Saved." in answer.content.decode()
    wishes = preferences.wishes_of(alice.pk)
    assert wishes.switches["mention"] == {"app", "push"}
    assert wishes.switches["reaction"] == {"app"}
    assert (wishes.quiet_from, wishes.quiet_until, wishes.time_zone) == (time(22), time(7, 30), "Europe/Berlin")
    assert (wishes.push_while_active, wishes.email) == (True, "weekly")
    page = client.get(PREFERENCES).content.decode()
    assert '<option value="Europe/Berlin" selected>' in page
    assert 'value="22:00"' in page


def test_what_was_not_changed_stays_a_default(alice: User, client: Client) -> None:
    client.post(PREFERENCES, wanted(**{"on-reply-push": None}))
    assert list(Switch.objects.values_list("user", "kind", "channel", "on")) == [(alice.pk, "reply", "push", False)]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"quiet_from": "22:00"}, "Quiet hours have a beginning and an end"),
        ({"quiet_until": "22:00"}, "Quiet hours have a beginning and an end"),
        ({"quiet_from": "22:00", "quiet_until": "22:00", "time_zone": "UTC"}, "in the same minute"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time"),
        ({"quiet_from": "22:00", "quiet_until": "07:00"}, "Say where you are"),
        ({"time_zone": "Mars/Olympus"}, "There is no such time zone"),
        ({"email": "hourly"}, "Select a valid choice"),
        ({"email": None}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    alice: User, client: Client, said: dict[str, Any], complaint: str
) -> None:
    answer = client.post(PREFERENCES, wanted(**{"on-mention-app": None}, **said))
    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert not Switch.objects.exists()
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("part", ["", "nonsense"])
def test_a_part_that_is_none_is_refused(client: Client, part: str) -> None:
    assert client.post(PREFERENCES, {"part": part}).status_code == 400


def test_rooms_with_a_level_are_listed_by_name_and_can_be_changed(alice: User, client: Client) -> None:
    room = make_room("general", alice)
    strange = make_room("strange", make_user("bob"))
    for one in (room, strange):
        Level.objects.create(user=alice, scope=f"room:{one.pk}", value="nothing")
    page = client.get(PREFERENCES).content.decode()
    assert 'href="/rooms/general/"' in page
    assert "strange" not in page
    client.post(PREFERENCES, {"part": "level", "scope": f"room:{room.pk}", "level": "everything"})
    assert Level.objects.get(scope=f"room:{room.pk}").value == "everything"
    assert client.post(PREFERENCES, {"part": "level", "scope": f"room:{room.pk}", "level": "loud"}).status_code == 400
    assert client.post(PREFERENCES, {"part": "level", "scope": "room:999", "level": "nothing"}).status_code == 404


def test_a_device_is_tested_and_removed(alice: User, client: Client) -> None:
    device = device_of(alice)
    answer = client.post(PREFERENCES, {"part": "test-device", "device": device.pk}, follow=True)
    assert "A test is on its way" in answer.content.decode()
    assert Delivery.objects.get().purpose == "test"
    for _ in range(10):
        answer = client.post(PREFERENCES, {"part": "test-device", "device": device.pk}, follow=True)
    assert "Enough tests" in answer.content.decode()
    client.post(PREFERENCES, {"part": "remove-device", "device": device.pk})
    assert not Device.objects.exists()
    assert client.post(PREFERENCES, {"part": "remove-device", "device": "x"}).status_code == 404


def test_an_endpoint_is_shown_to_nobody(alice: User, client: Client) -> None:
    device_of(alice)
    assert "push.example.org" not in client.get(PREFERENCES).content.decode()


def test_the_worker_is_at_the_root_and_never_from_a_cache(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache"
    assert "notificationclick" in answer.content.decode()


def test_the_manifest_names_the_site_and_pictures_that_are_there(client: Client, settings: Any) -> None:
    settings.SITE_NAME = "Our Place"
    manifest = client.get("/manifest.webmanifest").json()
    assert manifest["name"] == "Our Place"
    assert 'rel="manifest"' in client.get(PREFERENCES).content.decode()
    for picture in manifest["icons"]:
        answer = client.get(picture["src"])
        assert answer["Content-Type"] == "image/png"
        assert int.from_bytes(answer.content[16:20], "big") == int(picture["sizes"].partition("x")[0])
    assert client.get("/icon-4096.png").status_code == 404
