"""What people report, and what moderators make of it.

Nobody judges what was reported of themselves, nor learns who did: that is left to other moderators, or the admins.
"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat import history, protocol, wire
from chat.models import Membership, Message, Report
from chat.services import authority, removals, rooms
from chat.services.restrictions import PERMISSION, amount
from chat.services.sql import LockedRoom
from chat.services.standing import MODERATORS
from realtime_site.audit import log as audit
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError

Outcome = Report.Outcome


def report(*, user_id: int, message_id: int, reason: str, note: str) -> None:
    """Asks the moderators to look at a message of somebody else; asking again is asking once.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        room_id = _room_of(user_id, message_id)
        room = authority.lock(room_id)
        message = Message.objects.get(pk=message_id)
        if message.author_id == user_id:
            raise ClientError("forbidden", "It is a message of your own.")
        if message.kind != Message.Kind.TEXT or message.deleted_at:
            raise ClientError("forbidden", "There is nothing left to report.")
        fields = {"room_id": room_id, "reason": reason, "note": note[:300]}
        _, new = Report.objects.get_or_create(message=message, reporter_id=user_id, defaults=fields)
        if new:
            _tell(room)


def handle(*, by: Actor, report_id: int, outcome: str, reason: str) -> Entry:
    """Settles a report, and with it all others of the same message: the message is removed, or they are dismissed.

    Raises `ClientError`: `not_found`, `forbidden`, `conflict` where somebody else was faster.
    """
    with transaction.atomic():
        found = Report.objects.filter(pk=report_id).first()
        if found is None:
            raise ClientError("not_found", "No such report.")
        room, message = removals.locked(by, found.message_id)
        settled = list(Report.objects.filter(message=message, handled_at=None).values_list("pk", flat=True))
        if found.pk not in settled:
            raise ClientError("conflict", "Somebody has looked at it already.")
        _close(settled, by, outcome)
        author, where = authority.of_person(message.author), authority.of_room(room)
        done = "Deleted" if outcome == Outcome.REMOVED else "Dismissed"
        what = "a reported message of" if outcome == Outcome.REMOVED else f"{amount(len(settled), 'report')} of"
        entry = audit.record(
            by=by,
            action="report.handle",
            summary=f"{done} {what} {author.name} in {where.name}.",
            reason=reason,
            person=author,
            room=where,
            details={"reports": settled, "message": message.pk, "seq": message.seq},
        )
        if outcome == Outcome.REMOVED and not message.deleted_at:
            removals.erase(room, [message], entry)
        _tell(room)
        return entry


def open_in(*, room_id: int | None = None) -> QuerySet[Report]:
    """Those nobody has looked at, the oldest first: of a room, or of all."""
    found = Report.objects.filter(handled_at=None).select_related("message__author", "reporter", "room")
    return (found if room_id is None else found.filter(room=room_id)).order_by("created_at", "pk")


def listed(*, by: Actor, room_id: int) -> list[protocol.Report]:
    """The same as a moderator of the room sees them. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        authority.check(by, authority.lock(room_id))
        rows = list(open_in(room_id=room_id).exclude(message__author=by.user_id)[: protocol.REPORTS_LIMIT])
        shown = {message.id: message for message in history.shown({row.message for row in rows})}
    return [
        protocol.Report(row.pk, shown[row.message_id], wire.person(row.reporter), row.reason, row.note, row.created_at)
        for row in rows
    ]


def _room_of(user_id: int, message_id: int) -> int:
    """Of a message that one can see."""
    mine = Message.objects.filter(pk=message_id, room__memberships__user=user_id, room__archived_at=None)
    room_id = mine.values_list("room", flat=True).first()
    if room_id is None:
        raise ClientError("not_found", "No such message.")
    return room_id


def _close(ids: list[int], by: Actor, outcome: str) -> None:
    Report.objects.filter(pk__in=ids).update(handled_at=timezone.now(), handled_by=by.user_id, outcome=outcome)


def _tell(room: LockedRoom) -> None:
    """How many there are, to the room's moderators. Exact: under its lock."""
    if room.is_direct:
        return
    moderators: Any = Membership.objects.filter(room=room.pk, role__in=MODERATORS)
    rooms.tell_roles(room.pk, moderators.values_list("user", flat=True))


def _undo(entry: Entry, by: Actor) -> str:
    assert entry.room is not None
    room = authority.lock(entry.room)
    reopened = Report.objects.filter(pk__in=entry.details["reports"]).update(
        handled_at=None, handled_by=None, outcome=""
    )
    back = removals.put_back(entry)
    _tell(room)
    put = f" and put {amount(back, 'message')} back" if back else ""
    return f"Opened {amount(reopened, 'report')} again{put}."


UNDO = {"report.handle": Undo(PERMISSION, _undo)}
