"""Devices: who may register what, whose they are, and how long they stay."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications import selectors
from notifications.delivery import vapid
from notifications.models import Delivery, Device
from notifications.services import devices
from realtime_site.accounts.models import User
from realtime_site.live.errors import ClientError
from tests.factories import PASSWORD, make_user
from tests.notified import log_in
from tests.push_service import Subscription

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ENDPOINT = "https://push.example.org/send/abc"


@pytest.fixture(scope="module")
def keys() -> Subscription:
    return Subscription.make(ENDPOINT)


@pytest.fixture
def alice(client: Client) -> User:
    user = make_user("alice")
    client.force_login(user)
    return user


def subscription(keys: Subscription, endpoint: str = ENDPOINT) -> dict[str, Any]:
    return {"endpoint": endpoint, "expirationTime": None, "keys": {"p256dh": keys.p256dh, "auth": keys.auth}}


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(
        f"/notifications/devices/{path}", json.dumps(body), content_type="application/json", HTTP_USER_AGENT=FIREFOX
    )


def register(user: User, keys: Subscription, endpoint: str, session_key: str = "s") -> Device:
    return devices.register(
        user_id=user.pk, session_key=session_key, endpoint=endpoint, p256dh=keys.p256dh, auth=keys.auth
    )


def test_a_page_registers_its_device_as_often_as_it_likes(client: Client, alice: User, keys: Subscription) -> None:
    answers = [post(client, "", subscription(keys)) for _ in range(3)]
    device = Device.objects.get()
    assert [answer.json() for answer in answers] == [{"id": device.pk, "name": "Firefox on Linux"}] * 3
    assert (device.user, device.session_key) == (alice, client.session.session_key)
    assert (device.endpoint, device.p256dh, device.auth) == (ENDPOINT, keys.p256dh, keys.auth)


def test_a_browser_that_somebody_else_uses_now_is_theirs(client: Client, alice: User, keys: Subscription) -> None:
    post(client, "", subscription(keys))
    bob = make_user("bob")
    other = Client()
    other.force_login(bob)
    post(other, "", subscription(keys))
    assert Device.objects.get().user == bob
    assert Device.objects.get().session_key == other.session.session_key


def test_the_oldest_of_too_many_goes(alice: User, keys: Subscription) -> None:
    made = [register(alice, keys, f"https://push.example.org/{number}") for number in range(devices.MOST_DEVICES)]
    Device.objects.filter(pk=made[0].pk).update(last_used_at=timezone.now())
    newest = register(alice, keys, "https://push.example.org/new")
    left = set(Device.objects.values_list("pk", flat=True))
    assert left == {one.pk for one in made if one != made[1]} | {newest.pk}


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "http://push.example.org/"},
        {"endpoint": "https://127.0.0.1/"},
        {"endpoint": "https://10.0.0.1/x"},
        {"endpoint": "https://user@push.example.org/"},
        {"endpoint": 7},
        {"keys": {}},
        {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22}},
        {"keys": {"p256dh": "B" + "A" * 86 + "\n", "auth": "A" * 22}},
    ],
)
def test_what_is_no_subscription_is_refused(
    client: Client, alice: User, keys: Subscription, change: dict[str, Any]
) -> None:
    answer = post(client, "", subscription(keys) | change)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not Device.objects.exists()


@pytest.mark.parametrize("auth", ["A" * 21, "A" * 23, "A" * 21 + "+", ""])
def test_a_secret_has_sixteen_bytes(client: Client, alice: User, keys: Subscription, auth: str) -> None:
    body = subscription(keys) | {"keys": {"p256dh": keys.p256dh, "auth": auth}}
    assert post(client, "", body).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"', b" " * 9_000])
def test_what_is_no_json_of_ours_is_refused(client: Client, alice: User, body: bytes) -> None:
    answer = client.post("/notifications/devices/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("path", ["", "1/remove/", "1/test/"])
def test_only_people_with_a_session_and_a_token_may(client: Client, keys: Subscription, path: str) -> None:
    assert post(client, path, subscription(keys)).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_user())
    assert post(strict, path, subscription(keys)).status_code == 403
    assert client.get(f"/notifications/devices/{path}").status_code == 405


@pytest.mark.parametrize("path", ["remove/", "test/"])
def test_of_others_devices_one_knows_nothing(client: Client, alice: User, keys: Subscription, path: str) -> None:
    theirs = register(make_user("bob"), keys, ENDPOINT)
    assert post(client, f"{theirs.pk}/{path}").status_code == 404
    assert Device.objects.exists()
    assert not Delivery.objects.exists()


def test_a_device_is_removed(client: Client, alice: User, keys: Subscription) -> None:
    pk = post(client, "", subscription(keys)).json()["id"]
    assert post(client, f"{pk}/remove/").status_code == 200
    assert not Device.objects.exists()


def test_a_test_is_a_row_in_the_outbox_and_there_are_not_many(client: Client, alice: User, keys: Subscription) -> None:
    pk = post(client, "", subscription(keys)).json()["id"]
    answers = [post(client, f"{pk}/test/") for _ in range(devices.TESTS + 1)]
    assert [answer.status_code for answer in answers] == [200] * devices.TESTS + [429]
    assert int(answers[-1]["Retry-After"]) == 60
    row = Delivery.objects.get(pk=answers[0].json()["delivery"])
    assert (row.purpose, row.lane, row.device_id, row.state) == ("test", "push.example.org", pk, "waiting")


def test_logging_out_takes_the_device_along(client: Client, alice: User, keys: Subscription) -> None:
    post(client, "", subscription(keys))
    register(alice, keys, "https://push.example.org/elsewhere", session_key="elsewhere")
    client.logout()
    assert [one.session_key for one in Device.objects.all()] == ["elsewhere"]


def test_a_password_that_is_changed_elsewhere_takes_it_off_the_list(
    client: Client, alice: User, keys: Subscription
) -> None:
    post(client, "", subscription(keys))
    assert [one.endpoint for one in selectors.devices_of(alice.pk)] == [ENDPOINT]
    alice.set_password("another one")
    alice.save()
    assert selectors.devices_of(alice.pk) == []


def test_a_new_password_leaves_the_device_where_it_was_typed(client: Client, alice: User, keys: Subscription) -> None:
    post(client, "", subscription(keys))
    elsewhere = register(alice, keys, "https://push.example.org/elsewhere", session_key=log_in(alice))
    before, new = client.session.session_key, "xK9-long-enough-42"
    answer = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert answer.status_code == 302, "the password is changed"
    assert client.session.session_key != before
    assert [one.endpoint for one in selectors.devices_of(alice.pk)] == [ENDPOINT]
    assert Device.objects.filter(pk=elsewhere.pk).exists(), "it is silent, and may come back"


def test_somebody_elses_login_does_not_get_the_device(client: Client, alice: User, keys: Subscription) -> None:
    post(client, "", subscription(keys))
    make_user("bob")
    assert client.login(username="bob", password=PASSWORD)
    client.get("/")
    assert selectors.devices_of(alice.pk) == []
    assert Device.objects.get().session_key != client.session.session_key


def test_expired_sessions_cost_their_devices_nothing_but_silence(
    client: Client, alice: User, keys: Subscription
) -> None:
    post(client, "", subscription(keys))
    Session.objects.update(expire_date=timezone.now())
    with CaptureQueriesContext(connection) as asked:
        call_command("clearsessions")
    assert not Session.objects.exists()
    assert [one["sql"] for one in asked if Device._meta.db_table in one["sql"]] == []
    assert selectors.devices_of(alice.pk) == []


def test_devices_that_nobody_uses_are_forgotten_in_time(
    alice: User, keys: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "FORGET_AT_ONCE", 2)
    here = log_in(alice)
    old = timezone.now() - devices.SIGNED_OUT_KEPT - timedelta(minutes=1)
    for name, session, created, used in (
        ("idle", "gone", old, None),
        ("old", "gone", old, old),
        ("new", "gone", timezone.now(), None),
        ("sent to", "gone", old, timezone.now()),
        ("logged in", here, old, old),
    ):
        device = register(alice, keys, f"https://push.example.org/{name.replace(' ', '-')}", session_key=session)
        Device.objects.filter(pk=device.pk).update(name=name, created_at=created, last_used_at=used)
    looks, last = 0, -1
    while last:
        last = devices.forget_signed_out(after=max(last, 0))
        looks += 1
    assert sorted(Device.objects.values_list("name", flat=True)) == ["logged in", "new", "sent to"]
    assert looks == 3, "two, one, none"


def test_the_next_login_on_the_page_brings_it_back(client: Client, alice: User, keys: Subscription) -> None:
    post(client, "", subscription(keys))
    client.logout()
    assert client.login(username="alice", password=PASSWORD)
    assert post(client, "", subscription(keys)).status_code == 200
    assert Device.objects.get().session_key == client.session.session_key


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("", "A browser"),
        ("x" * 10_000, "A browser"),
    ],
)
def test_a_device_has_a_name_that_its_owner_knows(agent: str, name: str) -> None:
    assert devices.name_of(agent) == name


def test_errors_are_for_clients(alice: User) -> None:
    with pytest.raises(ClientError, match="no such device"):
        devices.remove(user_id=alice.pk, device_id=1)


def test_the_command_prints_a_key_that_works(capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    settings.VAPID_CONTACT = "mailto:admin@example.org"
    call_command("generate_vapid_keys")
    said = capsys.readouterr().out
    lines = dict(line.split("=", 1) for line in said.splitlines() if not line.startswith("#"))
    assert set(lines) == {"VAPID_PRIVATE_KEY", "VAPID_CONTACT"}
    assert str(vapid.public_key(lines["VAPID_PRIVATE_KEY"])) in said
    assert lines["VAPID_CONTACT"] == "mailto:admin@example.org"
