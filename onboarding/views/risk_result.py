"""What the risk answers come to: a level, a bad year in dollars, why, and the choice beside it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import Request, disclosed
from accounts.models import Account
from onboarding import facts, services
from onboarding.forms.risk import LevelForm
from onboarding.models import RiskAssessment, RiskDraft
from onboarding.services import first_answers
from onboarding.views.risk import (
    CLASS_SERIES,
    answer_text,
    asked,
    conflict_row,
    inline_form,
)
from portfolios.planning.assumptions import load
from portfolios.planning.models import model
from portfolios.planning.questionnaire import filled, load_questionnaire
from portfolios.planning.stretch import worst_stretch
from robo import agenda
from robo.ui import charts, words

BINDING = {
    "willingness": "what you’re willing to see",
    "capacity": "what your dates and means can bear",
    "contradictions": "answers that don’t go together yet",
    "capacity_limit": "what your dates and means can bear",
    "horizon": "when you need the money",
}
BINDS_ROW = {
    "willingness": "willingness",
    "capacity": "ability",
    "capacity_limit": "ability",
    "horizon": "date",
}
LEVELS = range(1, 11)


@disclosed
@require_GET
def result(request: Request) -> HttpResponse:
    """The level, a bad year in dollars, what one would own, and why."""
    assessment = services.current_assessment(request.account)
    if assessment is None:
        messages.info(request, "Your level shows here once you’ve answered the questions.")
        return redirect("onboarding:risk")
    context: dict[str, Any] = {"assessment": assessment, "account": request.account}
    looked_at = _level(request.GET.get("look"))
    if request.htmx and looked_at:
        figures = figures_of(assessment, looked_at)
        return render(request, "onboarding/_risk_figures.html", context | figures)
    if request.htmx:
        return render(request, "onboarding/_risk_status.html", context)
    context |= picture(request, assessment) | figures_of(assessment, looked_at or assessment.level)
    return render(request, "onboarding/risk_result.html", context)


def _level(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and int(text) in LEVELS else None


def picture(request: Request, assessment: RiskAssessment) -> dict[str, Any]:
    account = request.account
    amount = services.example_amount(assessment.answers)
    mix = model(assessment.level)
    names = {c.id: c.name for c in load().classes}
    parts = [
        charts.Bar(names[key], Decimal(str(round(weight, 4))), series=CLASS_SERIES.get(key, 6))
        for key, weight in mix.weights.items()
    ]
    own_pages = {reverse("onboarding:risk"), reverse("onboarding:risk-result")}
    todo = agenda.things_to_do(account)
    opened = services.open_conflicts(assessment)
    return {
        "mix": mix,
        "levels": LEVELS,
        "allocation": charts.bars(parts),
        "stocks": Decimal(str(round(mix.stocks, 4))),
        "rest": Decimal(str(round(1 - mix.stocks, 4))),
        "binding": BINDING.get(assessment.result.get("binds", ""), ""),
        "reasons": assessment.result.get("reasons", []),
        "scores": scores(assessment),
        "formula": formula(assessment),
        "why": reasons(assessment, amount),
        "conflicts": [
            conflict_row(account, kept, assessment.answers, "result", n)
            for n, kept in enumerate(opened)
        ],
        "contradictions": assessment.result.get("contradictions", []),
        "waiting": services.pending_of(account),
        "fall": waiting_fall(account),
        "last_choice": services.last_choice(account),
        "next_check": services.next_check(assessment),
        "planned": first_answers.goal_answers(account),
        "further": next((item for item in todo if item.url not in own_pages), None),
    }


def waiting_fall(account: Account) -> dict[str, Any] | None:
    """What the portfolio lost just now, when a change of level waits because of it."""
    if services.pending_of(account) is None or (fall := facts.recent_fall(account)) is None:
        return None
    return {
        "fraction": Decimal(str(round(fall.fraction, 4))),
        "dollars": services.fall_in_dollars(fall),
        "day": fall.day,
    }


# A year in dollars --------------------------------------------------------------------------


def figures_of(assessment: RiskAssessment, level: int) -> dict[str, Any]:
    """A typical, a bad and a good year and the worst stretch, at this level and beside it."""
    amount = services.example_amount(assessment.answers)
    mix = model(level)
    limits = services.limits_of(assessment)
    return {
        "looked_at": level,
        "amount": amount,
        "bad_year": -amount * Decimal(str(mix.bad_year)),
        "good_year": amount * Decimal(str(mix.good_year)),
        "neighbours": neighbours(assessment, level, amount),
        "limits": limits,
        "calmer": level - 1 if level > 1 else None,
        "bolder": level + 1 if level < 10 else None,
    }


def neighbours(assessment: RiskAssessment, level: int, amount: Decimal) -> list[dict[str, Any]]:
    """The level and those beside it, and where their years lie on a common line."""
    near = [model(n) for n in (level - 1, level, level + 1) if 1 <= n <= 10]
    low = min(m.bad_year for m in near) * 1.15
    high = max(m.good_year for m in near) * 1.1
    limits = services.limits_of(assessment)

    def at(rate: float) -> str:
        return f"{100 * (rate - low) / (high - low):.1f}"

    def dollars(rate: float) -> Decimal:
        return amount * Decimal(str(rate))

    notes = {-1: "one calmer", 0: "yours", 1: "one bolder"}
    rows = []
    for m in near:
        stretch = worst_stretch(m.level)
        away = m.level - assessment.level
        rows.append(
            {
                "level": m.level,
                "note": notes.get(away, f"{abs(away)} {'bolder' if away > 0 else 'calmer'}"),
                "own": m.level == assessment.level,
                "centre": m.level == level,
                "stocks": words.percent(round(m.stocks, 4)),
                "bad": dollars(m.bad_year),
                "good": dollars(m.good_year),
                "typical": dollars(m.geometric),
                "stretch": -dollars(stretch.fall),
                "under": span(stretch.months_under),
                "allowed": m.level != assessment.level and limits.allows(m.level),
                "a": at(m.bad_year),
                "b": at(m.good_year),
                "t": at(0),
            }
        )
    return rows


def span(months: int) -> str:
    years = round(months / 12)
    return f"{months} months" if months < 18 else f"{years} years"


# Why ------------------------------------------------------------------------------------------


def scores(assessment: RiskAssessment) -> list[dict[str, Any]]:
    """Willingness, ability, the date and the need, each as a level, and which of them decides."""
    found = assessment.result
    if "willingness" not in found:
        return []
    binds = BINDS_ROW.get(found.get("binds", ""), "")
    rows = [
        ("willingness", "What you’re willing to see", round(found["willingness"]), None),
        ("ability", "What your dates and means can bear", round(found["capacity"]), None),
        ("date", "What your date allows at most", None, found["level_by_horizon"]),
    ]
    return [
        {"name": name, "score": score, "level": level, "binds": key == binds}
        for key, name, score, level in rows
    ]


def formula(assessment: RiskAssessment) -> dict[str, Any] | None:
    """The sum behind the level, with this person's own numbers."""
    found = assessment.result
    if "willingness" not in found:
        return None
    low, high = sorted((found["willingness"], found["capacity"]))
    return {
        "low": f"{low:.0f}",
        "high": f"{high:.0f}",
        "penalty": f"{found['penalty']:.0f}" if found["penalty"] >= 0.5 else "",
        "score": f"{found['score']:.0f}",
        "by_score": found["level_by_score"],
        "by_capacity": found["level_by_capacity"],
        "by_horizon": found["level_by_horizon"],
        "missing": found.get("missing", []),
        "questionnaire": assessment.questionnaire_id,
        "assumptions": found["assumptions_version"],
    }


def reasons(assessment: RiskAssessment, amount: Decimal) -> list[dict[str, Any]]:
    """Each answer that counted, what it pointed to, and the form to change it in place."""
    questionnaire = load_questionnaire(assessment.questionnaire_id)
    places = {
        question.id: n
        for n, question in enumerate(asked(RiskDraft(answers=assessment.answers)), start=1)
    }
    counted = assessment.result.get("counted_as", {})
    found = []
    for part in assessment.result.get("parts", []):
        key = part.get("question_id")
        if not key or key not in places:
            continue
        question = questionnaire.question(key)
        found.append(
            {
                "question": question,
                "title": filled(question.text, amount),
                "answer": answer_text(question, assessment.answers.get(key, ""), amount),
                "url": reverse("onboarding:risk-question", args=[places[key]]) + "?back=check",
                "points_to": part.get("points_to"),
                "counted_as": answer_text(question, counted[key], amount) if key in counted else "",
                "form": inline_form(question, assessment.answers, amount, f"why_{key}"),
                "back": "result",
            }
        )
    return found


# Another level ----------------------------------------------------------------------------------


@disclosed
@require_GET
def levels(request: Request) -> HttpResponse:
    """All ten beside each other, and which of them may be chosen."""
    assessment = services.current_assessment(request.account)
    if assessment is None:
        return redirect("onboarding:risk")
    amount, limits = services.example_amount(assessment.answers), services.limits_of(assessment)
    rows = []
    for level in LEVELS:
        mix, stretch = model(level), worst_stretch(level)
        rows.append(
            {
                "level": level,
                "name": mix.name,
                "stocks": words.percent(round(mix.stocks, 4)),
                "typical": amount * Decimal(str(mix.geometric)),
                "bad": amount * Decimal(str(mix.bad_year)),
                "stretch": -amount * Decimal(str(stretch.fall)),
                "own": level == assessment.level,
                "advised": level == limits.advised,
                "allowed": limits.allows(level) and level != assessment.level,
            }
        )
    context = {"rows": rows, "assessment": assessment, "limits": limits, "amount": amount}
    return render(request, "onboarding/risk_levels.html", context)


@disclosed
@require_http_methods(["GET", "POST"])
def choose(request: Request, level: int) -> HttpResponse:
    """Another level than the advised one: what it means, a warning, a reason, a yes."""
    account = request.account
    assessment = services.current_assessment(account)
    if assessment is None:
        return redirect("onboarding:risk")
    if level not in LEVELS:
        raise Http404
    limits = services.limits_of(assessment)
    if not limits.allows(level):
        problem = limits.why_not_higher if level > limits.highest else services.FURTHER
        messages.info(request, problem)
        return redirect("onboarding:risk-levels")
    is_advice = level == limits.advised
    last = services.last_choice(account)
    before = last.chosen_reason if last and last.chosen_level == level else ""
    form = LevelForm(request.POST or None, initial={"reason": before})
    if request.method == "POST" and (is_advice or form.is_valid()):
        reason = "" if is_advice else form.cleaned_data["reason"]
        try:
            done = services.choose_level(
                account=account, level=level, reason=reason, request=request
            )
        except services.NotAllowed as problem:
            messages.warning(request, str(problem))
        else:
            if isinstance(done, RiskAssessment):
                messages.success(request, f"Level {done.level} it is. You can change it again.")
        return redirect("onboarding:risk-result")
    context = {
        "form": form,
        "level": level,
        "assessment": assessment,
        "is_advice": is_advice,
        "is_bolder": level > limits.advised,
        "limits": limits,
        "advised": _in_dollars(limits.advised, assessment),
        "chosen": _in_dollars(level, assessment),
        "amount": services.example_amount(assessment.answers),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "onboarding/risk_choose.html", context, status=status)


def _in_dollars(level: int, assessment: RiskAssessment) -> dict[str, Any]:
    amount, mix = services.example_amount(assessment.answers), model(level)
    return {
        "level": level,
        "name": mix.name,
        "stocks": words.percent(round(mix.stocks, 4)),
        "typical": amount * Decimal(str(mix.geometric)),
        "bad": amount * Decimal(str(mix.bad_year)),
        "stretch": -amount * Decimal(str(worst_stretch(level).fall)),
    }


@disclosed
@require_POST
def confirm(request: Request) -> HttpResponse:
    """The second yes to a change asked for after a fall, or leaving things as they are."""
    if "keep" in request.POST:
        services.drop_pending(request.account)
        messages.success(request, "Nothing has changed.")
        return redirect("onboarding:risk-result")
    try:
        done = services.confirm_pending(account=request.account, request=request)
    except services.NotAllowed as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, f"Your level is {done.level} now.")
    return redirect("onboarding:risk-result")


@disclosed
@require_POST
def right(request: Request) -> HttpResponse:
    """Answers given in a hurry, or all alike, have been read again and are right."""
    services.confirm_manners(request.account)
    messages.success(request, "Thank you. Your answers count as they are.")
    return redirect("onboarding:risk-result")


# Over the years -----------------------------------------------------------------------------------

SHOWN = 20


@disclosed
@require_GET
def history(request: Request) -> HttpResponse:
    """Each time the questions were answered, and what had changed since the time before."""
    rows = list(
        request.account.risk_assessments.exclude(status=RiskAssessment.Status.REFUSED)
        .select_related("reviewed_by")
        .order_by("-created_at")[: SHOWN + 1]
    )
    pairs = zip(rows, [*rows[1:], None], strict=True)
    shown = [{"row": row, "changes": changes(row, before)} for row, before in pairs][:SHOWN]
    return render(request, "onboarding/risk_history.html", {"shown": shown})


def changes(row: RiskAssessment, before: RiskAssessment | None) -> list[tuple[str, str, str]]:
    """(question, answer before, answer now) of what differs; empty for the first time."""
    if before is None:
        return []
    amount = services.example_amount(row.answers)
    found = []
    for question in load_questionnaire(row.questionnaire_id).questions:
        old, new = before.answers.get(question.id, ""), row.answers.get(question.id, "")
        if old != new:
            found.append(
                (
                    filled(question.text, amount),
                    answer_text(question, old, amount),
                    answer_text(question, new, amount),
                )
            )
    return found
