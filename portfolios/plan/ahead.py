"""The sections about the years ahead: goals, what could go wrong, what next, what is assumed."""

from datetime import date
from decimal import Decimal
from math import floor
from typing import Any

from portfolios.plan.blocks import item, ledger, listed, note, row, section, table, text
from portfolios.plan.facts import VIEWS, Facts, GoalFacts
from portfolios.planning import projection
from portfolios.planning.models import model
from portfolios.planning.months import months_later
from robo.ui import words

HYPOTHETICAL = (
    "Projections are hypothetical. They are made by a program from your answers and from "
    "assumptions about markets, not from what happened to any real account; results vary with each "
    "use and over time, and nothing here is promised."
)


def summary(facts: Facts) -> list[dict[str, str]]:
    """Three figures for the front: what there is, how goals stand, what is held."""
    on_track = sum(1 for goal in facts.projected if goal.outlook and goal.outlook.is_on_track)
    goals = "None yet" if not facts.goals else f"{on_track} of {len(facts.goals)}"
    invested = words.money(facts.value) if facts.value else "Nothing yet"
    level = f"{facts.level} of 10" if facts.level else "Not known yet"
    return [
        {"label": "Invested with us", "value": invested},
        {"label": "Goals on track", "value": goals},
        {"label": "Level", "value": level},
    ]


def where_you_want_to_be(facts: Facts) -> dict[str, Any]:
    if not facts.goals:
        return section(
            "goals",
            "Where you want to be",
            "A plan follows from what the money is for, and by when.",
            listed(
                "First", [item("Set a goal.", "An amount and a date are enough.", ("goals", ""))]
            ),
        )
    return section(
        "goals",
        "Where you want to be",
        f"{len(facts.goals)} {'goal' if len(facts.goals) == 1 else 'goals'}, most important first. "
        "The chance is counted in 10,000 possible futures after all fees.",
        *(_goal(facts, goal) for goal in facts.goals),
    )


def _goal(facts: Facts, goal: GoalFacts) -> dict[str, Any]:
    found = goal.outlook
    if found is None:
        why = (
            "Its day has come. Set a new one to see what lies ahead."
            if goal.by <= facts.on
            else "We can tell its chance once you have answered the risk questions."
        )
        return {
            "kind": "goal",
            "pk": goal.pk,
            "name": goal.name,
            "status": "",
            "tone": "",
            "headline": f"{words.dollars(goal.target)} by {words.month(goal.by)}",
            "words": why,
            "rows": _goal_rows(goal),
            "fan": None,
        }
    said = (
        f"We call it on track at {found.bar_in_100} in 100. In the middle future there are "
        f"{words.about(found.middle)}; in one of ten less than {words.about(found.low)}, in one of "
        f"ten more than {words.about(found.high)}."
    )
    if found.others and found.shortfall:
        where = f"In the other {found.others} futures you" if found.in_100 else "You"
        said = (
            f"{where} would be about {words.about(found.shortfall)} short on average, unless you "
            f"adjust on the way. {said}"
        )
    today = " in today’s dollars" if found.outputs.get("in_todays_dollars") else ""
    return {
        "kind": "goal",
        "pk": goal.pk,
        "name": goal.name,
        "status": found.status_words,
        "tone": found.tone,
        "headline": f"In {found.in_100} of 100 futures you have "
        f"{words.dollars(found.target)}{today} by {words.month(goal.by)}.",
        "words": said,
        "rows": _goal_rows(goal),
        "fan": {
            "months": found.outputs["grid_months"],
            "bands": {
                p: [
                    float(found.shown(value, month))
                    for month, value in zip(
                        found.outputs["grid_months"], found.outputs["bands"][p], strict=True
                    )
                ]
                for p in ("10", "25", "50", "75", "90")
            },
            "target": float(found.target),
            "end": goal.by.isoformat(),
        },
    }  # fmt: skip


def _goal_rows(goal: GoalFacts) -> list[dict[str, Any]]:
    raised = Decimal(goal.told["raise_yearly"])
    detail = f"{words.percent(raised)} more each year" if raised else ""
    return [
        row("Counts toward it now", words.money(goal.start)),
        row("You add, a month", words.money(goal.monthly), detail),
    ]


def what_could_go_wrong(facts: Facts) -> dict[str, Any]:
    if facts.level is None:
        return section(
            "risks",
            "What could go wrong",
            "Markets fall, plans change. How much that matters depends on the level you take.",
            text("Once you have answered the risk questions, a bad year stands here in dollars."),
        )
    near = [n for n in (facts.level - 1, facts.level, facts.level + 1) if 1 <= n <= 10]
    years = []
    for n in near:
        held = model(n, "middle", facts.assumed.version)
        own = ", yours" if n == facts.level else ""
        years.append(
            (
                f"Level {n}{own}, {round(held.stocks * 100)}% stocks",
                _year(facts.balance, held.bad_year),
                _year(facts.balance, held.geometric),
                _year(facts.balance, held.good_year),
            )
        )
    views = [
        (goal.name, *(str(floor(goal.chance(view) * 100 + 1e-9)) for view in VIEWS))
        for goal in facts.projected
    ]
    low = [
        row(
            f"{goal.name}, in {words.month(goal.by)}",
            f"{words.about(goal.outlook.final(5))} or less",
            f"after you put in {words.about(Decimal(str(goal.outlook.outputs['paid_in'])))}",
        )
        for goal in facts.projected
        if goal.outlook
    ]
    titles = [facts.assumed.sets[view].title for view in VIEWS]
    stress = facts.assumed.sets["stress"].note
    on = "an example of " if facts.is_example else ""
    return section(
        "risks",
        "What could go wrong",
        f"A bad year on {on}{words.money(facts.balance)}, and what other views of the future say.",
        table(
            "A year in dollars",
            ("Level", "Bad, 1 in 20", "Middle", "Good, 1 in 20"),
            years,
        ),
        table("Chance in 100 under four views of markets", ("Goal", *titles), views),
        note(f"{facts.assumed.sets['stress'].title}: {stress}") if views else None,
        ledger("One future in twenty ends as low as this", low),
        text(
            "Falls last: after a deep one it has taken years until the old value was back. Money "
            "you need within about two years is better kept out of stocks. Losing work, illness or "
            "a family change can matter more than markets; that is what the emergency fund is for."
        ),
    )


def _year(balance: Decimal, rate: float) -> str:
    change = balance * Decimal(str(round(rate, 6)))
    return words.money_signed(change.quantize(Decimal(1))).removesuffix(".00")


def next_steps(facts: Facts) -> dict[str, Any]:
    first: list[dict[str, Any]] = []
    if facts.risk is None:
        first.append(item("Answer the risk questions.", "Now", ("risk", "")))
    if not facts.goals:
        first.append(item("Set a goal.", "Now", ("goals", "")))
    if facts.risk and facts.goals:
        if facts.policy is None:
            first.append(item("Have your policy drafted and read it.", "Now", ("policy", "")))
        elif facts.policy["status"] == "proposed":
            first.append(
                item(f"Read and sign policy version {facts.policy['version']}.", "Now",
                     ("policy", ""))
            )  # fmt: skip
    if not facts.value and facts.goals:
        amount = sum((goal.start for goal in facts.goals), Decimal(0))
        wish = f" of {words.money(amount)}" if amount else ""
        first.append(item(f"Make a first deposit{wish}.", "As soon as your policy is signed"))
    if facts.monthly and not facts.inputs["has_schedule"]:
        first.append(
            item(f"Set up {words.money(facts.monthly)} a month.", "With your first deposit")
        )
    dated: list[tuple[date, dict[str, Any]]] = [
        (date.fromisoformat(c["day"]), item(c["title"])) for c in facts.inputs["coming"]
    ]
    if facts.risk and facts.risk["check_by"]:
        dated.append(
            (
                date.fromisoformat(facts.risk["check_by"]),
                item("Check your risk answers.", "", ("risk", "")),
            )
        )
    dated.append((facts.in_months(12), item("Go through this plan again, and your picture.")))
    dated += [(goal.by, item(f"{goal.name}: its day.", "", ("goal", str(goal.pk))))
              for goal in facts.goals if goal.by > facts.on]  # fmt: skip
    dated += [step for goal in facts.projected if (step := _calmer(facts, goal))]
    dated.sort(key=lambda pair: pair[0])
    with_days = [step | {"detail": words.long_day(day)} for day, step in dated]
    return section(
        "next",
        "Next steps",
        "In this order, and then by their dates.",
        listed("To do", first),
        listed("Dates", with_days),
    )


def _calmer(facts: Facts, goal: GoalFacts) -> tuple[date, dict[str, Any]] | None:
    """When this goal's mix first becomes calmer."""
    assert goal.plan is not None
    plan = goal.plan
    if not plan.glide:
        return None
    path = projection.glide_levels(plan.level, plan.months, plan.goal_type, plan.version)
    month = next((n for n, level in enumerate(path) if level < path[0]), None)
    if month is None:
        return None
    before = round(model(path[0], "middle", plan.version).stocks * 100)
    after = round(model(path[month], "middle", plan.version).stocks * 100)
    return (
        months_later(facts.on, month),
        item(f"{goal.name}: its stocks go from {before}% to {after}%.", "", ("goal", str(goal.pk))),
    )


def what_we_assume(facts: Facts) -> dict[str, Any]:
    assumed = facts.assumed
    rows = [
        row("Prices rise", f"{assumed.inflation * 100:.1f}% a year"),
        row("Fees", f"{facts.fee * 100:.2f}% a year, taken monthly"),
    ]
    if facts.model:
        rows = [
            row(
                "Your mix grows, before fees",
                f"{facts.model.geometric * 100:.1f}% a year",
                "compounded over many years; single years differ a lot",
            ),
            row("Its swings", f"{facts.model.volatility * 100:.1f}% a year"),
            *rows,
        ]
    sources = "; ".join(source.rstrip(".") for source in assumed.sources)
    return section(
        "assumptions",
        "What we assume",
        f"Set {assumed.version}, approved by {assumed.approved_by} on "
        f"{words.long_day(assumed.approved_on)}.",
        ledger("", rows),
        text(
            "How it is worked out: 10,000 possible futures, month by month. Each month’s return is "
            "drawn with fatter tails than a bell curve has, around the assumed growth and swings "
            "of your mix; deposits come at each month’s end. The chance is the share of futures "
            "that reach the amount on its date, rounded down to a whole percent."
        ),
        text(
            "What it leaves out: tax, changes in your income, products other than the funds named, "
            "and anything you haven’t told us. The four views above show how much depends on the "
            "assumptions alone."
        ),
        note(f"{HYPOTHETICAL} Sources: {sources}."),
        note(
            f"Assumptions {assumed.version}, engine {projection.ENGINE_VERSION}. "
            f"{facts.adviser['name']}, "
            f"{facts.adviser['registration']}. {facts.adviser['not_insured']}"
        ),
    )
