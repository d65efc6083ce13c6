"""Somebody is banned on one worker; their sockets are on the other."""

import asyncio
from collections.abc import Callable
from time import monotonic

from realtime_site.chaos.link import until
from tests.scale.conftest import ROOM, BigSite
from tests.scale.raw import RawPeer

FORBIDDEN = 4403
AT_MOST_SECONDS = 5


async def test_the_sockets_of_somebody_banned_hear_no_more_on_the_other_worker(
    make_site: Callable[..., BigSite],
) -> None:
    site = make_site(2, people=2)
    owner, banned = await site.client(0, anywhere=False), await site.client(1, anywhere=False)
    plain = await asyncio.to_thread(RawPeer, site.workers[1].url, site.tokens[1], path=f"/ws/rooms/{ROOM}/")
    with plain:
        began = monotonic()
        await owner.command("member.ban", room=site.room, person=site.ids[1])
        assert await asyncio.to_thread(plain.close_code) == FORBIDDEN
        await until(lambda: bool(banned.heard_of("room.removed")), "the news that the room is theirs no more")
        assert monotonic() - began < AT_MOST_SECONDS
    heard = len(banned.rooms[site.room].heard)
    await owner.post(site.room, "among us")
    await until(lambda: len(owner.rooms[site.room].heard) > 0, "one's own message")
    await banned.command("people.find", query="")  # its answer comes after whatever was on its way
    assert len(banned.rooms[site.room].heard) == heard
