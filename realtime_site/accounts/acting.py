"""Upon whom an admin may act, and how that is called in the log. Rights were checked where the act came in."""

from realtime_site.accounts.models import User
from realtime_site.audit.log import Actor, Subject
from realtime_site.live.errors import ClientError


def lock(by: Actor, person_id: int) -> User:
    """The person, until the transaction ends.

    Raises `ClientError`: `not_found`; `forbidden` for oneself, and for a superuser unless by one or by a command.
    """
    person = User.objects.select_for_update().filter(pk=person_id).first()
    if person is None:
        raise ClientError("not_found", "No such person.")
    check(by, person)
    return person


def check(by: Actor, person: User) -> None:
    """Raises `ClientError('forbidden')`."""
    if by.user_id is None:
        return
    if person.pk == by.user_id:
        raise ClientError("forbidden", "You cannot do that to yourself.")
    if person.is_superuser and not User.objects.filter(pk=by.user_id, is_superuser=True).exists():
        raise ClientError("forbidden", "Only a superuser may do that to a superuser.")


def subject(person: User) -> Subject:
    return Subject(person.pk, person.name)
