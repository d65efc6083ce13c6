"""Reports of clients, through the whole application: who is behind, who lies, and what is written of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from chat import proving
from chat.models import Anomaly, Room
from chat.proof import behind, watch
from chat.protocol import DELAY_BUCKETS_MS, PROOF_COUNT
from realtime_site.accounts.models import User
from realtime_site.live.limits import Buckets, Rate
from realtime_site.live.vitals import vitals
from tests.consumers.support import PATIENCE_SECONDS, Client
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]

NONE = [0] * (len(DELAY_BUCKETS_MS) + 1)


class Clock:
    """The proof's, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(watch, "monotonic", clock)
    monkeypatch.setattr(proving, "monotonic", clock)
    monkeypatch.setattr(watch, "_of_person", Buckets("of a person", Rate(20 / 3600, 20)))
    return clock


@pytest.fixture
async def bob(transactional_db: None) -> User:
    return await sync_to_async(make_user)("bob")


@pytest.fixture
async def general(bob: User) -> Room:
    return await sync_to_async(lambda: make_room("general", make_user("alice"), bob))()


async def report(client: Client, *rooms: tuple[int, int], **counts: Any) -> dict[str, Any]:
    fields = {"received": 1, "duplicated": 0, "reordered": 0, "held": 0, "repaired": 0}
    return await client.command(
        "delivery.report", rooms=rooms, delays=NONE, own_delays=NONE, round_trip_ms=2, **fields | counts
    )


async def rows(least: int = 1) -> list[Anomaly]:
    """Once there are so many, in the order they were written."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await Anomaly.objects.acount() < least:
            await asyncio.sleep(0.01)
    return [row async for row in Anomaly.objects.select_related("user").order_by("pk")]


async def written() -> None:
    """All rows that are on their way."""
    await asyncio.gather(*watch.watch()._writing)


async def test_a_client_that_drops_a_frame_is_found_and_the_row_says_what_is_known(
    connect: Connect, bob: User, general: Room, clock: Clock
) -> None:
    client = await connect(bob)
    clock.now += 100
    seqs = [(await client.send(general.pk, text))["message"]["seq"] for text in "abc"]
    for _ in seqs:
        await client.event("message")
    kept = seqs[0]  # of the others this client makes nothing
    assert (await report(client, (general.pk, kept)))["type"] == "ok"
    clock.now += behind.GRACE_SECONDS + 1
    assert (await report(client, (general.pk, kept), repaired=2))["type"] == "ok"
    (row,) = await rows()
    assert (row.kind, row.room_id, row.user, row.first, row.last) == ("lost", general.pk, bob, kept + 1, seqs[-1])
    assert row.worker == vitals().worker_id
    assert row.explanation == "Missing for 11 s at least; the client filled 2 gaps by asking."
    assert vitals().report().extra["proof"]["lost"] == 1


async def test_a_client_that_catches_up_has_lost_nothing(
    connect: Connect, bob: User, general: Room, clock: Clock
) -> None:
    client = await connect(bob)
    seq = (await client.send(general.pk, "a"))["message"]["seq"]
    await client.event("message")
    await report(client, (general.pk, seq - 1))
    clock.now += 30
    await report(client, (general.pk, seq))
    clock.now += 30
    await report(client, (general.pk, seq))
    await written()
    assert not await Anomaly.objects.aexists()
    sums = vitals().report().extra["proof"]
    assert (sums["lost"], sums["received"], sums["clients"]) == (0, 3, 1)


async def test_others_rooms_are_not_looked_at_and_none_is_told_of(
    connect: Connect, general: Room, clock: Clock
) -> None:
    mallory = await connect(await sync_to_async(make_user)("mallory"))
    for _ in range(3):
        clock.now += 30
        answer = await report(mallory, (general.pk, 0), (general.pk + 1, 0), duplicated=5)
        assert set(answer) == {"type", "id"}
    await written()
    assert not await Anomaly.objects.aexists()


async def test_a_liar_is_one_person_with_a_bounded_number_of_rows(
    connect: Connect, bob: User, general: Room, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "_reports", Buckets("reports", Rate(1, 1_000)))
    liar = await connect(bob)
    for _ in range(40):
        answer = await report(liar, (general.pk, 1), duplicated=PROOF_COUNT, reordered=PROOF_COUNT)
        assert answer["type"] == "ok"
    await written()
    found = await rows(20)
    assert len(found) == 20
    assert {(row.user, row.kind) for row in found} == {(bob, "duplicated"), (bob, "reordered")}
    proof = vitals().report().extra["proof"]
    assert (proof["duplicated"], proof["reordered"], proof["received"], proof["clients"]) == (1, 1, 1, 1)


async def test_reports_that_come_too_often_are_refused(
    connect: Connect, bob: User, general: Room, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.LIVE_RATE_LIMITS = True
    monkeypatch.setattr(proving, "_reports", Buckets("reports", Rate(1 / 3600, 1)))
    client = await connect(bob)
    assert (await report(client))["type"] == "ok"
    assert (await report(client))["code"] == "rate_limited"
    assert (await client.command("ping"))["type"] == "pong"


async def test_a_new_socket_a_repair_and_a_failing_layer_explain_a_row(
    connect: Connect, bob: User, general: Room, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connect(bob)
    await report(client)
    clock.now += 5
    monkeypatch.setattr(watch.meters, "gap_repairs", watch.meters.gap_repairs + 1)
    monkeypatch.setattr(watch.meters, "layer_failures", watch.meters.layer_failures + 3)
    await report(client, (general.pk, 1), duplicated=1)
    (row,) = await rows()
    assert row.explanation == (
        "The socket was opened 5 s ago; the worker repaired 1 gap; the channel layer failed 3 times."
    )
    clock.now += 100
    await report(client)
    clock.now += 100
    await report(client, (general.pk, 1), reordered=1)
    assert (await rows(2))[1].explanation == "Nothing else happened here in the last minute."
