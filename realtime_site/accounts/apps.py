from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "realtime_site.accounts"
    label = "accounts"
