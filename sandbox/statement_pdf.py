"""A statement as text ready to print: what `templates/statement.typ` sets.

Figures are those of the JSON statement and the P&L report of the same days; nothing is worked out
twice. It names no time of making, so a finished period's document stays the same for good.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sandbox import corrections, history, pdf, performance, pnl, statements
from sandbox.api import wealth_performance
from sandbox.market import assets
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
LETTERHEAD = {
    "name": "Sandbox Brokerage",
    "line": "A simulation for developers",
    "address": ["No bank, no broker and no person", "is behind this account"],
}
CLASSES = {
    "equities": "Stocks",
    "fixed_income": "Bonds",
    "treasury": "Treasuries",
    "alternatives": "Alternatives",
    "cash": "Cash",
}
NOTES = (
    "This is a simulated account. Prices, fills, deposits and dividends are made up by a program. "
    "The document has no legal or tax meaning.",
    "Securities are valued at the last price of the New York Stock Exchange in the period. What "
    "happens after the last close of a period is posted on the first day of the next one.",
    "The time-weighted return chains the daily changes in value. Deposits count from the start of "
    "their day and withdrawals at its end, so neither is a gain or a loss. The money-weighted "
    "return is the rate at which deposits, withdrawals and the closing value add up; it also "
    "reflects when money came and went. Both are after commissions, for the period named and not "
    "for a year. Past returns say little about future ones.",
    "Cost is what the shares still held were bought for. A gain is short-term if the shares were "
    "held for a year or less, long-term otherwise. Realized gains are part of the investment "
    "gains above, not additional to them.",
)
MONEY = ("US dollars", "auto", "right")


def document(world: World, account: Row, statement: Row) -> bytes:
    """The statement as a PDF."""
    return pdf.statement(printable(world, account, statement))


def printable(world: World, account: Row, statement: Row) -> Row:
    """The statement's data for the template."""
    account_id, days = account["id"], statement["period"]
    start, end = days["start_date"], days["end_date"]
    found = history.stretch(world, account_id, start, end)
    gains = pnl.report(world, account_id, start, end)
    summary, cash = statement["summary"], statements.cash_at(world, account_id, found)
    as_of = min(end, history.today(world))
    number = account["account_number"] or account_id
    return {
        "title": f"Account statement, {days['label']}",
        "paper": "us-letter" if _country(account) in ("USA", "US", "") else "a4",
        "date": [as_of.year, as_of.month, as_of.day],
        "letterhead": LETTERHEAD,
        "holder": _holder(account),
        "facts": [
            ["Account", number],
            ["Kind", _kind(account)],
            ["Period", f"{_day(start)} {DASH} {_day(end)}"],
            ["Currency", "US dollar"],
        ],
        "period": days["label"],
        "empty": _empty(statement, cash),
        "highlights": _highlights(summary, start, as_of),
        "bridge": _bridge(summary, gains["summary"]),
        "closing": ["Closing value", money(summary["ending_value"])],
        "returns": _returns(world, account_id, found, as_of),
        "realized": _realized(gains["realized_gains_losses"]),
        "allocation": _allocation(statement["holdings_end_of_period"], cash),
        "as-of": statements.in_words(as_of),
        "holdings": _holdings(statement["holdings_end_of_period"], cash, found.ending),
        "holdings-total": _holdings_total(statement["holdings_end_of_period"], found.ending),
        "activity": _activity(statement["activity"]),
        "notes": [*_put_right(world, account_id, start, end), *NOTES],
        "footer": f"{LETTERHEAD['name']}. Account {number}, {days['label']}. Simulated account.",
    }


def _put_right(world: World, account_id: str, start: date, end: date) -> list[str]:
    """What was corrected at a close within the days or the one they begin with."""
    return [
        f"Corrected on {_day(row['corrected_at'].date())}: the value of {row['symbol']} at the "
        f"close of {_day(row['date'])} was put right by {dollars(row['amount'], sign=True)}. "
        "What was sent before that day is replaced."
        for row in corrections.of(world, account_id)
        if start - timedelta(days=7) <= row["date"] <= end
    ]


def _kind(account: Row) -> str:
    management = account["management_type"].replace("_", "-")
    return f"{account['account_type'].capitalize()}, {management}"


def _country(account: Row) -> str:
    return str(account["contact"].get("country") or "").upper()


def _holder(account: Row) -> list[str]:
    identity, contact = account["identity"], account["contact"]
    name = " ".join(part for part in (identity["first_name"], identity["last_name"]) if part)
    street = contact.get("street_address") or []
    street = [street] if isinstance(street, str) else list(street)
    place = [contact.get("city"), contact.get("state"), contact.get("postal_code")]
    town = " ".join(str(part) for part in place if part)
    return [line for line in (name, *street, town) if line]


def _empty(statement: Row, cash: Decimal) -> str | None:
    activity = any(statement["activity"].values())
    if activity or cash or statement["holdings_end_of_period"]:
        return None
    return "There was no money in this account in this period, and nothing happened."


def _highlights(summary: Row, start: date, end: date) -> list[list[str]]:
    change, percent = summary["net_change"], summary["net_change_percent"]
    note = f"{signed(percent)} %, deposits included"
    if not summary["beginning_value"]:
        note = "The account began empty" if change else "Nothing came and nothing went"
    return [
        ["Opening value", dollars(summary["beginning_value"]), f"before {_day(start)}"],
        ["Closing value", dollars(summary["ending_value"]), f"on {_day(end)}"],
        ["Change", dollars(change, sign=True), note],
    ]


def _bridge(summary: Row, gains: Row) -> list[list[str | list[str]]]:
    parts = (
        ("realized", gains["realized_pnl"]),
        ("unrealized", gains["unrealized_pnl"]),
        ("dividends", gains["dividend_income"]),
        ("interest", gains["interest_income"]),
    )
    made_of = ", ".join(f"{name} {signed(amount)}" for name, amount in parts if amount)
    gain = f"Made of: {made_of}" if made_of else "Nothing gained and nothing lost"
    return [
        ["Opening value", money(summary["beginning_value"])],
        ["Deposits", signed(summary["contributions"])],
        ["Withdrawals", signed(-summary["withdrawals"])],
        [["Investment gains and losses", gain], signed(summary["investment_returns"])],
        ["Fees and commissions", signed(-summary["fees"])],
    ]


def _returns(
    world: World, account_id: str, found: history.Stretch, end: date
) -> list[list[str | list[str]]]:
    factors = wealth_performance.growth_of(found)
    rate = performance.period_money_weighted(
        history.dated_flows(found), found.points[-1].day, found.ending
    )
    first = history.first_day(world, account_id)
    rows: list[list[str | list[str]]] = [
        ["Time-weighted, this period", _rate(factors and performance.time_weighted(found.points))],
        ["Money-weighted, this period", _rate(rate)],
    ]
    if first is not None and first <= end:
        whole = history.stretch(world, account_id, first, end)
        total = wealth_performance.growth_of(whole)
        since = f"Time-weighted, since {_day(first)}"
        rows.append([since, _rate(total and performance.time_weighted(whole.points))])
    return rows


def _rate(fraction: float | list[float] | None) -> str:
    if isinstance(fraction, float):
        return signed(wealth_performance.as_percent(fraction))
    return "not available"


def _realized(gains: Row) -> list[list[str]]:
    return [
        ["Short-term", signed(gains["short_term_gains"] - gains["short_term_losses"])],
        ["Long-term", signed(gains["long_term_gains"] - gains["long_term_losses"])],
    ]


def _allocation(holdings: list[Row], cash: Decimal) -> list[list[str | float]]:
    """Name, percent, dollars, and weight in the bar."""
    values: dict[str, Decimal] = {}
    for row in holdings:
        name = row["asset_class"]
        values[name] = values.get(name, ZERO) + row["market_value"]
    if cash > 0:
        values["cash"] = values.get("cash", ZERO) + cash
    total = sum(values.values(), ZERO)
    ordered = sorted(values.items(), key=lambda item: -item[1])
    return [
        [
            CLASSES.get(name, name),
            f"{value / total * 100:.1f}",
            money(value),
            max(float(value / total), 0.004),
        ]
        for name, value in ordered
        if value > 0
    ]


def _holdings(holdings: list[Row], cash: Decimal, total: Decimal) -> list[list[str | list[str]]]:
    digits = _digits([row["quantity"] for row in holdings])
    rows: list[list[str | list[str]]] = [
        [
            [row["symbol"], row["name"]],
            f"{row['quantity']:,.{digits}f}",
            money(row["current_price"]),
            money(row["market_value"]),
            money(row["total_cost_basis"]),
            [signed(row["unrealized_pl"]), f"{signed(row['unrealized_pl_percent'])} %"],
            _share(row["market_value"], total),
        ]
        for row in holdings
    ]
    if cash:
        rows.append(["Cash", "", "", money(cash), "", "", _share(cash, total)])
    return rows


def _holdings_total(holdings: list[Row], total: Decimal) -> list[str]:
    cost = sum((row["total_cost_basis"] for row in holdings), ZERO)
    gain = sum((row["unrealized_pl"] for row in holdings), ZERO)
    return ["Total", "", "", money(total), money(cost), signed(gain), _share(total, total)]


def _share(value: Decimal, total: Decimal) -> str:
    return f"{value / total * 100:.1f} %" if total else ""


def _activity(activity: Row) -> list[Row]:
    cash = sorted(activity["deposits"] + activity["withdrawals"], key=lambda row: row["date"])
    out = {id(row) for row in activity["withdrawals"]}
    moves = [[_day(r["date"]), r["description"], _flow(r, id(r) in out)] for r in cash]
    net = sum((-r["amount"] if id(r) in out else r["amount"] for r in cash), ZERO)
    parts = [_part("Deposits and withdrawals", moves, ["Net", signed(net)])]
    parts.append(_trades(activity["trades"]))
    for name, title, sign in (("dividends", "Dividends", 1), ("fees", "Fees and commissions", -1)):
        rows = activity[name]
        total = sum((sign * row["amount"] for row in rows), ZERO)
        lines = [[_day(r["date"]), r["description"], signed(sign * r["amount"])] for r in rows]
        parts.append(_part(title, lines, ["Total", signed(total)]))
    return [part for part in parts if part["rows"]]


def _flow(row: Row, leaves: bool) -> str:
    return signed(-row["amount"] if leaves else row["amount"])


def _part(title: str, rows: list[list[str]], total: list[str]) -> Row:
    columns = [("Date", "auto", "left"), ("What", "rest", "left"), MONEY]
    return {"title": title, "columns": columns, "rows": rows, "total": ["", *total]}


def _trades(trades: list[Row]) -> Row:
    digits, verbs = _digits([row["quantity"] for row in trades]), {"buy": "Bought", "sell": "Sold"}
    net = sum((-r["amount"] if r["side"] == "buy" else r["amount"] for r in trades), ZERO)
    return {
        "title": "Trades",
        "columns": [
            ("Date", "auto", "left"),
            ("What", "rest", "left"),
            ("Quantity", "auto", "right"),
            ("Price", "auto", "right"),
            MONEY,
        ],
        "rows": [
            [
                _day(row["date"]),
                [f"{verbs[row['side']]} {row['symbol']}", assets()[row["symbol"]].name, "beside"],
                f"{row['quantity']:,.{digits}f}",
                money(row["price"]),
                _flow(row, row["side"] == "buy"),
            ]
            for row in trades
        ],
        "total": ["", "Net cash from trades", "", "", signed(net)],
    }


def _digits(quantities: Sequence[Decimal]) -> int:
    """Decimals a column of quantities needs, at most six."""
    needed = [-int(quantity.normalize().as_tuple().exponent) for quantity in quantities]
    return max(0, min(6, max(needed, default=0)))


def _day(day: date) -> str:
    """`3 Mar 2026`, with spaces that do not break."""
    return f"{day.day} {day:%b} {day.year}".replace(" ", "\N{NO-BREAK SPACE}")


def money(amount: Decimal) -> str:
    """`1,234.50`; a true minus before what is below zero."""
    return f"{amount.quantize(CENT):,.2f}".replace("-", MINUS)


def signed(amount: Decimal) -> str:
    """The same with a plus before what is above zero."""
    return f"+{money(amount)}" if amount > 0 else money(amount + 0)


def dollars(amount: Decimal, *, sign: bool = False) -> str:
    """`$1,234.50`."""
    mark = "+" if sign and amount > 0 else MINUS if amount < 0 else ""
    return f"{mark}${abs(amount):,.2f}"
