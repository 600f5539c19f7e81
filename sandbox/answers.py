"""What the assistant can say: each topic's figures, read from the account and put into sentences.

Money is shown as `1,234.50 USD`, returns in percent. Nothing is estimated here: where there is no
figure, the answer says that there is none.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from sandbox import book, history, insights, ledger, performance, portfolio, strategy, taxes
from sandbox.api import kept, wealth_goals, wealth_performance, wealth_profile
from sandbox.api.trading import percent
from sandbox.history import Stretch
from sandbox.market import assets
from sandbox.statements import in_words
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
UNDER_WAY = ("pending", "processing", "received", "submitted")
PLACES = {
    "performance": "/portfolios/{portfolio}/performance",
    "rebalancing": "/portfolios/{portfolio}/rebalancing",
    "holdings": "/portfolios/{portfolio}/holdings",
    "summary": "/portfolios/{portfolio}/summary",
    "recommendations": "/recommendations",
    "insights": "/insights",
    "goals": "/goals",
    "plan": "/financial-plan/summary",
    "auto_invest": "/auto-invest",
    "policy": "/investment-policy",
    "assessments": "/risk-assessments/summary",
    "tax": "/tax-optimization",
    "statement": "/statements",
    "pnl": "/reports/pnl",
}
OUTSIDE = {
    "deposits": "/accounts/{account}/deposits",
    "withdrawals": "/accounts/{account}/withdrawals",
    "orders": "/trading/accounts/{account}/orders",
}


@dataclass(frozen=True)
class Question:
    """One question about one account: its words in small letters, and symbols it names."""

    world: World
    account_id: str
    words: str
    symbols: list[str]
    portfolio_id: str | None

    def portfolios(self) -> list[Row]:
        """The account's portfolios."""
        return portfolio.of_account(self.world, self.account_id)


@dataclass(frozen=True)
class Answer:
    """Text, the names of the data it was read from, and where to go on."""

    text: str
    used: tuple[str, ...] = ()
    suggestions: tuple[Row, ...] = field(default=())

    def with_more(self, other: "Answer") -> "Answer":
        """Both answers, one below the other."""
        places = [*self.suggestions, *other.suggestions]
        return replace(
            self,
            text=f"{self.text}\n\n{other.text}",
            used=tuple(dict.fromkeys(self.used + other.used)),
            suggestions=tuple({row["label"]: row for row in places}.values()),
        )


def link(label: str, question: Question, place: str) -> Row:
    """A suggestion: a place of the API."""
    path = OUTSIDE.get(place) or "/wealth/accounts/{account}" + PLACES[place]
    url = path.format(account=question.account_id, portfolio=question.portfolio_id or "{portfolio}")
    return {"type": "action", "label": label, "action_url": url}


def usd(amount: Decimal) -> str:
    """`1,234.50 USD`."""
    return f"{amount:,.2f} USD"


def rate(fraction: float) -> str:
    """`+4.25 %`."""
    return f"{wealth_performance.as_percent(fraction):+} %"


def _lines(rows: list[str]) -> str:
    return "\n".join(f"- {row}" for row in rows)


# What there is


def worth(question: Question) -> Answer:
    """The account's value and its parts."""
    world, account_id = question.world, question.account_id
    total, cash = book.total(world, account_id), ledger.balance(world, account_id)
    text = (
        f"Your portfolio is worth {usd(total)}: {usd(total - cash)} in securities and "
        f"{usd(cash)} in cash."
    )
    return Answer(text, ("portfolio_summary",), (link("See the summary", question, "summary"),))


def cash(question: Question) -> Answer:
    """Wallet money, free and held."""
    world, account_id = question.world, question.account_id
    free, held = ledger.available(world, account_id), ledger.reserved(world, account_id)
    text = f"{usd(free)} are available in the wallet"
    text += f", {usd(held)} are held for orders and withdrawals." if held else "; nothing is held."
    owed = ledger.wallet(world, account_id)["owed"]
    if owed:
        text += f" {usd(owed)} are owed for a deposit that came back."
    return Answer(text, ("wallet",), (link("Make a deposit", question, "deposits"),))


def holdings(question: Question) -> Answer:
    """All positions, or the ones the question names."""
    world, account_id = question.world, question.account_id
    total, values = book.total(world, account_id), book.values(world, account_id)
    rows = {row["symbol"]: row for row in book.held(world, account_id)}
    there = (link("See the holdings", question, "holdings"),)
    missing = [symbol for symbol in question.symbols if symbol not in rows]
    wanted = [symbol for symbol in question.symbols if symbol in rows] or list(rows)
    if question.symbols and len(missing) == len(question.symbols):
        return Answer(f"You hold no {' and no '.join(missing)}.", ("positions",), there)
    if not rows:
        return Answer("The portfolio holds no securities yet.", ("positions",))
    ordered = sorted(wanted, key=lambda symbol: -values[symbol])
    lines = [
        f"{symbol} ({assets()[symbol].name}): {rows[symbol]['quantity'].normalize():f} shares, "
        f"{usd(values[symbol])}, {percent(values[symbol], total)} %, "
        f"{'up' if values[symbol] >= rows[symbol]['cost'] else 'down'} "
        f"{usd(abs(values[symbol] - rows[symbol]['cost']))} on its cost"
        for symbol in ordered
    ]
    return Answer("You hold:\n" + _lines(lines), ("positions",), there)


def allocation(question: Question) -> Answer:
    """Each class against its target, and whether the policy asks for a rebalance."""
    world, account_id = question.world, question.account_id
    ips = portfolio.policy(world, account_id)
    if ips is None:
        return Answer("There is no investment policy yet, so there are no targets.", ("ips",))
    found = portfolio.drifts(world, account_id)
    if not book.total(world, account_id):
        return Answer("There is nothing in the account yet to compare.", ("ips", "positions"))
    lines = []
    for entry in found:
        if entry.name == "cash" and not entry.actual and not entry.target:
            continue
        band = "inside its band" if entry.within_bands else "outside its band"
        lines.append(
            f"{insights.class_name(entry.name)}: {entry.actual} %, target "
            f"{entry.target.quantize(CENT)} % ({entry.drift.quantize(CENT):+}), {band}"
        )
    due = strategy.reason_to_rebalance(ips, found) is not None
    text = _lines(lines) + (
        "\n\nBy your policy a rebalance is due."
        if due
        else "\n\nBy your policy no rebalance is due."
    )
    there = (link("See the analysis", question, "rebalancing"),)
    return Answer(text, ("ips", "positions"), there)


def policy(question: Question) -> Answer:
    """The targets in force."""
    ips = portfolio.policy(question.world, question.account_id)
    if ips is None:
        return Answer("There is no investment policy yet.", ("ips",))
    parts = [
        f"{band['target_percent']} % {name.replace('_', ' ')}"
        for name, band in ips["target_allocation"].items()
    ]
    text = f"Version {ips['version']} of your policy wants {', '.join(parts)}."
    return Answer(text, ("ips",), (link("See the policy", question, "policy"),))


def risk_level(question: Question) -> Answer:
    """The assessment in force, and what the policy says."""
    world, account_id = question.world, question.account_id
    row, ips = wealth_profile.current(world, account_id), portfolio.policy(world, account_id)
    there = (link("See the assessment", question, "assessments"),)
    text = "There is no risk assessment in force."
    if row is not None and row["risk_tolerance"] is None:
        text = "Your risk assessment could not be scored."
    elif row is not None:
        text = (
            f"Your risk assessment of {in_words(row['completed_at'].date())} says "
            f"{row['risk_tolerance'].replace('_', ' ')}: {row['computed_risk_score']} of 10. It "
            f"holds until {in_words(row['expires_at'].date())}."
        )
    if ips is None:
        return Answer(text, ("risk_assessment",), there)
    tolerance = str(ips.get("risk_profile", {}).get("risk_tolerance", "")).replace("_", " ")
    if tolerance:
        text += f" Your policy is written for a {tolerance} risk tolerance."
    return Answer(text, ("risk_assessment", "ips"), there)


# What happened


def _asked_stretch(question: Question) -> tuple[Stretch, str] | None:
    """The time the question speaks of: all of it unless it says otherwise. None without history."""
    world, account_id = question.world, question.account_id
    first, now = history.first_day(world, account_id), history.today(world)
    if first is None:
        return None
    start, words = first, f"Since {in_words(first)}"
    month = date(now.year, now.month, 1)
    last = month - timedelta(days=1)
    times = (
        (r"\btoday\b", now, now, "Today"),
        (r"\b(this|past|last) week\b|\b7 days\b", now - timedelta(days=6), now, "In 7 days"),
        (r"\blast month\b", last.replace(day=1), last, f"In {last:%B %Y}"),
        (r"\bthis month\b", month, now, f"In {now:%B %Y} so far"),
        (r"\b30 days\b|\bpast month\b", now - timedelta(days=29), now, "In 30 days"),
        (
            r"\blast year\b",
            date(now.year - 1, 1, 1),
            date(now.year - 1, 12, 31),
            f"In {now.year - 1}",
        ),
        (r"\bthis year\b|\bytd\b", date(now.year, 1, 1), now, f"In {now.year} so far"),
        (r"\b(12 months|past year|1 year|one year)\b", now - timedelta(days=364), now, "In a year"),
    )
    for pattern, begin, end, name in times:
        if re.search(pattern, question.words):
            return history.stretch(world, account_id, begin, end), name
    return history.stretch(world, account_id, start, now), words


def _weighted(found: Stretch) -> str:
    """The time-weighted return in words."""
    factors = wealth_performance.growth_of(found)
    if factors is None:
        return "A time-weighted return can't be given for this time."
    weighted = performance.time_weighted(found.points)
    return f"The time-weighted return is {rate(weighted)}, for the whole time and not a year."


NO_HISTORY = Answer("There is no history yet: no money has come in.", ("performance",))


def gains(question: Question) -> Answer:
    """Gains and return, deposits left out."""
    asked = _asked_stretch(question)
    if asked is None:
        return NO_HISTORY
    found, when = asked
    verb = "gained" if found.gains >= 0 else "lost"
    text = (
        f"{when} the market {verb} you {usd(abs(found.gains))}, dividends of "
        f"{usd(found.dividends)} included; you paid in {usd(found.contributions)}, took out "
        f"{usd(found.withdrawals)} and paid {usd(found.fees)} in fees. {_weighted(found)}"
    )
    there = (link("See the performance", question, "performance"),)
    return Answer(text, ("performance",), there)


def changes(question: Question) -> Answer:
    """What is different from a week ago, or from the time the question names."""
    asked = _asked_stretch(question)
    if asked is None:
        return NO_HISTORY
    found, when = asked
    if when.startswith("Since"):
        now = history.today(question.world)
        found = history.stretch(question.world, question.account_id, now - timedelta(days=6), now)
        when = "In 7 days"
    trades = [
        fill
        for fill in history.fills(question.world, question.account_id, found.until)
        if fill.at > found.since
    ]
    change = found.ending - found.starting
    text = (
        f"{when} the value went from {usd(found.starting)} to {usd(found.ending)}, "
        f"{usd(abs(change))} {'more' if change >= 0 else 'less'}:\n"
    )
    lines = [
        f"deposits: {usd(found.contributions)}",
        f"withdrawals: {usd(found.withdrawals)}",
        f"market and dividends: {usd(found.gains)}",
        f"fees: {usd(found.fees)}",
        f"trades: {len(trades)}",
    ]
    there = (link("See the statement", question, "statement"),)
    return Answer(text + _lines(lines), ("performance", "transactions"), there)


def fees(question: Question) -> Answer:
    """Fees and commissions paid."""
    asked = _asked_stretch(question)
    if asked is None:
        return Answer("No fees have been paid; no money has come in yet.", ("fees",))
    found, when = asked
    count = len(found.of_kind("fee"))
    text = f"{when} you have paid {usd(found.fees)} in fees and commissions"
    text += f", in {count} {'charge' if count == 1 else 'charges'}." if count else "."
    return Answer(text, ("fees",), (link("See the statement", question, "statement"),))


def dividends(question: Question) -> Answer:
    """Dividends received, by security."""
    asked = _asked_stretch(question)
    if asked is None:
        return Answer("No dividends have been paid; no money has come in yet.", ("dividends",))
    found, when = asked
    by_symbol: dict[str, Decimal] = {}
    for row in found.of_kind("dividend"):
        by_symbol[row["reference"]] = by_symbol.get(row["reference"], ZERO) + row["amount"]
    text = f"{when} you have received {usd(found.dividends)} in dividends"
    if by_symbol:
        parts = sorted(by_symbol.items(), key=lambda item: -item[1])
        text += ":\n" + _lines([f"{symbol}: {usd(amount)}" for symbol, amount in parts])
    else:
        text += "."
    return Answer(text, ("dividends",), (link("See the P&L report", question, "pnl"),))


def taxes_of(question: Question) -> Answer:
    """Gains realised this year and losses that could be taken."""
    year = history.today(question.world).year
    found = taxes.report(question.world, question.account_id, year)
    summary = found["tax_summary"]
    text = (
        f"In {year} you have realised {usd(summary['estimated_short_term_gains'])} of short-term "
        f"and {usd(summary['estimated_long_term_gains'])} of long-term gains, and "
        f"{usd(summary['realized_losses_ytd'])} of losses. Lots you hold stand "
        f"{usd(summary['harvestable_losses'])} below their cost. These are estimates, not tax "
        f"documents."
    )
    return Answer(text, ("tax",), (link("See the tax ideas", question, "tax"),))


# What is planned


def transfers(question: Question) -> Answer:
    """Deposits and withdrawals that have not ended."""
    world, account_id = question.world, question.account_id
    lines = []
    for kind in ("deposit", "withdrawal"):
        for row in world.table(f"{kind}s").of(account_id):
            if row["status"] in UNDER_WAY:
                day = in_words(row["created_at"].date())
                lines.append(f"{kind} of {usd(row['amount'])} from {day}: {row['status']}")
    there = (link("See the deposits", question, "deposits"),)
    if not lines:
        return Answer("No deposit or withdrawal is under way.", ("transfers",), there)
    return Answer("Under way:\n" + _lines(lines), ("transfers",), there)


def auto_invest(question: Question) -> Answer:
    """When money is next invested by itself."""
    rows = question.world.table("schedules").of(question.account_id)
    there = (link("See auto-invest", question, "auto_invest"),)
    rows = [row for row in rows if row["status"] in ("active", "paused")]
    if not rows:
        return Answer("There is no auto-invest schedule.", ("auto_invest",), there)
    lines = []
    for row in rows:
        line = f"{row['name']}: {usd(Decimal(row['amount']))} {row['frequency']}, "
        if row["next_execution"] is None:
            line += row["status"]
        else:
            at = row["next_execution"]
            line += f"next on {in_words(at.date())} at {at:%H:%M} UTC"
        last = row["last_execution"]
        if last:
            line += f"; last run {in_words(last['executed_at'].date())}, {last['status']}"
        lines.append(line)
    return Answer(_lines(lines), ("auto_invest",), there)


def goals(question: Question) -> Answer:
    """Each goal's progress."""
    world = question.world
    rows = kept.living(world, wealth_goals.GOALS, question.account_id)
    there = (link("See the goals", question, "goals"),)
    if not rows:
        return Answer("There are no goals yet.", ("goals",), there)
    named = [row for row in rows if row["name"].casefold() in question.words]
    lines = []
    for row in named or rows:
        view = wealth_goals.goal_view(world, row)
        line = (
            f"{row['name']} stands at {view['progress_percent']} %: "
            f"{usd(view['current_amount'])} of {usd(Decimal(row['target_amount']))}"
        )
        if view["on_track"] is not None:
            line += ", on track" if view["on_track"] else ", behind"
            line += f" for {row['target_date']}"
        lines.append(line)
    return Answer(_lines(lines), ("goals",), there)


def plan(question: Question) -> Answer:
    """Net worth and cash flow, as the financial plan sums them up."""
    found = wealth_goals.summary(question.world, question.account_id)
    text = (
        f"Your net worth is {usd(found['total_net_worth'])}: {usd(found['total_assets'])} owned, "
        f"{usd(found['total_liabilities'])} owed."
    )
    if question.world.table("plans").get(question.account_id):
        text += (
            f" {usd(found['monthly_cash_flow'])} are left each month, "
            f"{found['savings_rate']} % of your income."
        )
    used = ("financial_plan", "external_accounts", "portfolio_summary")
    return Answer(text, used, (link("See the plan", question, "plan"),))


def attention(question: Question) -> Answer:
    """What the insights say."""
    found = insights.insights(question.world, question.account_id)
    there = (link("See the insights", question, "insights"),)
    if not found:
        return Answer("Nothing needs your attention.", ("insights",), there)
    lines = [f"{row['title']}: {row['summary']}" for row in found[:5]]
    return Answer(_lines(lines), ("insights",), there)
