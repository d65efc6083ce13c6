"""What a dashboard is told, made from the workers' reports."""

from typing import Any

import pytest

from chat.activity import TOLD, Activity
from chat.proof.figures import percentile
from realtime_site.dashboard import figures
from realtime_site.live.report import Report


def report(worker: str = "a", **fields: Any) -> Report:
    return Report(worker=worker, **fields)


def test_a_minute_is_a_minute() -> None:
    activity = Activity()
    activity.posted([1, 1, 2], now=100.0)
    activity.posted([1], now=130.5)
    assert activity.told(159.9) == {"minute": 4, "rooms": [[1, 3], [2, 1]]}
    assert activity.told(160.0) == {"minute": 1, "rooms": [[1, 1]]}
    assert activity.told(191.0) == {"minute": 0, "rooms": []}


def test_the_busiest_rooms_are_told_and_all_are_summed() -> None:
    activity = Activity()
    activity.posted(range(TOLD + 10), now=1.0)
    activity.posted([TOLD + 5], now=1.0)
    told = activity.told(2.0)
    assert (told["minute"], len(told["rooms"]), told["rooms"][0]) == (TOLD + 11, TOLD, [TOLD + 5, 2])


def test_a_worker_that_says_nothing_new_grows_old_and_one_that_does_is_young() -> None:
    heard, quiet, loud = figures.Heard(), report("quiet"), report("loud")
    heard.listen([quiet, loud], 0.0)
    later = heard.listen([quiet, report("loud")], 7.0)
    assert [(one.worker, age) for one, age in later] == [("quiet", 7.0), ("loud", 0.0)]
    assert [one.unheard_seconds for one in figures.workers(later)] == [7, 0]
    assert heard.listen([], 9.0) == []


def test_totals_leave_out_who_is_unheard_and_show_the_worst_latency() -> None:
    reports = [
        report("a", connections=2, deliveries_per_second=1.5, database_ms=3.0, extra={"activity": {"minute": 4}}),
        report("b", connections=3, deliveries_per_second=2.0, database_ms=9.0, loop_lag_p99_ms=7.0),
        report("gone", connections=99),
    ]
    totals = figures.totals(list(zip(reports, [0.0, 1.0, figures.UNHEARD_SECONDS], strict=True)), people=4)
    assert (totals.people, totals.sockets, totals.workers) == (4, 5, 2)
    assert (totals.deliveries_per_second, totals.messages_per_minute) == (3.5, 4)
    assert (totals.database_ms, totals.redis_ms, totals.loop_lag_p99_ms) == (9.0, None, 7.0)


def test_rates_of_a_room_are_summed_over_workers() -> None:
    reports = [report(name, extra={"activity": {"minute": 3, "rooms": [[7, 2], [8, 1]]}}) for name in "ab"]
    assert figures.rates(reports) == {7: 4, 8: 2}


@pytest.mark.parametrize(
    ("counts", "part", "found"),
    [([], 0.5, None), ([0] * 11, 0.5, None), ([10], 0.5, 2.5), ([0, 0, 10], 0.99, 19.9), ([1] * 11, 1.0, 5000.0)],
)
def test_percentiles_lie_within_their_bucket(counts: list[int], part: float, found: float | None) -> None:
    assert percentile(counts, part) == (found if found is None else pytest.approx(found))


def test_the_proof_is_of_all_workers_and_says_when_there_is_none() -> None:
    assert not figures.proof([report()]).reporting
    one = {
        "clients": 2,
        "received": 50,
        "lost": 1,
        "duplicated": 0,
        "reordered": 0,
        "held": 3,
        "delays": [50] + [0] * 10,
    }
    proof = figures.proof([report("a", extra={"proof": one}), report("b", extra={"proof": one})])
    assert (proof.reporting, proof.clients, proof.lost, proof.held, proof.p50_ms) == (True, 4, 2, 6, 2.5)
