from django.apps import AppConfig, apps


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        if apps.is_installed("chat"):
            from notifications import receivers

            receivers.connect()
