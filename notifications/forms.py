"""What a person sets about their notifications, parsed once."""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from notifications.catalogue import kinds
from notifications.kinds import CHANNELS, Channel, Kind
from notifications.models import Level, Preferences
from notifications.services.preferences import Wishes

_TIME = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
LEVELS = (
    (Level.Value.EVERYTHING.value, "Everything"),
    (Level.Value.MENTIONS.value, "Mentions"),
    (Level.Value.NOTHING.value, "Nothing"),
)


class PreferencesForm(forms.Form):
    """Everything but levels and devices. `cleaned_data["switches"]`: (kind, channel) -> on."""

    quiet_from = forms.TimeField(label="From", required=False, widget=_TIME)
    quiet_until = forms.TimeField(label="Until", required=False, widget=_TIME)
    time_zone = forms.ChoiceField(label="Time zone", required=False)
    push_while_active = forms.BooleanField(label="Push also while I am using the site", required=False)
    email = forms.ChoiceField(label="E-mail", choices=Preferences.Email.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, wishes: Wishes, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(wishes)
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(
            label="Time zone", required=False, choices=_time_zones, error_messages={"invalid_choice": _NO_ZONE}
        )
        for kind in kinds().values():
            for channel in CHANNELS:
                box = forms.CheckboxInput(attrs={"class": "switch", "aria-label": f"{kind.label} {_WORDS[channel]}"})
                self.fields[_name(kind, channel)] = forms.BooleanField(required=False, widget=box)

    def rows(self) -> Iterator[tuple[Kind, list[BoundField]]]:
        """The table: each kind with its switches, in the order of the channels."""
        for kind in kinds().values():
            yield kind, [self[_name(kind, channel)] for channel in CHANNELS]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        start, end = data.get("quiet_from"), data.get("quiet_until")
        if not self.errors.keys() & {"quiet_from", "quiet_until"}:
            self._check_quiet_hours(start, end, data.get("time_zone"))
        data["switches"] = {
            (kind.name, channel): data[_name(kind, channel)] for kind in kinds().values() for channel in CHANNELS
        }
        return data

    def _check_quiet_hours(self, start: object, end: object, zone: str | None) -> None:
        if (start is None) != (end is None):
            missing = "quiet_from" if start is None else "quiet_until"
            self.add_error(missing, "Quiet hours have a beginning and an end. Leave both empty to have none.")
        elif start is not None and start == end:
            self.add_error("quiet_until", "These would begin and end in the same minute.")
        elif start is not None and zone == "":
            self.add_error("time_zone", "Say where you are, so that your night is meant and not somebody else's.")


class LevelForm(forms.Form):
    scope = forms.CharField(max_length=100, widget=forms.HiddenInput)
    level = forms.ChoiceField(choices=LEVELS)


class DeviceForm(forms.Form):
    device = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class MarkForm(forms.Form):
    """Of the inbox without script: one notification, or all up to a number of the inbox."""

    id = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    up_to = forms.IntegerField(min_value=0, max_value=2**53 - 1, required=False)
    read = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1")

    def clean(self) -> dict[str, Any]:
        if (self.cleaned_data.get("id") is None) == (self.cleaned_data.get("up_to") is None):
            raise ValidationError("One notification, or all up to a number.")
        return self.cleaned_data


_NO_ZONE = "There is no such time zone."
_WORDS: Mapping[Channel, str] = {"app": "on this site", "push": "on your devices", "email": "by e-mail"}


def _name(kind: Kind, channel: Channel) -> str:
    return f"on-{kind.name}-{channel}"


def _initial(wishes: Wishes) -> dict[str, object]:
    switches = {
        _name(kind, channel): channel in wishes.switches[kind.name] for kind in kinds().values() for channel in CHANNELS
    }
    names = ("quiet_from", "quiet_until", "time_zone", "push_while_active", "email")
    return switches | {name: getattr(wishes, name) for name in names}


def _time_zones() -> list[tuple[str, Any]]:
    """Cities by continent, as zones are named; those of no continent first."""
    names = sorted(zone for zone in available_timezones() if _is_place(zone))
    continent: Callable[[str], str] = lambda name: name.partition("/")[0]  # noqa: E731
    groups = [
        (area, [(name, name.partition("/")[2].replace("_", " ").replace("/", " – ")) for name in found])
        for area, found in groupby(names, key=continent)
    ]
    return [("", "Not said"), ("UTC", "UTC"), *groups]


def _is_place(zone: str) -> bool:
    area, _, place = zone.partition("/")
    return bool(place) and area not in {"Etc", "SystemV", "US", "posix", "right"}
