"""What may move and when, in US dollars, and how long money is held back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Account
from funding import calendar
from funding.models import BankAccount, Deposit, Withdrawal
from robo import partner

# Bluum publishes no limits (contract, "Not documented: minimum, maximum and daily limits"). The
# least is ours until it does, and the sandbox holds to the same; the rest is the partner's.
LEAST = Decimal("1.00")


def least_deposit() -> Decimal:
    """The partner's minimum, but never less than a dollar."""
    return max(partner.current().minimum_deposit, LEAST)


def most_deposit() -> Decimal:
    return partner.current().limits.deposit


# Of what is invested, so much can be asked for at once: prices move until it is sold.
SELLABLE = Decimal("0.95")
# Sold beyond what is missing, so that a falling price doesn't hold the withdrawal up.
SALE_MARGIN = Decimal("0.005")
SMALLEST_SALE = Decimal("1.00")
# After a change of password, address or second factor, money can't leave for so long.
SECURITY_HOLD = timedelta(hours=72)
# So long a deposit waits for its bank to be mended before it is given up.
WAITS_FOR_BANK = timedelta(days=14)
# So long papers stay readable after an account was closed: the five years of rule 204-2, counted
# from the end of the year they were made in.
KEPT_YEARS = 6


def least_withdrawal() -> Decimal:
    return LEAST


def most_withdrawal() -> Decimal:
    return partner.current().limits.withdrawal


# By day and by week -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be asked for within some days, today the last of them. Days are New York's."""

    days: int
    most: Decimal
    used: Decimal
    lifts_on: date | None
    """The first day on which less is used; None while nothing is."""

    @property
    def left(self) -> Decimal:
        return max(self.most - self.used, Decimal(0))

    @property
    def span(self) -> str:
        return "today" if self.days == 1 else f"within {self.days} days"


def rooms_in(account: Account) -> list[Room]:
    """For deposits that people ask to be pulled; auto-invest and what they send isn’t counted."""
    came_to_nothing = Q(completed_at=None, status=Deposit.Status.FAILED) | Q(
        status__in=[Deposit.Status.REFUSED, Deposit.Status.CANCELED, Deposit.Status.EXPIRED]
    )
    asked = Deposit.objects.filter(account=account, schedule=None, method="ach")
    ours = partner.current().limits
    return _rooms(asked.exclude(came_to_nothing), ours.deposits_a_day, ours.deposits_a_week)


def rooms_out(account: Account) -> list[Room]:
    """For withdrawals by any way."""
    came_to_nothing = [Withdrawal.Status.REFUSED, Withdrawal.Status.CANCELED,
                       Withdrawal.Status.FAILED]  # fmt: skip
    asked = Withdrawal.objects.filter(account=account).exclude(status__in=came_to_nothing)
    ours = partner.current().limits
    return _rooms(asked, ours.withdrawals_a_day, ours.withdrawals_a_week)


def _rooms(asked: QuerySet[Deposit] | QuerySet[Withdrawal], *most: Decimal) -> list[Room]:
    now = timezone.now()
    since = _start_of(_day(now) - timedelta(days=6))
    rows = [
        (_day(at), amount)
        for at, amount in asked.filter(created_at__gte=since).values_list("created_at", "amount")
    ]
    found = []
    for days, limit in zip((1, 7), most, strict=True):
        first = _day(now) - timedelta(days=days - 1)
        counted = [(day, amount) for day, amount in rows if day >= first]
        oldest = min((day for day, _ in counted), default=None)
        lifts = oldest + timedelta(days=days) if oldest else None
        used = sum((amount for _, amount in counted), Decimal(0))
        found.append(Room(days, limit, used, lifts))
    return found


def tightest(rooms: Sequence[Room]) -> Room:
    """The one with the least left; of two alike the one that lasts longer."""
    return min(rooms, key=lambda room: (room.left, -room.days))


def _day(at: datetime) -> date:
    return at.astimezone(calendar.NEW_YORK).date()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), calendar.NEW_YORK)


# Held back --------------------------------------------------------------------------------------


def free_on(deposit: Deposit) -> date:
    """From this day on its money may be withdrawn: where it arrived, or is to arrive, and as many
    bank days later as the partner holds it back."""
    arrived = deposit.completed_at
    day = _day(arrived) if arrived else calendar.plan(deposit.days_from).arrives
    return calendar.bank_days_after(day, partner.current().limits.deposit_days)


@dataclass(frozen=True, slots=True)
class Held:
    """Deposits that have arrived and can’t leave yet."""

    amount: Decimal
    until: date | None


def held(account: Account) -> Held:
    """A bank may take a deposit back for some days; so long the partner may keep it in."""
    days = partner.current().limits.deposit_days
    if not days:
        return Held(Decimal(0), None)
    today = _day(timezone.now())
    # Bank days are fewer than days; two weeks more cover weekends and holidays.
    since = _start_of(today - timedelta(days=2 * days + 14))
    came = Deposit.objects.filter(
        account=account, method="ach", status=Deposit.Status.COMPLETED, completed_at__gte=since
    )
    waiting = [(one.amount, day) for one in came if (day := free_on(one)) > today]
    return Held(
        sum((amount for amount, _ in waiting), Decimal(0)),
        max((day for _, day in waiting), default=None),
    )


def takes_money_from(bank: BankAccount) -> date | None:
    """The first day on which money can be sent to a bank that was linked lately; None if now."""
    days = partner.current().limits.new_bank_days
    first = calendar.bank_days_after(_day(bank.created_at), days)
    return first if days and first > _day(timezone.now()) else None
