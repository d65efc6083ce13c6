"""Every HTTP address of the site."""

from django.contrib import admin
from django.urls import include, path

from realtime_site import health

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("realtime_site.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("notifications/", include("notifications.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
