"""Who hears of what, by which channel, and when: one pure function.

Decided once, when a notification is written, and stored with it. What becomes of it later (read meanwhile, a device
that is gone) is the deliverer's, and stored with the delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.kinds import CHANNELS, Channel, Kind

Level = Literal["everything", "mentions", "nothing"]
EmailMode = Literal["soon", "daily", "weekly", "never"]
# app: show, silent or skip. push, email: send or skip.
Outcome = Literal["show", "silent", "send", "skip"]
Rule = Literal[
    "own",
    "blocked",
    "inactive",
    "level",
    "switched_off",
    "quiet_hours",
    "active",
    "no_device",
    "no_address",
    "never",
    "digest_daily",
    "digest_weekly",
    "unread_a_while",
    "default",
]

# Every rule there is, in the order in which they are asked.
RULES: Mapping[Rule, str] = MappingProxyType(
    {
        "own": "You did it yourself.",
        "blocked": "You have blocked whoever did it.",
        "inactive": "The account is not active.",
        "level": "You chose to hear less of where it happened.",
        "switched_off": "You have switched this kind off for this channel, or never switched it on.",
        "no_device": "None of your devices takes push notifications.",
        "no_address": "There is no confirmed e-mail address of yours.",
        "never": "You chose to get no e-mail.",
        "quiet_hours": "It was during your quiet hours.",
        "active": "You were using the site: it waits until you no longer are.",
        "digest_daily": "You chose one e-mail a day.",
        "digest_weekly": "You chose one e-mail a week.",
        "unread_a_while": "An e-mail follows if you have not looked after a while.",
        "default": "Nothing speaks against it.",
    }
)

# Somebody who was seen using a page within this is there: three times the interval at which pages say so.
ACTIVE_SECONDS = 90
# Digests come with the morning.
MORNING = time(8)
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person and one notification at the moment it is written.

    `level` is the chosen one or the scope's default, None where none counts. `on`: the channels on which the kind is
    switched on. `email_after`: how long something stays unread before an e-mail says so.
    """

    now: datetime
    own: bool = False
    blocked: bool = False
    inactive: bool = False
    level: Level | None = None
    on: frozenset[Channel] = frozenset(CHANNELS)
    time_zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    active: bool = False
    push_while_active: bool = False
    devices: int = 0
    has_address: bool = False
    email: EmailMode = "soon"
    email_after: timedelta = timedelta(minutes=15)


class Verdict(NamedTuple):
    """`due_at` where something is to be sent."""

    outcome: Outcome
    rule: Rule
    due_at: datetime | None = None


Decision = Mapping[Channel, Verdict]


def decide(kind: Kind, facts: Facts) -> Decision:
    """One verdict for each channel."""
    against = _against_all(kind, facts)
    if against:
        return dict.fromkeys(CHANNELS, Verdict("skip", against))
    return {"app": _app(facts), "push": _push(facts), "email": _email(facts)}


def is_level_against(kind: Kind, level: Level | None) -> bool:
    """Whether a person with this level does not want to hear of it."""
    if level is None or not kind.heeds_level:
        return False
    return level == "nothing" or (level == "mentions" and not kind.mention)


def is_quiet(facts: Facts) -> bool:
    """Whether it is the person's quiet hours, which may go past midnight. From and until the same: there are none."""
    start, end = facts.quiet_from, facts.quiet_until
    if start is None or end is None or start == end:
        return False
    here = facts.now.astimezone(zone(facts.time_zone)).time()
    return start <= here < end if start < end else here >= start or here < end


def is_active(seen: datetime | None, now: datetime) -> bool:
    """Whether somebody last seen using a page at that time is still there."""
    return seen is not None and now - seen < timedelta(seconds=ACTIVE_SECONDS)


def next_morning(now: datetime, time_zone: str, *, weekday: int | None = None) -> datetime:
    """The first 08:00 after `now` where the person is, on that day of the week (Monday is 0) if one is given."""
    here = now.astimezone(zone(time_zone))
    day = here.date()
    while True:
        morning = datetime.combine(day, MORNING, here.tzinfo)
        if morning.astimezone(UTC) > now and weekday in (None, day.weekday()):
            return morning.astimezone(UTC)
        day += timedelta(days=1)


def zone(name: str) -> ZoneInfo:
    """UTC where the name is none, or one this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def remembered(decision: Decision, facts: Facts) -> dict[str, Any]:
    """What `Notification.why` keeps: a decision, and the facts that were not as they usually are."""
    told = {name: value for name in _TOLD if (value := getattr(facts, name)) != getattr(_USUAL, name)}
    return {channel: [verdict.outcome, verdict.rule] for channel, verdict in decision.items()} | {
        "facts": {
            name: sorted(value) if isinstance(value, frozenset) else _plain(value) for name, value in told.items()
        }
    }


_USUAL = Facts(now=datetime.min)
_TOLD = [field.name for field in fields(Facts) if field.name not in {"now", "email_after"}]


def _against_all(kind: Kind, facts: Facts) -> Rule | None:
    if facts.own:
        return "own"
    if facts.blocked:
        return "blocked"
    if facts.inactive:
        return "inactive"
    return "level" if is_level_against(kind, facts.level) else None


def _app(facts: Facts) -> Verdict:
    if "app" not in facts.on:
        return Verdict("skip", "switched_off")
    return Verdict("silent", "quiet_hours") if is_quiet(facts) else Verdict("show", "default")


def _push(facts: Facts) -> Verdict:
    if "push" not in facts.on:
        return Verdict("skip", "switched_off")
    if not facts.devices:
        return Verdict("skip", "no_device")
    if is_quiet(facts):
        return Verdict("skip", "quiet_hours")
    if facts.active and not facts.push_while_active:
        return Verdict("send", "active", facts.now + timedelta(seconds=ACTIVE_SECONDS))
    return Verdict("send", "default", facts.now)


def _email(facts: Facts) -> Verdict:
    if "email" not in facts.on:
        return Verdict("skip", "switched_off")
    if not facts.has_address:
        return Verdict("skip", "no_address")
    match facts.email:
        case "never":
            return Verdict("skip", "never")
        case "daily":
            return Verdict("send", "digest_daily", next_morning(facts.now, facts.time_zone))
        case "weekly":
            return Verdict("send", "digest_weekly", next_morning(facts.now, facts.time_zone, weekday=MONDAY))
        case "soon":
            return Verdict("send", "unread_a_while", facts.now + facts.email_after)


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="minutes") if isinstance(value, time) else value
