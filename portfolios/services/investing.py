"""The portfolio's row, and the wish to invest what came in."""

from decimal import Decimal

from django.db import transaction

from accounts.models import Account
from portfolios.models import Investment, Portfolio


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
