"""The admin's own site object; see `robo.admin` for what it shows."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "robo.admin.AdvisorSite"
