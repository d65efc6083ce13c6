"""The addresses of notifications, below /notifications/."""

from django.urls import path

from notifications.views import inbox, preferences

app_name = "notifications"

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.mark, name="mark"),
    path("<int:notification_id>/", inbox.go, name="go"),
    path("<int:notification_id>/why/", inbox.why, name="why"),
    path("preferences/", preferences.preferences, name="preferences"),
]
