"""What an order would cost or bring, before it is given. Pure figures; nothing is promised."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any

from robo import partner
from robo.ui import words
from trading.models import Hours, Order, Quote

CENT = Decimal("0.01")
ZERO = Decimal(0)
WIDE = Decimal("0.01")
"""A spread from which a market order is warned of."""
T = Order.Type


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_EVEN)


def commission(amount: Decimal, quantity: Decimal, rate: Decimal, kind: str) -> Decimal:
    """Dollars for trading so much, by Bluum's three kinds: an order, a share, basis points."""
    if not rate:
        return ZERO
    if kind == "qty":
        return cents(quantity * rate)
    if kind == "bps":
        return cents(amount * rate / 10_000)
    return cents(rate)


def most(cash: Decimal) -> Decimal:
    """Dollars that a buy by amount can be for, so that its commission can be paid, too."""
    ours = partner.current().trading
    if ours.commission_type == "bps":
        return (cash / (1 + ours.commission / 10_000)).quantize(CENT, ROUND_DOWN)
    return max(cash - ours.commission, ZERO)


def paid(order: Order) -> Decimal:
    """The commission of what has been filled."""
    if not order.filled_quantity:
        return ZERO
    rate = order.commission or ZERO
    return commission(order.filled_amount, order.filled_quantity, rate, order.commission_type)


def reckoned_at(order: Order, quote: Quote | None) -> Decimal | None:
    """The price to reckon with: one's own limit or stop, the ask for a buy, the bid for a sale."""
    last: Decimal | None = quote.price if quote else None
    side: Decimal | None = (quote.ask if order.is_buy else quote.bid) if quote else None
    own: dict[str, Decimal | None] = {
        T.LIMIT: order.limit_price,
        T.STOP_LIMIT: order.limit_price,
        T.STOP: order.stop_price,
    }
    if order.type in own:
        return own[order.type]
    if order.type == T.TRAILING_STOP and last is not None:
        away: Decimal = order.trail_price or last * (order.trail_percent or ZERO) / 100
        return last + away if order.is_buy else last - away
    return side or last


@dataclass(frozen=True, slots=True)
class Estimate:
    """Dollars; None where no price is known."""

    price: Decimal | None
    quantity: Decimal | None
    amount: Decimal | None
    commission: Decimal | None
    total: Decimal | None
    """What a buy costs in all, or a sale brings after commission."""
    cash_left: Decimal | None
    shares_left: Decimal | None
    priced_at: datetime | None
    confidence: str

    def told(self) -> dict[str, Any]:
        """What is kept of it with the wish; money as text."""
        return {
            name: None if value is None else str(value)
            for name, value in (
                ("price", self.price),
                ("amount", self.amount),
                ("commission", self.commission),
                ("total", self.total),
                ("confidence", self.confidence),
            )
        }


def estimate(order: Order, quote: Quote | None, *, cash: Decimal | None, held: Decimal) -> Estimate:
    """`cash` is what is free to spend, `held` the shares there are now."""
    price = reckoned_at(order, quote)
    quantity, amount = order.quantity, order.notional
    if amount is None and quantity is not None and price is not None:
        amount = cents(quantity * price)
    if quantity is None and amount is not None and price:
        quantity = (amount / price).quantize(Decimal("0.000001"))
    fee = total = cash_left = None
    if amount is not None:
        ours = partner.current().trading
        fee = commission(amount, quantity or ZERO, ours.commission, ours.commission_type)
        total = amount + fee if order.is_buy else max(amount - fee, ZERO)
        if cash is not None:
            cash_left = cash - total if order.is_buy else cash + total
    shares_left = None
    if quantity is not None:
        shares_left = held + quantity if order.is_buy else max(held - quantity, ZERO)
    return Estimate(
        price=price,
        quantity=quantity,
        amount=amount,
        commission=fee,
        total=total,
        cash_left=cash_left,
        shares_left=shares_left,
        priced_at=quote.at if quote else None,
        confidence=quote.freshness if quote else Quote.Confidence.UNAVAILABLE,
    )


def spread(quote: Quote | None) -> Decimal | None:
    """How far bid and ask are apart, a fraction of the ask; None where either isn't known."""
    if quote is None or quote.bid is None or not quote.ask:
        return None
    return Decimal((quote.ask - quote.bid) / quote.ask)


def warnings(order: Order, quote: Quote | None, now: Hours) -> list[str]:
    """What may surprise about this order, in a sentence each."""
    found = []
    last = quote.price if quote else None
    if last and order.type == T.LIMIT and order.limit_price:
        away = abs(order.limit_price - last) / last
        through = (order.limit_price > last) == order.is_buy and order.limit_price != last
        if through:
            side = "above" if order.is_buy else "below"
            found.append(
                f"Your limit is {side} the last price, so it’s likely filled at once, at about "
                "the market’s price."
            )
        elif away > Decimal("0.1"):
            found.append(
                f"Your limit is {away * 100:.0f}% away from the last price. It may wait long, or "
                "never be filled."
            )
    if order.type in (T.STOP, T.TRAILING_STOP):
        found.append("In a fast market the fill can be far from the stop.")
    apart = spread(quote)
    if order.type == T.MARKET and apart is not None and apart > WIDE:
        found.append(
            f"Buyers and sellers are {words.percent(apart, 1)} apart, which is a lot. A limit "
            "order keeps you from a worse price than you want."
        )
    if not now.is_open and order.type == T.MARKET:
        found.append("The opening price can be far from the last close, in either direction.")
    if quote is None or quote.price is None:
        found.append("We have no price at the moment, so there’s no estimate.")
    elif quote.freshness in (Quote.Confidence.STALE, Quote.Confidence.DELAYED):
        found.append("The price we know is behind the market, so the estimate may be off.")
    return found
