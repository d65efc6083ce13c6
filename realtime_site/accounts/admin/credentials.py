"""What people sign in with beside their password, as lists to see. What is taken away is taken on the person's page."""

from allauth.account import admin as _account_admin  # noqa: F401  registers what is registered anew below
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _mfa_admin  # noqa: F401  the same
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _sessions_admin  # noqa: F401  the same
from allauth.usersessions.models import UserSession
from django.contrib import admin

from realtime_site.accounts.models import AccessToken, Suspension
from realtime_site.live.admin import ReadOnlyAdmin

admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)
# Its pages hold session keys, and whoever has one is that person. The person's page has what one needs.
admin.site.unregister(UserSession)


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "until", "lifted_at", "by", "reason")
    list_filter = ("lifted_at",)
    list_select_related = ("user", "by")
    search_fields = ("user__username", "reason")


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Whoever could add a confirmed address to an account could have its new password mailed there."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email", "user__username")


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    """Without the digest, which is nobody's business."""

    list_display = ("name", "user", "created_at", "last_used_at")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)
    fields = ("name", "user", "created_at", "last_used_at")


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """allauth's own page would show its secret."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username",)
    list_select_related = ("user",)
    fields = ("user", "type", "created_at", "last_used_at")
