"""What one deposit or auto-invest run may be, in US dollars."""

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
