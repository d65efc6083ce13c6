"""Who hears of what, by which channel, and when."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.kinds import CHANNELS, KINDS, Kind
from notifications.policy import (
    RULES,
    EmailMode,
    Facts,
    Level,
    Rule,
    decide,
    is_quiet,
    next_morning,
    remembered,
    zone,
)

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
KIND = {kind.name: kind for kind in KINDS}
REACHABLE = Facts(NOW, devices=1, has_address=True)
ALL_SKIPPED = ("skip", "skip", "skip")
QUIET: dict[str, Any] = {"quiet_from": time(11), "quiet_until": time(13)}


def outcome(kind: str, **facts: Any) -> list[tuple[str, str]]:
    return [(verdict.outcome, verdict.rule) for verdict in decide(KIND[kind], replace(REACHABLE, **facts)).values()]


@pytest.mark.parametrize(
    ("facts", "app", "push", "email"),
    [
        ({}, "show default", "send default", "send unread_a_while"),
        ({"own": True}, "skip own", "skip own", "skip own"),
        ({"blocked": True}, "skip blocked", "skip blocked", "skip blocked"),
        ({"inactive": True}, "skip inactive", "skip inactive", "skip inactive"),
        ({"level": "nothing"}, "skip level", "skip level", "skip level"),
        ({"level": "mentions"}, "show default", "send default", "send unread_a_while"),
        ({"level": "everything"}, "show default", "send default", "send unread_a_while"),
        ({"on": frozenset()}, "skip switched_off", "skip switched_off", "skip switched_off"),
        ({"on": frozenset({"push"})}, "skip switched_off", "send default", "skip switched_off"),
        ({"devices": 0}, "show default", "skip no_device", "send unread_a_while"),
        ({"has_address": False}, "show default", "send default", "skip no_address"),
        (QUIET, "silent quiet_hours", "skip quiet_hours", "send unread_a_while"),
        ({"active": True}, "show default", "send active", "send unread_a_while"),
        ({"active": True, "push_while_active": True}, "show default", "send default", "send unread_a_while"),
        ({"email": "never"}, "show default", "send default", "skip never"),
        ({"email": "daily"}, "show default", "send default", "send digest_daily"),
        ({"email": "weekly"}, "show default", "send default", "send digest_weekly"),
        # The first rule that applies is the one that is told.
        ({"own": True, "blocked": True, "level": "nothing"}, "skip own", "skip own", "skip own"),
        (QUIET | {"active": True}, "silent quiet_hours", "skip quiet_hours", "send unread_a_while"),
        ({"on": frozenset({"app"}), "devices": 0}, "show default", "skip switched_off", "skip switched_off"),
    ],
)
def test_a_mention(facts: dict[str, Any], app: str, push: str, email: str) -> None:
    assert [" ".join(verdict) for verdict in outcome("mention", **facts)] == [app, push, email]


@pytest.mark.parametrize(
    ("kind", "everything", "mentions", "nothing"),
    [
        ("mention", "show", "show", "skip"),
        ("reply", "show", "show", "skip"),
        ("direct", "show", "skip", "skip"),
        ("message", "show", "skip", "skip"),
        ("invitation", "show", "show", "show"),
        ("moderation", "show", "show", "show"),
        ("announcement", "show", "show", "show"),
    ],
)
def test_levels(kind: str, everything: str, mentions: str, nothing: str) -> None:
    levels: list[Level] = ["everything", "mentions", "nothing"]
    assert [outcome(kind, level=level)[0][0] for level in levels] == [everything, mentions, nothing]


@pytest.mark.parametrize(
    ("start", "end", "at", "zone_name", "quiet"),
    [
        ("22:00", "07:00", "21:59", "UTC", False),
        ("22:00", "07:00", "22:00", "UTC", True),
        ("22:00", "07:00", "06:59", "UTC", True),
        ("22:00", "07:00", "07:00", "UTC", False),
        ("12:00", "13:00", "12:30", "UTC", True),
        ("12:00", "13:00", "13:00", "UTC", False),
        ("12:00", "12:00", "12:00", "UTC", False),  # none
        ("22:00", "07:00", "13:30", "Asia/Tokyo", True),  # 22:30 there
        ("22:00", "07:00", "22:30", "Asia/Tokyo", False),
        ("22:00", "07:00", "22:30", "Not/AZone", True),  # UTC then
    ],
)
def test_quiet_hours(start: str, end: str, at: str, zone_name: str, quiet: bool) -> None:
    now = datetime.combine(NOW.date(), time.fromisoformat(at), UTC)
    quiet_from, quiet_until = time.fromisoformat(start), time.fromisoformat(end)
    assert is_quiet(Facts(now, quiet_from=quiet_from, quiet_until=quiet_until, time_zone=zone_name)) is quiet


def test_when_things_are_due() -> None:
    soon = decide(KIND["mention"], replace(REACHABLE, email_after=timedelta(minutes=5)))
    assert soon["app"].due_at is None
    assert soon["push"].due_at == NOW
    assert soon["email"].due_at == NOW + timedelta(minutes=5)
    active = decide(KIND["mention"], replace(REACHABLE, active=True))
    assert active["push"].due_at == NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("now", "zone_name", "weekday", "morning"),
    [
        ("2026-03-04T07:59+00:00", "UTC", None, "2026-03-04T08:00+00:00"),
        ("2026-03-04T08:00+00:00", "UTC", None, "2026-03-05T08:00+00:00"),
        ("2026-03-04T22:30+00:00", "Asia/Tokyo", None, "2026-03-04T23:00+00:00"),
        ("2026-03-04T12:00+00:00", "UTC", 0, "2026-03-09T08:00+00:00"),
        ("2026-03-28T12:00+00:00", "Europe/Berlin", None, "2026-03-29T06:00+00:00"),  # the clocks go forward
        ("2026-10-24T12:00+00:00", "Europe/Berlin", None, "2026-10-25T07:00+00:00"),  # and back
    ],
)
def test_digests_come_in_the_morning(now: str, zone_name: str, weekday: int | None, morning: str) -> None:
    due = next_morning(datetime.fromisoformat(now), zone_name, weekday=weekday)
    assert due == datetime.fromisoformat(morning)


def test_each_rule_has_a_sentence_and_can_be_reached() -> None:
    assert set(RULES) == set(get_args(Rule))
    reached = set()
    for kind, email, level in product(KINDS, get_args(EmailMode), (*get_args(Level), None)):
        for change in ({}, {"own": True}, {"blocked": True}, {"inactive": True}, {"on": frozenset()}, QUIET,
                       {"active": True}, {"devices": 0}, {"has_address": False}):  # fmt: skip
            facts = replace(REACHABLE, email=email, level=level, **change)
            reached |= {verdict.rule for verdict in decide(kind, facts).values()}
    assert reached == set(RULES)


times = st.none() | st.times()
facts_of_any_kind = st.builds(
    Facts,
    now=st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    own=st.booleans(),
    blocked=st.booleans(),
    inactive=st.booleans(),
    level=st.sampled_from([None, *get_args(Level)]),
    on=st.frozensets(st.sampled_from(CHANNELS)),
    time_zone=st.sampled_from(["", "UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "nowhere", "../etc"]),
    quiet_from=times,
    quiet_until=times,
    active=st.booleans(),
    push_while_active=st.booleans(),
    devices=st.integers(0, 3),
    has_address=st.booleans(),
    email=st.sampled_from(get_args(EmailMode)),
)
any_kind = st.sampled_from(KINDS)


@given(any_kind, facts_of_any_kind)
def test_what_holds_whatever_the_facts(kind: Kind, facts: Facts) -> None:
    decision = decide(kind, facts)
    assert tuple(decision) == CHANNELS
    assert decision["app"].outcome in {"show", "silent", "skip"}
    assert {decision["push"].outcome, decision["email"].outcome} <= {"send", "skip"}
    for channel, verdict in decision.items():
        assert verdict.rule in RULES
        assert (verdict.due_at is not None) == (verdict.outcome == "send")
        assert verdict.due_at is None or verdict.due_at >= facts.now
        # Nothing comes by a channel that is off, and nothing at all of what one did oneself.
        if channel not in facts.on or facts.own or facts.blocked or facts.inactive:
            assert verdict.outcome == "skip"
    if not facts.devices:
        assert decision["push"].outcome == "skip"
    if not facts.has_address or facts.email == "never":
        assert decision["email"].outcome == "skip"


@given(any_kind, facts_of_any_kind)
def test_quiet_hours_make_nothing_louder(kind: Kind, facts: Facts) -> None:
    loud = decide(kind, replace(facts, quiet_from=None, quiet_until=None))
    quiet = decide(kind, facts)
    assert quiet["email"] == loud["email"]
    assert quiet["push"] == loud["push"] or quiet["push"].outcome == "skip"
    assert quiet["app"] == loud["app"] or quiet["app"] == ("silent", "quiet_hours", None)


@given(facts_of_any_kind)
def test_a_digest_is_due_at_eight_where_the_person_is(facts: Facts) -> None:
    due = next_morning(facts.now, facts.time_zone, weekday=0).astimezone(zone(facts.time_zone))
    assert due > facts.now
    assert due - facts.now <= timedelta(days=8)
    # Where the clocks skip eight o'clock, or the whole day, it is the next best.
    if due.astimezone(UTC).astimezone(zone(facts.time_zone)).time() == time(8):
        assert due.weekday() == 0


def test_a_decision_is_remembered_with_what_was_unusual() -> None:
    facts = replace(REACHABLE, level="mentions", quiet_from=time(22), quiet_until=time(7), time_zone="Asia/Tokyo")
    assert remembered(decide(KIND["reply"], facts), facts) == {
        "app": ["show", "default"],
        "push": ["send", "default"],
        "email": ["send", "unread_a_while"],
        "facts": {
            "level": "mentions",
            "time_zone": "Asia/Tokyo",
            "quiet_from": "22:00",
            "quiet_until": "07:00",
            "devices": 1,
            "has_address": True,
        },
    }


def test_a_zone_that_is_none_is_utc() -> None:
    assert zone("/etc/passwd") == zone("") == zone("\0") == ZoneInfo("UTC")
