"""Whatever orders come in whatever sequence: money and shares never go below nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox import books
from tests.sandbox.investor import Investor

D = Decimal
ZERO = D(0)
SYMBOLS = ("VTI", "BA")
OPEN = ("accepted", "partially_filled")
REFUSALS = {
    *("BLUM-422-001", "BLUM-422-002", "BLUM-422-004"),
    *("BLUM-400-001", "BLUM-400-005", "BLUM-400-006"),
}
STEPS = [timedelta(seconds=20), timedelta(minutes=40), timedelta(hours=5), timedelta(days=1)]

sides = st.sampled_from(["buy", "sell"])
symbols = st.sampled_from(SYMBOLS)
percents = st.integers(96, 104)
amounts = st.decimals("1", "4000", places=2)
quantities = st.one_of(st.integers(1, 9).map(D), st.decimals("0.000000001", "6", places=9))
lasting = st.sampled_from(["gtc", "gtc", "day", "opg", "cls", "ioc", "fok"])
names = st.sampled_from([None, "mine-", "partial-"])
fees = st.sampled_from([None, ("1.25", "notional"), ("0.05", "qty"), ("30", "bps")])


class Trading(RuleBasedStateMachine):
    """One account with money and shares, and every kind of order."""

    @initialize(seed=st.integers(1, 5), always=st.booleans())
    def open_account(self, seed: int, always: bool) -> None:
        self.maya = Investor(seed=seed, market="always" if always else "xnys")
        self.maya.pay_in("9000.00")
        self.orders = f"/trading/accounts/{self.maya.account}/orders"
        self.placed = 0
        self.place("VTI", "buy", {"type": "market", "qty": "8"}, "day", None, None)
        self.place("BA", "buy", {"type": "market", "qty": "6"}, "day", None, None)

    def place(
        self,
        symbol: str,
        side: str,
        asked: dict[str, str],
        lasts: str,
        name: str | None,
        fee: tuple[str, str] | None,
    ) -> None:
        self.placed += 1
        body = {"symbol": symbol, "side": side, "time_in_force": lasts, **asked}
        if name:
            body["client_order_id"] = f"{name}{self.placed}"
        if fee:
            body["commission"], body["commission_type"] = fee
        before = self.maya.wallet(self.maya.account)["available_balance"]
        answer = self.maya.api.post(self.orders, json=body)
        if answer.status_code != 201:
            assert answer.json()["code"] in REFUSALS
            assert self.maya.wallet(self.maya.account)["available_balance"] == before

    @rule(symbol=symbols, side=sides, amount=amounts, lasts=lasting, name=names, fee=fees)
    def ask_for_an_amount(self, symbol, side, amount, lasts, name, fee) -> None:
        self.place(symbol, side, {"type": "market", "notional": str(amount)}, lasts, name, fee)

    @rule(
        symbol=symbols,
        side=sides,
        kind=st.sampled_from(["market", "limit", "limit", "stop", "stop_limit", "trailing_stop"]),
        qty=quantities,
        first=percents,
        second=percents,
        lasts=lasting,
        name=names,
        fee=fees,
    )
    def ask_for_shares(self, symbol, side, kind, qty, first, second, lasts, name, fee) -> None:
        near = D(str(self.maya.api.get(f"/assets/{symbol}").json()["data"]["price"]))
        asked = {"type": kind, "qty": f"{qty:f}"}
        if kind in ("limit", "stop_limit"):
            asked["limit_price"] = f"{near * first / 100:.2f}"
        if kind in ("stop", "stop_limit"):
            asked["stop_price"] = f"{near * second / 100:.2f}"
        if kind == "trailing_stop":
            asked["trail_percent"] = f"{abs(first - 100) + 1}"
        self.place(symbol, side, asked, lasts, name, fee)

    @rule(symbol=symbols, side=sides, qty=st.integers(2, 9))
    def wait_for_a_far_price(self, symbol: str, side: str, qty: int) -> None:
        limit = "1500.00" if side == "sell" else "150.00"
        asked = {"type": "limit", "limit_price": limit, "qty": str(qty)}
        self.place(symbol, side, asked, "gtc", None, None)

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: timedelta) -> None:
        self.maya.world.clock.advance(step)

    @rule(factor=st.sampled_from([0.7, 0.97, 1.04, 1.5]), days=st.sampled_from([None, 3]))
    def the_market_moves(self, factor: float, days: int | None) -> None:
        move = {"scope": "all", "factor": factor, **({"recovery_days": days} if days else {})}
        assert self.maya.home.post("/_sandbox/market/shocks", json=move).status_code == 201

    @precondition(lambda self: self.maya.world.table("open_orders"))
    @rule(dice=st.randoms(), by_hand=st.booleans())
    def one_ends_or_fills(self, dice, by_hand: bool) -> None:
        waiting = dice.choice(list(self.maya.world.table("open_orders")))
        if by_hand:
            answer = self.maya.home.post(f"/_sandbox/orders/{waiting}/fill", json={})
        else:
            answer = self.maya.api.post(f"{self.orders}/{waiting}/cancel")
            assert answer.json()["status"] == "canceled"
        assert answer.status_code == 200

    @invariant()
    def money_and_shares_are_there_and_orders_say_what_happened(self) -> None:
        rows = self.maya.api.get(self.orders, params={"limit": 100}).json()
        self.check_money([row for row in rows if row["status"] in OPEN and row["side"] == "buy"])
        self.check_shares([row for row in rows if row["status"] in OPEN and row["side"] == "sell"])
        for row in rows:
            filled = D(row["filled_qty"])
            assert filled >= 0
            if row["qty"] is not None:
                assert filled + D(row["remaining_qty"]) == D(row["qty"])
            assert (row["status"] == "filled") == (row["filled_at"] is not None)
            assert (row["status"] == "rejected") == (row["reject_reason"] is not None)
            assert (filled > 0) == (D(row["average_price"]) > 0)
        books.check_all(self.maya.world)

    def check_money(self, buys: list[dict[str, Any]]) -> None:
        """What is held covers the limits of open buys, and is nothing without them."""
        wallet = self.maya.wallet(self.maya.account)
        held = D(wallet["reserved_balance"])
        assert D(wallet["balance"]) >= held >= 0
        limits = [row for row in buys if row["type"] in ("limit", "stop_limit")]
        parts = (D(row["remaining_qty"]) * D(row["limit_price"]) for row in limits)
        least = sum((part.quantize(D("0.01")) for part in parts), ZERO)
        assert held >= least
        assert buys or not held

    def check_shares(self, sells: list[dict[str, Any]]) -> None:
        """Nobody owns fewer shares than none, or sells more than that by quantity."""
        path = f"/trading/accounts/{self.maya.account}/positions"
        owned = {row["symbol"]: D(row["quantity"]) for row in self.maya.api.get(path).json()}
        for symbol, quantity in owned.items():
            claims = [D(r["remaining_qty"]) for r in sells if r["symbol"] == symbol and r["qty"]]
            assert sum(claims, ZERO) <= quantity


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=10,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
