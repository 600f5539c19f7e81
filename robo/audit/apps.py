from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "robo.audit"
    label = "audit"
