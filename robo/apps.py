from django.apps import AppConfig


class RoboConfig(AppConfig):
    name = "robo"
    verbose_name = "Robo"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from robo import celery, checks, logs  # noqa: F401

        logs.configure()
        autodiscover_modules("tasks")
