"""What people sign in with beside their password, as lists: to see, and to take away by the person's page."""

from allauth.mfa import admin as _mfa_admin  # noqa: F401  registers what is registered anew below
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _sessions_admin  # noqa: F401  the same
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpRequest

from realtime_site.accounts.models import AccessToken, Suspension
from realtime_site.live.admin import ListAdmin, ReadOnlyAdmin

admin.site.unregister(Authenticator)
# Its pages hold session keys, and whoever has one is that person. The person's page has what one needs.
admin.site.unregister(UserSession)


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "until", "lifted_at", "by", "reason")
    list_filter = ("lifted_at",)
    list_select_related = ("user", "by")
    search_fields = ("user__username", "reason")


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
        if obj is not None and obj.user.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_delete_permission(request, obj)
