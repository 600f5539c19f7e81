"""What one transfer may be, in US dollars, and how long money is held back."""

from datetime import timedelta
from decimal import Decimal

from robo import partner

# Bluum publishes no limits (contract, "Not documented: minimum, maximum and daily limits"). These
# are ours until it does, and the sandbox holds to the same; one edit here changes every page.
LEAST = Decimal("1.00")
MOST = Decimal("50000.00")


def least_deposit() -> Decimal:
    """The partner's minimum, but never less than a dollar."""
    return max(partner.current().minimum_deposit, LEAST)


def most_deposit() -> Decimal:
    return MOST


# Of what is invested, so much can be asked for at once: prices move until it is sold.
SELLABLE = Decimal("0.95")
# Sold beyond what is missing, so that a falling price doesn't hold the withdrawal up.
SALE_MARGIN = Decimal("0.005")
SMALLEST_SALE = Decimal("1.00")
# After a change of password, address or second factor, money can't leave for so long.
SECURITY_HOLD = timedelta(hours=72)


def least_withdrawal() -> Decimal:
    return LEAST


def most_withdrawal() -> Decimal:
    return MOST
