"""Access that ends: the socket hears nothing more and is closed, or knows better, within seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from realtime_site.accounts import tokens
from realtime_site.accounts.models import User
from realtime_site.live import auth, recheck
from realtime_site.live.hub import hub
from realtime_site.live.recheck import Recheck
from tests.consumers.support import PATIENCE_SECONDS, Client, session_cookie
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]

LOGGED_OUT = 4401


@pytest.fixture
async def alice() -> User:
    user = await sync_to_async(make_user)("alice")
    await sync_to_async(make_room)("general", user)
    return user


def log_out() -> None:
    key = Session.objects.get().session_key
    import_module(settings.SESSION_ENGINE).SessionStore(key).flush()


def expire() -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def change_password() -> None:
    user = User.objects.get()
    user.set_password("another one of alice's")
    user.save()


def deactivate() -> None:
    User.objects.update(is_active=False)


@pytest.mark.parametrize("end", [log_out, expire, change_password, deactivate])
async def test_a_socket_is_closed_when_its_session_is_worth_nothing_any_more(
    connect: Connect, alice: User, end: Callable[[], None]
) -> None:
    client = await connect(alice)
    await sync_to_async(end)()
    assert await client.close_code() == LOGGED_OUT


async def test_a_socket_is_closed_when_its_token_is_revoked_and_not_by_a_logout(alice: User) -> None:
    token, secret = await sync_to_async(tokens.create)(user_id=alice.pk, name="bot")
    client = Client(authorization=f"Bearer {secret}", origin="")
    assert (await client.socket.connect())[0]
    await sync_to_async(change_password)()
    for _ in range(3):
        hub()._recheck.doubt([alice.pk])
        assert (await client.command("ping"))["type"] == "pong"
    await sync_to_async(tokens.revoke)(user_id=alice.pk, token_id=token.pk)
    assert await client.close_code() == LOGGED_OUT


async def test_a_new_name_is_on_what_one_says_next(connect: Connect, alice: User) -> None:
    client = await connect(alice)
    room = client.room("general")["id"]
    assert (await client.send(room, "before"))["message"]["author"]["name"] == "alice"
    await sync_to_async(User.objects.update)(display_name="Alice Liddell")
    (socket,) = hub().sockets
    async with asyncio.timeout(PATIENCE_SECONDS):
        while str(socket.identity.user) != "Alice Liddell":
            await asyncio.sleep(0.02)
    assert (await client.send(room, "after"))["message"]["author"]["name"] == "Alice Liddell"


async def test_who_is_taken_out_of_a_room_behind_everybodys_back_hears_no_more_of_it(
    connect: Connect, alice: User
) -> None:
    client = await connect(alice)
    room = client.room("general")["id"]
    await sync_to_async(alice.memberships.all().delete)()  # type: ignore[attr-defined]
    assert (await client.event("room.removed"))["room"] == room


def test_looking_at_many_costs_as_many_queries_as_looking_at_one(transactional_db: None) -> None:
    people = [make_user(f"p{number}") for number in range(40)]
    make_room("general", *people)
    many = [auth.Credentials(tokens.create(user_id=user.pk, name="bot")[1], None) for user in people]
    many += [auth.Credentials(None, login(user)) for user in people]
    identities = list(auth.authenticate(many).values())
    assert len(identities) == 80
    source = import_module(settings.LIVE_EVENT_SOURCE)
    with CaptureQueriesContext(connection) as queries:
        changed, allowed = Recheck(source)._ask(identities)
    assert (changed, len(allowed)) == ({}, 40)
    assert len(queries) == 4  # tokens, sessions, people, rooms


def login(user: User) -> str:
    return session_cookie(user).partition("=")[2]


def test_access_ends_within_five_seconds() -> None:
    assert recheck.EVERYBODY_SECONDS + recheck.TICK_SECONDS <= 4
