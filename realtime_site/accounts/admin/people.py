"""Accounts as a list and as a form; the person's page and its acts hang below."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from realtime_site.accounts.admin import acts, page
from realtime_site.accounts.admin.logged import LoggedAdmin
from realtime_site.accounts.models import User
from realtime_site.live.admin import ListAdmin

# As many as a list's page shows; each is locked and logged.
AT_ONCE = 100


class PersonChangeForm(UserChangeForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta(UserChangeForm.Meta):
        model = User


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username",)


class PeopleList(ChangeList):
    """Leads to a person's page; the form is a link there."""

    def url_for_result(self, result: Any) -> str:
        return reverse("admin:accounts_user_person", args=[result.pk])


@admin.register(User)
class PersonAdmin(LoggedAdmin, ListAdmin, UserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Accounts are suspended, never deleted: what somebody said stays theirs, and it can be taken back."""

    thing = "person"
    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("username", "display_name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name", "email")
    # Who may come in is changed by suspending, which asks for a reason and is logged.
    readonly_fields = ("is_active", "last_login", "date_joined")
    actions = ("suspend", "reinstate")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "display_name", "email", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    _powers: ClassVar = ("is_staff", "is_superuser", "groups", "user_permissions")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:person_id>/", wrap(page.person), name="accounts_user_person"),
            *acts.urls(wrap),
            *super().get_urls(),
        ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return _ticked(super().formfield_for_manytomany(db_field, request, **kwargs))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PeopleList

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.suspend_user")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Else staff who may change people could set the password of somebody with more rights, and be that somebody.
        if obj is not None and (obj.is_staff or obj.is_superuser) and not is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():  # with its line in the log
            return super().user_change_password(*args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj)]
        if not is_superuser(request):
            fields += self._powers
        return fields

    @admin.action(description="Suspend…", permissions=["suspend"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponseRedirect | None:
        return self._several(request, queryset.filter(is_active=True), "suspend")

    @admin.action(description="Let in again…", permissions=["suspend"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponseRedirect | None:
        return self._several(request, queryset.filter(is_active=False), "reinstate")

    def _several(self, request: HttpRequest, people: QuerySet[User], act: str) -> HttpResponseRedirect | None:
        """To the page that asks why. Oneself and, for all but superusers, superusers are left out."""
        people = people.exclude(pk=request.user.pk or 0)
        if not is_superuser(request):
            people = people.filter(is_superuser=False)
        ids = list(people.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
        if not ids or len(ids) > AT_ONCE:
            text = f"{AT_ONCE} people at once are the most." if ids else "There is nobody among them to do that to."
            self.message_user(request, text, messages.WARNING)
            return None
        return HttpResponseRedirect(reverse(f"admin:accounts_user_{act}_several", args=[",".join(map(str, ids))]))


admin.site.unregister(Group)


@admin.register(Group)
class RightsAdmin(LoggedAdmin, GroupAdmin):
    """What a group may do, as boxes to tick: Django's pair of lists cannot be told from each other by ear.

    For superusers: whoever could change a group that they are in could do all that there is a right for.
    """

    thing = "group"
    filter_horizontal = ()
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        return _ticked(super().formfield_for_manytomany(db_field, request, **kwargs))


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _ticked(field: Any) -> Any:
    if field is not None:
        choices = field.choices
        field.widget = CheckboxSelectMultiple(attrs={"class": "checks"})
        field.widget.choices = choices
        field.help_text = ""
    return field
