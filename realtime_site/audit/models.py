"""Who did what to whom, when, why, from where.

Knows no app: a room is a number and the name it had. Rows are written once (`log.record`) and never changed; undoing
writes another.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Entry(models.Model):
    class Via(models.TextChoices):
        CHAT = "chat"
        ADMIN = "admin"
        COMMAND = "command"

    at = models.DateTimeField("time", default=timezone.now, editable=False)
    # Nobody: a command, or an account that is gone. The name stays.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=60)
    address = models.GenericIPAddressField(null=True)
    via = models.CharField("way", max_length=10, choices=Via)
    # Dotted: what it concerns, what was done. `room.archive`, `member.ban`.
    action = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(max_length=60, blank=True)
    room = models.BigIntegerField(null=True)
    room_name = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # One sentence for people: what was done, and how much it touched. Never what somebody wrote.
    summary = models.CharField(max_length=300)
    # For undoing: ids and values from before.
    details = models.JSONField(default=dict)
    # One entry is undone once.
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone")

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        verbose_name_plural = "entries"
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("view_dashboard", "Can see the live dashboard"),
            ("undo_entry", "Can undo what is in the log"),
            ("export_entry", "Can export the log"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-at"], name="newest_entries"),
            models.Index(fields=["actor", "-at"], name="entries_by_a_person"),
            models.Index(fields=["person", "-at"], name="entries_of_a_person"),
            models.Index(fields=["room", "-at"], name="entries_of_a_room"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"
