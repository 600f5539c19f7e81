"""The ten model portfolios are the published table, and the data behind them adds up."""

from itertools import pairwise

import numpy as np
import pytest

from portfolios.planning import assumptions
from portfolios.planning.models import model, models

# level: stocks, arithmetic, compound, volatility, bad year, loss in 1 y, loss in 10 y; percent
TABLE = {
    1: (10, 4.75, 4.65, 4.38, -2.3, 14, 0.0),
    2: (20, 5.09, 4.96, 5.25, -3.3, 17, 0.1),
    3: (30, 5.43, 5.24, 6.40, -4.8, 20, 0.4),
    4: (40, 5.71, 5.44, 7.58, -6.3, 23, 1.0),
    5: (50, 5.98, 5.61, 8.88, -8.0, 26, 2.0),
    6: (60, 6.25, 5.76, 10.26, -9.7, 28, 3.3),
    7: (70, 6.52, 5.89, 11.70, -11.6, 30, 4.9),
    8: (80, 6.80, 5.99, 13.16, -13.4, 32, 6.7),
    9: (90, 7.07, 6.08, 14.65, -15.2, 33, 8.5),
    10: (97, 7.27, 6.14, 15.72, -16.5, 34, 9.8),
}


@pytest.mark.parametrize("level", TABLE)
def test_each_level_promises_what_the_table_says(level):
    held = model(level)
    stocks, arithmetic, compound, volatility, bad, loss, loss_in_ten = TABLE[level]

    assert held.stocks == pytest.approx(stocks / 100)
    # Level 10 was published with a rounding of a hundredth of a point more.
    assert held.arithmetic * 100 == pytest.approx(arithmetic, abs=0.015)
    assert held.geometric * 100 == pytest.approx(compound, abs=0.015)
    assert held.volatility * 100 == pytest.approx(volatility, abs=0.015)
    assert held.bad_year * 100 == pytest.approx(bad, abs=0.06)
    assert held.chance_of_loss(1) * 100 == pytest.approx(loss, abs=0.51)
    assert held.chance_of_loss(10) * 100 == pytest.approx(loss_in_ten, abs=0.06)


def test_weights_of_every_model_add_up_to_the_whole_portfolio():
    for held in models():
        assert sum(held.weights.values()) == pytest.approx(1)
        assert min(held.weights.values()) > 0


def test_bolder_levels_return_more_and_swing_more_under_every_view():
    for name in assumptions.load().sets:
        ladder = models(name)
        for calmer, bolder in pairwise(ladder):
            assert bolder.volatility > calmer.volatility
            assert bolder.bad_year < calmer.bad_year
            assert bolder.arithmetic > calmer.arithmetic or name == "cautious"


def test_views_stand_in_the_order_of_their_names():
    for level in range(1, 11):
        cautious, middle, hopeful = (
            model(level, name).arithmetic for name in ("cautious", "middle", "hopeful")
        )
        assert cautious < middle < hopeful


def test_stress_keeps_returns_and_takes_away_the_shelter_of_bonds():
    for level in range(1, 11):
        assert model(level, "stress").arithmetic == pytest.approx(model(level).arithmetic)
        assert model(level, "stress").volatility > model(level).volatility


def test_every_correlation_table_is_one_that_can_exist():
    for view in assumptions.load().sets.values():
        matrix = np.array(view.correlations)
        assert (matrix == matrix.T).all()
        assert np.linalg.eigvalsh(matrix).min() > 0.04
    usual = np.array(assumptions.load().sets["middle"].correlations)
    assert np.linalg.eigvalsh(usual).min() == pytest.approx(0.157, abs=0.001)


def test_unknown_levels_views_and_versions_are_refused():
    with pytest.raises(ValueError, match="no risk level 11"):
        model(11)
    with pytest.raises(ValueError, match="no assumption set rosy"):
        model(6, "rosy")
    for version in ("1999", "../secret", ""):
        with pytest.raises(ValueError, match="no assumptions"):
            assumptions.load(version)
