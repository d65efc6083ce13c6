"""Every HTTP address of the site."""

from django.contrib import admin
from django.urls import include, path

from notifications.views.worker import service_worker
from realtime_site import health, installed
from realtime_site.dashboard.views import dashboard
from realtime_site.metrics import metrics

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("realtime_site.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("notifications/", include("notifications.urls")),
    path("sw.js", service_worker, name="service_worker"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("icon-<int:size>.png", installed.picture, name="icon"),
    path("admin/announce/", include("realtime_site.announcing")),
    path("admin/dashboard/", admin.site.admin_view(dashboard), name="dashboard"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
