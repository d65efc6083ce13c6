"""Who may connect, and what JavaScript sees when it may not."""

from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import LazySettings

from realtime_site.accounts import tokens
from realtime_site.live.hub import hub
from tests.consumers.support import ORIGIN, Client, session_cookie
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]


async def refused_before_accept(client: Client) -> bool:
    connected, _ = await client.socket.connect(timeout=30)
    return not connected


async def test_a_session_of_the_site_gets_welcome_first(connect: Connect) -> None:
    alice = await sync_to_async(make_user)("alice", display_name="Alice A.")
    await sync_to_async(make_room)("general", alice)
    client = await connect(alice)
    assert client.welcome["user"] == {"id": alice.pk, "username": "alice", "name": "Alice A.", "avatar": None}
    assert client.welcome["heartbeat_seconds"] == 25
    assert client.room("general")["online"] == 1
    assert client.room("general")["seq"] == 1


async def test_the_chat_address_greets_alike(connect: Connect) -> None:
    alice = await sync_to_async(make_user)("alice")
    client = await connect(alice, "/ws/chat/")
    assert client.welcome["rooms"] == []


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://testserver",
        "http://testserver:81",
        "http://testserver.evil.example",
        "http://evil.example/http://testserver",
        "null",
        "",
        "http://",
        "file://",
    ],
)
async def test_another_sites_page_is_refused_before_the_handshake(origin: str) -> None:
    alice = await sync_to_async(make_user)("alice")
    cookie = await sync_to_async(session_cookie)(alice)
    assert await refused_before_accept(Client(cookie=cookie, origin=origin))


@pytest.mark.parametrize("host", ["[", "a]", "[z]", ""])
async def test_a_host_that_is_none_is_refused(host: str) -> None:
    alice = await sync_to_async(make_user)("alice")
    cookie = await sync_to_async(session_cookie)(alice)
    assert await refused_before_accept(Client(cookie=cookie, host=host, origin=f"http://{host}"))


@pytest.mark.parametrize("odd", ['a={"x":1}; {}', "x; {}", "weird name=1; {}"])
async def test_other_applications_odd_cookies_do_no_harm(odd: str) -> None:
    alice = await sync_to_async(make_user)("alice")
    cookie = odd.replace("{}", await sync_to_async(session_cookie)(alice))
    client = Client(cookie=cookie)
    await client.socket.connect(timeout=30)
    assert (await client.receive())["type"] == "welcome"
    await client.close()


async def test_a_host_that_is_not_ours_is_refused_even_with_its_own_origin(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    alice = await sync_to_async(make_user)("alice")
    cookie = await sync_to_async(session_cookie)(alice)
    assert await refused_before_accept(Client(cookie=cookie, host="evil.example", origin="http://evil.example"))


@pytest.mark.parametrize(
    ("trusted", "origin"),
    [("https://chat.example.org", "https://chat.example.org"), ("https://*.example.org", "https://a.example.org")],
)
async def test_trusted_origins_may_connect(settings: LazySettings, trusted: str, origin: str) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [trusted]
    alice = await sync_to_async(make_user)("alice")
    client = Client(cookie=await sync_to_async(session_cookie)(alice), origin=origin)
    connected, _ = await client.socket.connect(timeout=30)
    assert connected
    await client.close()


@pytest.mark.parametrize("cookie", ["", "sessionid=nonsense", "sessionid=;;=\x01", "other=1", 'sessionid="abc\\000"'])
async def test_nobody_is_closed_with_4401(cookie: str) -> None:
    client = Client(cookie=cookie)
    connected, _ = await client.socket.connect(timeout=30)
    assert connected
    assert await client.close_code() == 4401


async def test_a_session_from_before_a_password_change_is_nobodys() -> None:
    alice = await sync_to_async(make_user)("alice")
    cookie = await sync_to_async(session_cookie)(alice)
    alice.set_password("another password")
    await sync_to_async(alice.save)()
    client = Client(cookie=cookie)
    await client.socket.connect(timeout=30)
    assert await client.close_code() == 4401


async def test_a_deactivated_person_is_nobody() -> None:
    alice = await sync_to_async(make_user)("alice", is_active=False)
    client = Client(cookie=await sync_to_async(session_cookie)(alice))
    await client.socket.connect(timeout=30)
    assert await client.close_code() == 4401


async def test_a_token_needs_no_origin_and_ends_with_its_revocation() -> None:
    alice = await sync_to_async(make_user)("alice")
    token, secret = await sync_to_async(tokens.create)(user_id=alice.pk, name="bot")
    client = Client(origin="", authorization=f"Bearer {secret}")
    connected, subprotocol = await client.socket.connect(timeout=30)
    assert (connected, subprotocol) == (True, "live.v1")
    assert (await client.receive())["user"]["username"] == "alice"
    await client.close()
    await sync_to_async(tokens.revoke)(user_id=alice.pk, token_id=token.pk)
    again = Client(origin="", authorization=f"Bearer {secret}")
    await again.socket.connect(timeout=30)
    assert await again.close_code() == 4401


async def test_a_wrong_token_is_not_rescued_by_a_session() -> None:
    alice = await sync_to_async(make_user)("alice")
    cookie = await sync_to_async(session_cookie)(alice)
    client = Client(cookie=cookie, authorization="Bearer cfb_wrong")
    await client.socket.connect(timeout=30)
    assert await client.close_code() == 4401


@pytest.mark.parametrize("offered", [["chat.v9"], ["", "x"], None])
async def test_another_subprotocol_is_closed_with_4406(offered: list[str] | None) -> None:
    from realtime_site.asgi import application

    alice = await sync_to_async(make_user)("alice")
    cookie = await sync_to_async(session_cookie)(alice)
    headers = [(b"host", b"testserver"), (b"origin", ORIGIN.encode()), (b"cookie", cookie.encode())]
    socket = WebsocketCommunicator(application, "/ws/", headers=headers, subprotocols=offered)
    connected, echoed = await socket.connect(timeout=30)
    assert connected
    assert echoed == (offered[0] if offered else None)  # a browser hides the code when nothing of its offer is echoed
    assert (await socket.receive_output(timeout=30))["code"] == 4406


@pytest.mark.parametrize("path", ["/ws/nowhere/", "/ws", "/", "/ws/rooms/", "/ws/rooms/no such/"])
async def test_an_unknown_address_is_closed_with_4404(path: str) -> None:
    client = Client(path)
    await client.socket.connect(timeout=30)
    assert await client.close_code() == 4404


async def test_who_arrives_while_the_worker_drains_is_told_to_move_on(connect: Connect) -> None:
    hub().farewell = '{"type":"goodbye","reason":"restart","retry_after":[0,1]}'
    client = await connect(await sync_to_async(make_user)("alice"))
    assert (await client.receive())["type"] == "goodbye"
