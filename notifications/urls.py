"""The addresses of notifications, below /notifications/."""

from django.urls import path

from notifications.views import inbox, preferences, push, unsubscribe

app_name = "notifications"

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.mark, name="mark"),
    path("<int:notification_id>/", inbox.go, name="go"),
    path("<int:notification_id>/why/", inbox.why, name="why"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("devices/", push.register, name="register_device"),
    path("devices/<int:device_id>/remove/", push.remove, name="remove_device"),
    path("devices/<int:device_id>/test/", push.send_test, name="test_device"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
