"""Notifications, what was decided about each, and what is still to be sent.

Owns the shape of the truth. Knows no socket, no push service, no chat.

A person's inbox counts its events as a room does: each notification written, retold or withdrawn, and each reading,
takes the next value of `Inbox.head` in its transaction. What happened after `s` is `changed > s`, and no table of
events is needed.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Inbox(models.Model):
    """One a person, made with their first notification."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    head = models.BigIntegerField(default=0)
    # When the person was last seen using a page, as far as workers have written it down (`activity.py`).
    active_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Inbox of {self.user}"


class Notification(models.Model):
    """One event, as far as it concerns one person, and what was decided about it.

    Kept also where nothing was to be shown or sent (`shown` false), so that it can say why not.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    # What it is about, "chat.message:123". Not a foreign key: a host notifies of whatever it has.
    target = models.CharField(max_length=100, blank=True)
    # What it belongs to, "room:12", and where in that. Levels are set, and reading and leaving happen, by scope.
    scope = models.CharField(max_length=100, blank=True)
    position = models.BigIntegerField(null=True, blank=True)
    # Those of one tag are shown as one on a device, the latest; the inbox folds them.
    tag = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=500, blank=True)
    # Of several with the same key a person gets the first.
    dedupe_key = models.CharField(max_length=150, null=True, blank=True)  # noqa: DJ001  NULLs are distinct
    # Its place in the inbox, and the number of the last event that concerned it there; none where it is not shown.
    seq = models.BigIntegerField(null=True, blank=True)
    changed = models.BigIntegerField(null=True, blank=True)
    shown = models.BooleanField(default=True)
    # Channel -> [outcome, rule], and the facts it was decided by (`policy.py`). Emptied after a while.
    why = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # Its cause is gone: the message was deleted, the mention edited away, the room left.
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["user", "-seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "seq"], name="seq_once_in_an_inbox"),
            models.UniqueConstraint(fields=["user", "dedupe_key"], name="notified_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "changed"], name="inbox_catch_up"),
            models.Index(
                fields=["user", "seq"],
                condition=Q(shown=True, read_at=None, withdrawn_at=None),
                name="unread_in_an_inbox",
            ),
            models.Index(
                # The person first: PostgreSQL takes it for all that is unread of one, too.
                fields=["user", "scope", "position"],
                condition=Q(read_at=None, withdrawn_at=None),
                name="unread_in_a_scope",
            ),
            # Not without the empty ones: SQLite would then not use it for `target = ?`.
            models.Index(fields=["target"], name="notified_of"),
            models.Index(fields=["created_at"], name="notifications_by_age"),
            # Decisions that are forgotten leave it, so that whoever forgets finds the next at its beginning.
            models.Index(fields=["created_at"], condition=~Q(why={}), name="decisions_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user}"


class Preferences(models.Model):
    """What a person wants, beside levels and switches. No row: the defaults."""

    class Email(models.TextChoices):
        SOON = "soon", "When I have not looked for a while"
        DAILY = "daily", "Once a day"
        WEEKLY = "weekly", "Once a week"
        NEVER = "never", "Never"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    time_zone = models.CharField(max_length=64, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    push_while_active = models.BooleanField(default=False)
    email = models.CharField(max_length=10, choices=Email, default=Email.SOON)

    def __str__(self) -> str:
        return f"Preferences of {self.user}"


class Switch(models.Model):
    """A kind on one channel, on or off. No row: the kind's default."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10)
    on = models.BooleanField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind", "channel"], name="one_switch")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {'on' if self.on else 'off'}"


class Level(models.Model):
    """How much of a scope a person wants to hear. No row: the scope's default."""

    class Value(models.TextChoices):
        EVERYTHING = "everything"
        MENTIONS = "mentions"
        NOTHING = "nothing"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    scope = models.CharField(max_length=100)
    value = models.CharField(max_length=10, choices=Value)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "scope"], name="one_level")]
        indexes: ClassVar = [models.Index(fields=["scope", "value"], name="who_follows_a_scope")]

    def __str__(self) -> str:
        return f"{self.value} of {self.scope}"


class Device(models.Model):
    """A browser that takes Web Push (RFC 8030), for as long as its session lasts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # A stranger who knew it could send there: shown to nobody, logged nowhere.
    endpoint = models.TextField()
    endpoint_hash = models.CharField(max_length=64, unique=True)
    # Base64url: the browser's P-256 key and its secret (RFC 8291).
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    session_key = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["user"], name="devices_of_a_person"),
            models.Index(fields=["session_key"], name="devices_of_a_session"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class Delivery(models.Model):
    """The outbox: one push to one device, or one notification's place in an e-mail.

    Written in the transaction of its notification. A deliverer takes a row by moving `due_at` into the future, by as
    long as it may need: if it dies, the row is due again then.
    """

    class Purpose(models.TextChoices):
        SHOW = "show"
        CLOSE = "close"
        TEST = "test"

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        SKIPPED = "skipped"
        FAILED = "failed"

    notification = models.ForeignKey(Notification, models.CASCADE, null=True, blank=True, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)
    # No constraint: a device that goes while it is written for must fail neither what is told nor the logout.
    device = models.ForeignKey(Device, models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.SHOW)
    # Where it goes: the push service's host, so that one that stalls holds up nobody else's.
    lane = models.CharField(max_length=255, blank=True)
    tag = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # What came of it: a sentence of `delivery/outcomes.py`, never what a server answered.
    outcome = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["due_at"]
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index(F("due_at"), condition=Q(state="waiting"), name="deliveries_due"),
            models.Index(fields=["user", "channel"], condition=Q(state="waiting"), name="deliveries_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} for {self.user}: {self.state}"
