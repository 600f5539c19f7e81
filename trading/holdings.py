"""A self-directed account at a glance: worth, positions, what the day and the years did."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import prefetch_related_objects
from django.utils import timezone

from accounts.models import Account
from funding import calendar
from funding.agenda import money_of
from funding.lots import Gains, Lot, gains_of
from funding.models import Deposit, Withdrawal
from funding.services import cash_of
from trading import lots
from trading.agenda import orders_of, positions_of
from trading.models import ZERO, Asset, Order, Position, Quote


@dataclass(frozen=True, slots=True)
class Row:
    position: Position
    name: str
    previous_close: Decimal | None
    today: Decimal | None
    """Won since the close before; None if not known."""
    book: lots.Account
    lots_known: bool

    @property
    def gain_share(self) -> Decimal | None:
        cost, gain = self.position.cost_basis, self.position.unrealized
        return gain / cost if cost and gain is not None else None


@dataclass(frozen=True, slots=True)
class Worth:
    """Dollars; None where something isn't known, which is not zero."""

    total: Decimal | None
    invested: Decimal | None
    cash: Decimal | None
    free: Decimal | None
    set_aside: Decimal
    put_in: Decimal
    today: Decimal | None
    unrealized: Decimal | None
    as_of: datetime | None

    @property
    def gain(self) -> Decimal | None:
        return None if self.total is None else self.total - self.put_in


def fills_of(order: Order) -> list[lots.Fill]:
    """What was traded between one look and the next, from the order's events."""
    found, quantity, amount = [], ZERO, ZERO
    for event in order.events.all():
        if event.filled_quantity <= quantity or event.average_price is None:
            continue
        so_far = (event.filled_quantity * event.average_price).quantize(lots.CENT)
        if order.notional is not None and event.status == Order.Status.FILLED:
            so_far = order.notional  # an order by amount trades just that
        found.append(
            lots.Fill(event.at, order.is_buy, event.filled_quantity - quantity, so_far - amount)
        )
        quantity, amount = event.filled_quantity, so_far
    return found


def fills_by_symbol(account: Account) -> dict[str, list[lots.Fill]]:
    orders = orders_of(account)
    prefetch_related_objects(orders, "events")
    found: dict[str, list[lots.Fill]] = {}
    for order in reversed(orders):
        if order.filled_quantity:
            found.setdefault(order.symbol, []).extend(fills_of(order))
    return found


def rows_of(account: Account) -> list[Row]:
    """The positions, the largest first, with what is known around them. Four queries."""
    positions = positions_of(account)
    symbols = [row.symbol for row in positions]
    names = dict(Asset.objects.filter(symbol__in=symbols).values_list("symbol", "name"))
    closes = dict(
        Quote.objects.filter(asset_id__in=symbols).values_list("asset_id", "previous_close")
    )
    fills = fills_by_symbol(account)
    today = timezone.now().astimezone(calendar.NEW_YORK).date()
    found = []
    for position in positions:
        own = fills.get(position.symbol, [])
        book, before = lots.keep(own), closes.get(position.symbol)
        gained = None
        if before is not None and position.value is not None:
            of_today = lots.on(own, today, calendar.NEW_YORK)
            gained = lots.day_gain(position.quantity, position.value, before, of_today)
        known = book.agrees(position.quantity, position.cost_basis)
        name = names.get(position.symbol, "")
        found.append(Row(position, name, before, gained, book, known))
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sale would take, dollars: by term where the lots are known, else at average cost."""

    gains: Gains | None
    at_average: Decimal | None


def taken_by(account: Account, symbol: str, quantity: Decimal, price: Decimal) -> Taken | None:
    """The gain in selling so many shares at `price`; None where none are held."""
    row = next((row for row in rows_of(account) if row.position.symbol == symbol), None)
    if row is None or not row.position.quantity:
        return None
    held, cost = row.position.quantity, row.position.cost_basis
    sold = min(quantity, held)
    if row.lots_known:
        gains = gains_of(
            [Lot(lot.quantity, lot.cost, lot.bought) for lot in row.book.lots],
            quantity=held, value=held * price, amount=sold * price, at=timezone.now(),
            tax_aware=False,
        )  # fmt: skip
        return Taken(gains, gains.total if gains else None)
    return Taken(None, None if cost is None else (sold * (price - cost / held)).quantize(lots.CENT))


def worth_of(account: Account, rows: list[Row], free: Decimal | None) -> Worth:
    """Everything together. `free` is the buying power."""
    available, as_of = cash_of(account)
    wallet = getattr(account, "wallet", None)
    cash = wallet.balance if wallet else None
    invested = _sum([row.position.value for row in rows])
    money = money_of(account)
    came = [d.amount for d in money.deposits if d.status == Deposit.Status.COMPLETED]
    left = [w.amount for w in money.withdrawals if w.status == Withdrawal.Status.COMPLETED]
    total = None if cash is None or invested is None else cash + invested
    return Worth(
        total=total,
        invested=invested,
        cash=cash,
        free=free,
        set_aside=max((cash or ZERO) - (free or ZERO), ZERO) if available is not None else ZERO,
        put_in=sum(came, ZERO) - sum(left, ZERO),
        today=_sum([row.today for row in rows]),
        unrealized=_sum([row.position.unrealized for row in rows]),
        as_of=min(filter(None, [as_of, *(r.position.price_at for r in rows)]), default=None),
    )


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if len(known) == len(amounts) else None
