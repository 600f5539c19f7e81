"""How often did the past fall below what the engine would have called its 10th percentile?

    .venv/bin/python -m bench.calibration [--write]

For every month from 1946 to 2008 a lump sum is projected ten years ahead with the engine's own
shocks, knowing only returns up to that month (since July 1926), and compared with what came. If
the engine is honest, one outcome in ten lies below the 10th percentile, and so on. `--write` draws
the reliability diagram into `docs/calibration.svg`.

The 750 ten-year windows overlap, so they say about as much as seven independent decades: the shares
below carry an uncertainty of ten to twenty points, and the end of the series (2018) leaves out the
years since. Stocks are the US market, the rest Treasury bills; no fees, no taxes.
"""

import argparse
import csv
import gzip
import sys
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from portfolios.planning.projection import standard_shocks

DATA = Path(__file__).parent / "data" / "us-market-1926-2018.csv.gz"
DIAGRAM = Path(__file__).resolve().parents[1] / "docs" / "calibration.svg"
YEARS_AHEAD, YEARS_KNOWN = 10, 20
STATED = (5, 10, 25, 50, 75, 90, 95)
MIXES = (0.3, 0.6, 1.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Record:
    """For a share of stocks: of each stated percentile, the share of outcomes that fell below."""

    stocks: float
    windows: int
    below: tuple[float, ...]


def history(stocks: float) -> Floats:
    """Monthly log returns of the mix, rebalanced every month."""
    with gzip.open(DATA, "rt") as file:
        rows = list(csv.DictReader(file))
    market = np.array([float(row["Mkt-RF"]) + float(row["RF"]) for row in rows]) / 100
    bills = np.array([float(row["RF"]) for row in rows]) / 100
    return np.log1p(stocks * market + (1 - stocks) * bills)


def measure(stocks: float) -> Record:
    logs = history(stocks)
    ahead, known = YEARS_AHEAD * 12, YEARS_KNOWN * 12
    sums = np.sort(standard_shocks(seed=1, months=ahead, paths=10_000).sum(axis=0))
    ranks = []
    for now in range(known, len(logs) - ahead + 1):
        past = logs[:now]
        came = logs[now : now + ahead].sum()
        standing = (came - ahead * past.mean()) / past.std(ddof=1)
        ranks.append(np.searchsorted(sums, standing) / len(sums) * 100)
    found = np.array(ranks)
    return Record(stocks, len(found), tuple(float((found < p).mean()) for p in STATED))


def draw(records: list[Record]) -> str:
    """The reliability diagram: stated percentile across, share of outcomes below it up."""
    side, left, top = 320, 60, 30
    strokes = ("#7a8794", "#0b6b57", "#1d2733")

    def at(x: float, y: float) -> str:
        return f"{left + x * side:.1f},{top + (1 - y) * side:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + side + 130} '
        f'{top + side + 60}" role="img" font-family="sans-serif" font-size="13">',
        "<title>Stated percentile against the share of ten-year outcomes below it</title>",
        f'<path d="M{at(0, 0)} L{at(1, 1)}" stroke="#b6bec7" stroke-dasharray="4 4" fill="none"/>',
        f'<path d="M{at(0, 1)} L{at(0, 0)} L{at(1, 0)}" stroke="#7a8794" fill="none"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = at(tick, 0).split(",")
        parts.append(
            f'<text x="{x}" y="{float(y) + 18}" text-anchor="middle">{tick * 100:.0f}</text>'
        )
        x, y = at(0, tick).split(",")
        parts.append(
            f'<text x="{float(x) - 8}" y="{float(y) + 4}" text-anchor="end">{tick * 100:.0f}</text>'
        )
    parts.append(
        f'<text x="{left + side / 2}" y="{top + side + 44}" text-anchor="middle">'
        "stated percentile</text>"
        f'<text x="{left}" y="{top - 12}" text-anchor="middle">% below</text>'
    )
    for i, (record, stroke) in enumerate(zip(records, strokes, strict=True)):
        points = " ".join(
            at(stated / 100, below) for stated, below in zip(STATED, record.below, strict=True)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="2"/>'
            f'<text x="{left + side + 12}" y="{top + 20 + 20 * i}" fill="{stroke}">'
            f"{record.stocks:.0%} stocks</text>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.calibration")
    parser.add_argument("--write", action="store_true", help="draw docs/calibration.svg anew")
    records = [measure(stocks) for stocks in MIXES]
    print(f"{records[0].windows} overlapping ten-year windows; share of outcomes below")
    print(f"{'stated percentile':<20}" + "".join(f"{p:>7}" for p in STATED))
    for record in records:
        name = f"{record.stocks:.0%} stocks"
        print(f"{name:<20}" + "".join(f"{below:>7.1%}" for below in record.below))
    independent = sqrt(0.1 * 0.9 / 7)
    print(f"One standard error of the 10th percentile with seven free decades: {independent:.0%}")
    if parser.parse_args().write:
        DIAGRAM.write_text(draw(records), "utf-8")
        print(f"Drawn: {DIAGRAM}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
