"""An auditor: keeps an investor's books a second time, from what the API answers alone.

Cash follows from transfers, fills, commissions and dividends; shares from fills; cost and gains
from lots of its own. Dividends are what the market pays to who held the shares overnight. None of
the sandbox's own sums are used, so an error there can't hide itself here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import book
from sandbox.calendar import nyse
from tests.sandbox.investor import Investor

D = Decimal
CENT = D("0.01")
OPEN = ("accepted", "partially_filled", "pending", "processing", "submitted")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Lot:
    bought: datetime
    quantity: Decimal
    cost: Decimal


@dataclass
class Fill:
    at: datetime
    waited: bool
    side: str
    symbol: str
    quantity: Decimal
    amount: Decimal
    fee: Decimal


@dataclass
class Auditor:
    """Audits one investor. `policies` are the moments and tax-awareness of accepted policies."""

    maya: Investor
    began: datetime
    policies: list[tuple[datetime, bool]] = field(default_factory=list)

    def audit(self) -> None:
        """Compare every sum that can be read with the auditor's own."""
        fills, dividends = self.fills(), D(0)
        lots, realised = self._lots(fills)
        for per_share, quantity in self._dividends(fills):
            dividends += cents(per_share * quantity)
        flows, reserved = self._transfers()
        cash = flows + dividends - sum((fill.fee for fill in fills), D(0))
        cash += sum((f.amount if f.side == "sell" else -f.amount for f in fills), D(0))
        self._compare_cash(cash, reserved)
        self._compare_positions(lots)
        noted = self.maya.world.table("books")[self.maya.account]["realized"]
        for term in ("short", "long"):
            told = sum((row["gain"] for row in noted if row["term"] == term), D(0))
            assert told == realised[term], f"{term} gains {told}, by the auditor {realised[term]}"
        cost = sum((lot.cost for held in lots.values() for lot in held), D(0))
        gains = realised["short"] + realised["long"]
        fees = sum((fill.fee for fill in fills), D(0))
        assert cash + cost == flows + gains + dividends - fees

    def everything(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self.maya.api.get(path, params={"limit": 100, "offset": len(found)})
            assert answer.status_code == 200, answer.text
            data = answer.json()
            rows = data if isinstance(data, list) else data[path.rsplit("/", 1)[1]]
            found += rows
            if len(rows) < 100:
                return found

    def fills(self) -> list[Fill]:
        """What orders did, in the order of their moments; at an opening sells come first."""
        found = []
        for row in reversed(self.everything(f"/trading/accounts/{self.maya.account}/orders")):
            quantity = D(row["filled_qty"])
            if not quantity:
                continue
            assert row["status"] == "filled"
            amount = cents(quantity * D(row["average_price"]))
            fee, kind = D(row["commission"] or 0), row["commission_type"]
            if kind == "bps":
                fee = cents(amount * fee / 10_000)
            elif kind == "qty":
                fee = cents(quantity * fee)
            at, given = instant(row["filled_at"]), instant(row["submitted_at"])
            found.append(
                Fill(at, given < at, row["side"], row["symbol"], quantity, amount, cents(fee))
            )
        return sorted(found, key=lambda f: (f.at, not f.waited, f.waited and f.side == "buy"))

    def _lots(self, fills: list[Fill]) -> tuple[dict[str, list[Lot]], dict[str, Decimal]]:
        held: dict[str, list[Lot]] = {}
        gains = {"short": D(0), "long": D(0)}
        for fill in fills:
            lots = held.setdefault(fill.symbol, [])
            if fill.side == "buy":
                lots.append(Lot(fill.at, fill.quantity, fill.amount))
                continue
            left, money = fill.quantity, fill.amount
            for lot in self._chosen(lots, fill):
                taken = min(left, lot.quantity)
                if not taken:
                    break
                cost = cents(lot.cost * taken / lot.quantity)
                got = cents(money * taken / left)
                old = fill.at - lot.bought > timedelta(days=365)
                gains["long" if old else "short"] += got - cost
                lot.quantity, lot.cost = lot.quantity - taken, lot.cost - cost
                left, money = left - taken, money - got
            assert not left, "sold more than there was"
            held[fill.symbol] = [lot for lot in lots if lot.quantity]
        return held, gains

    def _chosen(self, lots: list[Lot], sale: Fill) -> list[Lot]:
        """First in, first out, or the lots that cost the least tax: 24 % short, 15 % long term."""
        aware = [is_aware for since, is_aware in self.policies if since <= sale.at]
        if not (aware and aware[-1]):
            return lots
        price = sale.amount / sale.quantity

        def tax(lot: Lot) -> Decimal:
            old = sale.at - lot.bought > timedelta(days=365)
            return (price - lot.cost / lot.quantity) * (D("0.15") if old else D("0.24"))

        return sorted(lots, key=tax)

    def _dividends(self, fills: list[Fill]) -> list[tuple[Decimal, Decimal]]:
        """Dollars a share and shares, for each time a dividend was paid."""
        calendar, prices = nyse(), book.market(self.maya.world)
        found = []
        first = calendar.at_or_after(self.began)
        for session in range(first, calendar.at_or_after(self.maya.world.clock.now()) + 1):
            opened = calendar.open_at(session)
            if not self.began < opened <= self.maya.world.clock.now():
                continue
            shares: dict[str, Decimal] = {}
            for fill in fills:
                if fill.at < opened:
                    sign = 1 if fill.side == "buy" else -1
                    shares[fill.symbol] = shares.get(fill.symbol, D(0)) + sign * fill.quantity
            for symbol, quantity in shares.items():
                per_share = prices.dividend(symbol, session)
                if per_share and quantity:
                    found.append((per_share, quantity))
        return found

    def _transfers(self) -> tuple[Decimal, Decimal]:
        """What came in less what went out for good, and what withdrawals hold."""
        flows = reserved = D(0)
        for row in self.everything(f"/accounts/{self.maya.account}/deposits"):
            if row["status"] == "completed":
                flows += D(row["amount"])
        for row in self.everything(f"/accounts/{self.maya.account}/withdrawals"):
            if row["status"] == "completed":
                flows -= D(row["amount"])
            elif row["status"] in OPEN:
                reserved += D(row["amount"])
        return flows, reserved

    def _compare_cash(self, cash: Decimal, withdrawals: Decimal) -> None:
        wallet = self.maya.wallet(self.maya.account)
        balance, free = D(wallet["balance"]), D(wallet["available_balance"])
        held = D(wallet["reserved_balance"])
        assert balance >= 0
        assert free >= 0
        assert balance == free + held
        owed = balance - cash
        assert owed == 0 or (owed > 0 and free == 0), (
            f"{balance} in the wallet, {cash} by the books"
        )
        for_orders = held - withdrawals
        assert for_orders >= 0
        orders = self.everything(f"/trading/accounts/{self.maya.account}/orders")
        buys = [row for row in orders if row["status"] in OPEN and row["side"] == "buy"]
        assert bool(buys) == bool(for_orders)
        if buys and all(row["notional"] for row in buys):
            fees = sum((D(row["commission"] or 0) for row in buys), D(0))
            assert for_orders == sum((D(row["notional"]) for row in buys), fees)

    def _compare_positions(self, lots: dict[str, list[Lot]]) -> None:
        path = f"/trading/accounts/{self.maya.account}/positions"
        rows = self.maya.api.get(path).json()
        assert {row["symbol"] for row in rows} >= set(lots)
        value = D(0)
        for row in rows:
            held = lots.get(row["symbol"], [])
            assert D(row["quantity"]) == sum((lot.quantity for lot in held), D(0)) >= 0
            assert D(row["total_cost_basis"]) == sum((lot.cost for lot in held), D(0))
            value += D(row["market_value"])
        summary = self.maya.get(f"{self.maya.portfolio}/summary")["valuation"]
        assert D(summary["positions_value"]) == value
        assert D(summary["total_value"]) == value + D(
            self.maya.wallet(self.maya.account)["balance"]
        )


def hired(maya: Investor) -> Auditor:
    """An auditor from this moment on."""
    return Auditor(maya, maya.world.clock.now().astimezone(UTC))
