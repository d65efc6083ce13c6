"""Where people of this site get e-mail: at addresses they have shown to be theirs."""

from collections.abc import Collection

from allauth.account.models import EmailAddress


def verified(user_ids: Collection[int]) -> dict[int, str]:
    """Active people's verified addresses, the primary one where there are several. One query."""
    rows = EmailAddress.objects.filter(user__in=user_ids, user__is_active=True, verified=True)
    return dict(rows.order_by("primary").values_list("user_id", "email"))  # the last one of a person stays
