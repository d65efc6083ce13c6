from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "realtime_site.live"
    label = "live"
