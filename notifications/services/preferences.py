"""What a person wants to hear: levels of scopes, switches of kinds, quiet hours, how often e-mail comes."""

from dataclasses import dataclass
from datetime import time
from typing import cast
from zoneinfo import available_timezones

from django.contrib.auth import get_user_model
from django.db import transaction

from notifications import facts, protocol
from notifications.catalogue import kind as kind_of
from notifications.catalogue import kinds
from notifications.kinds import CHANNELS, Channel
from notifications.models import Level, Preferences, Switch
from notifications.outside import hearers
from notifications.policy import EmailMode
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit

# Levels one person may have chosen; each goes with every `welcome`.
LEVELS_LIMIT = 2_000


@dataclass(frozen=True)
class Wishes:
    """A person's preferences. `switches`: which kinds come by which channel, in the order in which they are shown."""

    switches: dict[str, frozenset[Channel]]
    time_zone: str = ""
    quiet_from: time | None = None
    quiet_until: time | None = None
    push_while_active: bool = False
    email: EmailMode = "soon"


def wishes_of(user_id: int) -> Wishes:
    """Two queries. Nothing chosen: the defaults."""
    row = Preferences.objects.filter(user=user_id).first() or Preferences()
    switches = facts.switches_of([user_id], kinds())
    return Wishes(
        {name: facts.switched_on(switches, user_id, kind) for name, kind in kinds().items()},
        row.time_zone,
        row.quiet_from,
        row.quiet_until,
        row.push_while_active,
        cast(EmailMode, row.email),
    )


def set_switch(*, user_id: int, kind: str, channel: Channel, on: bool) -> None:
    """A kind on one channel. Raises ValueError for a kind or a channel that is none."""
    kind_of(kind)
    if channel not in CHANNELS:
        raise ValueError(f"There is no channel {channel!r}.")
    Switch.objects.update_or_create(user_id=user_id, kind=kind, channel=channel, defaults={"on": on})


def set_quiet_hours(*, user_id: int, start: time | None, end: time | None, time_zone: str) -> None:
    """From and until, where the person is; None for both: there are none. Raises ValueError."""
    if (start is None) != (end is None):
        raise ValueError("Quiet hours have a beginning and an end.")
    if time_zone and time_zone not in available_timezones():
        raise ValueError(f"There is no time zone {time_zone!r}.")
    _set(user_id, quiet_from=start, quiet_until=end, time_zone=time_zone)


def set_push_while_active(*, user_id: int, on: bool) -> None:
    _set(user_id, push_while_active=on)


def set_email(*, user_id: int, mode: EmailMode) -> None:
    """How often e-mail comes. Raises ValueError for a mode that is none."""
    _set(user_id, email=Preferences.Email(mode).value)


def stop_email(*, user_id: int) -> None:
    """What the link in a letter does. Nothing happens where the account is gone."""
    if get_user_model()._default_manager.filter(pk=user_id).exists():
        set_email(user_id=user_id, mode="never")


def set_level(*, user_id: int, scope: str, level: protocol.LevelValue) -> None:
    """How much of a scope the person wants to hear; their other pages hear of it.

    Raises `ClientError('not_found')` where they may hear nothing of it at all.
    """
    allowed = hearers(scope, [user_id])
    if allowed is not None and user_id not in allowed:
        raise ClientError("not_found", "There is no such thing to hear of.")
    with transaction.atomic():
        others = Level.objects.filter(user=user_id).exclude(scope=scope).count()
        if others >= LEVELS_LIMIT:
            raise ClientError("invalid", f"At most {LEVELS_LIMIT:,} levels can be chosen.")
        Level.objects.update_or_create(user_id=user_id, scope=scope, defaults={"value": level})
        event = protocol.NotificationLevelEvent(scope, level)
        publish_on_commit(Event(topics.user(user_id), [protocol.encode(event)]))


def _set(user_id: int, **wishes: object) -> None:
    Preferences.objects.update_or_create(user_id=user_id, defaults=wishes)
