"""`python -m portfolios.planning`: one projection as JSON, without Django."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from portfolios.planning.projection import ENGINE_VERSION, Plan, project, repairs


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m portfolios.planning", description=__doc__)
    parser.add_argument("--level", type=int, required=True, help="risk level, 1 to 10")
    parser.add_argument("--start", type=float, default=0.0, help="dollars today")
    parser.add_argument("--monthly", type=float, default=0.0, help="dollars each month end")
    parser.add_argument("--years", type=float, required=True)
    parser.add_argument("--target", type=float, default=0.0, help="dollars on the date")
    parser.add_argument("--paths", type=int, default=10_000, help="futures, an even number")
    parser.add_argument("--fee", type=float, help="all fees, percent a year")
    parser.add_argument("--mode", choices=["student_t", "lognormal"], default="student_t")
    parser.add_argument("--set", dest="set_name", default="middle", help="assumption set")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        plan = Plan(
            level=given.level,
            start=given.start,
            monthly=given.monthly,
            months=round(given.years * 12),
            target=given.target,
            fee=None if given.fee is None else given.fee / 100,
            mode=given.mode,
            set_name=given.set_name,
            seed=given.seed,
            paths=given.paths,
        )
        found = project(plan)
        fixes = repairs(plan)
    except ValueError as e:
        sys.stderr.write(f"{e}\n")
        return 2
    answer = {
        "chance": round(found.chance, 4),
        "percent": found.percent,
        "status": found.status,
        "bar": found.bar,
        "standard_error": round(found.standard_error, 5),
        "percentiles": {str(name): round(value) for name, value in found.final.items()},
        "mean_shortfall": round(found.mean_shortfall),
        "paid_in": round(found.paid_in),
        "repairs": asdict(fixes),
        "assumptions": plan.version,
        "engine": ENGINE_VERSION,
    }
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
