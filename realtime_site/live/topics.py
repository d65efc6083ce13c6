"""The only place that spells a topic's name. Names fit the channel layer's groups: ASCII, at most 99 characters."""

HUBS = "hubs"  # the one group of the channel layer that all hubs share
LIMITS = "limits"  # what was spent of tokens
RECHECK = "recheck"  # people of whom something changed that their sockets depend on
INBOXES = "inboxes"  # notifications for many people at once
ROLL = "roll"  # who has which of a person's sockets
SITE = "site"  # what all sockets of all workers are told
PRESENCE = "presence"  # the workers' gossip about who is online
VITALS = "vitals"  # and about how they are


def room(room_id: int) -> str:
    return f"room.{room_id}"


def user(user_id: int) -> str:
    return f"user.{user_id}"


def rooms(user_id: int) -> str:
    """What one person's sockets in rooms hear beside these: which rooms they are, how far they are read."""
    return f"rooms.{user_id}"


def inbox(user_id: int) -> str:
    return f"inbox.{user_id}"


def inbox_owner(topic: str) -> int | None:
    """The person whose inbox a topic is, or None when it is no inbox."""
    kind, _, number = topic.partition(".")
    return int(number) if kind == "inbox" else None


def room_id(topic: str) -> int | None:
    """The room a topic belongs to, or None when it is no room's."""
    kind, _, number = topic.partition(".")
    return int(number) if kind == "room" else None
