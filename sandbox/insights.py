"""What the sandbox notices about an account: each kind computed from its own ledger and plans.

Kinds (in `details.kind`): drift, contribution_reminder, goal_progress, goal_behind, concentration,
outlier, idle_cash, auto_invest_low_balance, auto_invest_failed, funding_source, tax_loss,
long_term_soon, no_policy, risk_assessment. Ids stay the same while the cause does. Our choice are
the limits below; percents are percent units, money is dollars.
"""

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from sandbox import book, history, ledger, performance, portfolio, risk, strategy, taxes
from sandbox.api import funding, kept, wealth_goals, wealth_profile
from sandbox.api.trading import percent
from sandbox.calendar import NEW_YORK, nyse
from sandbox.errors import ApiError
from sandbox.market import assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
PRIORITIES = ("high", "medium", "low", "informational")
CONCENTRATED, VERY_CONCENTRATED = Decimal(25), Decimal(40)
IDLE_PERCENT, IDLE_DOLLARS = Decimal(5), Decimal(10)
REMIND_AFTER = timedelta(days=30)
RUN_IS_NEAR = timedelta(days=3)
LOSS_WORTH_TAKING = Decimal(100)
STEPS = (25, 50, 75, 100)
LOOK_BACK, RECENT, UNUSUAL = 120, 5, 2.5
"""Outlier: a move over 5 sessions beyond 2.5 standard deviations of the 120 sessions before."""


def insights(world: World, account_id: str) -> list[Row]:
    """Most pressing first."""
    found = [row for look in LOOKS for row in look(world, account_id)]
    return sorted(found, key=lambda row: PRIORITIES.index(row["priority"]))


def _insight(
    kind: str,
    key: str,
    category: str,
    priority: str,
    words: tuple[str, str],
    *,
    impact: str | None = None,
    action: tuple[str, str, str] | None = None,
    expires: datetime | None = None,
    **details: object,
) -> Row:
    """`words` are title and summary, `action` is type, description and the button's label."""
    return {
        "insight_id": f"{kind.replace('_', '-')}-{key}",
        "category": category,
        "title": words[0],
        "summary": words[1],
        "priority": priority,
        "impact_estimate": impact,
        "action": dict(zip(("type", "description", "cta_label"), action, strict=True))
        if action
        else None,
        "details": {"kind": kind, **details},
        "expires_at": expires,
        "status": "active",
    }


# Policy and portfolio


def _drift(world: World, account_id: str) -> Iterator[Row]:
    ips = portfolio.policy(world, account_id)
    if ips is None:
        return
    found = portfolio.drifts(world, account_id)
    if strategy.reason_to_rebalance(ips, found) is None:
        return
    worst = max((e for e in found if e.name != "cash"), key=lambda entry: abs(entry.drift))
    trades = portfolio.trades_to_target(world, account_id)
    words = (
        f"{class_name(worst.name)} make up {worst.actual} % of the portfolio, the policy wants "
        f"{worst.target.quantize(CENT)} %."
    )
    yield _insight(
        "drift",
        account_id,
        "rebalancing",
        "medium" if worst.within_bands else "high",
        ("The portfolio has drifted", words),
        impact=f"{len(trades)} trades bring it back",
        action=("rebalance", "Bring the portfolio back to its targets.", "See the trades"),
        asset_class=worst.name,
        target_percent=worst.target.quantize(CENT),
        actual_percent=worst.actual,
        drift_percent=worst.drift.quantize(CENT),
        trades=len(trades),
    )


def class_name(name: str) -> str:
    """A policy class in words: `Fixed income`."""
    return name.replace("_", " ").capitalize()


def _no_policy(world: World, account_id: str) -> Iterator[Row]:
    total = book.total(world, account_id)
    if total > 0 and portfolio.policy(world, account_id) is None:
        words = f"{total} USD are in the account, and no policy says how to invest them."
        action = ("set_policy", "Write an investment policy.", "Write it")
        yield _insight(
            "no_policy",
            account_id,
            "opportunity",
            "high",
            ("There is no investment policy", words),
            action=action,
            total_value=total,
        )


def _concentration(world: World, account_id: str) -> Iterator[Row]:
    total = book.total(world, account_id)
    for symbol, value in book.values(world, account_id).items():
        share = percent(value, total)
        if assets()[symbol].sector == "diversified" or is_fund(symbol) or share <= CONCENTRATED:
            continue
        yield _insight(
            "concentration",
            f"{account_id}-{symbol}",
            "risk",
            "high" if share > VERY_CONCENTRATED else "medium",
            ("Much in one security", f"{symbol} alone is {share} % of the portfolio."),
            impact=f"A fall of {symbol} by 20 % would cost {(value / 5).quantize(CENT)} USD",
            action=("review_position", "See what it would take to spread it.", "See the position"),
            symbol=symbol,
            share_percent=share,
            market_value=value,
        )


def is_fund(symbol: str) -> bool:
    """Whether a symbol is one of the model portfolios' funds."""
    tables = (*strategy.FUNDS.values(), *strategy.SCREENED.values())
    return any(symbol in funds for funds in tables)


def _outliers(world: World, account_id: str) -> Iterator[Row]:
    now, prices = world.clock.now(), book.market(world)
    last = nyse().last_closed(now)
    first = max(last - LOOK_BACK - RECENT, 0)
    for row in book.held(world, account_id):
        symbol = row["symbol"]
        closes = [float(price) for price in prices.closes(symbol, first, last)]
        usual = [b / a for a, b in pairwise(closes[:-RECENT])]
        if len(usual) < 20:
            continue
        deviation = performance.volatility(usual, 1) * math.sqrt(RECENT)
        move = float(prices.price(symbol, now)) / closes[-1 - RECENT] - 1
        if not deviation or abs(move) <= UNUSUAL * deviation:
            continue
        verb, size = ("risen", move) if move > 0 else ("fallen", -move)
        words = (
            f"{symbol} has {verb} by {size * 100:.1f} % in {RECENT} trading days; "
            f"{deviation * 100:.1f} % would be usual."
        )
        yield _insight(
            "outlier",
            f"{account_id}-{symbol}",
            "risk",
            "low" if move < 0 else "informational",
            (f"An unusual move in {symbol}", words),
            symbol=symbol,
            move_percent=Decimal(repr(move * 100)).quantize(CENT),
            usual_percent=Decimal(repr(deviation * 100)).quantize(CENT),
        )


# Money


def idle_cash(world: World, account_id: str) -> Iterator[Row]:
    cash, total = ledger.available(world, account_id), book.total(world, account_id)
    ips = portfolio.policy(world, account_id)
    kept_back = strategy.cash_reserve_percent(ips) if ips else ZERO
    share = percent(cash, total)
    if cash < IDLE_DOLLARS or share - kept_back <= IDLE_PERCENT:
        return
    yield _insight(
        "idle_cash",
        account_id,
        "opportunity",
        "medium",
        ("Cash is waiting", f"{cash} USD wait in the wallet, {share} % of everything."),
        impact=f"{cash} USD could be invested",
        action=("rebalance", "Invest it toward the policy's targets.", "Invest the cash"),
        cash=cash,
        share_percent=share,
    )


def _contribution(world: World, account_id: str) -> Iterator[Row]:
    goals = kept.living(world, wealth_goals.GOALS, account_id)
    monthly = sum(
        (Decimal(g["monthly_contribution"] or 0) for g in goals if g["status"] == "active"), ZERO
    )
    now = world.clock.now()
    since = now - REMIND_AFTER
    began = min((g["created_at"] for g in goals), default=now)
    paid = sum(
        (
            row["amount"]
            for row in ledger.movements(world, account_id)
            if row["kind"] == "deposit" and row["at"] > since
        ),
        ZERO,
    )
    missing = monthly - paid
    if missing <= 0 or began > since:
        return
    words = (
        f"Your goals count on {monthly.quantize(CENT)} USD a month; {paid} USD came in over the "
        f"last 30 days."
    )
    yield _insight(
        "contribution_reminder",
        account_id,
        "opportunity",
        "medium" if not paid else "low",
        ("A contribution is due", words),
        impact=f"{missing.quantize(CENT)} USD are missing",
        action=("deposit", "Pay in what is missing.", "Make a deposit"),
        expires=_end_of_month(history.today(world)),
        planned=monthly.quantize(CENT),
        paid=paid,
        missing=missing.quantize(CENT),
    )


def _end_of_month(day: date) -> datetime:
    first = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return datetime.combine(first, time(0), NEW_YORK)


def _goals(world: World, account_id: str) -> Iterator[Row]:
    for row in kept.living(world, wealth_goals.GOALS, account_id):
        view = wealth_goals.goal_view(world, row)
        if row["status"] == "active" and view["on_track"] is False:
            needed = wealth_goals.needed_monthly(world, row)
            words = f"At the present pace {row['name']} is reached after its date."
            if needed is not None:
                words += f" {needed} USD a month would reach it in time."
            yield _insight(
                "goal_behind",
                row["goal_id"],
                "risk",
                "medium",
                ("A goal is behind", words),
                action=("update_goal", "Change the amount, the date or the pace.", "Open the goal"),
                goal_id=row["goal_id"],
                needed_monthly=needed,
                projected_completion_date=view["projected_completion_date"],
            )
        reached = [step for step in STEPS if view["progress_percent"] >= step]
        if reached:
            step = reached[-1]
            words = (
                f"{row['name']} stands at {view['progress_percent']} %: {view['current_amount']} "
                f"of {row['target_amount']} USD."
            )
            yield _insight(
                "goal_progress",
                f"{row['goal_id']}-{step}",
                "opportunity",
                "informational",
                ("A goal is reached" if step == 100 else f"{step} % of a goal", words),
                goal_id=row["goal_id"],
                step_percent=step,
                progress_percent=view["progress_percent"],
            )


def _auto_invest(world: World, account_id: str) -> Iterator[Row]:
    now, cash = world.clock.now(), ledger.available(world, account_id)
    for row in world.table("schedules").of(account_id):
        key, amount = row["auto_invest_id"], Decimal(row["amount"])
        if row["status"] != "active":
            continue
        runs = row["next_execution"]
        if runs is not None and runs - now <= RUN_IS_NEAR and cash < amount:
            words = (
                f"{row['name']} runs on {runs:%d %B} for {amount} USD; the wallet holds {cash} "
                f"USD. The rest is pulled from the bank."
            )
            yield _insight(
                "auto_invest_low_balance",
                key,
                "opportunity",
                "low",
                ("A run is near and the wallet is low", words),
                action=("deposit", "See that the bank account covers it.", "Make a deposit"),
                expires=runs,
                auto_invest_id=key,
                amount=amount,
                available=cash,
            )
        last = row["last_execution"]
        if last and last["status"] == "failed":
            words = f"{row['name']} could not be carried out on {last['executed_at']:%d %B}."
            yield _insight(
                "auto_invest_failed",
                key,
                "risk",
                "high",
                ("The last run failed", words),
                action=("review_auto_invest", "Check the bank account.", "See the schedule"),
                expires=runs,
                auto_invest_id=key,
            )
        if not _usable(world, account_id, str(row["funding_source_id"])):
            words = f"{row['name']} draws on a bank account that can't be used any more."
            yield _insight(
                "funding_source",
                key,
                "risk",
                "high",
                ("A bank account needs attention", words),
                action=("link_bank", "Link the bank account again.", "Link the bank"),
                auto_invest_id=key,
            )


def _usable(world: World, account_id: str, source_id: str) -> bool:
    try:
        found = funding.find(world, account_id, source_id)
    except ApiError:
        return False
    return all(str(part["status"]).upper() == "ACTIVE" for part in found)


# Tax and suitability


def _tax(world: World, account_id: str) -> Iterator[Row]:
    year = history.today(world).year
    found = taxes.report(world, account_id, year)
    losses = found["tax_summary"]["harvestable_losses"]
    by_type: dict[str, list[Row]] = {}
    for idea in found["opportunities"]:
        by_type.setdefault(idea["type"], []).append(idea)
    ideas = by_type.get("tax_loss_harvest", [])
    if losses >= LOSS_WORTH_TAKING:
        saved = sum((idea["estimated_tax_savings"] for idea in ideas), ZERO)
        symbols = list(dict.fromkeys(idea["positions"][0]["symbol"] for idea in ideas))
        words = (
            f"Lots of {', '.join(symbols)} stand {losses} USD below their cost. Selling them "
            f"would realise the loss."
        )
        yield _insight(
            "tax_loss",
            f"{account_id}-{year}",
            "tax",
            "low",
            ("Losses could be taken", words),
            impact=f"About {saved} USD less tax",
            action=("tax_loss_harvest", "See which lots these are.", "See the lots"),
            expires=datetime(year + 1, 1, 1, tzinfo=NEW_YORK),
            tax_year=year,
            harvestable_losses=losses,
        )
    for idea in by_type.get("long_term_holding", []):
        yield _insight(
            "long_term_soon",
            idea["opportunity_id"],
            "tax",
            "informational",
            (idea["title"], idea["description"]),
            impact=f"About {idea['estimated_tax_savings']} USD less tax",
            symbol=idea["positions"][0]["symbol"],
            days_until_long_term=idea["positions"][0]["days_until_long_term"],
        )


def _assessment(world: World, account_id: str) -> Iterator[Row]:
    known = wealth_profile.assessments(world, account_id)
    row = wealth_profile.current(world, account_id)
    now = world.clock.now()
    if not known or (row is not None and row["expires_at"] - now > risk.REMIND):
        return
    words = "The risk assessment has expired."
    if row is not None:
        words = f"The risk assessment expires on {row['expires_at']:%d %B %Y}."
    yield _insight(
        "risk_assessment",
        account_id,
        "risk",
        "medium" if row is None else "low",
        ("Answer the risk questions again", words),
        action=("risk_assessment", "Answer the questions again.", "Answer them"),
        expires=None if row is None else row["expires_at"],
    )


LOOKS: tuple[Callable[[World, str], Iterator[Row]], ...] = (
    _drift,
    _no_policy,
    _auto_invest,
    _goals,
    _contribution,
    _concentration,
    idle_cash,
    _assessment,
    _outliers,
    _tax,
)
