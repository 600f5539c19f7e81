"""A whole rebalance, sales included, that someone said yes to: checked anew, sent once, followed.

Bluum works the trades out at the prices it meets, so what was shown is an estimate. Right before
sending, Bluum is asked again; if it would sell other funds, or take clearly more gains than were
shown, nothing is sent and the person is told to look again.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from portfolios.models import Investment
from portfolios.planning import drift as drifting
from portfolios.planning import taxes
from portfolios.rebalancing import gains_of, most_gains
from portfolios.sync import investing
from portfolios.sync.common import bluum_portfolio, patience
from portfolios.sync.portfolio import kept_analysis
from robo import bluum, clients
from robo.bluum.portfolios import Holdings, RebalancingAnalysis
from robo.bluum.trading import Order
from robo.ui import words

CENT = Decimal("0.01")
ZERO = Decimal(0)
ALL_GIVEN = timedelta(minutes=10)
"""After so long an order that hasn't shown up was too small to be given."""


def ask_now(account: Account) -> dict[str, Any] | None:
    """Bluum's analysis of this moment, for a page that waits: one short try, None if it fails."""
    row = getattr(account, "portfolio", None)
    if row is None or not row.bluum_id or not account.bluum_id:
        return None
    try:
        found = clients.bluum_now().portfolios.rebalancing(account.bluum_id, row.bluum_id)
    except bluum.BluumError:
        return None
    return kept_analysis(found) | {"allocation": allocation_of(found)}


def advance_run(investment: Investment) -> timedelta | None:
    """One step with a run of trades: money being invested, or a rebalance someone agreed to."""
    if investment.is_rebalance:
        return advance_rebalance(investment)
    return investing.advance_investment(investment)


def advance_rebalance(investment: Investment) -> timedelta | None:
    """Look anew, send once, follow until nothing is open."""
    account = investment.account
    if investment.status not in Investment.IN_MOTION:
        return None
    if wait := account.wait_until_open():
        return wait
    if investment.status != Investment.Status.WAITING:
        return follow(investment)
    if wait := investing.held_up(investment):
        return wait
    key_is_old = (
        investment.first_tried_at is not None
        and timezone.now() - investment.first_tried_at > investing.KEY_LIVES
    )
    if key_is_old and investment.trades and _has_begun(investment):
        return timedelta(seconds=5)
    if key_is_old or not investment.trades:
        if sum((claim(account) for claim in investing.claims), ZERO):
            investing.remember_obstacle(investment, "A withdrawal comes first.")
            return patience(investment.created_at, most=300)
        if investing.open_orders(str(account.bluum_id)):
            return timedelta(seconds=15)
        if not _look_anew(investment, fresh_key=key_is_old):
            return None
    return _send(investment)


def _has_begun(investment: Investment) -> bool:
    """Whether Bluum took it although its answer never reached us: sales of these funds that weren't
    there before. The key is forgotten by now, so sending again could mean a second rebalance."""
    earlier = set(investment.before.get("orders", ()))
    wanted = {t["symbol"] for t in investment.trades if t["action"] == "sell"}
    orders = clients.bluum().orders.list(str(investment.account.bluum_id), side="sell")
    if not any(order.id not in earlier and order.symbol in wanted for order in orders):
        return False
    Investment.objects.filter(pk=investment.pk, status=Investment.Status.WAITING).update(
        status=Investment.Status.IN_PROGRESS, sent_at=investment.first_tried_at
    )
    return True


def _look_anew(investment: Investment, *, fresh_key: bool) -> bool:
    """Write down what will be done. False when it isn't what was agreed to: then it is settled."""
    account = investment.account
    account_id, portfolio_id = str(account.bluum_id), bluum_portfolio(account)
    api = clients.bluum().portfolios
    analysis = api.rebalancing(account_id, portfolio_id)
    if not analysis.recommended_trades:
        give_up(investment.pk, "By now everything is on target; there is nothing to trade.")
        return False
    if problem := differs(investment.agreed, kept_analysis(analysis)):
        give_up(investment.pk, problem)
        return False
    held = api.holdings(account_id, portfolio_id, include_lots=True)
    investing.remember_trades(
        investment,
        [
            {
                "action": trade.action,
                "symbol": trade.symbol,
                "notional": f"{trade.notional or ZERO:.2f}",
                "reason": trade.reason or "",
            }
            for trade in analysis.recommended_trades
        ],
        fresh_key=fresh_key,
        before={
            "allocation": allocation_of(analysis),
            "lots": lots_of(held),
            "orders": investing.orders_before(account_id),
        },
    )
    return True


def differs(agreed: Mapping[str, Any], fresh: Mapping[str, Any]) -> str:
    """Why the fresh analysis isn't what was agreed to, in words; empty if it is."""
    shown = {t["symbol"] for t in agreed["trades"] if t["action"] == "sell"}
    now = {t["symbol"] for t in fresh["trades"] if t["action"] == "sell"}
    if now - shown:
        return f"By now {', '.join(sorted(now - shown))} would be sold too. Please look again."
    then, gains = gains_of(agreed.get("tax")), gains_of(fresh.get("tax_impact"))
    if gains > most_gains(agreed.get("tax")):
        return (
            f"By now {words.money(gains)} of gains would be taken instead of {words.money(then)}. "
            "Please look again."
        )
    return ""


def allocation_of(analysis: RebalancingAnalysis) -> dict[str, dict[str, str]]:
    return {
        name: {"target": str(d.target), "actual": str(d.actual)}
        for name, d in analysis.current_allocation.items()
    }


def lots_of(held: Holdings) -> dict[str, list[dict[str, Any]]]:
    """Lots by symbol, only what is needed to see later which were sold."""
    names = ("lot_id", "quantity", "cost_basis", "acquired_at", "holding_period")
    return {
        h.symbol: [{n: str(lot[n]) for n in names if lot.get(n) is not None} for lot in h.lots]
        for h in held.holdings
    }


def _send(investment: Investment) -> timedelta:
    account = investment.account
    try:
        remote = clients.bluum().portfolios.rebalance(
            str(account.bluum_id),
            bluum_portfolio(account),
            idempotency_key=investment.key,
            execution_type="full",
            tax_aware=True,
        )
    except (bluum.Conflict, bluum.InsufficientFunds):
        # Nothing was done, and the answer may be remembered with the key: look anew, with another.
        investing.remember_trades(investment, [], fresh_key=True)
        return timedelta(seconds=15)
    investing.apply_rebalance(investment.pk, remote)
    return timedelta(seconds=5)


def follow(investment: Investment) -> timedelta | None:
    """See whether every order has ended, then write down what came of it."""
    account = investment.account
    account_id, portfolio_id = str(account.bluum_id), bluum_portfolio(account)
    sent = investment.sent_at or investment.created_at
    age = timezone.now() - sent
    if investing.open_orders(account_id):
        return patience(sent, most=300)
    api = clients.bluum()
    earlier = set(investment.before.get("orders", ()))
    given = [order for order in api.orders.list(account_id) if order.id not in earlier]
    wanted = {(t["action"], t["symbol"]) for t in investment.trades}
    seen = {(order.side, order.symbol) for order in given}
    done = [order for order in given if order.filled_qty and (order.side, order.symbol) in wanted]
    if not done or (wanted - seen and age < ALL_GIVEN):
        if age > investing.GIVE_UP:
            give_up(investment.pk, "No order was carried out within a week.")
            return None
        return patience(sent, most=300)
    analysis = api.portfolios.rebalancing(account_id, portfolio_id)
    held = api.portfolios.holdings(account_id, portfolio_id, include_lots=True)
    apply_rebalanced(
        investment.pk,
        done,
        allocation_of(analysis),
        realized(investment.before.get("lots", {}), lots_of(held), done, timezone.localdate()),
    )
    return None


def realized(
    before: Mapping[str, list[dict[str, Any]]],
    after: Mapping[str, list[dict[str, Any]]],
    orders: Iterable[Order],
    today: date,
) -> dict[str, str]:
    """Gains less losses of the lots that are gone, by term, dollars. Empty where lots or prices
    aren't known well enough to tell."""
    found = {"short": ZERO, "long": ZERO}
    for order in orders:
        if order.side != "sell":
            continue
        price, kept = order.average_price, {x.get("lot_id"): x for x in after.get(order.symbol, [])}
        lots = before.get(order.symbol, [])
        if price is None or not lots or any("lot_id" not in lot for lot in lots):
            return {}
        for lot in lots:
            had, cost = Decimal(lot["quantity"]), Decimal(lot["cost_basis"])
            gone = had - Decimal(kept.get(lot["lot_id"], {}).get("quantity", "0"))
            if gone <= 0:
                continue
            term = "long" if is_long(lot, today) else "short"
            found[term] += gone * price - cost * gone / had
    return {term: str(amount.quantize(CENT)) for term, amount in found.items()}


def is_long(lot: Mapping[str, Any], today: date) -> bool:
    """Held for more than a year: as Bluum says, else by the day it was bought."""
    if said := str(lot.get("holding_period", "")):
        return said.startswith("long")
    bought = str(lot.get("acquired_at", ""))[:10]
    return bool(bought) and taxes.is_long(date.fromisoformat(bought), today)


@transaction.atomic
def apply_rebalanced(
    pk: int,
    orders: Iterable[Order],
    after: dict[str, dict[str, str]],
    gains: dict[str, str],
) -> None:
    """The rebalance is done: keep what was traded and what it left, and say so once."""
    investment = (
        Investment.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    )
    if investment.status not in Investment.IN_MOTION:
        return
    reasons = {(t["action"], t["symbol"]): t["reason"] for t in investment.trades}
    investment.trades = [
        investing.filled(order, reasons.get((order.side, order.symbol), "")) for order in orders
    ]
    investment.after, investment.realized = {"allocation": after}, gains
    investment.status = Investment.Status.COMPLETED
    investment.completed_at = timezone.now()
    investment.prevented_by = ""
    investment.save(
        update_fields=["trades", "after", "realized", "status", "completed_at", "prevented_by"]
    )
    sold = [t for t in investment.trades if t["action"] == "sell"]
    bought = [t for t in investment.trades if t["action"] == "buy"]
    told = [f"Sold: {investing.bought_in_words(sold)}."] if sold else []
    told += [f"Bought: {investing.bought_in_words(bought)}."] if bought else []
    before = off_target(investment.before.get("allocation", {}))
    told.append(
        f"In the wrong place: {words.percent(before, 1)} before, "
        f"{words.percent(off_target(after), 1)} now."
    )
    if gains:
        told.append(
            f"Gains taken: {words.money(gains['long'])} held over a year, "
            f"{words.money(gains['short'])} held a year or less."
        )
    tell(
        account=investment.account,
        key=f"investment:{pk}:completed",
        title="Your portfolio is back on target",
        body=" ".join(told),
        url="/portfolio/history/",
        topic=Topic.PORTFOLIO,
    )
    investing.poke_portfolio(investment)


def off_target(allocation: Mapping[str, Mapping[str, str]]) -> Decimal:
    """Half the sum of the distances, as a fraction."""
    return (
        drifting.drift(
            {name: Decimal(found["actual"]) for name, found in allocation.items()},
            {name: Decimal(found["target"]) for name, found in allocation.items()},
        )
        / 100
    )


@transaction.atomic
def give_up(pk: int, why: str) -> None:
    """Nothing was traded. Say why."""
    investment = (
        Investment.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    )
    investment.status = Investment.Status.FAILED
    investment.prevented_by = why[:200]
    investment.completed_at = timezone.now()
    investment.save(update_fields=["status", "prevented_by", "completed_at"])
    tell(
        account=investment.account,
        key=f"investment:{pk}:not-done",
        title="Nothing was rebalanced",
        body=f"{why} Nothing was bought or sold.",
        url="/portfolio/rebalancing/",
        topic=Topic.PORTFOLIO,
    )
    investing.poke_portfolio(investment)
