"""Where an order stands: a sentence, what it means, and what happened when."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse

from robo.ui import words
from trading import told
from trading.estimate import paid
from trading.holdings import fills_of
from trading.models import Hours, Order

S = Order.Status


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline. `state` is done, now, late or empty for what is to come."""

    title: str
    when: datetime | str | None = None
    state: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    headline: str
    lead: str
    steps: list[Step]
    amount: Decimal
    commission: Decimal
    total: Decimal
    """What it has cost, or brought after commission, so far."""
    bad: bool = False
    again: str = ""
    """Where the same order can be given once more; empty unless it ended without being filled."""

    @property
    def said(self) -> str:
        return f"{self.headline} {self.lead}"


def progress(order: Order, now: Hours) -> Progress:
    headline, lead = _words(order, now)
    fee = paid(order)
    total = order.filled_amount + fee if order.is_buy else order.filled_amount - fee
    return Progress(
        headline=headline,
        lead=lead,
        steps=_steps(order, now),
        amount=order.filled_amount,
        commission=fee,
        total=total,
        bad=order.status in (S.REJECTED, S.REFUSED),
        again=_again(order) if order.is_settled and order.status != S.FILLED else "",
    )


def _again(order: Order) -> str:
    """The ticket, filled in with what wasn't traded."""
    return reverse("trading:ticket", args=[order.symbol], query=told.fields(order))


def _words(order: Order, now: Hours) -> tuple[str, str]:
    what, past = told.title(order), "Bought" if order.is_buy else "Sold"
    stopping = bool(order.cancel_asked_at)
    match order.status:
        case S.REQUESTED if stopping:
            return f"{what}: being canceled.", "If it hasn’t been sent yet, it never will be."
        case S.REQUESTED:
            return f"{what}: being sent.", "We’ve got it, and it’s sent once, whatever happens."
        case S.ACCEPTED if stopping:
            return f"{what}: being canceled.", "The market may have been faster. This page says."
        case S.ACCEPTED:
            return f"{what}: accepted.", _waits_for(order, now)
        case S.PARTIALLY_FILLED:
            rest = (
                f" {told.in_shares(order.remaining)} to go." if order.remaining is not None else ""
            )
            lead = f"{past} {told.filled(order)} so far.{rest}"
            if stopping:
                lead += " The rest is being canceled."
            return f"{what}: partly filled.", lead
        case S.FILLED:
            lead = f"At {told.exact(order.average_price)} a share on average."
            if stopping:
                lead += " It was too late to cancel: the market had filled it."
            return f"{past} {told.in_shares(order.filled_quantity)} of {order.symbol}.", lead
        case S.CANCELED:
            if order.filled_quantity:
                return f"{what}: the rest is canceled.", f"{past} {told.filled(order)} before that."
            why = "" if stopping else f" {_lapsed(order)}"
            return f"{what}: canceled.", f"Nothing was traded.{why}"
        case S.REJECTED:
            part = f" {past} before that: {told.filled(order)}." if order.filled_quantity else ""
            return f"{what}: not carried out.", f"{told.of_rejection(order.reason)}{part}"
    return f"{what}: not accepted.", f"{order.reason} Nothing was traded."


def _lapsed(order: Order) -> str:
    tif = order.time_in_force
    if tif == Order.Tif.DAY:
        return "It counted until the close and wasn’t filled by then."
    if tif in told.AT_ONCE:
        return "It couldn’t be filled at once."
    if tif in (Order.Tif.OPG, Order.Tif.CLS):
        return "It couldn’t be filled there."
    return ""


def _waits_for(order: Order, now: Hours) -> str:
    opens = words.moment(now.changes_at)
    if order.time_in_force == Order.Tif.CLS:
        return "It takes part in the next close."
    if not now.is_open:
        return f"The market is closed. It runs from the opening on {opens}."
    if order.time_in_force == Order.Tif.OPG:
        return "It takes part in the next opening."
    waits = {
        Order.Type.MARKET: "It’s with the market now.",
        Order.Type.LIMIT: f"It waits for {told.exact(order.limit_price)} or better.",
        Order.Type.STOP: f"It waits for {told.exact(order.stop_price)} to be reached.",
        Order.Type.STOP_LIMIT: f"It waits for {told.exact(order.stop_price)} to be reached, "
        f"then for {told.exact(order.limit_price)} or better.",
        Order.Type.TRAILING_STOP: f"It follows the price at a distance of {told.trail(order)}.",
    }
    return waits.get(Order.Type(order.type), "") if order.type in Order.Type.values else ""


def _steps(order: Order, now: Hours) -> list[Step]:
    steps = [Step("You gave the order", order.created_at, "done", _at(order.created_at))]
    if order.submitted_at:
        steps.append(Step("Accepted", order.submitted_at, "done", _at(order.submitted_at)))
    past = "Bought" if order.is_buy else "Sold"
    for fill in fills_of(order):
        price = (fill.amount / fill.quantity).quantize(Decimal("0.0001"))
        detail = f"{_at(fill.at)}, {told.exact(price)} a share, {words.money(fill.amount)}"
        steps.append(Step(f"{past} {told.in_shares(fill.quantity)}", fill.at, "done", detail))
    if order.cancel_asked_at:
        asked = order.cancel_asked_at
        state = "done" if order.is_settled else "now"
        steps.append(Step("You asked to cancel", asked, state, _at(asked)))
    if order.status == S.REQUESTED and not order.cancel_asked_at:
        detail = (
            "We can’t reach our custodian at the moment, and keep trying." if (order.error) else ""
        )
        steps.append(Step("Being sent", None, "now late" if order.error else "now", detail))
    elif order.status in (S.ACCEPTED, S.PARTIALLY_FILLED) and not order.cancel_asked_at:
        when = None if now.is_open else now.changes_at
        steps.append(Step("Waiting to be filled", when, "now", _waits_for(order, now)))
    elif order.is_settled and order.status != S.FILLED:
        at = order.settled_at or order.created_at
        bad = order.status in (S.REJECTED, S.REFUSED)
        name = str(order.get_status_display())
        steps.append(Step(name, at, "now late" if bad else "done", _at(at)))
    return steps


def _at(moment: datetime) -> str:
    return f"{words.clock(moment)} {words.zone()}"
