"""What one can be notified of. Pure: a host's own kinds are listed in `settings.NOTIFICATION_KINDS` and read by
`notifications.catalogue`.
"""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["app", "push", "email"]
CHANNELS: tuple[Channel, ...] = ("app", "push", "email")


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` is stored and never changes; `label` and `description` are shown in the preferences.

    `on`: the channels that are on for a person who has chosen nothing. `mention`: shown under "Mentions" in the inbox.
    `heeds_level`: whether how much a person wants to hear of its scope counts.
    """

    name: str
    label: str
    description: str
    on: frozenset[Channel] = frozenset(CHANNELS)
    mention: bool = False
    heeds_level: bool = True


KINDS: tuple[Kind, ...] = (
    Kind("mention", "Mentions", "Somebody writes @you, @room or @online", mention=True),
    Kind("reply", "Replies", "Somebody answers a message of yours", mention=True),
    Kind("direct", "Direct messages", "Somebody writes to you"),
    Kind("message", "All messages", "A message in a room that you follow with “Everything”"),
    Kind("invitation", "Invitations", "Somebody brings you into a room", heeds_level=False),
    Kind("reaction", "Reactions", "Somebody reacts to a message of yours", on=frozenset()),
    Kind("moderation", "Moderation", "A moderator does something that concerns you", heeds_level=False),
    Kind("announcement", "Announcements", "Whoever runs this site has something to say", heeds_level=False),
)
