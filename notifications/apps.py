from django.apps import AppConfig, apps


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import checks, sessions  # noqa: F401  checks register themselves

        sessions.connect()
        if apps.is_installed("chat"):
            from notifications import receivers

            receivers.connect()
