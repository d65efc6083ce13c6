"""What people fill in about rooms."""

from typing import Any, ClassVar

from django import forms

from chat import people
from chat.models import Membership, Room

JOINING = [(Room.Kind.PUBLIC, "Everybody on this site"), (Room.Kind.PRIVATE, "Only people who are invited")]


class PlainForm(forms.BaseForm):
    """Labels without the colon that Django puts after them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class RoomForm(PlainForm, forms.ModelForm):  # type: ignore[type-arg]  # Django's own is not generic
    class Meta:
        model = Room
        fields = ("name", "topic", "kind")
        help_texts: ClassVar = {"topic": "What it is for. Optional."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            choices=JOINING, widget=forms.RadioSelect, label="Who may join", initial=Room.Kind.PUBLIC
        )
        self.fields["name"].widget.attrs["autofocus"] = True


# Up to the longest that `protocol.SLOW_MODE_SECONDS` allows; what the large chats offer.
SLOW_MODES = [
    (0, "Off"),
    (10, "One message every 10 seconds"),
    (30, "One message every 30 seconds"),
    (60, "One message a minute"),
    (300, "One message every 5 minutes"),
    (900, "One message every 15 minutes"),
    (3_600, "One message an hour"),
    (21_600, "One message every 6 hours"),
]
# What only owners change.
OF_OWNERS = ("kind", "keep_days")


class RoomSettingsForm(PlainForm, forms.ModelForm):  # type: ignore[type-arg]
    """What owners and moderators change of a room. What each service wants of it is in `changed_data`."""

    reason = forms.CharField(max_length=300, required=False, label="Why (for the log)")

    class Meta:
        model = Room
        fields = ("name", "topic", "slow_mode_seconds", "read_only", "kind", "keep_days")
        labels: ClassVar = {
            "read_only": "Only owners and moderators write",
            "keep_days": "Delete messages after (days)",
        }
        help_texts: ClassVar = {"keep_days": "Empty: they are kept for as long as this site keeps them."}

    def __init__(self, *args: Any, owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.instance.slow_mode_seconds
        others = [] if now in dict(SLOW_MODES) else [(now, f"One message every {now} seconds")]
        self.fields["slow_mode_seconds"] = forms.TypedChoiceField(
            choices=SLOW_MODES + others,
            coerce=int,
            label="Slow mode",
            help_text="How long a member waits between two messages. Owners and moderators do not.",
        )
        self.fields["kind"] = forms.ChoiceField(choices=JOINING, widget=forms.RadioSelect, label="Who may join")
        self.fields["keep_days"].min_value = 1  # type: ignore[attr-defined]  # the model's field is an integer
        for name in () if owner else OF_OWNERS:
            del self.fields[name]


class ArchiveForm(PlainForm, forms.Form):
    """On the same page as the settings, which ask for a reason too: two fields of one id would share a label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_archive_%s", **kwargs})

    reason = forms.CharField(max_length=300, label="Why it is archived")


class InvitationForm(PlainForm, forms.Form):
    days = forms.TypedChoiceField(
        choices=[(1, "1 day"), (7, "1 week"), (14, "2 weeks"), (30, "30 days")],
        coerce=int,
        initial=14,
        label="Works for",
    )
    max_uses = forms.TypedChoiceField(
        choices=[("", "Any number of people"), (1, "1 person"), (5, "5 people"), (25, "25 people")],
        coerce=int,
        empty_value=None,
        required=False,
        label="Lets in",
    )


class PersonForm(PlainForm, forms.Form):
    """Names somebody who has an account."""

    username = forms.CharField(max_length=33, label="Add somebody by their username")

    def clean_username(self) -> Any:
        person = people.by_username(self.cleaned_data["username"].strip())
        if person is None:
            raise forms.ValidationError("Nobody here has that username.")
        return person


class TransferForm(PersonForm):
    """Names somebody who is in the room: a room may have more people than a list to choose from should."""

    username = forms.CharField(max_length=33, label="Username of who owns it from then on")

    def __init__(self, *args: Any, room_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._room_id = room_id

    def clean_username(self) -> Any:
        person = super().clean_username()
        if not Membership.objects.filter(room=self._room_id, user=person).exists():
            raise forms.ValidationError("They are not in this room.")
        return person
