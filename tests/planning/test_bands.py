"""Rules for when to trade back to target, compared before a partner chooses one."""

from decimal import Decimal

import pytest

from portfolios.planning.bands import simulate
from portfolios.planning.policy import check, derive, width


def test_the_published_order_comes_out() -> None:
    """Vanguard: back to 175 basis points at 200 strays less at its worst than trading each month,
    with less traded. Daryanani: wide relative bands trade least. By the calendar: the rarer, the
    further it strays."""
    found = {o.rule: o for o in simulate(6, paths=20)}
    monthly, threshold = found["monthly"], found["200 basis points, back to 175"]
    assert threshold.worst < monthly.worst
    assert threshold.turnover < monthly.turnover
    assert found["monthly"].drift < found["quarterly"].drift < found["yearly"].drift
    least = min(found.values(), key=lambda o: o.turnover)
    assert least.rule == "relative, a fifth, half way back"


@pytest.mark.parametrize(
    ("rule", "stocks", "cash", "threshold"),
    [
        ("absolute", ("55.00", "65.00"), ("0.00", "7.00"), "5.00"),
        ("relative", ("48.00", "72.00"), ("1.60", "2.40"), "12.00"),
        ("hybrid", ("55.00", "65.00"), ("1.50", "2.50"), "5.00"),
    ],
)
def test_a_partners_rule_makes_the_bands_of_a_policy(
    rule: str, stocks: tuple[str, str], cash: tuple[str, str], threshold: str
) -> None:
    content = derive(level=6, horizon_years=10, bands=rule)
    assert check(content) == []
    found = content["target_allocation"]
    for name, (low, high) in (("equities", stocks), ("treasury", cash)):
        assert (found[name]["min_percent"], found[name]["max_percent"]) == (low, high)
    rules = content["constraints"]["rebalancing_policy"]
    assert rules["threshold_percent"] == threshold


def test_there_is_no_other_rule() -> None:
    with pytest.raises(ValueError, match="no rule"):
        width(Decimal(60), "wide")
