"""What people fill in about rooms."""

from typing import Any, ClassVar

from django import forms

from chat import people
from chat.models import Room


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
        choices = [(Room.Kind.PUBLIC, "Everybody on this site"), (Room.Kind.PRIVATE, "Only people who are invited")]
        self.fields["kind"] = forms.ChoiceField(
            choices=choices, widget=forms.RadioSelect, label="Who may join", initial=Room.Kind.PUBLIC
        )
        self.fields["name"].widget.attrs["autofocus"] = True


class RoomSettingsForm(PlainForm, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Room
        fields = ("name", "topic")


class PersonForm(PlainForm, forms.Form):
    """Names somebody who has an account."""

    username = forms.CharField(max_length=33, label="Add somebody by their username")

    def clean_username(self) -> Any:
        person = people.by_username(self.cleaned_data["username"].strip())
        if person is None:
            raise forms.ValidationError("Nobody here has that username.")
        return person
