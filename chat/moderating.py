"""What moderators do in their rooms, and what everybody may ask of them: commands that call a service each."""

from typing import Any, ClassVar

from django.conf import settings

from chat import protocol, restraint, wire
from chat.models import Restriction
from chat.services import administration, authority, removals, reports, restrictions, roles, undoing
from chat.sockets import RoomSockets
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live import auth
from realtime_site.live.admission import Snapshot
from realtime_site.live.database import in_database
from realtime_site.live.limits import Buckets, Rate

Fields = dict[str, Any]

# Ten at once are a troll's evening; nobody finds sixty an hour.
_reports = Buckets("reports", Rate(per_second=1 / 60, burst=10))


class Moderating(RoomSockets):
    """Of one person. Whether they may is for the services to say, under the room's lock."""

    buckets: ClassVar[tuple[Buckets, ...]] = (*RoomSockets.buckets, _reports)

    async def prepare(self, snapshot: Snapshot) -> Snapshot:
        """Where they come from stands in the log beside what they do; afterwards the headers are gone."""
        self._address = auth.exact_address_of(self.scope)
        return await super().prepare(snapshot)

    @property
    def actor(self) -> Actor:
        return Actor(self.person.id, self.person.name, Entry.Via.CHAT, self._address)

    # --- People ----------------------------------------------------------------------------------------------------

    async def member_mute(self, command: protocol.MemberMute) -> Fields:
        entry = await in_database(
            restrictions.mute,
            by=self.actor,
            room_id=command.room,
            person_id=command.person,
            seconds=command.seconds,
            reason=command.reason,
        )
        pair = command.room, command.person
        until = await in_database(restraint.muted_until, [pair])
        return {"entry": entry.pk, "muted_until": until[pair]}

    async def member_unmute(self, command: protocol.MemberUnmute) -> Fields:
        return await self._act_upon(restrictions.unmute, command)

    async def member_remove(self, command: protocol.MemberRemove) -> Fields:
        return await self._act_upon(restrictions.remove, command)

    async def member_ban(self, command: protocol.MemberBan) -> Fields:
        return await self._act_upon(restrictions.ban, command, seconds=command.seconds)

    async def member_unban(self, command: protocol.MemberUnban) -> Fields:
        return await self._act_upon(restrictions.unban, command)

    async def member_role(self, command: protocol.MemberRole) -> Fields:
        """Another owner takes one's place: a room has as many owners as admins give it."""
        if command.role == "owner":
            return await self._act_upon(roles.transfer, command)
        return await self._act_upon(roles.change, command, role=command.role)

    async def member_clear(self, command: protocol.MemberClear) -> Fields:
        entry = await in_database(
            removals.clear,
            by=self.actor,
            room_id=command.room,
            person_id=command.person,
            count=command.count,
            reason=command.reason,
        )
        return {"entry": entry.pk, "removed": entry.details["count"]}

    # --- Messages --------------------------------------------------------------------------------------------------

    async def message_remove(self, command: protocol.MessageRemove) -> Fields:
        entry = await in_database(removals.remove, by=self.actor, message_id=command.message, reason=command.reason)
        return {"entry": entry.pk, "message": await in_database(removals.stone, message_id=command.message)}

    async def message_report(self, command: protocol.MessageReport) -> Fields:
        if settings.LIVE_RATE_LIMITS:
            _reports.take(self.person.id)
        await in_database(
            reports.report,
            user_id=self.person.id,
            message_id=command.message,
            reason=command.reason,
            note=command.note,
        )
        return {}

    async def report_list(self, command: protocol.ReportList) -> Fields:
        return {"reports": await in_database(reports.listed, by=self.actor, room_id=command.room)}

    async def report_handle(self, command: protocol.ReportHandle) -> Fields:
        entry = await in_database(
            reports.handle,
            by=self.actor,
            report_id=command.report,
            outcome=command.outcome,
            reason=command.reason,
        )
        return {"entry": entry.pk}

    # --- The room --------------------------------------------------------------------------------------------------

    async def room_restrict(self, command: protocol.RoomRestrict) -> Fields:
        entry = await in_database(
            administration.restrict,
            by=self.actor,
            room_id=command.room,
            slow_mode_seconds=command.slow_mode_seconds,
            read_only=command.read_only,
            reason=command.reason,
        )
        return {"entry": entry.pk, "room": await in_database(authority.described, room_id=command.room)}

    async def room_bans(self, command: protocol.RoomBans) -> Fields:
        bans = await in_database(restrictions.bans_in, by=self.actor, room_id=command.room)
        return {"bans": [_ban(ban) for ban in bans]}

    async def room_acts(self, command: protocol.RoomActs) -> Fields:
        return {"acts": await in_database(undoing.acts_in, by=self.actor, room_id=command.room)}

    async def act_preview(self, command: protocol.ActPreview) -> Fields:
        touches = await in_database(
            restrictions.preview_of,
            by=self.actor,
            act=command.act,
            room_id=command.room,
            person_id=command.person,
            count=command.count,
        )
        return {"touches": touches}

    async def act_undo(self, command: protocol.ActUndo) -> Fields:
        entry = await in_database(undoing.undo, by=self.actor, entry_id=command.entry, reason=command.reason)
        return {"entry": entry.pk}

    async def _act_upon(self, act: Any, command: Any, **fields: Any) -> Fields:
        entry: Entry = await in_database(
            act, by=self.actor, room_id=command.room, person_id=command.person, reason=command.reason, **fields
        )
        return {"entry": entry.pk}


def _ban(ban: Restriction) -> protocol.Ban:
    by = wire.person(ban.by) if ban.by else None
    return protocol.Ban(wire.person(ban.user), by, ban.reason, ban.created_at, ban.until)
