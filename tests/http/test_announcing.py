"""Announcing from the admin: to whom, by whom, and that it is finished whatever happens in the middle."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from chat.services import announcements
from notifications.models import Notification
from realtime_site import announcing
from realtime_site.accounts.models import User
from realtime_site.audit.models import Entry
from tests.factories import make_user

pytestmark = pytest.mark.django_db

FILLED = {"title": "Cake at three", "body": "", "url": "", "reason": "why", "confirm": "1", "token": str(uuid4())}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What would be begun in threads."""
    cache.clear()
    found: list[int] = []
    monkeypatch.setattr(announcing, "start", found.append)
    return found


def announcer() -> Client:
    user = make_user("sam", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="announce"))
    client = Client()
    client.force_login(user)
    return client


def told() -> int:
    return Notification.objects.filter(title="Cake at three").count()


def announce(client: Client, started: list[int], capture: Any) -> str:
    with capture(execute=True):
        answer = client.post(reverse("announce"), FILLED | {"to": "everybody"})
    assert answer.status_code == 302, answer.content
    assert len(started) == 1
    return str(answer["Location"])


def test_everybody_is_told_and_the_page_says_how_far_it_is(
    started: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.bulk_create([User(username=f"u{number}") for number in range(20)])
    client = announcer()
    where = announce(client, started, django_capture_on_commit_callbacks)
    assert b"0 of 21 people" in client.get(where).content
    announcing.tell(started[0], breath_seconds=0)
    assert told() == 21
    assert client.get(where, headers={"accept": "application/json"}).json() == {
        "known": True, "done": 21, "total": 21, "finished": True, "stalled": False,
    }  # fmt: skip
    entry = Entry.objects.get()
    assert (entry.action, entry.reason, entry.pk) == ("site.announce", "why", started[0])
    assert "Cake" not in entry.summary + str(entry.details)


def test_a_button_that_is_pressed_twice_announces_once(
    started: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    client = announcer()
    tokens = [client.get(reverse("announce")).context["form"]["token"].value() for _ in range(2)]
    assert tokens[0] != tokens[1]
    data = FILLED | {"to": "everybody", "token": str(tokens[0])}
    with django_capture_on_commit_callbacks(execute=True):
        assert [client.post(reverse("announce"), data).status_code for _ in range(2)] == [302, 422]
    assert [entry.pk for entry in Entry.objects.all()] == started
    cache.delete(f"announcement:{tokens[0]}")  # and where the cache has forgotten it, nobody is told twice
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("announce"), data)
    for entry_id in started:
        announcing.tell(entry_id, breath_seconds=0)
    assert (len(started), told()) == (2, 1)


def test_one_that_stands_still_goes_on_and_tells_nobody_twice(
    started: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    client = announcer()
    where = announce(client, started, django_capture_on_commit_callbacks)
    client.post(reverse("announce_go_on", args=started[:1]))
    assert len(started) == 1  # somebody is at it
    announcing.tell(started[0], breath_seconds=0)
    progress = announcing.found(started[0])
    assert progress is not None
    progress.update(done=0, at=0)
    announcing.put(started[0], progress)
    assert b"It stands still" in client.get(where).content
    client.post(reverse("announce_go_on", args=started[:1]))
    assert len(started) == 2
    announcing.tell(started[1], breath_seconds=0)
    assert told() == 1


def test_who_may_and_what_is_refused(started: list[int]) -> None:
    client = Client()
    client.force_login(make_user("other", is_staff=True))
    for where in (reverse("announce"), reverse("announce_progress", args=[1])):
        assert client.get(where).status_code == 403
    assert client.post(reverse("announce_go_on", args=[1])).status_code == 403
    assert client.post(reverse("announce"), FILLED | {"to": "everybody"}).status_code == 403
    assert Client().post(reverse("announce"), FILLED).status_code == 302
    wrong = announcer().post(reverse("announce"), FILLED | {"to": "everybody", "url": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert (started, Entry.objects.count()) == ([], 0)


def test_everybody_online_is_told_at_once(started: list[int]) -> None:
    assert announcer().post(reverse("announce"), FILLED | {"to": "online"}).status_code == 302
    assert Entry.objects.get().details["to"] == "online"
    assert (started, told()) == ([], 0)


def test_everybody_online_is_told_once_by_a_button_that_is_pressed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[str] = []
    monkeypatch.setattr(announcements, "broadcast_on_commit", frames.append)
    client, data = announcer(), FILLED | {"to": "online"}
    assert [client.post(reverse("announce"), data).status_code for _ in range(2)] == [302, 302]
    assert (len(frames), Entry.objects.count()) == (1, 1)
    assert "Cake" not in str(Entry.objects.get().details)
    for other in ({"title": "Tea at four"}, {"token": str(uuid4())}):
        assert client.post(reverse("announce"), data | other).status_code == 302
    assert (len(frames), Entry.objects.count()) == (3, 3)
