"""Drift is measured honestly and deposits close it to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.planning.drift import clearing_deposit, drift, spread_deposit, weights_of

CENT = Decimal("0.01")
NAMES = ("a", "b", "c", "d")
dollars = st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) * CENT)


@st.composite
def books(draw):
    """Values and targets in whole percent that add up to 100."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    shares = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    values = {name: draw(dollars) for name in NAMES}
    return values, {n: Decimal(s) / 100 for n, s in zip(NAMES, shares, strict=True)}


def distance(values, targets):
    total = sum(values.values())
    return sum((values[k] - targets[k] * total) ** 2 for k in values)


def test_the_published_drift_comes_out_again():
    actual = dict(zip(NAMES, map(Decimal, (30, 20, 30, 20)), strict=True))
    assert drift(actual, dict.fromkeys(NAMES, Decimal(25))) == 10


def test_something_without_a_target_counts_as_drift():
    assert drift({"a": Decimal(90), "gold": Decimal(10)}, {"a": Decimal(100)}) == 10


def test_an_empty_portfolio_gets_its_targets():
    targets = {"a": Decimal("0.60"), "b": Decimal("0.38"), "c": Decimal("0.02")}
    assert spread_deposit({}, targets, Decimal("100.01")) == {
        "a": Decimal("60.01"),
        "b": Decimal("38.00"),
        "c": Decimal("2.00"),
    }


def test_a_small_deposit_goes_to_what_lacks_most():
    values = {"a": Decimal(70), "b": Decimal(30)}
    targets = {"a": Decimal("0.6"), "b": Decimal("0.4")}
    assert spread_deposit(values, targets, Decimal(10)) == {"a": 0, "b": 10}


@given(book=books(), deposit=dollars)
def test_every_cent_of_a_deposit_is_placed_and_nothing_is_sold(book, deposit):
    values, targets = book
    placed = spread_deposit(values, targets, deposit)

    assert sum(placed.values()) == deposit
    assert all(amount >= 0 and amount == amount.quantize(CENT) for amount in placed.values())


@given(book=books(), deposit=dollars, data=st.data())
def test_no_other_spread_comes_closer_to_the_targets(book, deposit, data):
    values, targets = book
    placed = spread_deposit(values, targets, deposit)
    ours = {k: values[k] + placed[k] for k in values}
    giver = data.draw(st.sampled_from([k for k in placed if placed[k] >= CENT] or ["a"]))
    taker = data.draw(st.sampled_from(NAMES))
    moved = min(placed[giver], data.draw(dollars))
    theirs = {**ours, giver: ours[giver] - moved}
    theirs[taker] += moved

    # Rounding to the cent may cost at most a cent in each class.
    assert distance(ours, targets) <= distance(theirs, targets) + 8 * CENT**2


@given(book=books())
def test_the_clearing_deposit_clears_drift_and_no_smaller_one_does(book):
    values, targets = book
    needed = clearing_deposit(values, targets)
    if needed is None:
        assert any(values[k] > 0 and not targets[k] for k in values)
        return
    placed = spread_deposit(values, targets, needed)
    after = {k: values[k] + placed[k] for k in values}
    total = sum(after.values())
    assert all(abs(after[k] - targets[k] * total) <= CENT for k in after)
    if needed > CENT:
        smaller = sum(values.values()) + needed - 2 * CENT
        assert any(values[k] > targets[k] * smaller for k in values)


def test_odd_deposits_and_targets_are_refused():
    targets = {"a": Decimal("0.6"), "b": Decimal("0.4")}
    for wrong in (Decimal("-1"), Decimal("0.001")):
        with pytest.raises(ValueError, match="cents"):
            spread_deposit({}, targets, wrong)
    with pytest.raises(ValueError, match="add up"):
        spread_deposit({}, {"a": Decimal("0.6")}, Decimal(1))


def test_weights_of_nothing_are_zero():
    assert weights_of({"a": Decimal(0)}) == {"a": 0}
    assert weights_of({"a": Decimal(1), "b": Decimal(3)})["b"] == Decimal("0.75")
