"""From a row of the outbox to a device, through a push service that looks closely."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from notifications.delivery import payload, vapid
from notifications.delivery.deliverer import Deliverer
from notifications.delivery.outcomes import Outcome
from notifications.delivery.push import Pusher, Subscription
from notifications.delivery.retry import MOST_ATTEMPTS
from notifications.models import Delivery, Device, Inbox, Preferences
from realtime_site.accounts.models import User
from tests.factories import make_user
from tests.notified import log_in, make_device, make_notification, make_push
from tests.processes import PATIENCE_SECONDS
from tests.push_service import DRIP, STALL, Answer, PushService
from tests.push_service import Subscription as Browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def key(settings: Any) -> str:
    settings.VAPID_PRIVATE_KEY = vapid.make_private_key()
    settings.PUSH_TEST_ORIGINS = []
    return str(vapid.public_key())


@pytest.fixture
def service(settings: Any, key: str) -> Iterator[PushService]:
    with PushService(key) as service:
        settings.PUSH_TEST_ORIGINS.append(service.origin)
        yield service
    assert service.faults == []


async def drained(settings: Any, *, seconds: float = 10) -> Deliverer:
    """A deliverer that has sent what was due."""
    async with Pusher(settings.PUSH_TEST_ORIGINS, seconds=seconds) as pusher:
        deliverer = Deliverer(pusher)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await deliverer.drain()
    return deliverer


def delivery(pk: int) -> Delivery:
    return Delivery.objects.get(pk=pk)


async def test_a_notification_arrives_on_a_device_once(settings: Any, service: PushService) -> None:
    phone = service.subscribe()

    @sync_to_async
    def begin() -> tuple[Delivery, int]:
        notification = make_notification(make_user(), title="Bob", body='"Grüße" \U0001f600')
        return make_push(notification, make_device(notification.user, phone)), notification.pk

    row, notification_id = await begin()
    await drained(settings)
    await drained(settings)
    assert [push.payload for push in phone.got] == [
        {
            "show": {
                "title": "Bob",
                "body": '"Grüße" \U0001f600',
                "tag": "room:1",
                "url": phone.got[0].payload["show"]["url"],
                "id": notification_id,
            }
        }
    ]
    assert phone.got[0].urgency == "high"
    assert 86_000 < phone.got[0].ttl <= 86_400
    after = await sync_to_async(delivery)(row.pk)
    assert (after.state, after.outcome, after.attempts) == ("sent", "The push service took it.", 1)
    assert after.finished_at is not None
    assert (await Device.objects.aget()).last_used_at is not None


async def test_what_closes_replaces_what_shows_and_a_topic_tells_nothing(settings: Any, service: PushService) -> None:
    phone, other = service.subscribe(), service.subscribe()

    @sync_to_async
    def begin() -> None:
        for name, one in (("alice", phone), ("bob", other)):
            user = make_user(name)
            notification = make_notification(user, read_at=timezone.now())
            device = make_device(user, one)
            make_push(notification, device, purpose="close")
            unread = make_notification(user, tag="room:2")
            make_push(unread, device)
            make_push(unread, device, purpose="test", tag="room:1")

    await begin()
    await drained(settings)
    closes = [push for push in phone.got if "close" in push.payload]
    assert [push.payload for push in closes] == [{"close": ["room:1"]}]
    by_tag = {push.payload["show"]["tag"]: push.topic for push in phone.got if "show" in push.payload}
    assert by_tag["room:1"] == closes[0].topic
    assert by_tag["room:2"] != closes[0].topic
    assert not {push.topic for push in phone.got} & {push.topic for push in other.got}
    assert "room" not in closes[0].topic


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_is_gone_is_forgotten(settings: Any, service: PushService, status: int) -> None:
    phone = service.subscribe(Answer(status))

    @sync_to_async
    def begin() -> list[int]:
        notification = make_notification(make_user())
        device = make_device(notification.user, phone)
        later = timezone.now() + timedelta(hours=1)
        return [make_push(notification, device).pk, make_push(notification, device, due_at=later).pk]

    gone, other = await begin()
    await drained(settings)
    assert (await sync_to_async(delivery)(gone)).outcome == "The device takes no more pushes."
    assert not await Device.objects.aexists()
    await Delivery.objects.filter(pk=other).aupdate(due_at=timezone.now())
    await drained(settings)
    after = await sync_to_async(delivery)(other)
    assert (after.state, after.outcome, phone.asked) == ("skipped", "The device was removed.", 1)


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        (Answer(400), "failed", "The push service refused it."),
        (Answer(413), "failed", "The push service refused it."),
        (Answer(403), "failed", "The push service refused it."),
        (Answer(301, location="/stolen"), "failed", "The push service refused it."),
        (Answer(307, location="/stolen"), "failed", "The push service refused it."),
        (Answer(500), "waiting", "The push service was busy."),
        (Answer(503), "waiting", "The push service was busy."),
        (Answer(429), "waiting", "The push service was busy."),
        (STALL, "waiting", "The push service did not answer."),
        (DRIP, "waiting", "The push service did not answer."),
    ],
)
async def test_an_answer_is_heeded(
    settings: Any, service: PushService, answer: Answer, state: str, outcome: str
) -> None:
    phone = service.subscribe(answer)

    @sync_to_async
    def begin() -> int:
        notification = make_notification(make_user())
        return make_push(notification, make_device(notification.user, phone), attempts=10).pk

    pk = await begin()
    began = timezone.now()
    await drained(settings, seconds=1)
    after = await sync_to_async(delivery)(pk)
    assert (after.state, after.outcome, after.attempts) == (state, outcome, 11)
    assert phone.asked == 1
    if state == "waiting":
        assert began < after.due_at < began + timedelta(hours=3)
    assert (await Device.objects.acount()) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_push_service_says_when_to_come_again(settings: Any, service: PushService, form: str) -> None:
    then = datetime.now(UTC) + timedelta(seconds=900)
    phone = service.subscribe(Answer(429, retry_after="900" if form == "seconds" else format_datetime(then)))

    @sync_to_async
    def begin() -> int:
        notification = make_notification(make_user())
        return make_push(notification, make_device(notification.user, phone)).pk

    pk = await begin()
    await drained(settings)
    after = await sync_to_async(delivery)(pk)
    assert timedelta(seconds=-2) < after.due_at - then < timedelta(seconds=15)


async def test_after_the_last_try_it_is_given_up_and_says_so(settings: Any, service: PushService) -> None:
    phone = service.subscribe(Answer(500))

    @sync_to_async
    def begin() -> tuple[int, int]:
        notification = make_notification(make_user())
        device = make_device(notification.user, phone)
        old = make_notification(notification.user, created_at=timezone.now() - timedelta(days=1))
        return make_push(notification, device, attempts=39).pk, make_push(old, device, attempts=7).pk

    for pk in await begin():
        await drained(settings)
        after = await sync_to_async(delivery)(pk)
        assert (after.state, after.outcome) == ("failed", "The push service was busy.")


async def test_one_that_no_push_can_be_made_of_holds_up_nobody_and_is_given_up(
    settings: Any, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = service.subscribe()

    @sync_to_async
    def begin() -> tuple[int, int]:
        user = make_user()
        device = make_device(user, phone)
        mallory, bob = make_user("mallory"), make_user("bob")
        evil = make_push(make_notification(user, actor=mallory), device)
        return evil.pk, make_push(make_notification(user, actor=bob, tag="room:2"), device).pk

    def avatar_url(user: User) -> str:
        if user.username == "mallory":
            raise OSError("no such picture")
        return ""

    monkeypatch.setattr(User, "avatar_url", property(avatar_url))
    evil, good = await begin()
    await drained(settings)
    assert (await sync_to_async(delivery)(good)).state == "sent"
    after = await sync_to_async(delivery)(evil)
    assert (after.state, after.outcome, after.attempts) == ("waiting", "A fault of the server.", 1)
    assert after.due_at < timezone.now() + timedelta(seconds=15)
    await Delivery.objects.filter(pk=evil).aupdate(attempts=MOST_ATTEMPTS - 1, due_at=timezone.now())
    await drained(settings)
    after = await sync_to_async(delivery)(evil)
    assert (after.state, after.outcome) == ("failed", "A fault of the server.")
    assert len(phone.got) == 1


async def test_what_is_old_goes_until_nothing_is_left(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.delivery.deliverer.PRUNE_PAUSE_SECONDS", 0.001)
    left, looked = [4, 3, 2, 1, 0], [0]
    monkeypatch.setattr("notifications.services.pruning.prune", lambda: left.pop(0))

    def forget_signed_out(after: int = 0) -> int:
        assert after == looked[-1]
        looked.append((after + 1) % 4)
        return looked[-1]

    monkeypatch.setattr("notifications.services.devices.forget_signed_out", forget_signed_out)
    async with Pusher() as pusher:
        await Deliverer(pusher)._prune()
    assert left == []
    assert looked == [0, 1, 2, 3, 0]


async def test_who_is_active_is_not_called_until_they_are_not(settings: Any, service: PushService) -> None:
    phone = service.subscribe()

    @sync_to_async
    def begin() -> int:
        notification = make_notification(make_user())
        Inbox.objects.create(user=notification.user, active_at=timezone.now())
        return make_push(notification, make_device(notification.user, phone)).pk

    pk = await begin()
    await drained(settings)
    after = await sync_to_async(delivery)(pk)
    assert (after.state, after.attempts, phone.asked) == ("waiting", 0, 0)
    assert 50 < (after.due_at - timezone.now()).total_seconds() <= 60
    await Delivery.objects.aupdate(due_at=timezone.now())
    await Inbox.objects.aupdate(active_at=timezone.now() - timedelta(seconds=100))
    await drained(settings)
    assert len(phone.got) == 1


async def test_who_wants_it_is_called_while_active(settings: Any, service: PushService) -> None:
    phone = service.subscribe()

    @sync_to_async
    def begin() -> None:
        notification = make_notification(make_user())
        Inbox.objects.create(user=notification.user, active_at=timezone.now())
        Preferences.objects.create(user=notification.user, push_while_active=True)
        make_push(notification, make_device(notification.user, phone))

    await begin()
    await drained(settings)
    assert len(phone.got) == 1


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("read", "It was read before it was sent."),
        ("seen", "It was seen in the inbox before it was sent."),
        ("withdrawn", "What it was about was gone before it was sent."),
        ("inactive", "The account is closed."),
        ("logged out", "You are no longer logged in on the device."),
        ("somebody else", "You are no longer logged in on the device."),
        ("password", "You are no longer logged in on the device."),
        ("moved", "Somebody else uses the device now."),
    ],
)
async def test_what_holds_no_more_is_not_sent(settings: Any, service: PushService, change: str, outcome: str) -> None:
    phone = service.subscribe()

    @sync_to_async
    def begin() -> int:
        user = make_user()
        notification = make_notification(user)
        device = make_device(user, phone)
        now = timezone.now()
        if change in {"read", "seen", "withdrawn"}:
            setattr(notification, f"{change}_at", now)
            notification.save()
        elif change == "inactive":
            user.is_active = False
            user.save()
        elif change == "logged out":
            device.session_key = "gone"
        elif change == "somebody else":
            device.session_key = log_in(make_user("mallory"))
        elif change == "password":
            user.set_password("another one")
            user.save()
        row = make_push(notification, device)
        if change == "moved":
            device.user = make_user("mallory")
        device.save()
        return row.pk

    pk = await begin()
    await drained(settings)
    after = await sync_to_async(delivery)(pk)
    assert (after.state, after.outcome, phone.asked) == ("skipped", outcome, 0)


async def test_one_that_stalls_delays_nobody(settings: Any, service: PushService, key: str) -> None:
    with PushService(key) as stalling:
        settings.PUSH_TEST_ORIGINS.append(stalling.origin)

        @sync_to_async
        def begin() -> None:
            user = make_user()
            stalled = make_device(user, stalling.subscribe(STALL))
            good = make_device(user, service.subscribe())
            for _ in range(150):  # more than there are slots, and due first
                make_push(make_notification(user), stalled)
            for _ in range(50):
                make_push(make_notification(user), good)

        await begin()
        phone = next(iter(service.subscriptions.values()))
        async with Pusher(settings.PUSH_TEST_ORIGINS, seconds=PATIENCE_SECONDS) as pusher:
            deliverer = Deliverer(pusher, lease_seconds=100)
            running = asyncio.create_task(deliverer.run())
            async with asyncio.timeout(PATIENCE_SECONDS / 2):
                while len(phone.got) < 50 or deliverer.lanes.in_flight > 20:
                    await asyncio.sleep(0.02)
            assert 0 < sum(one.asked for one in stalling.subscriptions.values()) <= 20
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            for task in list(deliverer._sending):
                task.cancel()
            await asyncio.gather(*deliverer._sending, return_exceptions=True)


async def test_a_private_address_is_never_spoken_to(settings: Any, service: PushService) -> None:
    phone = service.subscribe()
    settings.PUSH_TEST_ORIGINS.clear()

    @sync_to_async
    def begin() -> list[int]:
        user = make_user()
        device = make_device(user, phone)
        port = service.port
        pks = []
        for number, endpoint in enumerate(
            [phone.endpoint, f"https://127.0.0.1:{port}/", "https://localhost/", "https://127.1/", "https://[::1]/"]
        ):
            device.pk, device.endpoint, device.endpoint_hash = None, endpoint, str(number)
            device.save()
            pks.append(make_push(make_notification(user), device).pk)
        return pks

    pks = await begin()
    await drained(settings)
    rows = await sync_to_async(list)(Delivery.objects.filter(pk__in=pks).values_list("state", "outcome"))
    assert rows == [("failed", "The push service has no public address.")] * 5
    assert phone.asked == 0


# --- Names ------------------------------------------------------------------------------------------------------------


def device_at(endpoint: str) -> Subscription:
    made = Browser.make(endpoint)
    return Subscription(made.endpoint, made.p256dh, made.auth)


def resolving(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """From now on every name leads to these addresses."""

    def getaddrinfo(host: str, port: int, *_: Any) -> list[Any]:
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    monkeypatch.setattr("notifications.delivery.push.socket.getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]])
async def test_a_name_that_leads_home_is_not_followed(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    resolving(monkeypatch, *found)
    to = device_at("https://push.example.org/x")
    async with Pusher() as pusher:
        answer = await pusher.send(to, payload.close(["x"], secret="s"))
    assert (answer.meaning, answer.outcome) == ("failed", Outcome.FORBIDDEN)


async def test_a_connection_goes_to_what_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere when it is asked for the second time (DNS rebinding) gains nothing."""
    resolving(monkeypatch, "8.8.8.8")
    tried: list[Any] = []

    async def start_connection(addr_infos: list[Any], **_: Any) -> Any:
        tried.extend(info[4][0] for info in addr_infos)
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", start_connection)
    to = device_at("https://push.example.org/x")
    async with Pusher() as pusher:
        answer = await pusher.send(to, payload.close(["x"], secret="s"))
    assert tried == ["8.8.8.8"]
    assert answer.outcome == Outcome.UNREACHABLE


async def test_a_name_server_that_stalls_takes_its_time_from_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    stalled, released = threading.Event(), threading.Event()

    def getaddrinfo(*_: Any) -> list[Any]:
        stalled.set()
        released.wait(PATIENCE_SECONDS)
        raise socket.gaierror

    monkeypatch.setattr("notifications.delivery.push.socket.getaddrinfo", getaddrinfo)
    to = device_at("https://push.example.org/x")
    async with Pusher(seconds=0.5) as pusher:
        answer = await pusher.send(to, payload.close(["x"], secret="s"))
    assert stalled.is_set()
    released.set()
    assert answer.outcome == Outcome.UNREACHABLE
