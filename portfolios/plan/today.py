"""The sections about today: where a person stands, what we recommend and why, what it costs."""

from decimal import Decimal
from typing import Any

from portfolios.plan.blocks import item, ledger, listed, note, row, section, table, text
from portfolios.plan.facts import Facts, dollars, token
from portfolios.planning.policy import CLASS_NAMES
from portfolios.planning.questionnaire import BadAnswer, filled, load_questionnaire
from robo.ui import words

SERIES = {"equities": 1, "fixed_income": 4, "treasury": 6, "alternatives": 3, "cash": 6}
ORDER = list(SERIES)
DECIDING = {
    "willingness": ("reaction_to_loss", "risk_tolerance"),
    "capacity": ("time_horizon", "income_stability", "emergency_fund"),
    "capacity_limit": ("time_horizon", "income_stability", "emergency_fund"),
    "horizon": ("time_horizon",),
    "contradictions": ("risk_tolerance", "time_horizon"),
}
"""What binds the level, to the questions that say it, the plainest first."""


def where_you_are(facts: Facts) -> dict[str, Any]:
    owned = [e for e in facts.elsewhere if e["is_asset"]]
    owed = [e for e in facts.elsewhere if not e["is_asset"]]
    here = facts.value or Decimal(0)
    assets = sum((Decimal(e["balance"]) for e in owned), here)
    debts = sum((Decimal(e["balance"]) for e in owed), Decimal(0))
    worth = None
    if owned or owed or facts.value:
        rows = [_held(facts)] if facts.value else []
        rows += [_elsewhere(e, 1) for e in owned] + [_elsewhere(e, -1) for e in owed]
        rows.append(row("Owned, less what is owed", words.money(assets - debts), is_sum=True))
        worth = ledger("Net worth", rows)
    holdings = facts.portfolio["holdings"] if facts.portfolio else []
    return section(
        "today",
        "Where you are",
        "What you told us and what we hold for you. What we don’t know isn’t counted as zero.",
        worth
        or text("We know of nothing you own or owe yet. Add it to your picture to see it here."),
        _cash_flow(facts),
        table(
            "Your portfolio, fund by fund",
            ("Fund", "Share", "Value"),
            [
                (
                    f"{h['symbol']}, {h['name']}" if h["name"] else h["symbol"],
                    f"{Decimal(h['weight']):.1f}%" if h["weight"] else "not known",
                    words.money(dollars(h["value"])),
                )
                for h in holdings
            ],
        ),
        None if facts.value else text("Nothing is invested with us yet."),
        _events(facts),
    )


def _held(facts: Facts) -> dict[str, Any]:
    assert facts.portfolio is not None
    told = facts.portfolio.get("as_of")
    detail = f"as the custodian told on {_day(told)}" if told else ""
    return row("Your portfolio with us", words.money(facts.value), detail)


def _elsewhere(entry: Any, sign: int) -> dict[str, Any]:
    value = words.money(sign * Decimal(entry["balance"]), entry["currency"])
    source = "read from your bank" if entry["linked"] else "you told us"
    return row(token("elsewhere", entry["pk"]), value, f"{source}, {_day(entry['at'])}")


def _day(iso: str) -> str:
    from datetime import date

    return words.long_day(date.fromisoformat(iso))


def _cash_flow(facts: Facts) -> Any:
    told = facts.cash_flow
    labels = (
        ("annual_gross_income", "Income before tax, a year"),
        ("monthly_expenses", "You spend, a month"),
        ("monthly_savings", "You save, a month"),
    )
    rows = [
        row(label, words.money(dollars(told[key]["value"])), f"you told us, {_day(told[key]['at'])}"
            if told[key]["at"] else "you told us")
        for key, label in labels
        if key in told
    ]  # fmt: skip
    if "emergency_fund_months" in told:
        months = int(told["emergency_fund_months"]["value"])
        rows.append(row("Kept for emergencies", f"{months} months of expenses", "you told us"))
    if not rows:
        return text("You haven’t told us what comes in and what goes out each month.")
    return ledger("Cash flow", rows)


def _events(facts: Facts) -> Any:
    rows = []
    for event in facts.events:
        monthly = Decimal(event["monthly"])
        effect = f"{words.money_signed(monthly)} a month" if monthly else ""
        rows.append(
            row(
                token("event", event["pk"]),
                words.money(dollars(event["cost"])),
                "; ".join(filter(None, (_day(event["on"]), effect))),
            )
        )
    return ledger("What you expect to happen", rows)


def what_we_recommend(facts: Facts) -> dict[str, Any]:
    if facts.model is None:
        return section(
            "advice",
            "What we recommend, and why",
            "We recommend how to invest once you have answered the risk questions.",
            listed(
                "First", [item("Answer the risk questions.", "About four minutes.", ("risk", ""))]
            ),
        )
    held = facts.model
    return section(
        "advice",
        "What we recommend, and why",
        f"Invest at level {held.level} of 10, {held.name.lower()}: {round(held.stocks * 100)}% in "
        "stocks. Each reason names the answer behind it; change the answer and the plan changes.",
        _allocation(facts),
        ledger("Each month", _monthly(facts)),
        listed("Why", _reasons(facts), numbered=True),
    )


def _allocation(facts: Facts) -> dict[str, Any]:
    """The policy's bands where there is a policy, else the model's split."""
    assert facts.model is not None
    bands = facts.policy["allocation"] if facts.policy else facts.inputs["allocation"]
    rows = [
        {
            "label": CLASS_NAMES.get(name, name.replace("_", " ")).capitalize()
            if name != "treasury"
            else "Cash in short US Treasuries",
            "series": SERIES.get(name, 3),
            "target": f"{float(band['target_percent']):g}%",
            "range": f"{float(band['min_percent']):g} to {float(band['max_percent']):g}%",
            "low": float(band["min_percent"]),
            "high": float(band["max_percent"]),
            "at": float(band["target_percent"]),
        }
        for name, band in sorted(bands.items(), key=lambda pair: ORDER.index(pair[0]))
    ]
    return {"kind": "bars", "title": "How it is divided", "rows": rows}


def _monthly(facts: Facts) -> list[dict[str, Any]]:
    rows = []
    for goal in facts.goals:
        detail = ""
        if goal.repaired is not None and goal.repaired > goal.monthly:
            detail = f"{words.dollars(goal.repaired)} would reach its bar"
        rows.append(row(goal.name, words.money(goal.monthly), detail))
    if len(rows) > 1:
        rows.append(row("Together", words.money(facts.monthly), is_sum=True))
    return rows


def _reasons(facts: Facts) -> list[dict[str, Any]]:
    """Why this level and this mix: each with what it rests on."""
    found = []
    risk = facts.risk
    if risk:
        for question_id, said in _deciding(facts):
            found.append(item(said[0], said[1], ("risk", question_id)))
        if risk["chosen_level"]:
            found.append(
                item(
                    f"You chose level {risk['chosen_level']} instead of "
                    f"{risk['advised_level']}, which your answers come to.",
                    "Your own choice, with your reason.",
                    ("risk", ""),
                )
            )
        elif risk["bluum_score"] and risk["bluum_score"] < risk["our_level"]:
            found.append(
                item(
                    f"The custodian reads your answers as level {risk['bluum_score']}, we as "
                    f"{risk['our_level']}. The more cautious counts.",
                    "Both assessments stand in your record.",
                    ("risk", ""),
                )
            )
        if facts.level is not None and facts.level < risk["level"] and facts.goals:
            nearest = min(facts.goals, key=lambda goal: goal.by)
            found.append(
                item(
                    f"Your answers allow level {risk['level']}; the dates of your goals call for "
                    f"level {facts.level}.",
                    f"The nearest: {nearest.name}, by {words.month(nearest.by)}.",
                    ("goal", str(nearest.pk)),
                )
            )
    for goal in facts.projected:
        if goal.outlook and not goal.outlook.is_on_track and goal.repaired is not None:
            found.append(
                item(
                    f"{goal.name} needs {words.dollars(goal.repaired)} a month to reach the chance "
                    f"we call on track, instead of {words.dollars(goal.monthly)}.",
                    f"From its amount, {words.dollars(goal.target)}, and its date, "
                    f"{words.month(goal.by)}.",
                    ("goal", str(goal.pk)),
                )
            )
    wishes = facts.inputs["wishes"]
    if wishes:
        found.append(
            item(f"We leave out or keep what you asked for: {wishes}.",
                 "From your investment preferences.", ("preferences", ""))
        )  # fmt: skip
    found.append(
        item(
            "Broad funds of thousands of companies and bonds, because what is paid in costs is "
            "gone for certain.",
            f"At most {words.percent(facts.funds)} a year inside the funds.",
            ("fees", ""),
        )
    )
    return found


def _deciding(facts: Facts) -> list[tuple[str, tuple[str, str]]]:
    """The answers that decided the level: what follows from each, and the answer in its words."""
    assert facts.risk is not None
    asked = load_questionnaire(facts.risk["questionnaire"])
    given, reasons = facts.risk["answers"], facts.risk["reasons"]
    found: list[tuple[str, tuple[str, str]]] = []
    for question_id in DECIDING.get(facts.risk["binds"], ("reaction_to_loss", "time_horizon")):
        try:
            question = asked.question(question_id)
        except BadAnswer:
            continue
        answer = next((a for a in question.answers if a.id == given.get(question_id)), None)
        if answer is None or len(found) == len(reasons):
            continue
        quote = (
            f"You answered “{filled(answer.text, facts.balance)}” to "
            f"“{filled(question.text, facts.balance)}”"
        )
        found.append((question_id, (reasons[len(found)], quote)))
    return found


def what_it_costs(facts: Facts) -> dict[str, Any]:
    on = "an example of " if facts.is_example else ""
    years = [
        row(
            f"{goal.name}, to {words.month(goal.by)}",
            "about " + words.about(goal.fees(float(facts.fee))),
            "all fees, if the middle future comes",
        )
        for goal in facts.projected
    ]
    return section(
        "costs",
        "What it costs",
        f"All of it, in dollars. A year, on {on}{words.money(facts.balance)}.",
        ledger(
            "A year",
            [
                row(
                    f"Our advice, {words.percent(facts.advisory)}",
                    words.money(facts.balance * facts.advisory),
                ),
                row(
                    f"Inside the funds, at most {words.percent(facts.funds)}",
                    words.money(facts.balance * facts.funds),
                ),
                row(
                    f"Together, {words.percent(facts.fee)}",
                    words.money(facts.balance * facts.fee),
                    is_sum=True,
                ),
            ],
        ),
        ledger("Until your goals", years),
        note(
            f"{facts.adviser['name']} is paid nothing else for this portfolio. Every projection in "
            "this plan is after these fees and before tax."
        ),
    )


def what_we_do(facts: Facts) -> dict[str, Any]:
    threshold = "5%"
    return section(
        "duties",
        "What we do, and what only you can do",
        "Once you have signed your policy, and for as long as it is in force.",
        listed(
            "We do without asking each time",
            [
                item("Invest what comes in, in whatever is furthest under its target."),
                item(
                    "Compare your portfolio with its targets every day; an adviser decides on "
                    f"trades once a class is {threshold} away or leaves its band."
                ),
                item("Project your goals again, so that the odds you see are those of today."),
                item("Draft a new policy when your answers or goals change. It waits for you."),
            ],
        ),
        listed(
            "Only you can",
            [
                item("Sign a policy. None is followed before."),
                item("Link a bank, deposit, withdraw, or change what you pay in each month."),
                item("Tell us when life changes: work, family, health, a date, an amount."),
                item("Change your risk level, within limits we explain."),
            ],
        ),
    )
