"""Who may look: staff with a permission of its own. The only place that says so."""

from collections.abc import Collection

from django.contrib.auth import get_user_model

PERMISSION = "audit.view_dashboard"


def may_look(user_ids: Collection[int]) -> set[int]:
    """Those of them that may, by their own permissions, their groups', or as superusers. One query."""
    allowed = get_user_model().objects.with_perm(PERMISSION, is_active=True)
    return set(allowed.filter(is_staff=True, pk__in=user_ids).values_list("pk", flat=True))
