"""How deep and how long a portfolio may be under water over ten years."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from portfolios.planning.assumptions import CURRENT
from portfolios.planning.models import model
from portfolios.planning.projection import standard_shocks

MONTHS = 120
PATHS = 4_000
SEED = 20


@dataclass(frozen=True)
class Stretch:
    """Over ten years, in one future of twenty it is this bad or worse. Before fees, no deposits."""

    fall: float
    """From a high to the low after it; a positive fraction."""
    months_under: int
    """The longest time below a high."""


@lru_cache(maxsize=32)
def worst_stretch(level: int, set_name: str = "middle", version: str = CURRENT) -> Stretch:
    """Monthly log returns mu / 12 + sigma / √12 z, z as the projections draw it, a fixed seed."""
    held = model(level, set_name, version)
    shocks = standard_shocks(SEED, MONTHS, PATHS)
    steps = held.log_mean / 12 + held.log_volatility / sqrt(12) * shocks
    path = np.vstack((np.zeros((1, PATHS)), np.cumsum(steps, axis=0)))
    high = np.maximum.accumulate(path, axis=0)
    falls = 1 - np.exp((path - high).min(axis=0))
    under, longest = np.zeros(PATHS, dtype=int), np.zeros(PATHS, dtype=int)
    for row in path < high:
        under = np.where(row, under + 1, 0)
        longest = np.maximum(longest, under)
    return Stretch(float(np.quantile(falls, 0.95)), int(np.quantile(longest, 0.95)))
