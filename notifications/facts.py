"""What the policy needs to know of a thousand people at once: one query a question, and only questions that matter.

Reads; decides nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.dateparse import parse_time

from notifications import sql
from notifications.kinds import CHANNELS, Channel, Kind
from notifications.models import Device, Inbox, Level, Preferences, Switch
from notifications.outside import addresses_of
from notifications.policy import EmailMode, Facts, is_active
from notifications.policy import Level as LevelValue
from notifications.stories import Story

Switches = Mapping[tuple[int, str, str], bool]


class Person(NamedTuple):
    """An account, what it prefers, and when it was last seen using a page."""

    is_active: bool
    time_zone: str
    quiet_from: time | None
    quiet_until: time | None
    push_while_active: bool
    email: EmailMode
    active_at: datetime | None
    has_switches: bool
    has_devices: bool


class PushDevice(NamedTuple):
    id: int
    endpoint: str


@dataclass(frozen=True)
class Gathered:
    """What is known of all people of a chunk."""

    people: Mapping[int, Person]
    levels: Mapping[tuple[int, str], LevelValue]
    switches: Switches
    devices: Mapping[int, list[PushDevice]]
    addressed: Collection[int]
    now: datetime
    email_after: timedelta

    def of(self, user_id: int, story: Story, *, blocked: bool) -> Facts:
        """One person's, for one story."""
        person = self.people[user_id]
        levelled = story.default_level is not None
        return Facts(
            now=self.now,
            own=user_id == story.actor_id,
            blocked=blocked,
            inactive=not person.is_active,
            level=self.levels.get((user_id, story.scope), story.default_level) if levelled else None,
            on=switched_on(self.switches, user_id, story.kind) if person.has_switches else story.kind.on,
            time_zone=person.time_zone,
            quiet_from=person.quiet_from,
            quiet_until=person.quiet_until,
            active=is_active(person.active_at, self.now),
            push_while_active=person.push_while_active,
            devices=len(self.devices.get(user_id, ())),
            has_address=user_id in self.addressed,
            email=person.email,
            email_after=self.email_after,
        )


def gather(people: Mapping[int, Person], stories: Collection[Story], now: datetime) -> Gathered:
    """At most four queries, beside the one for `people`; none for what nobody has."""
    kinds = {story.kind for story in stories}
    choosers = [user_id for user_id, person in people.items() if person.has_switches]
    switches = switches_of(choosers, {kind.name for kind in kinds}) if choosers else {}
    owners = (user_id for user_id, person in people.items() if person.has_devices)
    pushed = [user_id for user_id in owners if _wants(switches, user_id, kinds, "push")]
    mailed = [
        user_id
        for user_id, person in people.items()
        if person.email != "never" and _wants(switches, user_id, kinds, "email")
    ]
    return Gathered(
        people=people,
        levels=levels_of(people, {story.scope for story in stories if story.default_level}),
        switches=switches,
        devices=_devices_of(pushed) if pushed else {},
        addressed=addresses_of(mailed).keys() if mailed else (),
        now=now,
        email_after=timedelta(minutes=getattr(settings, "NOTIFICATION_EMAIL_MINUTES", 15)),
    )


def people_of(user_ids: Iterable[int]) -> dict[int, Person]:
    """Those who exist, by id. One query."""
    accounts, preferences, inboxes = get_user_model()._meta, Preferences._meta.db_table, Inbox._meta.db_table
    key = accounts.pk.column
    rows = sql.fetch(
        f"SELECT u.{key}, u.is_active, p.time_zone, p.quiet_from, p.quiet_until, p.push_while_active, p.email,"  # noqa: S608  numbers and names from the models
        f" i.active_at, {_has(Switch, key)}, {_has(Device, key)} FROM {accounts.db_table} u"
        f" LEFT JOIN {preferences} p ON p.user_id = u.{key} LEFT JOIN {inboxes} i ON i.user_id = u.{key}"
        f" WHERE u.{key} IN ({sql.numbers(user_ids)}) ORDER BY u.{key}"
    )
    return {user_id: _person(*row) for user_id, *row in rows}


def _has(model: type[Switch | Device], key: str | None) -> str:
    """Whether a person has any of these: a probe of an index each, which spares most writings a query."""
    return f"EXISTS (SELECT 1 FROM {model._meta.db_table} x WHERE x.user_id = u.{key})"  # noqa: S608  names from the models


def switches_of(user_ids: Iterable[int], kinds: Iterable[str]) -> Switches:
    """What people have switched, by person, kind and channel. One query."""
    rows = Switch.objects.filter(user__in=list(user_ids), kind__in=list(kinds))
    return {
        (user_id, kind, channel): on for user_id, kind, channel, on in rows.values_list("user", "kind", "channel", "on")
    }


def levels_of(user_ids: Iterable[int], scopes: Collection[str]) -> dict[tuple[int, str], LevelValue]:
    """The levels people have chosen, by person and scope. One query, if there is a scope."""
    if not scopes:
        return {}
    rows = Level.objects.filter(user__in=list(user_ids), scope__in=scopes).values_list("user", "scope", "value")
    return {(user_id, scope): cast(LevelValue, value) for user_id, scope, value in rows}


def switched_on(switches: Switches, user_id: int, kind: Kind) -> frozenset[Channel]:
    """The channels on which a person wants a kind."""
    return frozenset(channel for channel in CHANNELS if switches.get((user_id, kind.name, channel), channel in kind.on))


def _wants(switches: Switches, user_id: int, kinds: Iterable[Kind], channel: Channel) -> bool:
    return any(switches.get((user_id, kind.name, channel), channel in kind.on) for kind in kinds)


def _devices_of(user_ids: Collection[int]) -> dict[int, list[PushDevice]]:
    found: dict[int, list[PushDevice]] = {}
    for user_id, pk, endpoint in Device.objects.filter(user__in=user_ids).values_list("user", "id", "endpoint"):
        found.setdefault(user_id, []).append(PushDevice(pk, endpoint))
    return found


def _person(
    is_active: Any,
    time_zone: str | None,
    quiet_from: Any,
    quiet_until: Any,
    push_while_active: Any,
    email: Any,
    seen: Any,
    has_switches: Any,
    has_devices: Any,
) -> Person:
    """A row as the driver gives it; without preferences, the defaults. SQLite has neither booleans nor times."""
    return Person(
        bool(is_active),
        time_zone or settings.TIME_ZONE,
        _as_time(quiet_from),
        _as_time(quiet_until),
        bool(push_while_active),
        cast(EmailMode, email or Preferences.Email.SOON.value),
        sql.as_datetime(seen),
        bool(has_switches),
        bool(has_devices),
    )


def _as_time(value: Any) -> time | None:
    return parse_time(value) if isinstance(value, str) else value
