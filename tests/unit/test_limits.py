import pytest

from realtime_site.live.errors import ClientError
from realtime_site.live.limits import Buckets, Rate


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_waits_for_one_token() -> None:
    clock = Clock()
    buckets = Buckets(Rate(per_second=2, burst=3), clock=clock)
    for _ in range(3):
        buckets.take("alice")
    with pytest.raises(ClientError) as caught:
        buckets.take("alice")
    assert caught.value.code == "rate_limited"
    assert caught.value.retry_after == pytest.approx(0.5)
    clock.now = 0.5
    buckets.take("alice")


def test_one_person_does_not_spend_anothers_tokens() -> None:
    buckets = Buckets(Rate(per_second=1, burst=1), clock=Clock())
    buckets.take("alice")
    buckets.take("bob")
    with pytest.raises(ClientError):
        buckets.take("alice")


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    clock = Clock()
    buckets = Buckets(Rate(per_second=10, burst=2), clock=clock)
    buckets.take("alice")
    clock.now = 1000
    buckets.take("alice")
    buckets.take("alice")
    with pytest.raises(ClientError):
        buckets.take("alice")


def test_a_refused_try_costs_nothing() -> None:
    clock = Clock()
    buckets = Buckets(Rate(per_second=1, burst=1), clock=clock)
    buckets.take("alice")
    for _ in range(50):
        with pytest.raises(ClientError):
            buckets.take("alice")
    clock.now = 1.0
    buckets.take("alice")


def test_the_least_recent_are_forgotten() -> None:
    buckets = Buckets(Rate(per_second=1, burst=1), clock=Clock(), keep=2)
    for name in ("alice", "bob", "carol"):
        buckets.take(name)
    buckets.take("alice")  # forgotten, so full again
    with pytest.raises(ClientError):
        buckets.take("carol")
