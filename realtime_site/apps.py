from django.apps import AppConfig
from django.conf import settings


class RealtimeSiteConfig(AppConfig):
    name = "realtime_site"

    def ready(self) -> None:
        from realtime_site import checks  # noqa: F401  registers the system checks

        if settings.SENTRY_DSN:
            from realtime_site.observe import start_sentry

            start_sentry()
