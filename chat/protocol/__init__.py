"""What a client may say about rooms, and what it hears: two closed sets of types.

Pure; docs/protocol.md is its prose.
"""

from chat.protocol import commands, moderation, proof
from chat.protocol.checks import check_body as check_body
from chat.protocol.commands import *  # noqa: F403
from chat.protocol.events import *  # noqa: F403
from chat.protocol.limits import *  # noqa: F403
from chat.protocol.moderation import *  # noqa: F403
from chat.protocol.objects import *  # noqa: F403
from chat.protocol.proof import *  # noqa: F403
from realtime_site.live.frames import Command

COMMANDS: tuple[type[Command], ...] = (
    *commands.OF_MEMBERS,
    *moderation.OF_MODERATORS,
    *proof.OF_PROOF,
)
