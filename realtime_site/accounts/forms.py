"""What people type about themselves, parsed once."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.internal.userkit import filter_users_by_email
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator

from realtime_site.accounts import avatars, suspensions
from realtime_site.accounts.models import User
from realtime_site.accounts.names import check_display_name


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth has no types
    """allauth's own, with a bound on the name: SQLite fails at a case-insensitive search for 50,000 letters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].validators.append(MaxLengthValidator(254))  # the longest e-mail address


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """allauth's own, for people too whose suspension is over and has not been ended by a sign-in: it knows active
    accounts only.
    """

    def clean_email(self) -> str:
        for person in filter_users_by_email(self.cleaned_data["email"], is_active=False, for_login=True):
            suspensions.let_in(person)
        email: str = super().clean_email()
        return email


class SetupForm(forms.Form):
    """The first account. Names are held to the same rules as at signup."""

    username = forms.CharField(max_length=32, widget=forms.TextInput(attrs={"autocomplete": "username"}))
    email = forms.EmailField(required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"

    def clean_username(self) -> str:
        name: str = get_adapter().clean_username(self.cleaned_data["username"])
        return name

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "password" in data:
            person = User(username=data.get("username", ""), email=data.get("email", ""))
            try:
                validate_password(data["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return data


class ProfileForm(forms.Form):
    """How others see a person. `cleaned_data["picture"]` is the finished WebP, or None."""

    display_name = forms.CharField(
        max_length=60, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    picture = forms.FileField(
        required=False, widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"display_name": user.display_name}
        super().__init__(*args, **kwargs)
        self._user_id = user.pk

    def clean_display_name(self) -> str:
        return check_display_name(self.cleaned_data["display_name"], user_id=self._user_id)

    def clean_picture(self) -> bytes | None:
        upload: UploadedFile[bytes] | None = self.cleaned_data["picture"]
        if upload is None:
            return None
        try:
            return avatars.encode(upload, size_bytes=upload.size or 0)
        except avatars.BadPictureError as error:
            raise ValidationError(str(error)) from error


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Deploy bot"})
    )
