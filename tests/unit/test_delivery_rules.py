"""Whether to send, how much at once, when again, and in how many bytes: the pure parts of delivery."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery import payload
from notifications.delivery.lanes import FIRST_WIDTH, MOST_LANES, SLOTS, WIDTH, Lanes
from notifications.delivery.outcomes import Outcome
from notifications.delivery.recheck import Facts, Standing, of_mail, of_push
from notifications.delivery.retry import (
    MOST_ATTEMPTS,
    STALE_ATTEMPTS,
    Answer,
    is_given_up,
    next_try,
    read_answer,
    read_retry_after,
)
from notifications.delivery.settling import results_of
from notifications.models import Delivery

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
GOOD = Facts(now=NOW, created_at=NOW - timedelta(minutes=1), purpose="show", account_open=True, device="there")
ACTIVE = NOW - timedelta(seconds=80)

# What is other than in GOOD, and what comes of it for show, close and test.
TABLE: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "send", "send", "send"),
    ({"account_open": False}, Outcome.ACCOUNT_CLOSED, Outcome.ACCOUNT_CLOSED, Outcome.ACCOUNT_CLOSED),
    ({"device": "removed"}, Outcome.DEVICE_REMOVED, Outcome.DEVICE_REMOVED, Outcome.DEVICE_REMOVED),
    ({"device": "moved"}, Outcome.DEVICE_MOVED, Outcome.DEVICE_MOVED, Outcome.DEVICE_MOVED),
    ({"device": "signed_out"}, Outcome.SIGNED_OUT, Outcome.SIGNED_OUT, Outcome.SIGNED_OUT),
    ({"standing": Standing(read=True)}, Outcome.READ, "send", "send"),
    ({"standing": Standing(seen=True)}, Outcome.SEEN, "send", "send"),
    ({"standing": Standing(withdrawn=True)}, Outcome.WITHDRAWN, "send", "send"),
    ({"standing": Standing(withdrawn=True, read=True, seen=True)}, Outcome.WITHDRAWN, "send", "send"),
    ({"standing": Standing(blocked=True)}, Outcome.BLOCKED, "send", "send"),
    ({"standing": Standing(level_against=True)}, Outcome.LEVEL, "send", "send"),
    ({"standing": Standing(switched_off=True)}, Outcome.SWITCHED_OFF, "send", "send"),
    ({"quiet": True}, Outcome.QUIET, "send", "send"),
    ({"quiet": True, "active_at": ACTIVE}, Outcome.QUIET, "send", "send"),
    ({"quiet": True, "standing": Standing(read=True)}, Outcome.READ, "send", "send"),
    ({"replaced": True}, "send", Outcome.REPLACED, "send"),
    ({"overtaken": True}, "send", "postpone", "send"),
    ({"active_at": ACTIVE}, "postpone", "send", "send"),
    ({"active_at": ACTIVE, "standing": Standing(read=True)}, Outcome.READ, "send", "send"),
    ({"active_at": NOW - timedelta(seconds=91)}, "send", "send", "send"),
    ({"active_at": ACTIVE, "push_while_active": True}, "send", "send", "send"),
    ({"active_at": ACTIVE, "created_at": NOW - timedelta(minutes=61)}, Outcome.ACTIVE, "send", "send"),
]


@pytest.mark.parametrize("purpose", ["show", "close", "test"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: ", ".join(row[0]) or "nothing")
def test_what_holds_still_is_sent(row: tuple[dict[str, Any], str, str, str], purpose: Any) -> None:
    changed, *wanted = row
    verdict = of_push(replace(GOOD, purpose=purpose, **changed))
    expected = wanted[("show", "close", "test").index(purpose)]
    assert (verdict.outcome if verdict.do == "skip" else verdict.do) == expected


@pytest.mark.parametrize(
    ("account_open", "has_address", "wanted", "outcome"),
    [
        (True, True, True, None),
        (False, True, True, Outcome.ACCOUNT_CLOSED),
        (True, True, False, Outcome.MAIL_OFF),
        (True, False, True, Outcome.NO_ADDRESS),
    ],
)
def test_mail_is_for_who_is_here_and_wants_it(
    account_open: bool, has_address: bool, wanted: bool, outcome: Outcome | None
) -> None:
    assert of_mail(account_open=account_open, has_address=has_address, wanted=wanted) == outcome


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *((status, "sent") for status in (200, 201, 202, 204)),
        *((status, "gone") for status in (404, 410)),
        *((status, "later") for status in (408, 425, 429, 500, 502, 503, 504)),
        *((status, "failed") for status in (301, 302, 307, 308, 400, 401, 403, 405, 413)),
    ],
)
def test_a_status_means_something(status: int, meaning: str) -> None:
    assert read_answer(status, None, NOW).meaning == meaning


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("86401", 86_400),
        ("9" * 400, 86_400),
        ("\u0665", None),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_when_to_come_again_is_read(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_makes_it_fail(value: str) -> None:
    seconds = read_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= 86_400


@given(attempts=st.integers(1, MOST_ATTEMPTS), retry_after=st.none() | st.floats(0, 86_400), seed=st.integers())
def test_tries_grow_rarer(attempts: int, retry_after: float | None, seed: int) -> None:
    again = next_try(attempts=attempts, now=NOW, retry_after=retry_after, dice=Random(seed))
    pause = (again - NOW).total_seconds()
    if retry_after is None:
        assert 0 <= pause <= min(7_200, 10 * 2 ** (attempts - 1))
    else:
        assert retry_after - 0.001 <= pause <= retry_after + 10.001


@pytest.mark.parametrize("seed", range(20))
def test_tries_go_on_for_a_day_and_end(seed: int) -> None:
    dice, attempts, then = Random(seed), 1, NOW
    while not is_given_up(attempts=attempts, is_stale=False):
        then = next_try(attempts=attempts, now=then, retry_after=None, dice=dice)
        attempts += 1
    assert timedelta(hours=20) < then - NOW < timedelta(hours=40)


def test_what_failed_together_does_not_come_back_together() -> None:
    dice = Random(1)
    tries = {next_try(attempts=5, now=NOW, retry_after=None, dice=dice) for _ in range(50)}
    assert len(tries) == 50
    assert max(tries) - min(tries) > timedelta(seconds=100)


@pytest.mark.parametrize(
    ("channel", "age", "attempts", "state"),
    [
        ("email", timedelta(0), 1, "waiting"),
        ("email", timedelta(hours=23, minutes=59), 2, "waiting"),  # a daily digest
        ("email", timedelta(days=7), 1, "waiting"),  # a weekly one
        ("email", timedelta(days=7), MOST_ATTEMPTS - 1, "waiting"),
        ("email", timedelta(0), MOST_ATTEMPTS, "failed"),
        ("push", timedelta(0), MOST_ATTEMPTS - 1, "waiting"),
        ("push", timedelta(0), MOST_ATTEMPTS, "failed"),
        ("push", timedelta(days=3), 1, "waiting"),  # no deliverer ran
        ("push", timedelta(days=3), STALE_ATTEMPTS, "failed"),
    ],
)
def test_a_hiccup_ends_nothing_and_many_do(channel: str, age: timedelta, attempts: int, state: str) -> None:
    row = Delivery(channel=channel, attempts=attempts, created_at=NOW - age, due_at=NOW)
    (result,) = results_of([row], Answer("later", Outcome.BUSY), NOW, Random(1))
    assert result.state == state
    assert (result.due_at is not None) == (state == "waiting")


def test_what_joined_a_letter_later_is_not_given_up_with_the_others() -> None:
    rows = [Delivery(channel="email", attempts=attempts, created_at=NOW, due_at=NOW) for attempts in (1, MOST_ATTEMPTS)]
    results = results_of(rows, Answer("later", Outcome.MAIL_UNREACHABLE), NOW, Random(1))
    assert [one.state for one in results] == ["waiting", "failed"]


# --- Lanes ----------------------------------------------------------------------------------------------------------


def test_a_lane_takes_no_more_than_its_width_and_grows_with_answers() -> None:
    lanes = Lanes()
    assert len(lanes.choose(["a"] * 200)) == FIRST_WIDTH
    for _ in range(5):
        lanes.enter("a")
        lanes.leave("a", reached=True)
    assert len(lanes.choose(["a"] * 200)) == WIDTH


def test_a_lane_that_does_not_answer_goes_one_at_a_time() -> None:
    lanes = Lanes()
    lanes.enter("a")
    assert lanes.full == []
    lanes.leave("a", reached=False)
    assert len(lanes.choose(["a"] * 10)) == 1
    lanes.enter("a")
    assert lanes.full == ["a"]


def test_hosts_that_nobody_has_heard_of_leave_half_of_the_slots_to_the_others() -> None:
    lanes = Lanes()
    lanes.enter("good")
    lanes.leave("good", reached=True)
    strangers = [f"host-{number}" for number in range(1_000)]
    chosen = lanes.choose(strangers)
    assert len(chosen) == SLOTS // 2
    for index in chosen:
        lanes.enter(strangers[index])
    assert lanes.only == ["good"]
    assert len(lanes.choose([*strangers, *["good"] * 50])) == FIRST_WIDTH * 2


def test_rows_are_chosen_in_their_order() -> None:
    lanes = Lanes(slots=6, width=20)
    assert lanes.choose(["a", "b", "a", "b", "c"]) == [0, 1, 2]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=200))
def test_there_are_never_more_than_slots(steps: list[tuple[str, bool]]) -> None:
    lanes = Lanes(slots=10, width=4)
    flying: list[str] = []
    for lane, reached in steps:
        if lanes.choose([lane]):
            lanes.enter(lane)
            flying.append(lane)
        elif flying:
            lanes.leave(flying.pop(0), reached=reached)
        assert lanes.in_flight == len(flying) <= 10
        assert all(flying.count(one) <= 4 for one in flying)


def test_lanes_are_forgotten_in_time() -> None:
    lanes = Lanes()
    for number in range(MOST_LANES + 50):
        lanes.enter(f"host-{number}")
        lanes.leave(f"host-{number}", reached=True)
    assert len(lanes._widths) == len(lanes._good) == MOST_LANES


# --- Payloads -------------------------------------------------------------------------------------------------------


@given(title=st.text(max_size=200), body=st.text(max_size=500), url=st.text(max_size=500))
def test_a_push_is_never_too_long(title: str, body: str, url: str) -> None:
    fields = {"title": title, "body": body, "tag": "room:1", "url": url, "id": 7}
    message = payload.show(fields, kind="mention", secret="s", created_at=NOW, now=NOW)
    assert len(message.body) <= payload.PAYLOAD_BYTES
    shown = json.loads(message.body)["show"]
    assert (shown["url"], shown["id"], shown["tag"]) == (url, 7, "room:1")


@pytest.mark.parametrize(
    ("url", "icon", "shown"),
    [
        ("/x", "/i", {"url": "/x", "icon": "/i"}),
        ("/x", "/" + "i" * 5_000, {"url": "/x"}),
        ("/x?" + "q" * 5_000, "/i", {"url": "/x"}),
        ("/x#" + "q" * 5_000, "/" + "i" * 5_000, {"url": "/x"}),
    ],
)
def test_what_is_too_long_leaves_the_text_in_its_place(url: str, icon: str, shown: dict[str, str]) -> None:
    fields = {"title": "Bob", "body": "Hello", "tag": "t", "url": url, "id": 1, "icon": icon}
    message = payload.show(fields, kind="x", secret="s", created_at=NOW, now=NOW)
    assert json.loads(message.body)["show"] == {"title": "Bob", "body": "Hello", "tag": "t", "id": 1} | shown


def test_what_fits_in_no_way_is_refused() -> None:
    fields = {"title": "Bob", "body": "Hello", "tag": "t", "url": "/" + "x" * 5_000, "id": 1}
    with pytest.raises(ValueError, match="too long"):
        payload.show(fields, kind="x", secret="s", created_at=NOW, now=NOW)


@pytest.mark.parametrize("room", range(8))
def test_text_is_cut_to_nothing_where_nothing_else_is_left(room: int) -> None:
    bare = len(b'{"show":{"title":"","body":"","tag":"t","url":"","id":1}}')
    fields = {"title": "ab", "body": "cd", "tag": "t", "url": "x" * (payload.PAYLOAD_BYTES - bare - room), "id": 1}
    message = payload.show(fields, kind="x", secret="s", created_at=NOW, now=NOW)
    assert len(message.body) <= payload.PAYLOAD_BYTES


def test_it_is_kept_for_a_day_from_its_writing() -> None:
    fields = {"title": "t", "body": "", "tag": "x", "url": "/", "id": 1}
    ages = [
        payload.show(fields, kind="x", secret="s", created_at=NOW - timedelta(hours=h), now=NOW).ttl
        for h in (0, 20, 30)
    ]
    assert ages == [86_400, 14_400, 60]


def test_a_topic_is_one_devices_own() -> None:
    assert payload.topic("room:1", "a") == payload.topic("room:1", "a") != payload.topic("room:1", "b")
    assert len(payload.topic("room:1", "a")) == 32
