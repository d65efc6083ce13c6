"""People in Django's admin, and one door to it: the site's own login, with its throttling and second factor."""

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.mfa import admin as _mfa_admin  # noqa: F401  registers what is registered anew below
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest

from realtime_site.accounts.models import AccessToken, User
from realtime_site.live.admin import ListAdmin
from realtime_site.live.publish import recheck_on_commit

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents it
# Every page has the line of places instead; all tables are on the first page.
admin.site.enable_nav_sidebar = False


class PersonChangeForm(UserChangeForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta(UserChangeForm.Meta):
        model = User


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username",)


@admin.register(User)
class PersonAdmin(ListAdmin, UserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Accounts are deactivated, never deleted: what somebody said stays theirs, and it can be taken back."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("username", "display_name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name", "email")
    readonly_fields = ("last_login", "date_joined")
    actions = ("deactivate", "reactivate")
    fieldsets = (
        (None, {"fields": ("username", "display_name", "email", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    _powers: ClassVar = ("is_staff", "is_superuser", "groups", "user_permissions")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Else staff who may change people could set an admin's password, and be that admin.
        if obj is not None and obj.is_superuser and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj)]
        if not _is_superuser(request):
            fields += self._powers
        if obj is not None and obj.pk == request.user.pk:
            fields.append("is_active")
        return fields

    @admin.action(description="Deactivate: signed out everywhere, tokens stop", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = list(_others(request, queryset).values_list("pk", flat=True))
        count = User.objects.filter(pk__in=people).update(is_active=False)
        recheck_on_commit(*people)
        self.message_user(request, f"{count} deactivated. You and admins above you are left out.", messages.SUCCESS)

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = _others(request, queryset).update(is_active=True)
        self.message_user(request, f"{count} reactivated.", messages.SUCCESS)


@admin.register(AccessToken)
class AccessTokenAdmin(ListAdmin):
    """To see and to revoke. Nobody makes a token for somebody else, and the digest is nobody's business."""

    list_display = ("name", "user", "created_at", "last_used_at")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)
    fields = readonly_fields = ("name", "user", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        return False


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(ListAdmin):
    """To take a lost second factor off an account. allauth's own page would show its secret."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username",)
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        # Without this, staff could take an admin's second factor away and then only need the password.
        if obj is not None and obj.user.is_superuser and not _is_superuser(request):
            return False
        return super().has_delete_permission(request, obj)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _others(request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
    others = people.exclude(pk=request.user.pk or 0)
    return others if _is_superuser(request) else others.filter(is_superuser=False)
