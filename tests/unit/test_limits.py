import pytest

from realtime_site.live.errors import ClientError
from realtime_site.live.limits import Buckets, Rate, Strikes


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_waits_for_one_token() -> None:
    clock = Clock()
    buckets = Buckets("test", Rate(per_second=2, burst=3), clock=clock)
    for _ in range(3):
        buckets.take("alice")
    with pytest.raises(ClientError) as caught:
        buckets.take("alice")
    assert caught.value.code == "rate_limited"
    assert caught.value.retry_after == pytest.approx(0.5)
    clock.now = 0.5
    buckets.take("alice")


def test_one_person_does_not_spend_anothers_tokens() -> None:
    buckets = Buckets("test", Rate(per_second=1, burst=1), clock=Clock())
    buckets.take("alice")
    buckets.take("bob")
    with pytest.raises(ClientError):
        buckets.take("alice")


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    clock = Clock()
    buckets = Buckets("test", Rate(per_second=10, burst=2), clock=clock)
    buckets.take("alice")
    clock.now = 1000
    buckets.take("alice")
    buckets.take("alice")
    with pytest.raises(ClientError):
        buckets.take("alice")


def test_a_refused_try_costs_nothing() -> None:
    clock = Clock()
    buckets = Buckets("test", Rate(per_second=1, burst=1), clock=clock)
    buckets.take("alice")
    for _ in range(50):
        with pytest.raises(ClientError):
            buckets.take("alice")
    clock.now = 1.0
    buckets.take("alice")


def test_the_least_recent_are_forgotten() -> None:
    buckets = Buckets("test", Rate(per_second=1, burst=1), clock=Clock(), keep=2)
    for name in ("alice", "bob", "carol"):
        buckets.take(name)
    buckets.take("alice")  # forgotten, so full again
    with pytest.raises(ClientError):
        buckets.take("carol")


def workers(clock: Clock, count: int, *, burst: float) -> list[Buckets]:
    return [Buckets("test", Rate(per_second=1, burst=burst), clock=clock) for _ in range(count)]


def taken(buckets: Buckets, tries: int) -> int:
    got = 0
    for _ in range(tries):
        try:
            buckets.take("mallory")
        except ClientError:
            continue
        got += 1
    return got


def test_what_is_spent_on_one_worker_is_missing_on_the_other() -> None:
    here, there = workers(Clock(), 2, burst=10)
    assert taken(here, 10) == 10
    there.charge(here.told())
    assert taken(there, 20) == 5  # the first half nobody needs to tell


def test_a_flooder_on_four_workers_gets_little_more_than_on_one() -> None:
    clock = Clock()
    four = workers(clock, 4, burst=30)
    got = 0
    for second in range(60):
        clock.now = second
        got += sum(taken(one, 50) for one in four)
        spent = [one.told() for one in four]
        for number, one in enumerate(four):
            for other, told in enumerate(spent):
                if other != number:
                    one.charge(told)
    alone = 30 + 59
    assert alone <= got < 2 * alone


def test_a_debt_is_paid_back_and_never_more_than_a_burst() -> None:
    clock = Clock()
    (buckets,) = workers(clock, 1, burst=10)
    buckets.charge({"mallory": 1_000_000})
    clock.now = 10.0
    assert taken(buckets, 5) == 0
    clock.now = 12.0
    assert taken(buckets, 5) == 2


def test_those_who_spend_little_are_not_told_of() -> None:
    (buckets,) = workers(Clock(), 1, burst=10)
    taken(buckets, 5)
    assert buckets.told() == {}


def test_so_many_strikes_in_a_minute_are_too_many() -> None:
    strikes = Strikes(3)
    assert [strikes.strike(now) for now in (0, 1, 61, 62, 62)] == [False, False, False, False, True]
