"""What only the site can answer: where people get e-mail, and who may hear what happens in a scope.

Settings name its functions.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.module_loading import import_string


def addresses_of(user_ids: Collection[int]) -> Mapping[int, str]:
    """E-mail addresses by person; without one they get none.

    `settings.NOTIFICATION_ADDRESSES`: `f(user_ids) -> {user_id: address}`, one query.
    """
    path = getattr(settings, "NOTIFICATION_ADDRESSES", None)
    found: Mapping[int, str] = import_string(path)(user_ids) if path else of_accounts(user_ids)
    return found


def of_accounts(user_ids: Collection[int]) -> dict[int, str]:
    """The addresses that active people's accounts have."""
    model = get_user_model()
    field = model.get_email_field_name()
    rows = model._default_manager.filter(pk__in=user_ids, is_active=True).exclude(**{field: ""})
    return dict(rows.values_list("pk", field))


def hearers(scope: str, user_ids: Collection[int], actor_id: int | None = None) -> frozenset[int] | None:
    """Those of the people who may hear what happens in a scope, and want to hear of this actor; None where the site
    does not say.

    `settings.NOTIFICATION_HEARERS`: `f(scope, user_ids, actor_id) -> their ids`.
    """
    path = getattr(settings, "NOTIFICATION_HEARERS", None)
    return frozenset(import_string(path)(scope, user_ids, actor_id)) if path else None


class Place(NamedTuple):
    """What a scope is called, and where it is."""

    name: str
    url: str


def scopes_of(user_id: int, scopes: Collection[str]) -> dict[str, Place]:
    """Those of the scopes that the person may see, in the order in which they are listed; none where the site does not
    say.

    `settings.NOTIFICATION_SCOPES`: `f(user_id, scopes) -> {scope: (name, url)}`, one query.
    """
    path = getattr(settings, "NOTIFICATION_SCOPES", None)
    found = import_string(path)(user_id, scopes) if path and scopes else {}
    return {scope: Place(*place) for scope, place in found.items()}
