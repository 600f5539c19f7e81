"""What is sold for a withdrawal: most overweight first, then in proportion, to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.selling import Held, Sale, gain_of, sales_for
from portfolios.planning.drift import drift, spread_withdrawal, weights_of

D = Decimal
TARGETS = {"equities": D(60), "fixed_income": D(40)}


def held(symbol: str, kind: str, value: str, gain: str | None = "0") -> Held:
    return Held(symbol, kind, D(value), D(value) / 10, gain=None if gain is None else D(gain))


def amounts(sales: list[Sale]) -> dict[str, Decimal]:
    return {sale.symbol: sale.amount for sale in sales}


def test_what_is_above_its_target_goes_first() -> None:
    found = sales_for(
        [held("VTI", "equities", "700"), held("BND", "fixed_income", "300")], TARGETS, D("100")
    )
    assert amounts(found) == {"VTI": D("100.50")}


def test_a_portfolio_at_its_targets_is_sold_in_proportion() -> None:
    found = sales_for(
        [held("VTI", "equities", "600"), held("BND", "fixed_income", "400")], TARGETS, D("200")
    )
    assert amounts(found) == {"VTI": D("120.60"), "BND": D("80.40")}


def test_within_a_class_every_fund_gives_its_part() -> None:
    found = sales_for(
        [held("VTI", "equities", "600"), held("VXUS", "equities", "200"),
         held("BND", "fixed_income", "200")],
        TARGETS,
        D("100"),
    )  # fmt: skip
    assert amounts(found) == {"VTI": D("75.38"), "VXUS": D("25.12")}


def test_what_has_no_target_goes_before_all_else() -> None:
    found = sales_for(
        [held("VTI", "equities", "600"), held("BND", "fixed_income", "400"),
         held("GLD", "gold", "80")],
        TARGETS,
        D("70"),
    )  # fmt: skip
    assert set(amounts(found)) == {"GLD"}


def test_almost_all_of_a_position_is_all_of_it_in_shares() -> None:
    (sale,) = sales_for([held("VTI", "equities", "100")], TARGETS, D("99"))
    assert sale.quantity == D("10")
    assert "notional" not in sale.trade


def test_the_gain_is_the_positions_part_and_unknown_as_soon_as_one_is() -> None:
    known = sales_for([held("VTI", "equities", "1000", "200")], TARGETS, D("100"))
    assert gain_of(known) == D("20.10")
    unknown = sales_for([held("VTI", "equities", "1000", None)], TARGETS, D("100"))
    assert gain_of(unknown) is None


def test_nothing_held_sells_nothing() -> None:
    assert sales_for([], TARGETS, D("100")) == []


MONEY = st.decimals(min_value=0, max_value=100_000, places=2)


@settings(max_examples=200, deadline=None)
@given(a=MONEY, b=MONEY, c=MONEY, part=st.integers(min_value=0, max_value=100))
def test_the_parts_add_up_never_exceed_what_is_held_and_never_raise_the_drift(
    a: Decimal, b: Decimal, c: Decimal, part: int
) -> None:
    values = {"a": a, "b": b, "c": c}
    targets = {"a": D("0.5"), "b": D("0.3"), "c": D("0.2")}
    total = sum(values.values())
    amount = (total * part / 100).quantize(D("0.01"))
    if amount > total:
        amount = total
    sold = spread_withdrawal(values, targets, amount)
    assert sum(sold.values()) == amount
    assert all(0 <= sold[k] <= values[k] for k in values)
    left = {k: values[k] - sold[k] for k in values}
    if sum(left.values()) > 100:
        before, after = drift(weights_of(values), targets), drift(weights_of(left), targets)
        assert after <= before + D("0.001")


def test_more_than_is_held_is_an_error() -> None:
    with pytest.raises(ValueError, match="no more than is held"):
        spread_withdrawal({"a": D(1)}, {"a": D(1)}, D(2))
