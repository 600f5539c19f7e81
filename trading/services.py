"""What someone asks of trading: written down here and now, carried out by the loop."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account
from funding.models import Deposit, Withdrawal
from funding.services import cash_of, claimed_cash, wallet_of
from portfolios.models import TradingHalt
from robo import audit, partner
from trading import estimate as sums
from trading.models import ZERO, Asset, Desk, Market, Order, OrderEvent, Position, Quote

MARKETS = ("XNYS", "XNAS")
FRESH = timedelta(seconds=10)
STATEMENT = (
    "I have read “{title}”, version {version}. I choose what I buy and sell, and nobody advises me."
)


class NotPossible(Exception):
    """What was asked for can't be done; the text says why, for the person."""


def desk_of(account: Account) -> Desk:
    """The account's desk; the first call has it, the cash and the markets looked at."""
    desk, created = Desk.objects.get_or_create(account=account)
    if created:
        desk.enqueue()
        wallet_of(account)
        markets()
    return desk


def markets() -> list[Market]:
    """The markets whose assets are offered; the first call has them looked at."""
    found = {market.code: market for market in Market.objects.filter(code__in=MARKETS)}
    for code in MARKETS:
        if code not in found:
            found[code], created = Market.objects.get_or_create(code=code)
            if created:
                found[code].enqueue()
    return [found[code] for code in MARKETS]


# Looking ----------------------------------------------------------------------------------------


def look_at(row: Desk | Quote) -> None:
    """Somebody looks: have the row read anew soon, and again while they look on."""
    now = timezone.now()
    fresh = row.refreshed_at and now - row.refreshed_at < FRESH
    type(row).objects.filter(pk=row.pk).update(looked_at=now)
    if not fresh and (row.due_at is None or row.due_at > now):
        row.poke()


def quote_of(asset: Asset) -> Quote:
    """The asset's quote; the first call has it read."""
    quote, created = Quote.objects.get_or_create(
        asset=asset, defaults={"looked_at": timezone.now()}
    )
    if created:
        quote.enqueue()
    return quote


def search(text: str, limit: int = 20) -> QuerySet[Asset]:
    """Assets by symbol or name: the symbol itself, then symbols that begin with it, then names."""
    text = text.strip()
    if not text:
        return Asset.objects.none()
    rank = Case(
        When(symbol__iexact=text, then=Value(0)),
        When(symbol__istartswith=text, then=Value(1)),
        When(name__istartswith=text, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    match = Q(symbol__istartswith=text) | Q(name__icontains=text)
    return Asset.objects.filter(match).order_by("-is_tradable", rank, "symbol")[:limit]


# What there is to trade with --------------------------------------------------------------------


def buying_power(account: Account) -> tuple[Decimal | None, datetime | None]:
    """Dollars free to spend, as of when: cash that neither an order nor a withdrawal has claimed.

    Bluum sets cash aside for what it has; what waits to be sent is taken off here.
    """
    cash, as_of = cash_of(account)
    if cash is None:
        return None, as_of
    unsent = Order.objects.filter(
        account=account, status=Order.Status.REQUESTED, side=Order.Side.BUY
    )
    claimed = sum((_told(order) for order in unsent), ZERO)
    return max(cash - claimed - claimed_cash(account), ZERO), as_of


def _told(order: Order) -> Decimal:
    return Decimal(order.told.get("total") or order.notional or 0)


def held(account: Account, symbol: str) -> Decimal:
    """Shares of it that the account has."""
    row = Position.objects.filter(account=account, symbol=symbol).first()
    return row.quantity if row else ZERO


def sellable(account: Account, symbol: str, price: Decimal | None = None) -> Decimal:
    """Shares that no open order is selling. `price` turns orders by amount into shares."""
    free = held(account, symbol)
    for order in Order.objects.open().filter(account=account, symbol=symbol, side=Order.Side.SELL):
        if order.remaining is not None:
            free -= order.remaining
        elif order.notional and price:
            free -= (order.notional - order.filled_amount) / price
    return max(free, ZERO)


def put_in(account: Account) -> Decimal:
    """Deposits that have arrived less withdrawals that have left, dollars, all time."""
    came = Deposit.objects.filter(account=account, status=Deposit.Status.COMPLETED)
    left = Withdrawal.objects.filter(account=account, status=Withdrawal.Status.COMPLETED)
    return sum((one.amount for one in came), ZERO) - sum((one.amount for one in left), ZERO)


# The disclosure ---------------------------------------------------------------------------------


def disclosure_due(account: Account) -> bool:
    """Whether today's text about trading has still to be read and signed."""
    text = partner.current().kind("trading_disclosure")
    return not account.signatures.filter(text_id=text.sha256).exists()


def sign_disclosure(account: Account, *, ip: str, user_agent: str) -> None:
    """Keep that the person has read the text as it stands. The caller has shown just that."""
    text = partner.current().kind("trading_disclosure")
    accounts.sign(
        account=account,
        slug=text.slug,
        version=text.version,
        title=text.title,
        body=text.text,
        kind=text.kind,
        statement=STATEMENT.format(title=text.title, version=text.version),
        ip=ip,
        user_agent=user_agent,
    )


# Orders -----------------------------------------------------------------------------------------


def why_stopped(account: Account) -> str:
    """Why nothing can be ordered for now, in words; empty when nothing keeps it."""
    halt = TradingHalt.objects.of(account).first()
    return (
        f"Trading is stopped for now. {halt.reason} We write to you when it goes on."
        if (halt)
        else ""
    )


@transaction.atomic
def place(*, account: Account, wish: Order, request: Any = None) -> Order:
    """Write down that the person wants this order. The same key always means the same one.

    `wish` is an unsaved order as the form made it. Raises NotPossible when cash or shares have
    been claimed meanwhile, and before today's disclosure is signed.
    """
    # Two wishes at once are looked at one after the other, so that both can't spend the same cash.
    Account.objects.select_for_update().get(pk=account.pk)
    made: Order | None = Order.objects.filter(account=account, key=wish.key).first()
    if made:
        return made
    if disclosure_due(account):
        raise NotPossible("Before an order, please read and sign what trading yourself means.")
    if stopped := why_stopped(account):
        raise NotPossible(stopped)
    quote = Quote.objects.filter(asset_id=wish.symbol).first()
    cash, _ = buying_power(account)
    found = sums.estimate(wish, quote, cash=cash, held=held(account, wish.symbol))
    if wish.is_buy and found.total is not None and found.total > (cash or ZERO):
        raise NotPossible("There isn’t enough cash for this order any more.")
    free = ZERO if wish.is_buy else sellable(account, wish.symbol, found.price)
    worth = sums.cents(free * found.price) if found.price else None
    too_many = wish.quantity is not None and wish.quantity > free
    too_much = wish.notional is not None and worth is not None and wish.notional > worth
    if not wish.is_buy and (too_many or too_much):
        raise NotPossible("There aren’t that many shares free to sell any more.")
    ours = partner.current().trading
    wish.account, wish.told = account, found.told()
    if ours.commission:
        wish.commission, wish.commission_type = ours.commission, ours.commission_type
    wish.save()
    OrderEvent.objects.create(order=wish, status=wish.status, at=wish.created_at)
    wish.enqueue()
    desk_of(account)
    audit.record("place order", target=wish, account=account, request=request)
    return wish


@transaction.atomic
def cancel(*, order: Order, request: Any = None) -> Order:
    """Ask for the order to be stopped. Whether it still can be, the step finds out."""
    found: Order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if found.cancel_asked_at or found.status == Order.Status.CANCELED:
        return found
    if found.is_settled:
        raise NotPossible("It was too late to cancel. This is how the order ended.")
    found.cancel_asked_at = timezone.now()
    found.save(update_fields=["cancel_asked_at"])
    found.poke()
    audit.record("cancel order", target=found, account=found.account, request=request)
    return found
