"""Reports of clients, counted, merged and judged, on a clock of the test's."""

from typing import Any

import pytest

from chat.proof import merge
from chat.proof.behind import GRACE_SECONDS, Lost, Reader
from chat.proof.figures import PERSON_SECONDS, WEIGHT, Hour, Proof, percentile
from chat.protocol import DELAY_BUCKETS_MS, PROOF_COUNT, DeliveryReport
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Decoder, encode

NONE = [0] * (len(DELAY_BUCKETS_MS) + 1)
FIELDS: dict[str, Any] = {
    "type": "delivery.report",
    "id": 1,
    "rooms": [[1, 5]],
    "received": 3,
    "duplicated": 0,
    "reordered": 0,
    "held": 0,
    "repaired": 0,
    "delays": NONE,
    "own_delays": NONE,
    "round_trip_ms": 1.5,
}


def said(**fields: Any) -> DeliveryReport:
    command = Decoder([DeliveryReport]).decode(encode({**FIELDS, **fields}))
    assert isinstance(command, DeliveryReport)
    return command


def delays(**counts: int) -> list[int]:
    """`delays(below_10=3)`: three in the bucket that ends at 10 ms."""
    return [counts.get(f"below_{bound}", 0) for bound in DELAY_BUCKETS_MS] + [counts.get("more", 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rooms": [[1, 5]] * 51},
        {"rooms": [[1, -5]]},
        {"rooms": [[1, 2**53]]},
        {"rooms": [[1, 2, 3]]},
        {"received": -1},
        {"held": PROOF_COUNT + 1},
        {"duplicated": 10**400},
        {"delays": NONE[1:]},
        {"own_delays": [*NONE, 0]},
        {"delays": [-1, *NONE[1:]]},
        {"round_trip_ms": -1},
        {"round_trip_ms": "soon"},
    ],
)
def test_what_no_client_can_have_counted_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        said(**wrong)
    assert refused.value.code in {"invalid", "bad_frame"}


def test_a_client_that_is_behind_once_has_lost_nothing() -> None:
    reader = Reader(0)
    assert reader.compare(1, 5, written=7, now=100) is None
    assert reader.compare(1, 7, written=20, now=130) is None
    assert reader.compare(1, 20, written=20, now=160) is None


def test_what_was_written_long_ago_and_is_missing_in_two_reports_is_lost_and_said_once() -> None:
    reader = Reader(0)
    assert reader.compare(1, 5, written=7, now=100) is None
    assert reader.compare(1, 5, written=9, now=100 + GRACE_SECONDS - 1) is None
    assert reader.compare(1, 6, written=9, now=130) == Lost(1, 7, 7, 30)
    assert reader.compare(1, 6, written=9, now=160) is None


def test_after_it_has_caught_up_it_can_lose_again() -> None:
    reader = Reader(0)
    for now in (100, 130):
        found = reader.compare(1, 5, written=7, now=now)
    assert found
    assert reader.compare(1, 9, written=9, now=160) is None
    assert reader.compare(1, 9, written=10, now=190) is None
    assert reader.compare(1, 9, written=10, now=220) == Lost(1, 10, 10, 30)


def test_a_room_that_was_left_and_entered_again_begins_anew() -> None:
    reader = Reader(0)
    assert reader.compare(1, 5, written=7, now=100) is None
    reader.left({2})
    assert reader.compare(1, 5, written=7, now=130) is None


def test_percentiles_lie_within_their_bucket() -> None:
    assert percentile(NONE, 0.5) is None
    assert percentile(delays(below_10=4), 0.5) == 7.5
    assert percentile(delays(below_5=98, below_100=2), 0.99) == 75
    assert percentile(delays(below_5=1, more=9), 0.99) == 5000


def test_sums_of_all_workers_are_one() -> None:
    proof = merge(
        [
            {"lost": 1, "received": 10, "clients": 2, "delays": delays(below_5=1)},
            {"received": 5, "clients": 1, "delays": delays(below_10=1), "own_delays": delays(more=2)},
            {"received": "many", "lost": -4, "delays": [1]},  # nothing that this version would say
        ]
    )
    assert (proof.lost, proof.received, proof.clients) == (1, 15, 3)
    assert proof.delays == delays(below_5=1, below_10=1)
    assert proof.own_delays == delays(more=2)
    assert (proof.p50_ms, proof.p99_ms) == (5, pytest.approx(9.9))
    assert merge([]) == Proof()


def test_an_hour_is_sixty_minutes() -> None:
    hour = Hour()
    hour.report(0, said(received=1), person=1, lost=False, before=None)
    hour.report(60 * 59, said(received=2), person=1, lost=True, before=None)
    assert hour.sums(60 * 59)["received"] == 3
    assert hour.sums(60 * 60)["received"] == 2
    assert hour.sums(60 * 120)["received"] == 0


def test_a_socket_counts_once_however_often_it_reports() -> None:
    hour = Hour()
    hour.report(0, said(), person=1, lost=False, before=None)
    hour.report(30, said(), person=1, lost=False, before=0)
    hour.report(90, said(), person=1, lost=False, before=30)
    hour.report(90, said(), person=1, lost=False, before=None)
    assert hour.sums(100)["clients"] == 2
    hour.report(10_000, said(), person=1, lost=False, before=90)  # its minute is long forgotten
    assert hour.sums(10_000)["clients"] == 1


def test_who_makes_numbers_up_weighs_no_more_than_a_busy_client() -> None:
    hour = Hour()
    lie = said(
        received=PROOF_COUNT,
        duplicated=PROOF_COUNT,
        reordered=PROOF_COUNT,
        held=PROOF_COUNT,
        delays=delays(more=PROOF_COUNT),
    )
    hour.report(0, lie, person=1, lost=True, before=None)
    sums = hour.sums(0)
    assert (sums["lost"], sums["duplicated"], sums["reordered"]) == (1, 1, 1)
    assert sums["received"] == sums["held"] == sum(sums["delays"]) == WEIGHT


def test_who_floods_with_reports_weighs_no_more_than_three_busy_people() -> None:
    hour, before = Hour(), None
    lie = said(received=1_000, duplicated=1, reordered=1, delays=delays(more=1_000))
    for second in range(60):
        hour.report(second, lie, person=1, lost=True, before=before)
        before = float(second)
    sums = hour.sums(59)
    assert (sums["lost"], sums["duplicated"], sums["reordered"], sums["clients"]) == (1, 1, 1, 1)
    assert sums["received"] == sum(sums["delays"]) == 60 / PERSON_SECONDS * WEIGHT
    hour.report(59, lie, person=2, lost=True, before=None)
    hour.report(60, lie, person=1, lost=True, before=59)
    assert hour.sums(60)["lost"] == 3


def test_what_is_wrong_is_counted_also_in_a_report_that_is_not_added_up() -> None:
    hour = Hour()
    hour.report(0, said(received=3), person=1, lost=False, before=None)
    hour.report(5, said(received=3), person=1, lost=True, before=None)
    sums = hour.sums(5)
    assert (sums["received"], sums["lost"], sums["clients"]) == (3, 1, 2)
