"""Turns an investment policy into a model portfolio, and a portfolio into trades toward it.

Pure: values in, trades out. Money is dollars with two decimals, percents are percent units of the
whole portfolio, quantities have nine decimals. Structure without `sub_allocations`: stocks 60 % US,
30 % other developed markets, 10 % emerging; bonds 55 % US, 30 % international, 15 % protected
from inflation.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any

from sandbox.calendar import nyse
from sandbox.market import IPS_CLASS, assets

Price = Callable[[str], Decimal]

CENT = Decimal("0.01")
QUANTITY = Decimal("0.000000001")
SMALLEST_TRADE = Decimal("1.00")
DEFAULT_THRESHOLD = Decimal(5)
MONTHS = {"monthly": 1, "quarterly": 3, "semi_annually": 6, "annually": 12}
"""Rebalancing frequencies of a policy; `as_needed` has no date."""

CASH = "cash"
POLICY_CLASSES = {
    "equities": "equities",
    "stocks": "equities",
    "fixed_income": "fixed_income",
    "bonds": "fixed_income",
    "treasury": "treasury",
    "alternatives": "alternatives",
    CASH: CASH,
}
"""What a policy may call its classes. Cash stays in the wallet."""

STRUCTURE = {
    "equities": {"us_equity": 60, "developed_equity": 30, "emerging_equity": 10},
    "fixed_income": {
        "us_bonds": 55,
        "international_bonds": 30,
        "inflation_protected_bonds": 15,
    },
    "treasury": {"short_treasury": 100},
    "alternatives": {"alternatives": 100},
}
FUNDS = {
    "us_equity": ("VTI", "SCHB", "ITOT"),
    "developed_equity": ("VEA", "IEFA", "SCHF"),
    "emerging_equity": ("VWO", "IEMG", "SCHE"),
    "us_bonds": ("BND", "AGG", "SCHZ"),
    "international_bonds": ("BNDX", "IAGG"),
    "inflation_protected_bonds": ("VTIP", "STIP", "SCHP"),
    "short_treasury": ("SGOV", "BIL", "VGSH"),
    "alternatives": ("VNQ", "SCHH", "GLD"),
}
SCREENED = {
    "us_equity": ("ESGV", "SUSA"),
    "developed_equity": ("VSGX",),
    "emerging_equity": ("ESGE",),
    "us_bonds": ("EAGG",),
}
"""First fund that is not excluded; with `esg_screening` the screened ones come first."""

PARTS = {
    "us_equity": "us_large_cap us_mid_cap us_small_cap us_total_market large_cap small_cap",
    "developed_equity": "international international_equity international_developed "
    "developed_markets",
    "emerging_equity": "emerging_markets emerging",
    "us_bonds": "us_aggregate government_bonds corporate_bonds municipal_bonds treasury_bonds",
    "international_bonds": "global_bonds",
    "inflation_protected_bonds": "tips",
    "short_treasury": "t_bills short_term",
    "alternatives": "real_estate reits gold commodities",
}
"""Other names for the parts of a class; a part under any further name is split as its class is."""

CLASS_NAMES = {
    "us_equity": "US stocks",
    "developed_equity": "developed markets stocks",
    "emerging_equity": "emerging markets stocks",
    "us_bonds": "US bonds",
    "international_bonds": "international bonds",
    "inflation_protected_bonds": "inflation-protected bonds",
    "short_treasury": "short treasuries",
    "alternatives": "alternatives",
}


@dataclass(frozen=True)
class Target:
    """A fund's place in the model: `percent` of what is invested."""

    symbol: str
    asset_class: str
    ips_class: str
    percent: Decimal


@dataclass(frozen=True)
class Trade:
    """One order to give, in dollars. `quantity` is exact for sells, expected for buys."""

    action: str
    symbol: str
    asset_class: str
    quantity: Decimal
    notional: Decimal
    reason: str


@dataclass(frozen=True)
class ClassDrift:
    """Where a policy class stands: percents of the whole portfolio, drift = actual - target."""

    name: str
    target: Decimal
    actual: Decimal
    drift: Decimal
    lowest: Decimal
    highest: Decimal
    within_bands: bool


def model(ips: Mapping[str, Any]) -> list[Target]:
    """The model portfolio of a policy. Percents add up to 100."""
    restrictions = ips.get("constraints", {}).get("restrictions", {})
    excluded = {symbol.upper() for symbol in restrictions.get("excluded_securities", [])}
    sectors = {sector.casefold() for sector in restrictions.get("excluded_sectors", [])}
    excluded |= {known.symbol for known in assets().values() if known.sector.casefold() in sectors}
    screened = bool(restrictions.get("esg_screening"))
    targets = []
    for name, band in ips["target_allocation"].items():
        ips_class = POLICY_CLASSES[name]
        if ips_class == CASH:
            continue
        for asset_class, percent in _split(ips_class, band).items():
            if percent > 0:
                symbol = _fund(asset_class, excluded, screened=screened)
                targets.append(Target(symbol, asset_class, ips_class, percent))
    return targets


def _split(ips_class: str, band: Mapping[str, Any]) -> dict[str, Decimal]:
    """The class's percent by asset class: as its parts say, else as `STRUCTURE` does."""
    parts = band.get("sub_allocations") or {}
    given = {name: Decimal(percent) for name, percent in parts.items()}
    if not sum(given.values(), Decimal(0)):
        given = {ips_class: Decimal(band["target_percent"])}
    split: dict[str, Decimal] = {}
    for name, percent in given.items():
        asset_class = _asset_class(name)
        if IPS_CLASS.get(asset_class) == ips_class and name != ips_class:
            shares = {asset_class: percent}
        else:
            structure = STRUCTURE[ips_class]
            shares = {known: percent * share / 100 for known, share in structure.items()}
        for known, share in shares.items():
            split[known] = split.get(known, Decimal(0)) + share
    return split


def _asset_class(part: str) -> str:
    return next((known for known, names in PARTS.items() if part in names.split()), part)


def _fund(asset_class: str, excluded: set[str], *, screened: bool) -> str:
    choices = (SCREENED.get(asset_class, ()) if screened else ()) + FUNDS[asset_class]
    return next((symbol for symbol in choices if symbol not in excluded), choices[0])


def cash_reserve_percent(ips: Mapping[str, Any]) -> Decimal:
    """Cash the policy keeps uninvested: its target for cash, at least its minimum.

    Short treasuries count toward the minimum.
    """
    liquidity = ips.get("constraints", {}).get("liquidity_requirements", {})
    least = Decimal(liquidity.get("minimum_cash_percent", "0"))
    bands = ips["target_allocation"]
    treasury = Decimal(bands.get("treasury", {}).get("target_percent", "0"))
    wanted = Decimal(bands.get(CASH, {}).get("target_percent", "0"))
    return max(least - treasury, wanted, Decimal(0))


def cash_reserve(ips: Mapping[str, Any], total: Decimal) -> Decimal:
    """Dollars of a portfolio worth `total` that stay in cash."""
    return (total * cash_reserve_percent(ips) / 100).quantize(CENT)


def next_review(ips: Mapping[str, Any], since: date, today: date) -> date | None:
    """The first trading day from `today` on that the policy's frequency asks for.

    Counted in months from `since`. None if the policy names no frequency, or `as_needed`.
    """
    rules = ips.get("constraints", {}).get("rebalancing_policy", {})
    step = MONTHS.get(rules.get("frequency", ""))
    if step is None:
        return None
    months = step
    while (found := nyse().session_on_or_after(months_on(since, months))) < today:
        months += step
    return found


def months_on(day: date, months: int) -> date:
    """The same day of a later month; its last day if it is too short."""
    zero = day.month - 1 + months
    year, month = day.year + zero // 12, zero % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def shares_of(amount: Decimal, percents: Sequence[Decimal]) -> list[Decimal]:
    """Split dollars by weight to the cent; the odd cents go to the largest remainders."""
    whole = sum(percents, Decimal(0))
    if not whole:
        return [Decimal("0.00") for _ in percents]
    exact = [amount * percent / whole for percent in percents]
    parts = [share.quantize(CENT, rounding=ROUND_DOWN) for share in exact]
    by_rest = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for i in by_rest[: int((amount - sum(parts)) / CENT)]:
        parts[i] += CENT
    return parts


def water_fill(
    values: Sequence[Decimal], wanted: Sequence[Decimal], cash: Decimal
) -> list[Decimal]:
    """Dollars to add to each value, adding up to `cash`, so that the worst gaps close first.

    Minimises the squared distance between `values` plus the result and `wanted`: every gap that
    is filled at all ends equally far from its wish.
    """
    gaps = [want - value for want, value in zip(wanted, values, strict=True)]
    order = sorted(range(len(gaps)), key=lambda i: gaps[i], reverse=True)
    level = Decimal(0)
    filled: list[int] = []
    for count in range(1, len(order) + 1):
        level = (sum((gaps[j] for j in order[:count]), Decimal(0)) - cash) / count
        filled = order[:count]
        if count == len(order) or gaps[order[count]] <= level:
            break
    parts = [Decimal("0.00")] * len(gaps)
    amounts = shares_of(cash, [max(gaps[i] - level, Decimal(0)) for i in filled])
    for i, amount in zip(filled, amounts, strict=True):
        parts[i] = amount
    return parts


def invest(
    targets: Sequence[Target], values: Mapping[str, Decimal], cash: Decimal, price: Price
) -> list[Trade]:
    """Buy with `cash`, what is furthest under its target first. `values` is dollars by symbol."""
    total = sum(values.values(), Decimal(0)) + cash
    wanted = shares_of(total, [target.percent for target in targets])
    held = [values.get(target.symbol, Decimal(0)) for target in targets]
    buys = water_fill(held, wanted, cash)
    buys = _without_crumbs(buys, cash)
    return [
        buy(target, amount, total, value, price)
        for target, amount, value in zip(targets, buys, held, strict=True)
        if amount > 0
    ]


def _without_crumbs(buys: list[Decimal], cash: Decimal) -> list[Decimal]:
    """Move buys under a dollar to the largest one, so that nothing is left over."""
    if not buys or cash <= 0:
        return buys
    largest = max(range(len(buys)), key=lambda i: buys[i])
    kept = [
        amount if amount >= SMALLEST_TRADE or i == largest else Decimal("0.00")
        for i, amount in enumerate(buys)
    ]
    kept[largest] += cash - sum(kept)
    return kept


def buy(target: Target, amount: Decimal, total: Decimal, value: Decimal, price: Price) -> Trade:
    """A buy toward a target, with its reason in words."""
    share = (value / total * 100) if total else Decimal(0)
    reason = _reason(target, share)
    return Trade(
        action="buy",
        symbol=target.symbol,
        asset_class=target.ips_class,
        quantity=(amount / price(target.symbol)).quantize(QUANTITY, rounding=ROUND_DOWN),
        notional=amount,
        reason=reason,
    )


def rebalance(
    ips: Mapping[str, Any],
    values: Mapping[str, Decimal],
    quantities: Mapping[str, Decimal],
    cash: Decimal,
    price: Price,
    keep: frozenset[str] = frozenset(),
) -> list[Trade]:
    """Trades that take the whole portfolio, cash included, to its model: sells first, then buys.

    `keep` are symbols that stay untouched; the rest is brought to target among itself. Moves
    under a dollar are left out. `quantities` are shares held by symbol.
    """
    targets = [target for target in model(ips) if target.symbol not in keep]
    movable = {symbol: value for symbol, value in values.items() if symbol not in keep}
    total = sum(movable.values(), Decimal(0)) + cash
    reserve = cash_reserve(ips, total)
    wanted = dict(
        zip(
            [target.symbol for target in targets],
            shares_of(total - reserve, [target.percent for target in targets]),
            strict=True,
        )
    )
    sells = _sells(targets, movable, quantities, wanted, total, price)
    proceeds = sum((trade.notional for trade in sells), Decimal(0))
    spend = max(cash + proceeds - reserve, Decimal(0))
    if spend < SMALLEST_TRADE or not targets:
        return sells
    held = [movable.get(target.symbol, Decimal(0)) for target in targets]
    sold = {trade.symbol: trade.notional for trade in sells}
    after = [
        value - sold.get(target.symbol, Decimal(0))
        for target, value in zip(targets, held, strict=True)
    ]
    amounts = _without_crumbs(water_fill(after, list(wanted.values()), spend), spend)
    buys = [
        buy(target, amount, total, value, price)
        for target, amount, value in zip(targets, amounts, held, strict=True)
        if amount > 0 and target.symbol not in sold
    ]
    return sells + buys


def _sells(
    targets: Sequence[Target],
    values: Mapping[str, Decimal],
    quantities: Mapping[str, Decimal],
    wanted: Mapping[str, Decimal],
    total: Decimal,
    price: Price,
) -> list[Trade]:
    by_symbol = {target.symbol: target for target in targets}
    sells = []
    for symbol, value in values.items():
        surplus = value - wanted.get(symbol, Decimal(0))
        if surplus < SMALLEST_TRADE or quantities[symbol] <= 0:
            continue
        target = by_symbol.get(symbol)
        if target is None:
            quantity, surplus = quantities[symbol], value
            reason = f"{symbol} is not part of the policy's model portfolio."
        else:
            quantity = (surplus / price(symbol)).quantize(QUANTITY, rounding=ROUND_HALF_EVEN)
            quantity = min(quantity, quantities[symbol])
            reason = _reason(target, value / total * 100)
        ips_class = IPS_CLASS[assets()[symbol].asset_class]
        sells.append(Trade("sell", symbol, ips_class, quantity, surplus, reason))
    return sells


def raise_cash(
    targets: Sequence[Target],
    values: Mapping[str, Decimal],
    quantities: Mapping[str, Decimal],
    amount: Decimal,
    price: Price,
) -> list[Trade]:
    """Sells worth `amount`, or all there is, that leave the rest as near its targets as can be.

    So the most overweight goes first, and once nothing is overweight, everything in proportion.
    Without targets each holding gives its share.
    """
    held = list(values.values())
    total = sum(held, Decimal(0))
    amount = min(amount, total)
    percents = {target.symbol: target.percent for target in targets}
    weights = [percents.get(symbol, Decimal(0)) for symbol in values]
    kept = shares_of(total - amount, weights if any(weights) else held)
    by_symbol = {target.symbol: target for target in targets}
    sells = []
    for symbol, part in zip(values, water_fill(kept, held, amount), strict=True):
        if part <= 0:
            continue
        quantity = (part / price(symbol)).quantize(QUANTITY, rounding=ROUND_HALF_EVEN)
        if part >= values[symbol]:
            quantity = quantities[symbol]
        target, share = by_symbol.get(symbol), values[symbol] / total * 100
        words = _reason(target, share) if target else f"{symbol} has no target."
        ips_class = IPS_CLASS[assets()[symbol].asset_class]
        quantity = min(quantity, quantities[symbol])
        sells.append(Trade("sell", symbol, ips_class, quantity, part, words))
    return sells


def drifts(
    ips: Mapping[str, Any], values: Mapping[str, Decimal], cash: Decimal
) -> list[ClassDrift]:
    """Each policy class against its target, and cash against the reserve, in the policy's order."""
    total = sum(values.values(), Decimal(0)) + cash
    bands = ips["target_allocation"]
    called = {POLICY_CLASSES[name]: name for name in bands}
    by_class = {name: Decimal(0) for name in bands if name != CASH}
    for symbol, value in values.items():
        ips_class = assets()[symbol].ips_class
        name = called.get(ips_class, ips_class)
        by_class[name] = by_class.get(name, Decimal(0)) + value
    found = []
    for name, value in by_class.items():
        band = bands.get(name, {"target_percent": "0"})
        found.append(_drift(name, Decimal(band["target_percent"]), value, total, band))
    reserve = cash_reserve_percent(ips)
    found.append(_drift(CASH, reserve, cash, total, bands.get(CASH, {})))
    return found


def _drift(
    name: str, target: Decimal, value: Decimal, total: Decimal, band: Mapping[str, Any]
) -> ClassDrift:
    lowest = Decimal(band.get("min_percent", "0"))
    highest = Decimal(band.get("max_percent", "100"))
    actual = (value / total * 100).quantize(CENT) if total else Decimal("0.00")
    within = not total or lowest <= actual <= highest
    return ClassDrift(name, target, actual, actual - target, lowest, highest, within)


def reason_to_rebalance(ips: Mapping[str, Any], found: Sequence[ClassDrift]) -> str | None:
    """`allocation_drift` when a band is left or a drift exceeds the policy's threshold, else None.

    Cash is shown but decides nothing by itself: what waits lowers the classes' own shares.
    """
    if all(entry.actual == 0 for entry in found):
        return None
    found = [entry for entry in found if entry.name != "cash"]
    policy = ips.get("constraints", {}).get("rebalancing_policy", {})
    threshold = Decimal(policy.get("threshold_percent", DEFAULT_THRESHOLD))
    if any(not entry.within_bands or abs(entry.drift) > threshold for entry in found):
        return "allocation_drift"
    return None


def _reason(target: Target, share: Decimal) -> str:
    """Why a class is bought or sold; two decimals where one would not show the difference."""
    digits = Decimal("0.1")
    if share.quantize(digits) == target.percent.quantize(digits):
        digits = CENT
    name = CLASS_NAMES[target.asset_class]
    return (
        f"{name[0].upper()}{name[1:]} are {share.quantize(digits)} % of the portfolio, "
        f"the policy wants {target.percent.quantize(digits)} %."
    )
