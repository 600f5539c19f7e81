"""What a what-if costs: `.venv/bin/python -m bench.planning`.

The first part is pure numpy: a projection of 10,000 futures over 30 years in months, as a ratio to
drawing the same random numbers. The second asks the running application for a goal's page with
moved sliders: four people at once, each in a process of their own as gunicorn's workers are, every
value new. Times are milliseconds, memory MB above an interpreter that has loaded numpy.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from portfolios.planning import projection
from portfolios.planning.projection import DEGREES_OF_FREEDOM, Plan, project, repairs

PLAN = Plan(level=6, start=10_000, monthly=500, months=360, target=600_000)
ROUNDS = 15


def main() -> int:
    speed()
    memory()
    sliders()
    return 0


def speed() -> None:
    half, months = PLAN.paths // 2, PLAN.months

    def normal(seed: int) -> None:
        np.random.default_rng(seed).standard_normal((months, half), dtype=np.float32)

    def student(seed: int) -> None:
        np.random.default_rng(seed).standard_t(DEGREES_OF_FREEDOM, (months, half))

    def fresh(mode: projection.Mode) -> Callable[[int], None]:
        def run(seed: int) -> None:
            for cache in (projection._draws, projection._factors, projection._factors_at_end):
                cache.cache_clear()
            project(replace(PLAN, seed=seed, mode=mode))

        return run

    def moved(seed: int) -> None:
        project(replace(PLAN, monthly=500 + seed))

    def bolder(seed: int) -> None:
        project(replace(PLAN, level=1 + seed % 10, fee=0.003 + seed / 1e6))

    def repaired(seed: int) -> None:
        repairs(replace(PLAN, monthly=500 + seed))

    print("10,000 futures over 30 years, month by month (half are drawn, half mirrored)\n")
    print(f"{'':<44}{'ms':>8}{'ratio to its draws':>20}")
    for name, draw, mode in (
        ("Student's t", student, "student_t"),
        ("lognormal", normal, "lognormal"),
    ):
        draws, whole = median(draw), median(fresh(mode))  # type: ignore[arg-type]
        print(f"{name + ': drawing alone':<44}{draws:>8.1f}{1:>20.2f}")
        print(f"{name + ': a projection from nothing':<44}{whole:>8.1f}{whole / draws:>20.2f}")
    base = median(student)
    for name, run in (
        ("amount or monthly sum moved", moved),
        ("level or fee moved", bolder),
        ("three exact repairs", repaired),
    ):
        print(f"{name:<44}{median(run):>8.1f}{median(run) / base:>20.2f}")


def median(run: Callable[[int], None]) -> float:
    """Milliseconds."""
    times = []
    for seed in range(ROUNDS):
        began = time.perf_counter()
        run(seed)
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:]) * 1000


def memory() -> None:
    script = (
        "import re, pathlib, numpy, portfolios.planning.projection as p\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1]) / 1024\n"
        "p.model(6); before = peak()\n"
        "plan = p.Plan(level=6, start=1e4, monthly=500, months=360, target=6e5)\n"
        "p.project(plan); p.repairs(plan)\n"
        "print(before, peak())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    before, peak = map(float, done.stdout.split())
    print(
        f"\nPeak memory of one projection with repairs: {peak - before:.0f} MB above {before:.0f}"
    )


def sliders() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.sliders"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        raise SystemExit(done.returncode)
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"\nSlider requests, {found['people']} people at once on {found['workers']} workers, "
        f"{found['requests']} in all: median {found['median']:.0f} ms, "
        f"95th percentile {found['p95']:.0f} ms; an empty signed-in page at the same load "
        f"{found['empty']:.0f} ms (ratio of medians {found['median'] / found['empty']:.1f})"
    )


if __name__ == "__main__":
    sys.exit(main())
