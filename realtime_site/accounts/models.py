"""People and the tokens their programs connect with.

Owns who somebody is. Knows no room.
"""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

# Plain ASCII, so that @name in a message is unambiguous and cannot be spelled with look-alike letters.
username_validators = [
    RegexValidator(
        r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9])?\Z",
        "Use letters, digits, dots, dashes and underscores, at most 32; begin and end with a letter or digit.",
    )
]


class User(AbstractUser):
    username = models.CharField(
        max_length=32,
        unique=True,
        validators=username_validators,
        error_messages={"unique": "That name is taken."},
    )
    display_name = models.CharField(max_length=60, blank=True)
    # The file lives under MEDIA_ROOT and is served only to people who are logged in (accounts/avatars.py).
    avatar = models.CharField(max_length=100, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name, verbose_name_plural = "person", "people"
        constraints: ClassVar = [models.UniqueConstraint(Lower("username"), name="username_case_insensitive")]
        permissions: ClassVar = [
            ("suspend_user", "Can suspend people and let them in again"),
            ("disconnect_user", "Can see people's sessions and end them"),
            ("reset_mfa", "Can take people's second factor off"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What others see: the display name, else the username."""
        return self.display_name or self.username

    @property
    def avatar_url(self) -> str | None:
        """URL path of the picture, or None: then initials are shown."""
        return f"/avatars/{self.avatar}" if self.avatar else None


class Suspension(models.Model):
    """A person may not log in for a while, or until somebody lifts it. While it lasts `is_active` is False."""

    user = models.ForeignKey(User, models.CASCADE, related_name="suspensions")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    # Else they were deactivated before, and are still when it is over.
    was_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(lifted_at=None), name="suspended_once")
        ]

    def __str__(self) -> str:
        return f"Suspension of {self.user.username}"


class AccessToken(models.Model):
    """A personal access token. Only its SHA-256 is stored: 256 random bits need no slow hash."""

    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.user.username})"
