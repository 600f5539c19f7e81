"""Orders in words: what is asked for, how it works, how it ended, and why."""

from decimal import Decimal

from robo.bluum import Refused
from robo.ui import words
from trading.models import Hours, Order

S, T, F = Order.Status, Order.Type, Order.Tif

TYPES = {
    T.MARKET: "At the price there is. It’s filled at once while the market is open; the price can "
    "differ from the one you see.",
    T.LIMIT: "At your price or better, or not at all. It may never be filled.",
    T.STOP: "Once your price is reached, it becomes a market order and takes the price there is "
    "then, which can be worse.",
    T.STOP_LIMIT: "Once your stop is reached, it becomes a limit order. If the price runs past "
    "your limit, it isn’t filled.",
    T.TRAILING_STOP: "A stop that follows the best price at the distance you choose, and then "
    "takes the price there is.",
}
"""What each type does, in a sentence."""

TIFS = {
    F.DAY: "What isn’t filled by today’s close is canceled. Given after hours, it counts for the "
    "next market day.",
    F.GTC: "It waits, day after day, until it’s filled or you cancel it.",
    F.OPG: "It takes part in the next opening only; what isn’t filled there is canceled.",
    F.CLS: "It takes part in the next close only; what isn’t filled there is canceled.",
    F.IOC: "What can be filled at once is; the rest is canceled. Only while the market is open.",
    F.FOK: "All of it at once, or nothing. Only while the market is open.",
}
AT_ONCE = (F.IOC, F.FOK)
STOPS = (T.STOP, T.STOP_LIMIT, T.TRAILING_STOP)


def why_not(tif: str, type_: str, now: Hours) -> str:
    """Why an order of this type can't count so long, in a sentence; empty where it can.

    Bluum's contract takes any type with any time, and refuses only what is due at once while the
    market is closed (BLUM-422-002); the other pairs would end at once, so the ticket has them not.
    """
    if type_ in STOPS and tif not in (F.DAY, F.GTC):
        return "A stop waits for its price, so it needs a day, or longer."
    if type_ == T.MARKET and tif == F.GTC:
        return "A market order takes the price there is, so it has nothing to wait for."
    if tif in AT_ONCE and not now.is_open:
        opens = words.moment(now.changes_at)
        return f"That needs an open market. It opens on {opens}; choose another until then."
    return ""


REFUSALS = {
    "BLUM-422-001": "There isn’t enough cash for it. Until an order is filled, a little more than "
    "its estimate may be set aside, as prices move.",
    "BLUM-422-002": "The market is closed, and an order that’s due at once needs an open one.",
    "BLUM-422-003": "It can’t be traded at the moment.",
    "BLUM-422-004": "There aren’t that many shares free to sell.",
    "BLUM-404-003": "Our custodian doesn’t know this symbol any more.",
    "BLUM-400-005": "One of its prices or amounts isn’t one our custodian takes.",
    "BLUM-400-006": "Its number of shares isn’t one our custodian takes.",
    "BLUM-403-002": "Your account isn’t open for trading.",
    "BLUM-403-004": "Your account isn’t open for trading.",
}
REJECTIONS = {
    "insufficient_funds": "When its turn came, it would have cost more than the cash there was.",
    "insufficient_position": "When its turn came, there weren’t enough shares to sell.",
    "rejected_by_exchange": "The exchange turned it down.",
}


def of_refusal(problem: Refused) -> str:
    return REFUSALS.get(problem.code or "", "Our custodian didn’t take it as it was.")


def of_rejection(reason: str) -> str:
    return REJECTIONS.get(reason, "The market turned it down. We don’t know more than that.")


def count(value: Decimal | None) -> str:
    """A number of shares: `1,200`, `0.5`, `1.234567891`."""
    if value is None:
        return words.UNKNOWN
    whole, _, part = f"{value:f}".partition(".")
    part = part.rstrip("0")
    return f"{int(whole):,}" + (f".{part}" if part else "")


def in_shares(value: Decimal) -> str:
    return f"{count(value)} share{'' if value == 1 else 's'}"


def size(order: Order) -> str:
    """`3 shares of VTI`, `$100.00 of VTI`."""
    if order.quantity is not None:
        return f"{in_shares(order.quantity)} of {order.symbol}"
    return f"{words.money(order.notional)} of {order.symbol}"


def title(order: Order) -> str:
    """`Buy 3 shares of VTI`."""
    return f"{order.get_side_display()} {size(order)}"


def exact(value: Decimal | None) -> str:
    """A price a share: cents, and more digits where it has them, `$0.1234`."""
    if value is None:
        return words.UNKNOWN
    if value == value.quantize(Decimal("0.01")):
        return words.money(value)
    return f"${value.normalize():,f}"


def terms(order: Order) -> str:
    """`Limit $20.00, until today’s close`."""
    price = {
        T.MARKET: "",
        T.LIMIT: f" {exact(order.limit_price)}",
        T.STOP: f" {exact(order.stop_price)}",
        T.STOP_LIMIT: f" {exact(order.stop_price)}, limit {exact(order.limit_price)}",
        T.TRAILING_STOP: f" {trail(order)}",
    }.get(T(order.type) if order.type in T.values else T.MARKET, "")
    until = str(order.get_time_in_force_display())
    return f"{order.get_type_display()}{price}, {until[:1].lower()}{until[1:]}"


def trail(order: Order) -> str:
    if order.trail_percent is not None:
        return words.percent(order.trail_percent / 100)
    return exact(order.trail_price)


def fields(order: Order) -> dict[str, str]:
    """The ticket's fields, to ask once more for what wasn't traded of it."""
    by_amount = order.notional is not None
    percent = order.trail_percent is not None
    given = {
        "side": order.side,
        "type": order.type,
        "by": "amount" if by_amount else "quantity",
        "quantity": None if by_amount else count(order.remaining).replace(",", ""),
        "amount": order.notional - order.filled_amount if order.notional else None,
        "stop_price": order.stop_price and f"{order.stop_price.normalize():f}",
        "limit_price": order.limit_price and f"{order.limit_price.normalize():f}",
        "trail_by": "percent" if percent else "price",
        "trail": (found := order.trail_percent or order.trail_price) and f"{found.normalize():f}",
        "time_in_force": order.time_in_force,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def filled(order: Order) -> str:
    """`3 shares at $251.37 on average`."""
    return f"{in_shares(order.filled_quantity)} at {exact(order.average_price)} on average"


def ending(order: Order) -> tuple[str, str] | None:
    """Title and text of the notice about an order's end; None while it goes on."""
    past = "Bought" if order.is_buy else "Sold"
    what = title(order)
    if order.status == S.FILLED:
        how = f"At {exact(order.average_price)} a share on average, {_amount(order)} in all."
        return f"{past} {in_shares(order.filled_quantity)} of {order.symbol}", how
    part = ""
    if order.filled_quantity:
        part = f" {past} before that: {filled(order)}."
    if order.status == S.CANCELED:
        return f"Canceled: {what}", f"Nothing more of it will be traded.{part}"
    if order.status == S.REJECTED:
        return f"Not carried out: {what}", f"{of_rejection(order.reason)}{part}"
    if order.status == S.REFUSED:
        return f"Not accepted: {what}", f"{order.reason} Nothing was traded."
    return None


def _amount(order: Order) -> str:
    return words.money(order.filled_amount)
