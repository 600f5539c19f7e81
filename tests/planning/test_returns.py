"""Returns that can be checked by hand, and an honest "not available" where there is none."""

import json
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.planning.returns import (
    Valuation,
    max_drawdown,
    modified_dietz,
    money_weighted,
    read_csv,
    time_weighted,
)

ROOT = Path(__file__).resolve().parents[2]
CSV = "date,value,flow\n2025-01-01,100000,\n2025-07-02,110000,50000\n2026-01-01,152000,\n"


def row(day, value, flow=0):
    worth = None if value is None else Decimal(value)
    return Valuation(date.fromisoformat(day), worth, Decimal(flow))


YEAR = read_csv(CSV.splitlines())


def test_the_published_year_comes_out_again():
    assert time_weighted(YEAR).value * 100 == pytest.approx(4.5, abs=1e-9)
    assert money_weighted(YEAR).value * 100 == pytest.approx(1.60039, abs=1e-5)
    assert modified_dietz(YEAR).value * 100 == pytest.approx(1.59912, abs=1e-5)


def test_opening_with_a_deposit_is_the_same_as_opening_with_a_value():
    opened = [row("2025-01-01", 0, 100_000), *YEAR[1:]]
    for measure in (time_weighted, money_weighted, modified_dietz):
        assert measure(opened).value == pytest.approx(measure(YEAR).value)


def test_a_deposit_is_not_a_gain():
    idle = [row("2025-01-01", 100), row("2025-03-01", 100, 900), row("2025-09-01", 1000)]
    assert time_weighted(idle).value == 0
    assert money_weighted(idle).value == pytest.approx(0, abs=1e-9)
    assert modified_dietz(idle).value == 0


def test_only_a_full_year_is_called_yearly():
    assert time_weighted(YEAR).annualised == pytest.approx(0.045)
    half = [row("2025-01-01", 100), row("2025-07-01", 110)]
    assert time_weighted(half).annualised is None
    two = [row("2024-01-01", 100), row("2025-12-31", 121)]
    assert time_weighted(two).annualised == pytest.approx(0.1)


def test_days_without_money_break_the_chain():
    gap = [row("2025-01-01", 100), row("2025-02-01", 110, -110), row("2025-03-01", 0, 50)]
    gap.append(row("2025-04-01", 55))
    found = time_weighted(gap)
    assert found.value is None
    assert found.reason == "For a while nothing was invested."
    assert max_drawdown(gap).value is None


def test_a_missing_value_leaves_only_the_fallback_and_only_for_small_flows():
    small = [row("2025-01-01", 1000), row("2025-07-02", None, 50), row("2026-01-01", 1100)]
    large = [row("2025-01-01", 1000), row("2025-07-02", None, 500), row("2026-01-01", 1600)]

    assert time_weighted(small).value is None
    assert modified_dietz(small).value == pytest.approx(50 / (1000 + 50 * 183 / 365))
    assert modified_dietz(large).value is None
    assert money_weighted(large).value is not None


def test_two_rates_that_fit_are_no_answer():
    # -1000, +2500, -1540: both 10 % and 40 % fit.
    twice = [
        row("2025-01-01", 0, 1000),
        row("2026-01-01", 2500, -2500),
        row("2027-01-01", 0, 1540),
        row("2028-01-01", 0),
    ]
    assert money_weighted(twice).value is None
    assert "more than one" in money_weighted(twice).reason


def test_money_that_only_went_in_has_no_rate():
    lost = [row("2025-01-01", 100), row("2026-01-01", 0)]
    assert money_weighted(lost).value is None
    assert time_weighted(lost).value == -1


@pytest.mark.parametrize(
    "history",
    [
        [],
        [row("2025-01-01", 1)],
        [row("2025-01-02", 1), row("2025-01-01", 1)],
        [row("2025-01-01", 1), row("2025-01-01", 1)],
        [row("2025-01-01", 1), row("2025-01-02", -1)],
    ],
)
def test_broken_histories_are_not_available(history):
    for measure in (time_weighted, money_weighted, modified_dietz, max_drawdown):
        found = measure(history)
        assert found.value is None
        assert found.reason


def test_a_withdrawal_is_no_drawdown():
    history = [row("2025-01-01", 100), row("2025-02-01", 100, -50), row("2025-03-01", 50)]
    assert max_drawdown(history).value == 0
    fall = [row("2025-01-01", 100), row("2025-02-01", 120), row("2025-03-01", 90)]
    assert max_drawdown(fall).value == pytest.approx(0.25)


@given(
    rate=st.floats(-0.5, 1.0),
    flows=st.lists(st.integers(0, 5_000), min_size=1, max_size=8),
)
def test_one_steady_rate_is_found_by_both_measures(rate, flows):
    day, value = date(2024, 1, 1), 1000.0
    history = [Valuation(day, Decimal(value))]
    for flow in flows:
        day += timedelta(days=91)
        value *= (1 + rate) ** (91 / 365)
        history.append(Valuation(day, Decimal(value), Decimal(flow)))
        value += flow
    day += timedelta(days=91)
    history.append(Valuation(day, Decimal(value * (1 + rate) ** (91 / 365))))
    years = (day - date(2024, 1, 1)).days / 365

    assert money_weighted(history).value == pytest.approx(rate, abs=1e-6)
    assert time_weighted(history).value == pytest.approx((1 + rate) ** years - 1, abs=1e-9)


def test_the_command_reads_a_file_and_says_which_line_is_wrong(tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(CSV)
    bad.write_text(CSV + "2026-02-30,1,\n")

    def run(path):
        return subprocess.run(
            [sys.executable, "-m", "portfolios.planning.returns", str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert json.loads(run(good).stdout)["money_weighted"]["percent"] == 1.60039
    assert run(bad).returncode == 2
    assert "Line 5" in run(bad).stderr
