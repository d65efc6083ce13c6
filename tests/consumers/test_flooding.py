"""Who does not heed the limits: refused, then closed; and nobody else pays for it."""

from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from django.test import RequestFactory

from chat import sockets as sockets_module
from realtime_site.accounts.models import User
from realtime_site.audit.acts import address_of
from realtime_site.live import auth
from realtime_site.live import consumer as consumer_module
from realtime_site.live.limits import Buckets, Rate
from tests.consumers.support import Client, session_cookie
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]
FLOODING, OVERLOADED = 4429, 4503


@pytest.fixture
async def people() -> list[User]:
    users = [await sync_to_async(make_user)(name) for name in ("alice", "bob")]
    await sync_to_async(make_room)("general", *users)
    return users


async def test_a_socket_that_keeps_on_after_many_refusals_is_closed(
    connect: Connect, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_commands", Buckets("commands", Rate(per_second=0.01, burst=1)))
    monkeypatch.setattr(consumer_module, "REFUSALS_A_MINUTE", 5)
    client = await connect(people[0])
    for _ in range(6):
        await client.socket.send_to(text_data='{"type":"ping","id":1}')
    assert await client.close_code() == FLOODING


async def test_a_room_takes_so_much_from_all_and_another_room_is_not_concerned(
    connect: Connect, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync_to_async(make_room)("random", *people)
    monkeypatch.setattr(sockets_module, "_room_posts", Buckets("room", Rate(per_second=0.01, burst=2)))
    alice, bob = await connect(people[0]), await connect(people[1])
    general, random = alice.room("general")["id"], alice.room("random")["id"]
    assert [(await client.send(general, "hi"))["type"] for client in (alice, bob)] == ["ok", "ok"]
    refused = await bob.send(general, "more")
    assert (refused["code"], refused["retry_after"] > 0) == ("rate_limited", True)
    assert (await bob.send(random, "hi"))["type"] == "ok"


async def test_a_stranger_cannot_use_up_a_rooms_tokens(
    connect: Connect, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets_module, "_room_posts", Buckets("room", Rate(per_second=0.01, burst=1)))
    alice, mallory = await connect(people[0]), await connect(await sync_to_async(make_user)("mallory"))
    room = alice.room("general")["id"]
    assert (await mallory.send(room, "hi"))["code"] == "forbidden"
    assert (await alice.send(room, "hi"))["type"] == "ok"


async def test_one_session_may_open_so_many_sockets_before_it_is_told_to_wait(
    people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_arrivals", Buckets("arrivals", Rate(per_second=0.01, burst=1)))
    cookie = await sync_to_async(session_cookie)(people[0])
    first, second = Client(cookie=cookie), Client(cookie=cookie)
    assert (await first.socket.connect())[0]
    assert (await second.socket.connect())[0]
    assert await second.close_code() == OVERLOADED
    await first.close()


async def test_an_address_may_open_so_many_sockets_before_it_is_told_to_wait(
    people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_handshakes", Buckets("handshakes", Rate(per_second=0.01, burst=1)))
    codes = []
    for _ in range(2):
        client = Client(cookie="sessionid=nobody")
        client.socket.scope["client"] = ["203.0.113.7", 50_000]
        assert (await client.socket.connect())[0]
        codes.append(await client.close_code())
    assert codes == [4401, OVERLOADED]


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("203.0.113.7", "", 0, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", 0, "203.0.113.7"),  # whoever says so
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", 1, "198.51.100.1"),  # the last is our proxy's word
        ("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66\n198.51.100.1, 10.0.0.2", 2, "198.51.100.1"),  # in two lines
        ("10.0.0.1", "", 1, "10.0.0.1"),  # past the proxy
        ("::ffff:203.0.113.7", "", 0, "203.0.113.7"),
        ("::ffff:127.0.0.1", "", 0, None),
        ("127.0.0.1", "", 0, None),
        ("::1", "", 0, None),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("10.0.0.1", "nonsense", 1, None),
        ("", "", 0, None),
    ],
)
def test_where_a_handshake_comes_from(
    peer: str, forwarded: str, proxies: int, address: str | None, settings: pytest.FixtureRequest
) -> None:
    settings.LIVE_TRUSTED_PROXIES = proxies  # type: ignore[attr-defined]
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded.splitlines()]
    assert auth.address({"headers": headers, "client": [peer, 1]}) == address


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "2001:db8:1:2:3:4:5:6"])
def test_the_log_has_the_address_to_the_last_bit_by_socket_as_by_page(peer: str) -> None:
    assert auth.exact_address_of({"headers": [], "client": [peer, 1]}) == peer
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=peer)) == peer
