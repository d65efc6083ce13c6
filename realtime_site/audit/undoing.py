"""Taking back what is in the log, once.

Apps say how: `settings.AUDIT_UNDO` names their mappings from action to `Undo`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from realtime_site.audit import log, upon
from realtime_site.audit.log import Actor, Subject
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError


@dataclass(frozen=True, slots=True)
class Undo:
    """How an act is taken back. `permission`: what an admin needs for it, as for the act. `run` does it, in the
    transaction of the new entry, and returns its summary; it raises `ClientError('conflict')` where the world has moved
    on so that it cannot be. `also`: what they need beside it, by what the act did. `upon`: whom the act took something
    from, who do not take that back themselves; by default the person of the entry.
    `regret`: for how long they do where they gave it away themselves; None is for good.
    """

    permission: str
    run: Callable[[Entry, Actor], str]
    also: Callable[[Entry], Sequence[str]] = lambda entry: ()
    upon: Callable[[Entry], Iterable[Any]] = lambda entry: (entry.person,) if entry.person else ()
    regret: timedelta | None = None


@cache
def known() -> dict[str, Undo]:
    """All of the site's, by action."""
    return {action: undo for path in settings.AUDIT_UNDO for action, undo in import_string(path).items()}


def can_be_undone(entry: Entry) -> bool:
    """`undone` must be loaded where many are asked for."""
    return entry.undoes_id is None and entry.action in known() and not hasattr(entry, "undone")


def may_undo(user: Any, entry: Entry) -> bool:
    """Whether an admin may take it back, be it undone already or not: the right to undo, those of the act, and that it
    was not done to them, nor to somebody above them. `person` must be loaded where many are asked for.
    """
    way = known().get(entry.action)
    if way is None or entry.undoes_id is not None:
        return False
    return user.has_perms(["audit.undo_entry", way.permission, *way.also(entry)]) and is_of_others(user, entry)


def is_of_others(user: Any, entry: Entry) -> bool:
    """Whether what can be undone was done neither to this person, nor to somebody above them."""
    return all(upon.may(user, person) for person in _upon(known()[entry.action], entry, user.pk))


def undo(*, entry_id: int, by: Actor, reason: str = "") -> Entry:
    """Raises `ClientError`: `not_found`, `forbidden` for what was done to oneself, or by who is no superuser to one,
    `conflict` when it is undone already or cannot be. The caller has checked the rights of `by`.
    """
    with transaction.atomic():
        entry = Entry.objects.select_for_update().filter(pk=entry_id).first()
        if entry is None:
            raise ClientError("not_found", "No such entry.")
        if not can_be_undone(entry):
            raise ClientError("conflict", "It has been undone already, or cannot be.")
        way = known()[entry.action]
        for whom in _upon(way, entry, by.user_id):
            upon.check(by, whom)
        summary = way.run(entry, by)
        person = Subject(entry.person_id, entry.person_name) if entry.person_id else None
        room = Subject(entry.room, entry.room_name) if entry.room else None
        return log.record(
            by=by,
            action=f"{entry.action}.undo",
            summary=summary,
            reason=reason,
            person=person,
            room=room,
            undoes=entry,
        )


def _upon(way: Undo, entry: Entry, user_id: int | None) -> list[Any]:
    """Those whose standing counts. Who gave something away themselves may take that back while they may regret it."""
    regrets = way.regret is None or entry.at > timezone.now() - way.regret
    return [person for person in way.upon(entry) if not (regrets and person.pk == entry.actor_id == user_id)]
