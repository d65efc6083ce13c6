from django.apps import AppConfig


class RealtimeSiteConfig(AppConfig):
    name = "realtime_site"

    def ready(self) -> None:
        from realtime_site import checks  # noqa: F401  registers the system checks
