"""What the admin's lists of all apps have in common."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

# How a list's own filters ask: for a value, for none, for a span of time.
_ASKED = {"exact", "in", "isnull", "gt", "gte", "lt", "lte"}


class ListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own is not generic
    """Lists are filtered by what `list_filter` names and nothing else.

    Django allows any field of the model in the address, hidden ones too: `?code__startswith=a` would tell a secret
    letter by letter.
    """

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if lookup in self._own_parameters():
            return True
        field, _, asked = lookup.partition("__")
        named = {one[0] if isinstance(one, tuple) else one for one in self.list_filter}
        return field in named and (asked or "exact") in _ASKED

    def _own_parameters(self) -> set[str | None]:
        """Of filters that are no field's: what they make of the value is theirs."""
        return {
            one.parameter_name
            for one in self.list_filter
            if isinstance(one, type) and issubclass(one, admin.SimpleListFilter)
        }


class ReadOnlyAdmin(ListAdmin):
    """Rows that only services may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
