"""The portfolio held against each clause of the signed policy: holds, doesn't, or can't be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from portfolios.models import Policy, Portfolio
from portfolios.planning import funds
from robo.ui import words

NAMES = {
    "equities": "Stocks",
    "fixed_income": "Bonds",
    "treasury": "Short Treasuries",
    "alternatives": "Alternatives",
    "cash": "Cash",
}


class Held(Protocol):
    @property
    def symbol(self) -> str: ...
    @property
    def sector(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Check:
    """A clause. `holds` is None where nothing tells."""

    key: str
    title: str
    holds: bool | None
    found: str
    following: str = ""
    since: date | None = None

    @property
    def word(self) -> str:
        if self.holds is None:
            return "Not known"
        return "Holds" if self.holds else "Doesn’t hold"


def checks(
    row: Portfolio, policy: Policy | None, holdings: Iterable[Held], expires: date | None = None
) -> list[Check]:
    """Every clause that can be held against what is there, with since when it stands so.

    `expires` is the day the risk answers behind the policy end. Empty without a policy in force
    or before Bluum has compared with it.
    """
    if policy is None or not row.allocation or not row.value:
        return []
    held, content = list(holdings), policy.content
    found = [
        *_bands(row, content),
        *_threshold(row, content),
        *_excluded(held, content),
        *_broad(held, content),
        *_cash(row, content),
    ]
    if expires:
        found.append(
            Check(
                "answers",
                "Your risk answers count",
                expires >= _day(row),
                f"They count until {words.day(expires)}.",
                "" if expires >= _day(row) else "Answer the risk questions again.",
            )
        )
    return [Check(c.key, c.title, c.holds, c.found, c.following, _since(row, c)) for c in found]


def remember(
    row: Portfolio, policy: Policy | None, holdings: Iterable[Held], today: date
) -> dict[str, Any]:
    """What to keep with the portfolio: whether each clause holds, and since which day."""
    before, found = row.checks, {}
    for one in checks(row, policy, holdings):
        if one.holds is None:
            continue
        kept = before.get(one.key)
        since = kept["since"] if kept and kept["holds"] == one.holds else today.isoformat()
        found[one.key] = {"holds": one.holds, "since": since}
    return found


def _since(row: Portfolio, one: Check) -> date | None:
    kept = row.checks.get(one.key)
    return date.fromisoformat(kept["since"]) if kept and kept["holds"] == one.holds else None


def _day(row: Portfolio) -> date:
    return words.local(row.as_of).date() if row.as_of else date.min


def _percent(value: Any) -> str:
    return words.percent(Decimal(str(value)) / 100)


def _bands(row: Portfolio, content: Mapping[str, Any]) -> Iterable[Check]:
    targets = content.get("target_allocation", {})
    order = list(NAMES)
    for name in sorted(targets, key=lambda n: order.index(n) if n in order else len(order)):
        band = targets[name]
        actual = row.allocation.get(name, {}).get("actual")
        low, high = band.get("min_percent"), band.get("max_percent")
        if actual is None or low is None or high is None:
            continue
        inside = Decimal(low) <= Decimal(actual) <= Decimal(high)
        label = NAMES.get(name, name.replace("_", " ").capitalize())
        yield Check(
            f"band:{name}",
            f"{label} between {_percent(low)} and {_percent(high)}",
            inside,
            f"{words.percent(Decimal(actual) / 100, 1)} now.",
            "" if inside else "New money goes to what is short; sales need a yes.",
        )


def _threshold(row: Portfolio, content: Mapping[str, Any]) -> Iterable[Check]:
    rules = content.get("constraints", {}).get("rebalancing_policy", {})
    threshold = rules.get("threshold_percent")
    drifts = {n: abs(Decimal(f["drift"])) for n, f in row.allocation.items() if n != "cash"}
    if threshold is None or not drifts:
        return
    worst = max(drifts, key=lambda name: drifts[name])
    label = NAMES.get(worst, worst).lower()
    calm = drifts[worst] <= Decimal(threshold)
    yield Check(
        "threshold",
        f"No class more than {_percent(threshold)} from its target",
        calm,
        f"The furthest is {label}, {drifts[worst]:.1f} points away.",
        "" if calm else "Your adviser reviews it, and you can look at the trades.",
    )


def _excluded(held: list[Held], content: Mapping[str, Any]) -> Iterable[Check]:
    limits = content.get("constraints", {}).get("restrictions", {})
    symbols = set(limits.get("excluded_securities", ()))
    if symbols:
        wrong = sorted(symbols & {h.symbol for h in held})
        yield Check(
            "excluded",
            f"Without {', '.join(sorted(symbols))}",
            not wrong,
            f"You hold {', '.join(wrong)}." if wrong else "None of them is held.",
            "No new money goes there. Selling it needs a yes, with the tax shown." if wrong else "",
        )
    sectors = {name.replace("_", " ").casefold() for name in limits.get("excluded_sectors", ())}
    if sectors:
        wrong = sorted(h.symbol for h in held if (h.sector or "").casefold() in sectors)
        yield Check(
            "sectors",
            f"Without {', '.join(sorted(sectors))}",
            False if wrong else None,
            f"{', '.join(wrong)} is of that kind."
            if wrong
            else "The custodian doesn’t say what is inside a fund, and broad funds hold a little "
            "of every sector.",
        )


def _broad(held: list[Held], content: Mapping[str, Any]) -> Iterable[Check]:
    if not content.get("constraints", {}).get("restrictions", {}).get("no_individual_stocks"):
        return
    unknown = sorted(h.symbol for h in held if funds.fund(h.symbol) is None)
    yield Check(
        "broad",
        "Only broad funds, no single shares",
        None if unknown else True,
        f"{', '.join(unknown)}: not on our list of funds."
        if unknown
        else f"All {len(held)} are broad funds of our list.",
    )


def _cash(row: Portfolio, content: Mapping[str, Any]) -> Iterable[Check]:
    liquidity = content.get("constraints", {}).get("liquidity_requirements", {})
    least = Decimal(liquidity.get("minimum_cash_percent", "0"))
    if not least:
        return
    near = sum(
        (Decimal(row.allocation.get(n, {}).get("actual", "0")) for n in ("cash", "treasury")),
        Decimal(0),
    )
    yield Check(
        "cash",
        f"At least {_percent(least)} as cash",
        near >= least,
        f"{words.percent(near / 100, 1)} in cash and short Treasuries.",
        "" if near >= least else "The next money in stays there.",
    )
