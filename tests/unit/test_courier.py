"""Publishing from a process without sockets."""

import threading
from typing import Any

import pytest

from realtime_site.live import courier as courier_module
from realtime_site.live.courier import TOGETHER, Courier
from realtime_site.live.events import Event, from_layer

PATIENCE_SECONDS = 30


class Layer:
    """Keeps what is sent. Fails as often as it is told to, and holds everything while it is told to."""

    def __init__(self) -> None:
        self.sent: list[list[Any]] = []
        self.failures = 0
        self.threads: set[int] = set()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.threads.add(threading.get_ident())
        if self.failures:
            self.failures -= 1
            raise ConnectionError("Redis restarts")
        self.sent.append([event.texts[0] for event in from_layer(message) if isinstance(event, Event)])


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    made = Layer()
    monkeypatch.setattr(courier_module, "get_channel_layer", lambda: made)
    return made


def events(*texts: str) -> list[Event]:
    return [Event("user.1", [text]) for text in texts]


def test_what_many_threads_give_arrives_each_in_its_order(layer: Layer) -> None:
    courier = Courier()

    def give(name: str) -> None:
        for number in range(100):
            courier.send(events(f"{name} {number}"))

    threads = [threading.Thread(target=give, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    courier.flush(PATIENCE_SECONDS)
    said = [text for texts in layer.sent for text in texts]
    assert len(said) == 200
    for name in ("a", "b"):
        assert [text for text in said if text.startswith(name)] == [f"{name} {number}" for number in range(100)]
    assert len(layer.threads) == 1


def test_what_waits_leaves_together_up_to_a_bound(layer: Layer) -> None:
    courier = Courier()
    courier.send(events(*map(str, range(TOGETHER + 1))))
    courier.flush(PATIENCE_SECONDS)
    assert [len(texts) for texts in layer.sent] == [TOGETHER, 1]


def test_the_first_failure_after_a_restart_loses_nothing(layer: Layer) -> None:
    courier = Courier()
    layer.failures = 1
    courier.send(events("hello"))
    courier.flush(PATIENCE_SECONDS)
    assert layer.sent == [["hello"]]


def test_a_layer_that_is_away_holds_nobody_and_later_ones_go_through(
    layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    courier = Courier()
    layer.failures = 2
    courier.send(events("lost"))
    courier.flush(PATIENCE_SECONDS)
    courier.send(events("heard"))
    courier.flush(PATIENCE_SECONDS)
    assert layer.sent == [["heard"]]
    assert "The channel layer failed" in caplog.text


def test_flush_of_an_idle_courier_returns(layer: Layer) -> None:
    Courier().flush(PATIENCE_SECONDS)
    assert layer.sent == []
