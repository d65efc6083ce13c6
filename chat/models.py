"""Rooms, who is in them, and what was said.

Owns the shape of the truth. Knows no socket and sends nothing: that is services' and the kernel's work.

The room's counter carries the guarantees. Every event of a room (a message posted, edited, deleted) takes the next
value of `Room.head` inside its transaction, so a room's events are numbered without gaps. A message keeps the number
of its posting in `seq` and of its last event in `changed`; what happened after `s` is `changed > s`, and no table of
events is needed.
"""

import uuid
from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.db import models


class Room(models.Model):
    class Kind(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"
        # A conversation of a few people. Who is in it never changes; it has no name, and nobody reads it from outside.
        DIRECT = "direct"

    slug = models.SlugField(max_length=60, unique=True)
    # Empty for a direct conversation, which everybody in it sees under the others' names.
    name = models.CharField(max_length=60)
    topic = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PUBLIC)
    # Of a direct conversation: the ids of its people, ascending, with commas. The same people have one conversation.
    people_key = models.CharField(max_length=200, unique=True, null=True, blank=True, editable=False)
    head = models.BigIntegerField(default=0, editable=False)
    # Everybody who signs up becomes a member of these.
    is_default = models.BooleanField("for everybody new", default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_message_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    # Seconds that a member waits between two messages; 0 where nobody waits. Owners and moderators do not.
    slow_mode_seconds = models.PositiveIntegerField(default=0)
    # Only owners and moderators write.
    read_only = models.BooleanField(default=False)
    # Messages older than these are deleted by `manage.py prune`; None: as `CHAT_KEEP_DAYS` says for the site.
    keep_days = models.PositiveIntegerField(null=True, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="rooms")

    class Meta:
        ordering: ClassVar = ["name"]
        permissions: ClassVar = [
            ("archive_room", "Can archive and restore rooms"),
            ("moderate_room", "Can mute, remove and ban people, and delete what they said"),
            ("transfer_room", "Can give a room another owner"),
            ("read_private_room", "Can read private rooms and conversations, for a reason that is logged"),
            ("export_room", "Can export what was said in a room"),
            ("announce", "Can announce to rooms and to everybody"),
            ("maintain_site", "Can switch maintenance mode"),
        ]

    def __str__(self) -> str:
        return self.name


def people_key(ids: Iterable[int]) -> str:
    """What names the conversation of these people in `Room.people_key`."""
    return ",".join(str(number) for number in sorted(ids))


def people_of(key: str | None) -> frozenset[int]:
    """The people that such a key names."""
    return frozenset(map(int, key.split(","))) if key else frozenset()


class Membership(models.Model):
    """That a room is one of a person's. A conversation is theirs once they opened it, or something was said in it."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MODERATOR = "moderator"
        MEMBER = "member"

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    # A seq. Unread is derived from it, never counted up, so it cannot drift.
    last_read = models.BigIntegerField(default=0)
    # Of a conversation: when its person last opened it.
    joined_at = models.DateTimeField(auto_now_add=True)
    # When they last wrote, in a room with slow mode.
    posted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"


class Message(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text"
        SYSTEM = "system"

    class Audience(models.TextChoices):
        ROOM = "room"
        ONLINE = "online"

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    # A person's messages outlive the account: PROTECT makes whoever deletes one decide; deactivate people instead.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    client_id = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    # The message this one answers, of the same room.
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    # Whom it calls beside those it names: everybody in the room, or those who were online when it was written.
    audience = models.CharField(max_length=10, choices=Audience, blank=True)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    seq = models.BigIntegerField()
    changed = models.BigIntegerField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["room", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "seq"], name="seq_once_in_a_room"),
            # A retry, on whatever worker, meets the first one's row.
            # The random part leads: looking up a batch is one probe a message, not one for each room times each author.
            models.UniqueConstraint(fields=["client_id", "author", "room"], name="client_id_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["room", "changed"], name="catch_up")]

    def __str__(self) -> str:
        return f"#{self.seq} in room {self.room_id}"


class Mention(models.Model):
    """One member of the room called in one message: by name, or with the others by @room or @online.

    `room` and `seq` repeat the message's, so counting needs no join.
    """

    class By(models.TextChoices):
        NAME = "name"
        ROOM = "room"
        ONLINE = "online"

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    by = models.CharField(max_length=10, choices=By, default=By.NAME)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "user"], name="mentioned_once")]
        indexes: ClassVar = [models.Index(fields=["user", "room", "seq"], name="mentions_of_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.message}"


class Invitation(models.Model):
    """A link that lets whoever has it sign up and join one room."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations")
    code = models.CharField(max_length=43, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    uses = models.PositiveIntegerField(default=0)
    # How many may use it; None is any number.
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["room", "expires_at"], name="open_invitations")]

    def __str__(self) -> str:
        return f"Invitation to {self.room}"


class Block(models.Model):
    """One person wants nothing of another: no conversation of the two, no notification, and messages folded away."""

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["blocker", "blocked"], name="blocked_once")]

    def __str__(self) -> str:
        return f"{self.blocker} blocks {self.blocked}"


class Restriction(models.Model):
    """What a person may not do in a room for a while: write (muted), or be in it (banned)."""

    class Kind(models.TextChoices):
        MUTE = "mute"
        BAN = "ban"

    kind = models.CharField(max_length=10, choices=Kind)
    # None: in every room. Only of mutes; who may be in no room at all is suspended (accounts).
    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="restrictions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="restrictions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # None: until somebody lifts it.
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        # One that is over by its time stays as history; a new one lifts it.
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "kind", "room"],
                condition=models.Q(lifted_at=None, room__isnull=False),
                name="one_restriction_in_a_room",
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=models.Q(lifted_at=None, room__isnull=True),
                name="one_restriction_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user}"


class Removal(models.Model):
    """What a message said before a moderator deleted it, so that it can be put back. Shown to nobody."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="removal")
    # The entry of the log that it belongs to.
    act = models.BigIntegerField(db_index=True)
    body = models.TextField()
    audience = models.CharField(max_length=10, blank=True)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Removal of {self.message_id}"


class Report(models.Model):
    """Somebody in the room thinks that moderators should look at a message."""

    class Reason(models.TextChoices):
        SPAM = "spam"
        ABUSE = "abuse"
        PRIVATE = "private", "Somebody's private matters"
        OTHER = "other"

    class Outcome(models.TextChoices):
        REMOVED = "removed"
        DISMISSED = "dismissed"

    message = models.ForeignKey(Message, models.CASCADE, related_name="reports")
    # The message's, so that counting needs no join.
    room = models.ForeignKey(Room, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "reporter"], name="reported_once")]
        indexes: ClassVar = [
            models.Index(fields=["room"], condition=models.Q(handled_at=None), name="open_reports"),
        ]

    def __str__(self) -> str:
        return f"Report {self.pk}: {self.get_reason_display()}"


class Maintenance(models.Model):
    """There while nobody may post, on the whole site; at most one row, its id 1. Reading goes on."""

    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_maintenance")]

    def __str__(self) -> str:
        return self.reason


class Anomaly(models.Model):
    """A client's report that its list of a room is not what it should be. There should be none."""

    class Kind(models.TextChoices):
        LOST = "lost"
        DUPLICATED = "duplicated"
        REORDERED = "reordered"

    kind = models.CharField(max_length=10, choices=Kind)
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # The events concerned, first and last.
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    worker = models.CharField(max_length=80)
    # What the worker and the client know of the time: a gap repaired, a reconnect, a slow reader.
    explanation = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField("time", auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-at"]
        verbose_name_plural = "anomalies"
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["-at"], name="newest_anomalies")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: #{self.first} to #{self.last}"
