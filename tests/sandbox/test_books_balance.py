"""The books balance to the cent at every instant, whatever happens, and the check itself can fail.

Random histories, twice. One machine knows the wallet only and compares it with a few lines of
arithmetic; the other test lives a whole investor's life over HTTP, with an auditor beside it who
keeps the books a second time. On a testing sandbox `books.check` follows every request besides.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from sandbox import books, ledger
from sandbox.errors import ApiError
from sandbox.world import World
from tests.sandbox.auditor import hired
from tests.sandbox.investor import TUESDAY, Investor

D = Decimal
money = st.decimals(min_value="0.01", max_value="900.00", places=2)
ACCOUNT = "maya"


class Wallet(RuleBasedStateMachine):
    """The wallet beside plain numbers: what is there, what is held, what is owed."""

    holds = Bundle("holds")
    ended = Bundle("ended")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(at=TUESDAY, frozen=True, validate_responses=True)
        self.balance = self.held = self.owed = D("0.00")

    @initialize(amount=st.decimals(min_value="500.00", max_value="9000.00", places=2))
    def begins(self, amount: Decimal) -> None:
        self.money_comes(amount, "deposit")

    def receives(self, amount: Decimal) -> None:
        self.balance += amount
        self.pays_debt()

    def pays_debt(self) -> None:
        paid = min(self.owed, self.balance - self.held)
        self.balance, self.owed = self.balance - paid, self.owed - paid

    @rule(amount=money, kind=st.sampled_from(["deposit", "dividend", "sell"]))
    def money_comes(self, amount: Decimal, kind: str) -> None:
        movement = ledger.post(self.world, ACCOUNT, kind, amount, "x")
        assert movement["amount"] == amount
        self.receives(amount)

    @rule(amount=money, fee=st.sampled_from(["0.00", "0.35", "12.00"]))
    def shares_are_sold(self, amount: Decimal, fee: str) -> None:
        ledger.sale(self.world, ACCOUNT, amount, D(fee), "x")
        paid = min(D(fee), self.balance + amount - self.held)
        self.receives(amount - paid)

    @rule(amount=money, kind=st.sampled_from(["withdrawal", "buy", "fee"]))
    def money_goes(self, amount: Decimal, kind: str) -> None:
        if amount > self.balance - self.held:
            with pytest.raises(ApiError, match="BLUM-422-001"):
                ledger.post(self.world, ACCOUNT, kind, -amount, "x")
        else:
            ledger.post(self.world, ACCOUNT, kind, -amount, "x")
            self.balance -= amount

    @rule(target=holds, amount=money | st.just(D("10.00")))
    def money_is_held(self, amount: Decimal) -> object:
        if amount > self.balance - self.held:
            with pytest.raises(ApiError, match="BLUM-422-001"):
                ledger.reserve(self.world, ACCOUNT, amount, "x")
            return multiple()
        self.held += amount
        return (ledger.reserve(self.world, ACCOUNT, amount, "x"), amount)

    @rule(target=ended, hold=consumes(holds))
    def a_hold_is_released(self, hold: tuple[str, Decimal]) -> str:
        ledger.release(self.world, hold[0])
        self.held -= hold[1]
        self.pays_debt()
        return hold[0]

    @rule(target=ended, hold=consumes(holds), part=st.sampled_from(["1", "0.5"]))
    def a_hold_is_taken(self, hold: tuple[str, Decimal], part: str) -> str:
        spent = (hold[1] * D(part)).quantize(D("0.01"))
        movement = ledger.capture(self.world, hold[0], "buy", None if part == "1" else spent)
        assert movement is not None
        self.held -= hold[1]
        self.balance -= spent
        self.pays_debt()
        return hold[0]

    @rule(hold=ended, how=st.sampled_from(["release", "capture"]))
    def an_ended_hold_stays_ended(self, hold: str, how: str) -> None:
        if how == "release":
            ledger.release(self.world, hold)
        else:
            assert ledger.capture(self.world, hold, "buy") is None

    @rule(amount=money)
    def a_deposit_goes_back(self, amount: Decimal) -> None:
        owed = ledger.take_back(self.world, ACCOUNT, "deposit_return", amount, "x")
        taken = min(amount, self.balance - self.held)
        assert owed == amount - taken
        self.balance, self.owed = self.balance - taken, self.owed + owed

    @invariant()
    def the_wallet_is_what_was_counted(self) -> None:
        row = ledger.wallet(self.world, ACCOUNT)
        assert (row["balance"], row["reserved"], row["owed"]) == (
            self.balance,
            self.held,
            self.owed,
        )
        moves = ledger.movements(self.world, ACCOUNT)
        assert sum((move["amount"] for move in moves), D(0)) == self.balance
        active = [h for h in self.world.table("holds").values() if h["status"] == "ACTIVE"]
        assert sum((hold["amount"] for hold in active), D(0)) == self.held
        assert ledger.available(self.world, ACCOUNT) == self.balance - self.held >= 0


def test_a_wallet_counts_right_whatever_comes():
    limits = settings(max_examples=50, stateful_step_count=40, deadline=None, derandomize=True)
    run_state_machine_as_test(Wallet, settings=limits)


def test_what_is_owed_is_paid_by_what_comes_or_gets_free_but_after_the_commission():
    world = World(at=TUESDAY, frozen=True)
    ledger.post(world, ACCOUNT, "deposit", D("100.00"), "a")
    held = ledger.reserve(world, ACCOUNT, D("60.00"), "b")
    assert ledger.take_back(world, ACCOUNT, "deposit_return", D("100.00"), "a") == D("60.00")
    ledger.sale(world, ACCOUNT, D("25.00"), D("2.00"), "c")
    wallet = ledger.wallet(world, ACCOUNT)
    assert (wallet["balance"], wallet["reserved"], wallet["owed"]) == (60, 60, D("37.00"))
    ledger.release(world, held)
    assert (wallet["balance"], wallet["reserved"], wallet["owed"]) == (23, 0, 0)
    told = [(move["kind"], move["amount"]) for move in ledger.movements(world, ACCOUNT)]
    assert told == [
        ("deposit", 100),
        ("deposit_return", -40),
        ("sell", 25),
        ("fee", -2),
        ("debt_repaid", -23),
        ("debt_repaid", -37),
    ]


dollars = st.integers(min_value=1, max_value=6000)
ALLOCATIONS = [
    {"equities": {"target_percent": "60.00"}, "fixed_income": {"target_percent": "40.00"}},
    {
        "equities": {"target_percent": "25.00"},
        "fixed_income": {"target_percent": "55.00"},
        "treasury": {"target_percent": "15.00"},
        "alternatives": {"target_percent": "5.00"},
    },
    {"equities": {"target_percent": "90.00"}, "cash": {"target_percent": "10.00"}},
]
BUYS = [
    {"type": "market", "notional": "250.00"},
    {"type": "market", "notional": "99.99", "commission": "1.50", "commission_type": "notional"},
    {"type": "market", "notional": "400.00", "commission": "25", "commission_type": "bps"},
    {"type": "market", "qty": "1.234567891"},
    {"type": "market", "qty": "2", "commission": "0.35", "commission_type": "qty"},
    {"type": "limit", "qty": "1.5", "limit_price": "60.00", "time_in_force": "gtc"},
    {"type": "limit", "qty": "1", "limit_price": "900.00"},
    {"type": "stop", "qty": "1", "stop_price": "1.00", "time_in_force": "gtc"},
    {"type": "stop_limit", "qty": "1", "stop_price": "20.00", "limit_price": "70.00"},
    {"type": "limit", "qty": "1", "limit_price": "5.00", "time_in_force": "ioc"},
    {"type": "limit", "qty": "1", "limit_price": "5.00", "time_in_force": "fok"},
]
SELLS = [
    {"type": "market"},
    {"type": "market", "commission": "10", "commission_type": "bps"},
    {"type": "limit", "limit_price": "1.00"},
    {"type": "limit", "limit_price": "4000.00", "time_in_force": "gtc"},
    {"type": "stop", "stop_price": "3000.00", "time_in_force": "gtc"},
    {"type": "trailing_stop", "trail_percent": "1.0", "time_in_force": "gtc"},
]
SYMBOLS = ["VEA", "BND", "KO", "SGOV", "VWO"]
PAUSES = [
    timedelta(seconds=4),
    timedelta(seconds=8),
    timedelta(seconds=30),
    timedelta(minutes=45),
    timedelta(hours=9),
    timedelta(days=1),
    timedelta(days=8),
    timedelta(days=35),
    timedelta(days=120),
]


class Life:
    """Maya's life with her account, and her auditor's."""

    def __init__(self, fund: str, *, aware: bool) -> None:
        self.maya = Investor()
        self.auditor = hired(self.maya)
        self.schedules: list[str] = []
        self.transfers: list[tuple[str, str]] = []
        self.changes_policy(ALLOCATIONS[0], aware=aware, cash="0.00")
        self.maya.pay_in(fund)

    def changes_policy(
        self, allocation: dict[str, dict[str, str]], *, aware: bool, cash: str
    ) -> None:
        states = [row["status"] for row in self.maya.world.table("rebalances").values()]
        if {"pending", "in_progress"} & set(states):
            return
        rules = {"threshold_percent": "5.00", "tax_aware": aware, "frequency": "quarterly"}
        self.maya.accept_policy(
            target_allocation=allocation,
            constraints={
                "rebalancing_policy": rules,
                "liquidity_requirements": {"minimum_cash_percent": cash},
            },
        )
        self.auditor.policies.append((self.maya.world.clock.now(), aware))

    def pays_in(self, size: int, ending: str) -> None:
        made = self.maya.deposit(self.maya.account, f"{size}.{ending}", self.maya.bank).json()
        self.transfers.append(("deposits", made["deposit_id"]))

    def withdraws(self, part: str, ending: str) -> None:
        free = D(self.maya.wallet(self.maya.account)["available_balance"])
        amount = f"{int(free * D(part)) + 1}.{ending}"
        body = {"amount": amount, "method": "ach", "funding_source_id": self.maya.bank}
        answer = self.maya.api.post(f"/accounts/{self.maya.account}/withdrawals", json=body)
        assert (answer.status_code == 422) == (D(amount) > free), answer.text
        if answer.status_code == 201:
            self.transfers.append(("withdrawals", answer.json()["withdrawal_id"]))

    def a_transfer_turns(self, choice: int, what: str) -> None:
        if not self.transfers:
            return
        kind, key = self.transfers[-1 - choice % len(self.transfers)]
        if what == "cancel":
            self.maya.api.post(f"/accounts/{self.maya.account}/{kind}/{key}/cancel")
        else:
            self.maya.home.post(f"/_sandbox/transfers/{key}/{what}", json={"code": "R10"})

    def buys(self, symbol: str, order: dict[str, str]) -> None:
        self.orders({"symbol": symbol, "side": "buy", "time_in_force": "day", **order})

    def sells(self, choice: int, part: str, order: dict[str, str]) -> None:
        rows = self.maya.get(f"{self.maya.portfolio}/holdings")["holdings"]
        if not rows:
            return
        row = rows[choice % len(rows)]
        quantity = (D(row["quantity"]) * D(part)).quantize(D("0.000000001"))
        body = {"symbol": row["symbol"], "side": "sell", "time_in_force": "day", **order}
        self.orders({**body, "qty": f"{quantity:f}"})

    def orders(self, body: dict[str, str]) -> None:
        path = f"/trading/accounts/{self.maya.account}/orders"
        assert self.maya.api.post(path, json=body).status_code in (201, 400, 422)

    def cancels_an_order(self, choice: int) -> None:
        path = f"/trading/accounts/{self.maya.account}/orders"
        waiting = self.maya.api.get(path, params={"status": "accepted"}).json()
        if waiting:
            self.maya.api.post(f"{path}/{waiting[choice % len(waiting)]['id']}/cancel")

    def rebalances(self) -> None:
        assert self.maya.rebalance().status_code in (202, 409)

    def trades_some_for_others(self, buy: str, part: str) -> None:
        values = self.maya.holdings()
        trades = [
            {"action": "sell", "symbol": symbol, "notional": f"{value * D(part):.2f}"}
            for symbol, value in list(values.items())[:2]
            if value > 5
        ]
        if trades:
            notional = f"{sum(D(trade['notional']) for trade in trades) * D('0.9'):.2f}"
            trades.append({"action": "buy", "symbol": buy, "notional": notional})
            self.maya.rebalance({"execution_type": "custom", "custom_trades": trades})

    def chooses_what_dividends_do(self, how: str, *, enabled: bool, sweep: bool) -> None:
        body = {
            "enabled": enabled,
            "reinvestment_rule": how,
            "custom_allocation": {"SGOV": "70", "KO": "30"},
            "cash_sweep_enabled": sweep,
            "cash_sweep_threshold": "250.00",
        }
        assert self.maya.put(f"{self.maya.portfolio}/drip", body).status_code == 200

    def saves_regularly(self, frequency: str, how: str, amount: str) -> None:
        more = {"custom_allocation": {"VWO": "25", "BND": "75"}} if how == "custom" else {}
        made = self.maya.schedule(frequency=frequency, allocation_rule=how, amount=amount, **more)
        assert made.status_code == 201, made.text
        self.schedules.append(f"/auto-invest/{made.json()['auto_invest_id']}")
        if len(self.schedules) > 2:
            self.maya.api.delete(self.maya.wealth + self.schedules.pop(0))

    def changes_a_schedule(self, what: str) -> None:
        if not self.schedules:
            return
        path = self.schedules[-1]
        if what == "more":
            self.maya.api.patch(self.maya.wealth + path, json={"amount": "444.00"})
        else:
            self.maya.post(f"{path}/{what}")

    def prices_jump(self, scope: str, by: float) -> None:
        body = {"scope": scope, "factor": by}
        assert self.maya.home.post("/_sandbox/scenarios/shock", json=body).status_code == 200

    def time_passes(self, pause: timedelta) -> None:
        self.maya.world.clock.advance(pause)
        self.auditor.audit()


one = st.sampled_from
any_number = st.integers(0, 30)
pauses = st.fixed_dictionaries({"pause": one(PAUSES)})
sales = st.fixed_dictionaries(
    {"choice": any_number, "part": one(["1", "0.5", "0.333"]), "order": one(SELLS)}
)
STEPS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "time_passes": pauses,
    "then_time_passes": pauses,
    "later_time_passes": pauses,
    "sells": sales,
    "then_sells": sales,
    "later_sells": sales,
    "buys": st.fixed_dictionaries({"symbol": one(SYMBOLS), "order": one(BUYS)}),
    "then_buys": st.fixed_dictionaries({"symbol": one(SYMBOLS), "order": one(BUYS)}),
    "pays_in": st.fixed_dictionaries({"size": dollars, "ending": one(["00", "37", "01", "02"])}),
    "withdraws": st.fixed_dictionaries(
        {"part": one(["0.2", "0.9", "1.1"]), "ending": one(["00", "58", "01", "02"])}
    ),
    "a_transfer_turns": st.fixed_dictionaries(
        {"choice": any_number, "what": one(["cancel", "settle", "fail", "return", "return"])}
    ),
    "cancels_an_order": st.fixed_dictionaries({"choice": any_number}),
    "rebalances": st.just({}),
    "trades_some_for_others": st.fixed_dictionaries(
        {"buy": one(SYMBOLS), "part": one(["0.2", "0.9"])}
    ),
    "changes_policy": st.fixed_dictionaries(
        {
            "allocation": one(ALLOCATIONS),
            "aware": st.booleans(),
            "cash": one(["0.00", "4.00"]),
        }
    ),
    "chooses_what_dividends_do": st.fixed_dictionaries(
        {
            "how": one(["same_security", "portfolio_allocation", "custom"]),
            "enabled": st.booleans(),
            "sweep": st.booleans(),
        }
    ),
    "saves_regularly": st.fixed_dictionaries(
        {
            "frequency": one(["weekly", "biweekly", "monthly", "quarterly"]),
            "how": one(["ips_target", "equal_weight", "custom"]),
            "amount": one(["75.00", "310.55", "60.01", "80.02"]),
        }
    ),
    "changes_a_schedule": st.fixed_dictionaries({"what": one(["pause", "resume", "more"])}),
    "prices_jump": st.fixed_dictionaries(
        {"scope": one(["all", "equities", "BND"]), "by": one([0.7, 0.97, 1.3])}
    ),
}
"""What may happen, and with what; `then_` and `later_` only make a step likelier."""

steps = one(list(STEPS)).flatmap(lambda name: st.tuples(st.just(name), STEPS[name]))


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    fund=one(["3000.00", "12000.00"]),
    aware=st.booleans(),
    history=st.lists(steps, min_size=25, max_size=45),
)
def test_the_books_balance_through_a_whole_life(fund, aware, history):
    life = Life(fund, aware=aware)
    for name, details in history:
        getattr(life, name.removeprefix("then_").removeprefix("later_"))(**details)
        books.check_all(life.maya.world)
    life.auditor.audit()
