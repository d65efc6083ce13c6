from django.apps import AppConfig, apps


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import sessions

        sessions.connect()
        if apps.is_installed("chat"):
            from notifications import receivers

            receivers.connect()
