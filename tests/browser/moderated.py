"""A person upon whom an admin has acted in all ways: something to show on each of the admin's pages."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from chat.models import Anomaly, Message, Report, Room
from chat.services import invitations, removals, reports, restrictions
from notifications.models import Notification
from realtime_site.accounts import suspensions, tokens
from realtime_site.accounts.models import User
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from tests.browser import seed

DAY_SECONDS = 86_400


def moderate(admin: User, person: User, room: Room) -> None:
    User.objects.filter(pk=person.pk).update(email="bob@example.org")
    by = Actor(admin.pk, admin.name, Entry.Via.ADMIN, "192.0.2.7")
    said = list(Message.objects.filter(room=room, author=person, kind="text"))
    reporter = room.memberships.exclude(user=person).get().user
    for message in said[:2]:
        reports.report(user_id=reporter.pk, message_id=message.pk, reason="spam", note="Twice today <b>already</b>")
    reports.handle(by=by, report_id=Report.objects.get(message=said[1]).pk, outcome="dismissed", reason="It is not")
    removals.remove(by=by, message_id=said[2].pk, reason="An advertisement")
    restrictions.mute(by=by, room_id=room.pk, person_id=person.pk, seconds=DAY_SECONDS, reason="Three times in a row")
    suspensions.suspend(by=by, person_id=reporter.pk, seconds=DAY_SECONDS, reason="Somebody else uses the account")
    invitations.create(user_id=room.memberships.filter(role="owner").get().user_id, room_id=room.pk)
    tokens.create(user_id=person.pk, name="Deploy bot")
    Authenticator.objects.create(user=person, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    key = seed.session_of(person)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    UserSession.objects.create(user=person, ip="192.0.2.9", session_key=key, user_agent=agent)
    Anomaly.objects.create(kind="lost", room=room, user=person, first=3, last=4, worker="w1")
    assert Notification.objects.exists()
