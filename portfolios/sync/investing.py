"""Cash becomes investments: one rebalance of buys only, followed until the orders are done.

The trades are written down before they are sent, so a crash in between sends the same trades with
the same key, and Bluum answers with the same rebalance.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from portfolios.models import Investment, Policy, Portfolio, TradingHalt
from portfolios.planning.policy import CLASS_NAMES
from portfolios.sync.common import bluum_portfolio, patience
from robo import bluum, clients
from robo.bluum.portfolios import Rebalance, RecommendedTrade
from robo.bluum.trading import Order
from robo.ui import words

CENT = Decimal("0.01")
SMALLEST_TRADE = Decimal("1.00")
KEY_LIVES = timedelta(hours=20)
"""Bluum remembers a key for 24 hours; an older one could mean a second rebalance."""
GIVE_UP = timedelta(days=7)
ALL_GIVEN = timedelta(minutes=10)
"""So long after the first orders all the others are there, or won't come: the cash has gone."""
ROUNDING = Decimal("0.99")
HALTED = timedelta(minutes=5)
OPEN_ORDERS = ("accepted", "partially_filled")

claims: list[Callable[[Account], Decimal]] = []
"""Functions of an account: dollars of its cash that another wish has spoken for. A later app, such
as the one that pays out, announces its own when it is ready."""


def advance_investment(investment: Investment) -> timedelta | None:
    """Wait for a policy in force, send the buys, follow them until nothing is open."""
    account = investment.account
    if investment.status not in Investment.IN_MOTION:
        return None
    has_policy = Policy.objects.filter(account=account, status=Policy.Status.ACTIVE).exists()
    if account.wait_until_open() or not has_policy:
        return patience(investment.created_at, most=900)
    if investment.status != Investment.Status.WAITING:
        return follow(investment)
    if wait := held_up(investment):
        return wait
    key_is_old = (
        investment.first_tried_at is not None
        and timezone.now() - investment.first_tried_at > KEY_LIVES
    )
    if key_is_old or not investment.trades:
        found = plan(investment)
        if found is None:
            return timedelta(seconds=15)  # something is open at Bluum; look again when it's done
        trades, allocation = found
        if not trades:
            made = bought_by_bluum(investment)
            if made:
                remember_trades(investment, made)
                complete_investment(investment.pk)
            else:
                settle_as_not_needed(investment.pk)
            return None
        before = {"allocation": allocation, "orders": orders_before(str(account.bluum_id))}
        remember_trades(investment, trades, fresh_key=key_is_old, before=before)
    return send(investment)


def held_up(investment: Investment) -> timedelta | None:
    """How long to wait because staff have stopped trading; None while they haven't."""
    halt = TradingHalt.objects.of(investment.account).first()
    if halt is None:
        if investment.prevented_by:
            remember_obstacle(investment, "")
        return None
    remember_obstacle(investment, f"Trading is stopped: {halt.reason}")
    return HALTED


def remember_obstacle(investment: Investment, what: str) -> None:
    """Write down what keeps it waiting."""
    if investment.prevented_by != what[:200]:
        investment.prevented_by = what[:200]
        investment.save(update_fields=["prevented_by"])


def bought_by_bluum(investment: Investment) -> list[dict[str, Any]]:
    """What Bluum bought with this money by itself, as auto-invest does; empty if it can't be told.

    The newest buys that are no run's of ours and together are the amount, within a twentieth.
    """
    runs = Investment.objects.filter(account=investment.account).exclude(pk=investment.pk)
    under_way = (Investment.Status.PENDING, Investment.Status.IN_PROGRESS)
    at, near = investment.created_at, timedelta(hours=1)
    if runs.filter(Q(status__in=under_way) | Q(created_at__range=(at - near, at + near))).exists():
        return []  # whose money it was can't be told
    known = {t.get("order") for trades in runs.values_list("trades", flat=True) for t in trades}
    found: list[dict[str, Any]] = []
    left = investment.amount
    for order in clients.bluum().orders.list(str(investment.account.bluum_id), side="buy"):
        if left <= investment.amount / 20 or order.id in known:
            break
        if order.filled_qty and order.average_price:
            found.append(filled(order))
            left -= Decimal(found[-1]["notional"])
    return found if abs(left) <= max(investment.amount / 20, 1) else []


def filled(order: Order, reason: str = "") -> dict[str, Any]:
    """An order that was carried out, as a run keeps it."""
    amount = (order.filled_qty or Decimal(0)) * (order.average_price or Decimal(0))
    return {
        "action": order.side,
        "symbol": order.symbol,
        "notional": f"{amount:.2f}",
        "reason": reason,
        "order": order.id,
    }


def orders_before(account_id: str) -> list[str]:
    """The newest orders there are before a run: what comes on top is the run's."""
    return [order.id for order in clients.bluum().orders.list(account_id)]


def plan(investment: Investment) -> tuple[list[dict[str, Any]], dict[str, Any]] | None:
    """The buys that bring the available cash into the portfolio, dollars as strings, and where
    each class stood before them.

    No buys when there is nothing to invest. None while cash is held by open orders, because the
    analysis would be out of date the moment they are done, or spoken for by another wish.
    """
    account = investment.account
    account_id, portfolio_id = str(account.bluum_id), bluum_portfolio(account)
    api = clients.bluum()
    cash = api.portfolios.holdings(account_id, portfolio_id).cash
    available = (
        Decimal(0) if cash is None else cash.balance if cash.available is None else cash.available
    )
    claimed = sum((claim(account) for claim in claims), Decimal(0))
    if available - claimed < SMALLEST_TRADE:
        return None if claimed else ([], {})
    available -= claimed
    if open_orders(account_id):
        return None
    analysis = api.portfolios.rebalancing(account_id, portfolio_id)
    before = {
        name: {"target": str(d.target), "actual": str(d.actual)}
        for name, d in analysis.current_allocation.items()
    }
    return buys_within(analysis.recommended_trades, available), before


def buys_within(trades: Iterable[RecommendedTrade], cash: Decimal) -> list[dict[str, Any]]:
    """The buys among the trades, scaled down together to the cash; sales are left out."""
    buys = [t for t in trades if t.action == "buy" and t.notional and t.notional > 0]
    wanted = sum((t.notional or Decimal(0) for t in buys), Decimal(0))
    if not wanted:
        return []
    scale = min(cash / wanted, Decimal(1))
    amounts = [((t.notional or Decimal(0)) * scale).quantize(CENT, ROUND_FLOOR) for t in buys]
    if scale < 1:  # the odd cents go to the largest
        largest = max(range(len(amounts)), key=lambda i: amounts[i])
        amounts[largest] += cash.quantize(CENT, ROUND_FLOOR) - sum(amounts, Decimal(0))
    return [
        {
            "action": "buy",
            "symbol": t.symbol,
            "notional": f"{amount:.2f}",
            "asset_class": t.asset_class or "",
            "reason": t.reason or "",
        }
        for t, amount in zip(buys, amounts, strict=True)
        if amount >= SMALLEST_TRADE
    ]


@transaction.atomic
def remember_trades(
    investment: Investment,
    trades: list[dict[str, Any]],
    *,
    fresh_key: bool = False,
    before: dict[str, Any] | None = None,
) -> None:
    """Write down what will be sent, before it is."""
    investment.trades = trades
    investment.before = before or investment.before
    if fresh_key:
        investment.key = uuid.uuid4()
        investment.first_tried_at = timezone.now()
    investment.save(update_fields=["trades", "before", "key", "first_tried_at"])


def send(investment: Investment) -> timedelta:
    """Ask Bluum to buy. While another rebalance runs, wait and plan anew."""
    account = investment.account
    try:
        remote = clients.bluum().portfolios.rebalance(
            str(account.bluum_id),
            bluum_portfolio(account),
            idempotency_key=investment.key,
            execution_type="custom",
            custom_trades=[
                {name: trade[name] for name in ("action", "symbol", "notional")}
                for trade in investment.trades
            ],
        )
    except (bluum.Conflict, bluum.InsufficientFunds):
        # Refused means nothing was done. The answer may be remembered with the key, so the next
        # attempt, planned on the cash of that moment, has another.
        remember_trades(investment, [], fresh_key=True)
        return timedelta(seconds=15)
    apply_rebalance(investment.pk, remote)
    return timedelta(seconds=5)


@transaction.atomic
def apply_rebalance(pk: int, remote: Rebalance) -> None:
    """Bluum has taken the rebalance."""
    investment = Investment.objects.select_for_update().get(pk=pk)
    if investment.status != Investment.Status.WAITING:
        return
    known = {Investment.Status.PENDING.value, Investment.Status.IN_PROGRESS.value}
    investment.bluum_id = remote.rebalance_id
    investment.sent_at = timezone.now()
    investment.status = remote.status if remote.status in known else Investment.Status.IN_PROGRESS
    if remote.status == Investment.Status.FAILED:
        investment.status = Investment.Status.FAILED
    investment.save(update_fields=["bluum_id", "sent_at", "status"])
    poke_portfolio(investment)


def follow(investment: Investment) -> timedelta | None:
    """See whether the orders are done: none open, and each fund bought since it was planned. What
    cash there is tells nothing: some of it may be kept, or wait to leave."""
    sent = investment.sent_at or investment.created_at
    age = timezone.now() - sent
    if open_orders(str(investment.account.bluum_id)):
        return patience(sent)
    made = orders_of(investment)
    all_given = made.keys() >= {trade["symbol"] for trade in investment.trades}
    if made and (all_given or age > ALL_GIVEN):
        investment.trades = [
            done(trade, made[trade["symbol"]])
            for trade in investment.trades
            if trade["symbol"] in made
        ]
        investment.save(update_fields=["trades"])
        complete_investment(investment.pk)
        return None
    if age > GIVE_UP:
        fail_investment(investment.pk)
        return None
    return patience(sent, most=300)


def orders_of(investment: Investment) -> dict[str, Order]:
    """Its orders that have bought, by fund: those that weren't there when it was planned, and are
    no other run's."""
    others = Investment.objects.filter(account=investment.account).exclude(pk=investment.pk)
    known = {t.get("order") for trades in others.values_list("trades", flat=True) for t in trades}
    known.update(investment.before.get("orders", ()))
    found: dict[str, Order] = {}
    for order in clients.bluum().orders.list(str(investment.account.bluum_id), side="buy"):
        if order.id not in known and order.filled_qty:
            found.setdefault(order.symbol, order)
    return found


def done(trade: dict[str, Any], order: Order) -> dict[str, Any]:
    """The trade with its order, so that no other run takes it for its own; and with what was bought
    in the end, if that is clearly less than planned."""
    bought = Decimal(filled(order)["notional"])
    short = bought < Decimal(trade["notional"]) * ROUNDING
    return {**trade, "order": order.id} | ({"notional": f"{bought:.2f}"} if short else {})


def open_orders(account_id: str) -> bool:
    """Whether an order of the account waits to be filled."""
    orders = clients.bluum().orders
    return any(orders.list(account_id, status=status) for status in OPEN_ORDERS)


@transaction.atomic
def complete_investment(pk: int) -> None:
    """The money is invested: say so once, and look at the portfolio."""
    investment = (
        Investment.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    )
    if investment.status == Investment.Status.COMPLETED:
        return
    investment.status = Investment.Status.COMPLETED
    investment.completed_at = timezone.now()
    investment.save(update_fields=["status", "completed_at"])
    spent = sum((Decimal(t["notional"]) for t in investment.trades), Decimal(0))
    tell(
        account=investment.account,
        key=f"investment:{investment.pk}:completed",
        title=f"Your {words.money(spent)} is invested",
        body=f"{why_in_words(investment)} Nothing was sold.",
        url="/portfolio/history/",
        topic=Topic.PORTFOLIO,
    )
    poke_portfolio(investment)


def bought_in_words(trades: Iterable[dict[str, Any]]) -> str:
    """VTI $216.00, BND $122.10 and VEA $108.00."""
    parts = [f"{t['symbol']} {words.money(t['notional'])}" for t in trades]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def why_in_words(investment: Investment) -> str:
    """We invested $500.00: 62% VTI and 38% BND, because you were under your targets in stocks."""
    spent = sum((Decimal(t["notional"]) for t in investment.trades), Decimal(0))
    return f"We invested {words.money(spent)}: {mix_in_words(investment)}."


def mix_in_words(investment: Investment) -> str:
    """62% VTI and 38% BND, because you were under in bonds: the reason where it was noted."""
    spent = sum((Decimal(t["notional"]) for t in investment.trades), Decimal(0)) or Decimal(1)
    largest = sorted(investment.trades, key=lambda t: -Decimal(t["notional"]))
    parts = [f"{words.percent(Decimal(t['notional']) / spent)} {t['symbol']}" for t in largest]
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
    if not investment.before.get("allocation"):
        return listed
    return f"{listed}, because {reason_in_words(investment)}"


def reason_in_words(investment: Investment) -> str:
    """Which classes were short before, or that it is the policy's mix."""
    before = investment.before.get("allocation", {})
    bought = {t.get("asset_class") for t in investment.trades}
    held = any(Decimal(f["actual"]) for name, f in before.items() if name != "cash")
    short = sorted(
        (Decimal(f["actual"]) - Decimal(f["target"]), name)
        for name, f in before.items()
        if name in bought and Decimal(f["actual"]) < Decimal(f["target"])
    )
    if not held or not short:
        return "that is the mix of your policy"
    named = [
        f"{CLASS_NAMES.get(name, name)} ({_part(before[name]['actual'])} with the new money "
        f"counted, the target is {_part(before[name]['target'])})"
        for _, name in short[:2]
    ]
    return f"you were under in {' and '.join(named)}"


def _part(percent: str) -> str:
    return words.percent(Decimal(percent) / 100, 1)


@transaction.atomic
def fail_investment(pk: int) -> None:
    """The orders ended without buying. The cash is still the investor's."""
    investment = Investment.objects.select_for_update().get(pk=pk)
    investment.status = Investment.Status.FAILED
    investment.save(update_fields=["status"])
    poke_portfolio(investment)


@transaction.atomic
def settle_as_not_needed(pk: int) -> None:
    """No cash waits: another investment or Bluum itself has bought with it already."""
    investment = Investment.objects.select_for_update().get(pk=pk)
    investment.status = Investment.Status.NOT_NEEDED
    investment.completed_at = timezone.now()
    investment.save(update_fields=["status", "completed_at"])
    poke_portfolio(investment)


def poke_portfolio(investment: Investment) -> None:
    """Have the portfolio looked at."""
    for portfolio in Portfolio.objects.filter(account_id=investment.account_id):
        portfolio.poke()
