"""How acts upon accounts are taken back: `realtime_site.audit.undoing` asks by the action's name."""

from realtime_site.accounts import suspensions
from realtime_site.audit.undoing import Undo

UNDO: dict[str, Undo] = {**suspensions.UNDO}
