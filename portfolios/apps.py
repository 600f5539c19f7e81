from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    name = "portfolios"

    def ready(self) -> None:
        from portfolios import agenda, told  # noqa: F401 (registers what home and answers are told)
