"""The person an admin acts upon, and how they are called in the log. Rights were checked where the act came in."""

from realtime_site.accounts.models import User
from realtime_site.audit import upon
from realtime_site.audit.log import Actor, Subject
from realtime_site.live.errors import ClientError


def lock(by: Actor, person_id: int) -> User:
    """The person, until the transaction ends.

    Raises `ClientError`: `not_found`; `forbidden` for oneself, and for a superuser unless by one or by a command.
    """
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise ClientError("not_found", "No such person.")
    upon.check(by, person)
    return person


def subject(person: User) -> Subject:
    return Subject(person.pk, person.name)
