"""The portfolio's row, and the wish to invest what came in."""

from decimal import Decimal

from django.db import transaction

from accounts.models import Account
from portfolios.models import Investment, Portfolio

ZERO = Decimal(0)


def portfolio_of(account: Account) -> Portfolio:
    """The account's portfolio row, made on first asking; it fills itself from Bluum."""
    portfolio, created = Portfolio.objects.get_or_create(account=account)
    if created:
        portfolio.enqueue()
    return portfolio


@transaction.atomic
def request_investment(*, account: Account, amount: Decimal, cause: str) -> Investment:
    """Write down that this money, dollars, shall be invested. The same cause is the same wish."""
    portfolio_of(account)
    investment, created = Investment.objects.get_or_create(
        account=account, cause=cause, defaults={"amount": amount}
    )
    if created:
        investment.enqueue()
    return investment


def being_invested(account: Account) -> Decimal | None:
    """Dollars of cash that runs under way buy with, beyond what they sell for; None without a run.

    They may still lie in the wallet: no order may be open before the next market day.
    """
    sent = (Investment.Status.PENDING, Investment.Status.IN_PROGRESS)
    runs = [
        sum((Decimal(t["notional"]) * (1 if t["action"] == "buy" else -1) for t in trades), ZERO)
        for trades in Investment.objects.filter(account=account, status__in=sent).values_list(
            "trades", flat=True
        )
    ]
    return sum((max(run, ZERO) for run in runs), ZERO) if runs else None
