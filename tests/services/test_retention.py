"""What is forgotten, what is not, and that a room's order holds with holes in it."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from chat import catchup, history
from chat.models import Anomaly, Invitation, Mention, Message, Removal, Report, Room
from chat.services import invitations, messages, retention
from chat.services.messages import Draft, post
from notifications.models import Notification
from realtime_site.accounts import suspensions
from realtime_site.accounts.models import Suspension, User
from realtime_site.audit.log import COMMAND
from realtime_site.audit.models import Entry
from realtime_site.live import topics
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    """Of ana and bob; keeps messages for a week."""
    room = make_room("general", make_user("ana"), make_user("bob"))
    Room.objects.update(keep_days=7)
    return room


def say(room: Room, body: str, *, by: str = "ana", days_ago: int = 0, **more: Any) -> Message:
    author = User.objects.get(username=by)
    shown = post(Draft(room.pk, author.pk, uuid4(), body, **more))
    Message.objects.filter(pk=shown.id).update(created_at=timezone.now() - timedelta(days=days_ago))
    return Message.objects.get(pk=shown.id)


def forget(room: Room, keep_days: int = 7) -> int:
    return max(retention.forget(room_id=room.pk, keep_days=keep_days), default=0)


def prune(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("prune", "--json", *arguments, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def suspended_until_now() -> None:
    gone = make_user("gone")
    suspensions.suspend(by=COMMAND, person_id=gone.pk, seconds=60, reason="")
    Suspension.objects.update(until=timezone.now())


def notified(*, days_ago: int, **fields: Any) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    bob, why = User.objects.get(username="bob"), {"app": ["show", "always"]}
    Notification.objects.create(user=bob, **{"kind": "mention", "title": "x", "why": why, "created_at": at} | fields)


def test_without_yes_nothing_is_changed(room: Room) -> None:
    say(room, "old", days_ago=8)
    suspended_until_now()
    notified(days_ago=31)  # of which why is forgotten
    notified(days_ago=181, why={}, shown=False)
    notified(days_ago=29)
    assert prune() == {
        "done": False,
        "rooms": [{"id": room.pk, "name": "general", "keep_days": 7, "messages": 1}],
        "messages": 1,
        "invitations": 0,
        "removals": 0,
        "anomalies": 0,
        "notifications": 2,
        "suspensions": 1,
    }
    assert User.objects.filter(username="gone", is_active=False).exists()
    assert Message.objects.filter(body="old").exists()
    out = StringIO()
    call_command("prune", stdout=out)
    assert "general: 1 messages older than 7 days" in out.getvalue()
    assert "--yes" in out.getvalue()


def test_what_is_counted_without_yes_is_what_is_done_with_it(room: Room) -> None:
    suspended_until_now()
    notified(days_ago=31)
    notified(days_ago=181, why={}, shown=False)
    dry, done = prune(), prune("--yes")
    assert (dry["notifications"], dry["suspensions"]) == (done["notifications"], done["suspensions"]) == (2, 1)
    assert User.objects.filter(username="gone", is_active=True).exists()
    assert (prune()["notifications"], prune()["suspensions"]) == (0, 0)


def test_anomalies_are_kept_for_ninety_days(room: Room) -> None:
    for days in (89, 91):
        row = Anomaly.objects.create(kind="lost", room=room, user_id=room.created_by_id, first=days, last=days)
        Anomaly.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=days))
    assert (prune()["anomalies"], Anomaly.objects.count()) == (1, 2)
    prune("--yes")
    assert [row.first for row in Anomaly.objects.all()] == [89]


def test_with_yes_what_is_older_goes_and_nothing_else(room: Room) -> None:
    say(room, "old", days_ago=8)
    say(room, "young", days_ago=6)
    other = make_room("other", make_user("carol"))
    Message.objects.filter(room=other).update(created_at=timezone.now() - timedelta(days=900))
    Entry.objects.create(
        actor_name="x", via="command", action="a", summary="s", at=timezone.now() - timedelta(days=999)
    )
    assert prune("--yes")["messages"] == 1
    assert set(Message.objects.filter(kind="text").values_list("body", flat=True)) == {"young"}
    assert Message.objects.filter(room=other).exists()
    assert Entry.objects.count() == 1


def test_the_site_may_say_for_how_long_and_a_room_otherwise(room: Room, settings: Any) -> None:
    settings.CHAT_KEEP_DAYS = 30
    other = make_room("other", make_user("carol"))
    say(room, "old", days_ago=8)
    say(other, "old", by="carol", days_ago=31)
    assert [(one.name, one.keep_days, one.messages) for one in retention.due()] == [("general", 7, 1), ("other", 30, 1)]


def test_what_belongs_to_a_message_goes_with_it(room: Room) -> None:
    old = say(room, "hello @bob", days_ago=8)
    answer = say(room, "yes", by="bob", reply_to=old.pk)
    Removal.objects.create(message=old, body="x", act=1)
    assert Notification.objects.filter(target=f"chat.message:{old.pk}", withdrawn_at=None).exists()
    forget(room)
    answer.refresh_from_db()
    assert answer.reply_to is None
    assert not Mention.objects.filter(message=old.pk).exists()
    assert not Removal.objects.exists()
    assert not Notification.objects.filter(target=f"chat.message:{old.pk}", withdrawn_at=None).exists()


def test_what_somebody_reported_waits_for_the_moderators(room: Room) -> None:
    old = say(room, "bad", days_ago=8)
    report = Report.objects.create(message=old, room=room, reporter=User.objects.get(username="bob"), reason="spam")
    assert forget(room) == 0
    report.handled_at = timezone.now()
    report.save()
    assert forget(room) == 1


def test_batches_go_on_until_nothing_is_left(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        say(room, "old", days_ago=8)
    assert list(retention.forget(room_id=room.pk, keep_days=7)) == [2, 4, 5]


def test_order_and_history_hold_over_the_holes(room: Room) -> None:
    """Old and young by turns, as an edit leaves them; then all of it."""
    ana = User.objects.get(username="ana")
    said = [say(room, str(number), days_ago=8 * (number % 2)) for number in range(6)]
    edited = messages.edit(user_id=ana.pk, message_id=said[1].pk, body="edited")  # old, and the newest event
    forget(room)
    head = edited.changed
    assert [one.body for one in history.page(user_id=ana.pk, room_id=room.pk).messages[1:]] == ["0", "2", "4"]
    changes = history.changes(user_id=ana.pk, room_id=room.pk, after=said[2].seq)
    assert ([one.body for one in changes.messages], changes.seq, changes.reset) == (["4"], head, False)
    assert catchup.since(topics.room(room.pk), head - 1) == (head, [])
    page = history.page(user_id=ana.pk, room_id=room.pk, around=said[1].seq, limit=2)
    assert [one.body for one in page.messages] == ["0", "2"]
    after = say(room, "next")
    assert after.seq == head + 1
    Message.objects.update(created_at=timezone.now() - timedelta(days=8))
    forget(room)
    assert history.page(user_id=ana.pk, room_id=room.pk).messages == []
    assert history.changes(user_id=ana.pk, room_id=room.pk, after=0) == history.Changes([], after.seq, reset=False)
    assert say(room, "again").seq == after.seq + 1


def test_void_invitations_and_old_removals_go(room: Room) -> None:
    ana = User.objects.get(username="ana")
    long_ago = timezone.now() - timedelta(days=31)
    old, _, revoked = (invitations.create(user_id=ana.pk, room_id=room.pk) for _ in range(3))
    Invitation.objects.filter(pk=old.pk).update(expires_at=long_ago)
    Invitation.objects.filter(pk=revoked.pk).update(revoked_at=long_ago)
    removal = Removal.objects.create(message=say(room, "x"), body="x", act=1)
    Removal.objects.filter(pk=removal.pk).update(removed_at=long_ago)
    found = prune("--yes")
    assert (found["invitations"], found["removals"]) == (2, 1)
    assert Invitation.objects.count() == 1
