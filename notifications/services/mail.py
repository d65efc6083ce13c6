"""What a letter's link may do."""

from django.contrib.auth import get_user_model

from notifications.services import preferences


def stop_mail(*, user_id: int) -> None:
    """No more notifications by e-mail. Nothing happens where the account is gone."""
    if get_user_model()._default_manager.filter(pk=user_id).exists():
        preferences.set_email(user_id=user_id, mode="never")
