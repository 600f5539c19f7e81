"""Five hundred made-up people and the advice each gets, kept in `personas.jsonl`.

A change of the engine, the questionnaire or the assumptions that moves anyone's advice shows as a
changed line there. Write the file anew, read the difference, and commit it only if it is meant:

    .venv/bin/python -m tests.planning.personas --write
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from portfolios.planning.horizon import GOAL_TYPES, level_for_stocks, stocks_cap
from portfolios.planning.policy import derive
from portfolios.planning.projection import Plan, project, repairs
from portfolios.planning.questionnaire import load_questionnaire
from portfolios.planning.risk import Circumstances, assess

KEPT = Path(__file__).parent / "personas.jsonl"
PEOPLE = 500


@dataclass(frozen=True)
class Persona:
    number: int
    answers: dict[str, str]
    circumstances: dict[str, Any]
    goal: dict[str, Any]


def people() -> Iterator[Persona]:
    """The same five hundred each time."""
    chance = random.Random(2026)
    asked = load_questionnaire()
    for number in range(1, PEOPLE + 1):
        answers = {}
        for question in asked.questions:
            if not question.required and chance.random() < 0.3:
                continue
            if question.kind == "number":
                answers[question.id] = str(chance.randint(question.minimum, question.maximum))
            else:
                answers[question.id] = chance.choice(question.answers).id
        maybe = {
            "emergency_fund_months": chance.choice([None, 0, 1, 3, 6, 12]),
            "net_worth_share": chance.choice([None, 0.05, 0.2, 0.5, 0.9]),
            "dependants": chance.choice([None, 0, 1, 2, 4]),
        }
        goal = {
            "type": chance.choice(GOAL_TYPES),
            "months": chance.choice([6, 24, 36, 60, 96, 120, 180, 240, 360, 480]),
            "start": chance.choice([0, 500, 5_000, 20_000, 100_000]),
            "monthly": chance.choice([0, 50, 200, 500, 1_500]),
            "target": chance.choice([3_000, 20_000, 60_000, 150_000, 500_000, 1_500_000]),
            "importance": chance.choice(["must_have", "normal", "wish"]),
        }
        yield Persona(number, answers, maybe, goal)


def advise(person: Persona) -> dict[str, Any]:
    """Everything a person is told that a change could move."""
    goal = person.goal
    years = goal["months"] / 12
    found = assess(
        person.answers,
        Circumstances(horizon_years=years, goal_type=goal["type"], **person.circumstances),
    )
    level = min(found.level, level_for_stocks(stocks_cap(years, goal["type"])))
    plan = Plan(
        level=level,
        start=goal["start"],
        monthly=goal["monthly"],
        months=goal["months"],
        target=goal["target"],
        importance=goal["importance"],
        goal_type=goal["type"],
        glide=True,
        paths=1_000,
    )
    outlook = project(plan)
    policy = derive(level=level, horizon_years=max(1, round(years)), goal_types=[goal["type"]])
    return {
        "persona": person.number,
        "level": found.level,
        "held": level,
        "willingness": round(found.willingness, 1),
        "capacity": round(found.capacity, 1),
        "binds": found.binds,
        "contradictions": [c.id for c in found.contradictions],
        "targets": {
            name: row["target_percent"] for name, row in policy["target_allocation"].items()
        },
        "percent": outlook.percent,
        "status": outlook.status,
        "middle": round(outlook.final[50], -2),
        "shortfall": round(outlook.mean_shortfall, -2),
        "repairs": asdict(repairs(plan)),
    }


def lines() -> list[str]:
    return [json.dumps(advise(person)) for person in people()]


def main() -> int:
    fresh = lines()
    kept = KEPT.read_text("utf-8").splitlines() if KEPT.exists() else []
    moved: Counter[str] = Counter()
    for old, new in zip(kept, fresh, strict=False):
        before, after = json.loads(old), json.loads(new)
        moved.update(key for key in after if before.get(key) != after[key])
    sys.stdout.write(f"{len(fresh)} people; changed: {dict(moved) or 'nothing'}\n")
    if "--write" in sys.argv:
        KEPT.write_text("\n".join(fresh) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
