"""The policy statement adds up, stays inside its bands and reads like a letter."""

from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest

from portfolios.planning.policy import check, clauses, derive

LEVELS = range(1, 11)


@pytest.mark.parametrize("level", LEVELS)
def test_every_statement_adds_up_exactly(level):
    content = derive(level=level, horizon_years=12)
    allocation = content["target_allocation"]

    assert sum(Decimal(band["target_percent"]) for band in allocation.values()) == 100
    for band in allocation.values():
        parts = band["sub_allocations"].values()
        assert sum(map(Decimal, parts)) == Decimal(band["target_percent"])
        low, high = Decimal(band["min_percent"]), Decimal(band["max_percent"])
        assert 0 <= low <= Decimal(band["target_percent"]) <= high <= 100
        assert high - low <= 10
        for text in (band["target_percent"], band["min_percent"], band["max_percent"], *parts):
            assert text == f"{Decimal(text):.2f}"
    assert check(content) == []


def test_level_six_is_the_classic_mix_with_its_parts():
    content = derive(
        level=6,
        horizon_years=10,
        goal_types=["home_purchase"],
        esg_criteria=["environmental"],
        effective_date=date(2026, 4, 6),
    )

    assert content["target_allocation"] == {
        "equities": {
            "target_percent": "60.00",
            "min_percent": "55.00",
            "max_percent": "65.00",
            "sub_allocations": {
                "us_equity": "36.00",
                "developed_equity": "18.00",
                "emerging_equity": "6.00",
            },
        },
        "fixed_income": {
            "target_percent": "38.00",
            "min_percent": "33.00",
            "max_percent": "43.00",
            "sub_allocations": {
                "us_bonds": "20.90",
                "international_bonds": "11.40",
                "inflation_protected_bonds": "5.70",
            },
        },
        "treasury": {
            "target_percent": "2.00",
            "min_percent": "0.00",
            "max_percent": "7.00",
            "sub_allocations": {"short_treasury": "2.00"},
        },
    }
    assert content["risk_profile"] == {
        "risk_tolerance": "moderate",
        "risk_score": 6,
        "volatility_tolerance": "medium",
    }
    assert content["time_horizon"] == {"years": 10, "category": "medium_term"}
    assert content["investment_objectives"]["target_annual_return"] == "5.44"
    assert content["constraints"]["restrictions"]["esg_screening"] is True
    assert content["effective_date"] == "2026-04-06"


def test_an_emergency_fund_aims_to_keep_its_value():
    aims = derive(level=6, horizon_years=3, goal_types=["emergency"])["investment_objectives"]
    assert aims["primary"] == "capital_preservation"


def test_bad_statements_are_told_in_plain_words():
    good = derive(level=6, horizon_years=10)

    def broken(change):
        content = deepcopy(good)
        change(content)
        return check(content)

    equities = good["target_allocation"]["equities"]
    assert broken(lambda c: c.pop("risk_profile")) == ["The statement has no section risk profile."]
    assert (
        "not to 100%"
        in broken(
            lambda c: c["target_allocation"].update(
                equities={**equities, "target_percent": "59.00", "sub_allocations": {}}
            )
        )[0]
    )
    assert (
        "parts of stocks"
        in broken(
            lambda c: c["target_allocation"]["equities"]["sub_allocations"].update(
                us_equity="37.00"
            )
        )[0]
    )
    assert (
        "inside its band"
        in broken(lambda c: c["target_allocation"]["equities"].update(max_percent="59.00"))[0]
    )
    assert (
        "can't be read"
        in broken(lambda c: c["target_allocation"]["equities"].update(min_percent="lots"))[0]
    )
    assert "does not fit level 2" in broken(lambda c: c["risk_profile"].update(risk_score=2))[0]
    assert (
        "more than level 2 allows"
        in broken(lambda c: c["risk_profile"].update(risk_score=2, risk_tolerance="conservative"))[
            0
        ]
    )
    assert broken(lambda c: c["time_horizon"].update(years=0))


def test_horizons_and_levels_beyond_reason_are_refused():
    for years in (0, 51):
        with pytest.raises(ValueError, match="horizon"):
            derive(level=6, horizon_years=years)
    with pytest.raises(ValueError, match="level"):
        derive(level=0, horizon_years=10)


@pytest.mark.parametrize("level", LEVELS)
def test_the_reader_gets_every_clause_without_code_words(level):
    read = clauses(derive(level=level, horizon_years=12, emergency_fund_months=4))

    titles = [title for title, _ in read]
    assert titles[:3] == ["Purpose", "Horizon", "Risk"]
    assert {"Stocks", "Bonds", "Cash in short US Treasuries", "Rebalancing"} <= set(titles)
    for title, text in read:
        assert "_" not in title + text
        assert text.endswith(".")
