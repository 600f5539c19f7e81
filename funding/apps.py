from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"

    def ready(self) -> None:
        from funding import agenda, told  # noqa: F401 (registers what home and answers are told)
