from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"

    def ready(self) -> None:
        from funding import agenda, closing, holds, papers, services, told  # noqa: F401 (register)
        from portfolios import rebalancing
        from portfolios.sync import investing

        investing.claims.append(services.claimed_cash)
        investing.claims.append(closing.claimed)
        rebalancing.stops.append(closing.why_no_sales)
