from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "realtime_site.accounts"
    label = "accounts"

    def ready(self) -> None:
        from realtime_site.accounts import signals  # noqa: F401  connects them
