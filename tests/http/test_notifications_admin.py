"""The admin of notifications: what it does not show, its filters must not tell either."""

from typing import Any

import pytest
from django.test import Client

from notifications.models import Delivery, Device, Notification
from realtime_site.accounts.models import User
from tests.factories import make_admin, make_user
from tests.notified import log_in, make_notification, make_push

pytestmark = pytest.mark.django_db
LISTED = {Notification: {"kind", "shown"}, Delivery: {"channel", "purpose", "state"}}
LOOKUPS = ("", "__exact", "__regex", "__startswith", "__gt", "__in")


@pytest.fixture
def admin(client: Client) -> Client:
    alice = make_user("alice")
    device = Device.objects.create(user=alice, endpoint="https://push.example.org/x", session_key=log_in(alice))
    make_push(make_notification(alice, title="secret", body="secret"), device)
    client.force_login(make_admin())
    return client


def status(admin: Client, model: type[Any], **query: str) -> int:
    return admin.get(f"/admin/notifications/{model._meta.model_name}/", query).status_code


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, field.name)
        for model, listed in LISTED.items()
        for field in model._meta.fields
        if field.name not in listed
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_no_filter_asks_for_what_is_not_listed(admin: Client, model: type[Any], name: str, lookup: str) -> None:
    assert status(admin, model, **{f"{name}{lookup}": "1"}) == 400


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Delivery, "notification__body__regex"),
        (Delivery, "device__endpoint__startswith"),
        (Delivery, "user__password__startswith"),
        (Notification, "deliveries__device__endpoint__startswith"),
        (Notification, "actor__email__startswith"),
        (Notification, "kind__regex"),
    ],
)
def test_nor_for_what_is_behind_it(admin: Client, model: type[Any], lookup: str) -> None:
    assert status(admin, model, **{lookup: "^s"}) == 400


@pytest.mark.parametrize(
    ("model", "lookup", "value"),
    [
        (Notification, "kind", "mention"),
        (Notification, "shown__exact", "1"),
        (Delivery, "channel", "push"),
        (Delivery, "purpose__exact", "show"),
        (Delivery, "state__exact", "waiting"),
    ],
)
def test_the_filters_of_the_list_work(admin: Client, model: type[Any], lookup: str, value: str) -> None:
    answer = admin.get(f"/admin/notifications/{model._meta.model_name}/", {lookup: value})
    assert (answer.status_code, answer.context["cl"].result_count) == (200, 1)
    answer = admin.get(f"/admin/notifications/{model._meta.model_name}/", {lookup: "0"})
    assert "e=1" in answer.get("Location", "") or answer.context["cl"].result_count == 0


def test_whoever_is_named_is_found(admin: Client) -> None:
    assert User.objects.filter(username="alice").exists()
    answer = admin.get("/admin/notifications/notification/", {"q": "alice"})
    assert answer.context["cl"].result_count == 1
