"""The advisory fee: a yearly percentage of what an advised account is worth.

Accrued at each close for the days since the last one, taken from the wallet at the first opening of
a month. What the wallet lacks is sold for, the most overweight first. Off unless the world has an
`advisory_fee` (percent a year).
"""

from datetime import date
from decimal import Decimal

from sandbox import book, ledger, portfolio
from sandbox.world import World

ZERO = Decimal("0.00")
REFERENCE = "advisory fee"
DAYS_A_YEAR = 365
FINE = Decimal("0.000001")


def accrue(world: World, account_id: str, worth: Decimal, today: date) -> None:
    """Add what the days since the last accrual cost. `worth` is the account's value in dollars."""
    own = book.of(world, account_id)
    since: date = own.get("fee_until") or today
    own["fee_until"] = today
    cost = worth * world.advisory_fee / 100 * (today - since).days / DAYS_A_YEAR
    own["fee_accrued"] = own.get("fee_accrued", ZERO) + cost.quantize(FINE)


def charge(world: World, account_id: str, today: date) -> None:
    """Take what has accrued in past months, once a month. What can't be paid stays accrued."""
    own = book.of(world, account_id)
    month = f"{today:%Y-%m}"
    if own.get("fee_month", month) == month:
        own["fee_month"] = month
        return
    own["fee_month"] = month
    due = ledger.cents(own.get("fee_accrued", ZERO))
    missing = due - ledger.available(world, account_id)
    if missing > 0:
        words = f"{missing} USD are missing for the advisory fee."
        portfolio.sell_for(world, account_id, missing, "fee", words)
    paid = min(due, ledger.available(world, account_id))
    if paid > 0:
        ledger.post(world, account_id, "fee", -paid, REFERENCE)
        own["fee_accrued"] -= paid
