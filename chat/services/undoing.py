"""How chat's acts are taken back: `realtime_site.audit.undoing` asks by the action's name."""

from chat.services import administration, announcements, invitations, maintenance
from realtime_site.audit.undoing import Undo

UNDO: dict[str, Undo] = {
    **administration.UNDO,
    **announcements.UNDO,
    **invitations.UNDO,
    **maintenance.UNDO,
}
