"""The ten model portfolios and what they may be expected to do in a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np

from portfolios.planning.assumptions import CURRENT, load

NORMAL = NormalDist()


@dataclass(frozen=True)
class Model:
    """A model portfolio, kept at its weights, before fees. All rates are fractions per year."""

    level: int
    name: str
    stocks: float
    bonds: float
    cash: float
    weights: Mapping[str, float]
    """Class id to fraction of the whole; adds up to 1."""
    arithmetic: float
    volatility: float
    set_name: str
    version: str

    @property
    def log_volatility(self) -> float:
        """Standard deviation of the yearly log return: sigma² = ln(1 + v² / (1 + a)²)."""
        return sqrt(log(1 + self.volatility**2 / (1 + self.arithmetic) ** 2))

    @property
    def log_mean(self) -> float:
        """Mean of the yearly log return: mu = ln(1 + a) - sigma² / 2."""
        return log(1 + self.arithmetic) - self.log_volatility**2 / 2

    @property
    def geometric(self) -> float:
        """Compound return: the yearly rate of the middle future."""
        return exp(self.log_mean) - 1

    def year_at(self, share: float) -> float:
        """The one-year return that a `share` of years falls below (lognormal)."""
        return exp(self.log_mean + NORMAL.inv_cdf(share) * self.log_volatility) - 1

    @property
    def bad_year(self) -> float:
        """One year in twenty is this bad or worse."""
        return self.year_at(0.05)

    @property
    def good_year(self) -> float:
        """One year in twenty is this good or better."""
        return self.year_at(0.95)

    def chance_of_loss(self, years: float) -> float:
        """Chance that a lump sum is worth less after so many years, before fees."""
        return NORMAL.cdf(-self.log_mean * sqrt(years) / self.log_volatility)


@lru_cache(maxsize=128)
def model(level: int, set_name: str = "middle", version: str = CURRENT) -> Model:
    """The model of a level under one assumption set.

    Arithmetic return is the weighted sum of each class's g + v²/2; variance is w'Cw (Markowitz).
    Raises ValueError for an unknown level, set or version.
    """
    assumed = load(version)
    if set_name not in assumed.sets:
        raise ValueError(f"There is no assumption set {set_name}.")
    view = assumed.sets[set_name]
    mix = assumed.level(level)
    sleeves = {
        "equities": mix.stocks_percent / 100,
        "fixed_income": mix.bonds_percent / 100,
        "treasury": mix.cash_percent / 100,
    }
    weights = {c.id: sleeves[c.sleeve] * c.share for c in assumed.classes}
    w = np.array(list(weights.values()))
    v = np.array(view.volatilities)
    arithmetic = float(w @ (np.array(view.returns) + v**2 / 2))
    exposure = w * v
    variance = float(exposure @ np.array(view.correlations) @ exposure)
    return Model(
        level=level,
        name=mix.name,
        stocks=sleeves["equities"],
        bonds=sleeves["fixed_income"],
        cash=sleeves["treasury"],
        weights=weights,
        arithmetic=arithmetic,
        volatility=sqrt(variance),
        set_name=set_name,
        version=version,
    )


def models(set_name: str = "middle", version: str = CURRENT) -> tuple[Model, ...]:
    """All ten, from the safest to the boldest."""
    return tuple(model(mix.level, set_name, version) for mix in load(version).levels)
