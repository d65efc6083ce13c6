"""How chat's acts are taken back: `realtime_site.audit.undoing` asks by the action's name."""

from realtime_site.audit.undoing import Undo

UNDO: dict[str, Undo] = {}
