"""Keeping somebody out of the site, for a while or until it is lifted.

`User.is_active` is what everything asks: False while it lasts. Whoever suspends sets it under the person's lock, and
sockets hear of it at once; the kernel's recheck closes them within five seconds also where nothing is heard.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from realtime_site.accounts import acting
from realtime_site.accounts.models import Suspension, User
from realtime_site.audit import log
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError
from realtime_site.live.publish import recheck_on_commit

PERMISSION = "accounts.suspend_user"


def suspend(*, by: Actor, person_id: int, seconds: int | None, reason: str) -> Entry:
    """Signs somebody out everywhere and lets them in no more: for so long, or until it is lifted (None).

    Raises `ClientError`: `not_found`, `forbidden`, `conflict` where they are suspended already.
    """
    with transaction.atomic():
        person = acting.lock(by, person_id)
        _end_expired(person)
        if Suspension.objects.filter(user=person, lifted_at=None).exists():
            raise ClientError("conflict", "They are suspended already. Let them in again first.")
        until = None if seconds is None else timezone.now() + timedelta(seconds=seconds)
        placed = Suspension.objects.create(
            user=person, by_id=by.user_id, reason=reason[:300], until=until, was_active=person.is_active
        )
        _switch(person_id, on=False)
        return log.record(
            by=by,
            action="person.suspend",
            summary=f"Suspended {person.name} {_until(until)}.",
            reason=reason,
            person=acting.subject(person),
            details={"suspension": placed.pk},
        )


def reinstate(*, by: Actor, person_id: int, reason: str) -> Entry:
    """Lets somebody in again who was suspended or deactivated. Raises `ClientError`: `not_found`, `forbidden`,
    `conflict` where they may come in already.
    """
    with transaction.atomic():
        person = acting.lock(by, person_id)
        if person.is_active:
            raise ClientError("conflict", "They are not suspended.")
        lifted = Suspension.objects.filter(user=person, lifted_at=None).first()
        _lift(person_id)
        _switch(person_id, on=True)
        return log.record(
            by=by,
            action="person.reinstate",
            summary=f"Let {person.name} in again.",
            reason=reason,
            person=acting.subject(person),
            details={"suspension": lifted.pk if lifted else None},
        )


def current(person_id: int) -> Suspension | None:
    """The one that keeps them out now."""
    found = Suspension.objects.filter(user=person_id, lifted_at=None).select_related("by").first()
    return None if found is None or _is_over(found) else found


def let_in(user: User) -> bool:
    """Whether somebody may come in: ends their suspension if its time is over."""
    if user.is_active:
        return True
    with transaction.atomic():
        _end_expired(user := User.objects.select_for_update(no_key=True).get(pk=user.pk))
    return user.is_active


def expired() -> int:
    """How many are over by their time and not ended yet."""
    return Suspension.objects.filter(lifted_at=None, until__lte=timezone.now()).count()


def lift_expired() -> int:
    """Ends those that are over by their time; how many. The log has the time already: nothing is written there."""
    over = list(User.objects.filter(suspensions__lifted_at=None, suspensions__until__lte=timezone.now()))
    for person in over:
        let_in(person)
    return len(over)


def _end_expired(person: User) -> None:
    """Of a locked person: they are as they were before."""
    over = Suspension.objects.filter(user=person, lifted_at=None, until__lte=timezone.now()).first()
    if over is not None:
        _lift(person.pk)
        _switch(person.pk, on=over.was_active)
        person.is_active = over.was_active


def _is_over(suspension: Suspension) -> bool:
    return suspension.until is not None and suspension.until <= timezone.now()


def _lift(person_id: int) -> None:
    Suspension.objects.filter(user=person_id, lifted_at=None).update(lifted_at=timezone.now())


def _switch(person_id: int, *, on: bool) -> None:
    User.objects.filter(pk=person_id).update(is_active=on)
    recheck_on_commit(person_id)


def _until(until: datetime | None) -> str:
    return f"until {date_format(until, 'j F Y, H:i')} {until:%Z}" if until else "until it is lifted"


# --- The way back ---------------------------------------------------------------------------------------------------


def _undo_suspend(entry: Entry, by: Actor) -> str:
    person = _again(entry, by)
    suspension = Suspension.objects.filter(pk=entry.details["suspension"], lifted_at=None).first()
    if suspension is None:
        raise ClientError("conflict", "That suspension is over already.")
    _lift(person.pk)
    if suspension.was_active:
        _switch(person.pk, on=True)
        return f"Took back the suspension of {person.name}."
    return f"Took back the suspension of {person.name}, who was deactivated before and is still."


def _undo_reinstate(entry: Entry, by: Actor) -> str:
    person = _again(entry, by)
    if not person.is_active:
        raise ClientError("conflict", "They have been suspended since.")
    before = Suspension.objects.filter(pk=entry.details["suspension"]).first()
    if before and _is_over(before):
        raise ClientError("conflict", "That suspension would be over by now.")
    if before:
        Suspension.objects.filter(pk=before.pk).update(lifted_at=None)
    _switch(person.pk, on=False)
    return f"{person.name} is kept out again."


def _again(entry: Entry, by: Actor) -> User:
    if entry.person_id is None:
        raise ClientError("conflict", "The account is gone.")
    return acting.lock(by, entry.person_id)


UNDO = {"person.suspend": Undo(PERMISSION, _undo_suspend), "person.reinstate": Undo(PERMISSION, _undo_reinstate)}
