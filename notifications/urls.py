"""The addresses of notifications, below /notifications/."""

from django.urls import path

from notifications.views import push, unsubscribe

app_name = "notifications"
urlpatterns = [
    path("devices/", push.register, name="register_device"),
    path("devices/<int:device_id>/remove/", push.remove, name="remove_device"),
    path("devices/<int:device_id>/test/", push.send_test, name="test_device"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
