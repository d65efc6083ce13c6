from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "realtime_site.audit"
    label = "audit"
