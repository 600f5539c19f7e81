"""The risk questions, one a screen, and what the answers come to."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, disclosed
from accounts.models import Account
from onboarding import services
from onboarding.models import RiskAssessment, RiskDraft
from onboarding.services import first_answers
from portfolios.planning.assumptions import load
from portfolios.planning.models import model
from portfolios.planning.questionnaire import (
    BadAnswer,
    Question,
    filled,
    load_questionnaire,
)
from robo import agenda
from robo.ui import charts, words
from robo.ui.forms import Choice, MoneyField

SECONDS_EACH = 20
"""An honest guess for one question."""


class AmountForm(forms.Form):
    amount = MoneyField(
        label="The amount",
        least=Decimal(100),
        most=Decimal(100_000_000),
        error_messages={"required": "Write an amount in dollars; a guess is fine."},
    )


class QuestionForm(forms.Form):
    """One question of the questionnaire, with the person's own dollars in its words."""

    def __init__(self, *args: Any, question: Question, amount: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        title = filled(question.text, amount)
        if question.kind == "choice":
            self.fields["answer"] = forms.ChoiceField(
                label=title,
                required=question.required,
                choices=[
                    (a.id, Choice(filled(a.text, amount), filled(a.help, amount)))
                    for a in question.answers
                ],
                widget=forms.RadioSelect,
                error_messages={
                    "required": "Choose the answer that fits best.",
                    "invalid_choice": "Choose one of the answers.",
                },
            )
        else:
            self.fields["answer"] = forms.CharField(
                label="Years until you need most of it" if question.unit == "years" else "Percent",
                required=question.required,
                max_length=10,
                widget=forms.TextInput(
                    {"inputmode": "decimal", "autocomplete": "off", "class": "short"}
                ),
            )

    def clean_answer(self) -> str:
        given = str(self.cleaned_data["answer"]).strip().rstrip("%").strip()
        if given:
            try:
                self.question.value(given)
            except BadAnswer as problem:
                raise ValidationError(str(problem)) from None
        return given


def asked(draft: RiskDraft) -> list[Question]:
    """The questions this person gets, those about time together.

    What one did in a fall is asked who has seen one.
    """
    every = load_questionnaire()
    found = [question for question in every.questions if question.id != "time_horizon_years"]
    found.insert(
        found.index(every.question("time_horizon")) + 1, every.question("time_horizon_years")
    )
    if draft.answers.get("experienced_major_decline") != "yes":
        found.remove(every.question("action_during_decline"))
    return found


def next_url(draft: RiskDraft) -> str:
    """The first question not seen yet, or the page to check the answers on."""
    for n, question in enumerate(asked(draft), start=1):
        if question.id not in draft.answers:
            return reverse("onboarding:risk-question", args=[n])
    return reverse("onboarding:risk-check")


def left_open(account: Account, draft: RiskDraft) -> bool:
    """Whether a first plan answered some of the questions and others are still open."""
    still = load_questionnaire().unanswered(services.answered(draft.answers))
    return bool(still and first_answers.for_risk(account))


@disclosed
@require_http_methods(["GET", "POST"])
def begin(request: Request) -> HttpResponse:
    """What this is about, and on which amount the examples should be."""
    draft = services.draft_of(request.account)
    if request.method == "GET" and "one" not in request.GET and left_open(request.account, draft):
        return redirect("onboarding:risk-rest")
    form = AmountForm(
        request.POST or None, initial={"amount": services.example_amount(draft.answers)}
    )
    if request.method == "POST" and form.is_valid():
        amount = f"{form.cleaned_data['amount']:.2f}"
        draft = services.save_risk_answer(request.account, services.AMOUNT, amount)
        return redirect(next_url(draft))
    context = {
        "form": form,
        "count": len(asked(draft)),
        "minutes": minutes(len(asked(draft))),
        "current": services.current_assessment(request.account),
        "begun": any(question.id in draft.answers for question in asked(draft)),
    }
    return render(request, "onboarding/risk.html", context, status=422 if form.errors else 200)


@disclosed
@require_http_methods(["GET", "POST"])
def question(request: Request, n: int) -> HttpResponse:
    account = request.account
    draft = services.draft_of(account)
    questions = asked(draft)
    if not 1 <= n <= len(questions):
        raise Http404
    found = questions[n - 1]
    checking = (request.POST or request.GET).get("back") == "check"
    amount = services.example_amount(draft.answers)
    form = QuestionForm(
        request.POST or None,
        initial={"answer": draft.answers.get(found.id)},
        question=found,
        amount=amount,
    )
    if request.method == "POST" and form.is_valid():
        draft = services.save_risk_answer(account, found.id, form.cleaned_data["answer"])
        return redirect(after(draft, found, checking))
    context = {
        "form": form,
        "question": found,
        "title": filled(found.text, amount),
        "help": filled(found.help, amount),
        "n": n,
        "count": len(questions),
        "left": f"{minutes(len(questions) - n + 1)} left",
        "checking": checking,
        "previous": reverse("onboarding:risk-check")
        if checking
        else reverse("onboarding:risk-question", args=[n - 1])
        if n > 1
        else reverse("onboarding:risk"),
    }
    status = 422 if form.errors else 200
    return render(request, "onboarding/risk_question.html", context, status=status)


def after(draft: RiskDraft, found: Question, checking: bool) -> str:
    """The question that follows; back to the check if that is where one came from."""
    questions = asked(draft)
    unseen = [question for question in questions if question.id not in draft.answers]
    if checking and not unseen:
        return reverse("onboarding:risk-check")
    place = questions.index(found) + 2
    if checking or place > len(questions):
        return next_url(draft)
    return reverse("onboarding:risk-question", args=[place])


def minutes(questions: int) -> str:
    count = round(questions * SECONDS_EACH / 60)
    return f"about {count} minutes" if count > 1 else "about a minute"


@disclosed
@require_http_methods(["GET", "POST"])
def check(request: Request) -> HttpResponse:
    """All answers at a glance; what doesn't go together is asked about before it counts."""
    account = request.account
    draft = services.draft_of(account)
    if load_questionnaire().unanswered(services.answered(draft.answers)):
        return redirect(next_url(draft))
    if request.method == "POST":
        key = _key(request.POST.get("key"))
        services.submit_risk(account=account, answers=draft.answers, key=key)
        return redirect("onboarding:risk-result")
    found = services.score(account, draft.answers)
    rows = {row["question"].id: row for row in answer_rows(draft)}
    context = {
        "rows": list(rows.values()),
        "contradictions": [
            {"text": c.text, "rows": [rows[q] for q in c.question_ids if q in rows]}
            for c in found.contradictions
        ],
        "key": uuid.uuid4(),
    }
    return render(request, "onboarding/risk_check.html", context)


def _key(text: str | None) -> uuid.UUID:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.uuid4()


def answer_rows(draft: RiskDraft) -> list[dict[str, Any]]:
    """Each question with its answer in words and the way back to it."""
    amount = services.example_amount(draft.answers)
    return [
        {
            "question": question,
            "title": filled(question.text, amount),
            "answer": answer_text(question, draft.answers.get(question.id, ""), amount),
            "url": reverse("onboarding:risk-question", args=[n]) + "?back=check",
        }
        for n, question in enumerate(asked(draft), start=1)
    ]


def answer_text(question: Question, given: str, amount: Decimal) -> str:
    if not given:
        return "Skipped"
    if question.kind == "number":
        return f"{given} {question.unit}"
    return next((filled(a.text, amount) for a in question.answers if a.id == given), given)


# The result ---------------------------------------------------------------------------------

CLASS_SERIES = {
    "us_equity": 1,
    "developed_equity": 2,
    "emerging_equity": 3,
    "us_bonds": 4,
    "international_bonds": 5,
    "inflation_protected_bonds": 5,
    "short_treasury": 6,
}

BINDING = {
    "willingness": "what you’re willing to see",
    "capacity": "what your dates and means can bear",
    "contradictions": "answers that don’t go together yet",
    "capacity_limit": "what your dates and means can bear",
    "horizon": "when you need the money",
}


@disclosed
@require_GET
def result(request: Request) -> HttpResponse:
    """The level, a bad year in dollars, what one would own, and why."""
    assessment = services.current_assessment(request.account)
    if assessment is None:
        messages.info(request, "Your level shows here once you’ve answered the questions.")
        return redirect("onboarding:risk")
    context = {"assessment": assessment, "account": request.account}
    if request.htmx:
        return render(request, "onboarding/_risk_status.html", context)
    return render(request, "onboarding/risk_result.html", context | picture(request, assessment))


def picture(request: Request, assessment: RiskAssessment) -> dict[str, Any]:
    amount = services.example_amount(assessment.answers)
    mix = model(assessment.level)
    names = {c.id: c.name for c in load().classes}
    parts = [
        charts.Bar(names[key], Decimal(str(round(weight, 4))), series=CLASS_SERIES.get(key, 6))
        for key, weight in mix.weights.items()
    ]
    todo = agenda.things_to_do(request.account)
    further = next((item for item in todo if item.url != reverse("onboarding:risk")), None)
    return {
        "mix": mix,
        "amount": amount,
        "bad_year": -amount * Decimal(str(mix.bad_year)),
        "good_year": amount * Decimal(str(mix.good_year)),
        "levels": range(1, 11),
        "neighbours": neighbours(assessment.level, amount),
        "allocation": charts.bars(parts),
        "stocks": Decimal(str(round(mix.stocks, 4))),
        "rest": Decimal(str(round(1 - mix.stocks, 4))),
        "binding": BINDING.get(assessment.result.get("binds", ""), ""),
        "reasons": assessment.result.get("reasons", []),
        "why": reasons(assessment, amount),
        "contradictions": assessment.result.get("contradictions", []),
        "next_check": services.next_check(assessment),
        "further": further,
    }


def neighbours(level: int, amount: Decimal) -> list[dict[str, Any]]:
    """A bad and a good year at this level and beside it, and where they lie on a common line."""
    near = [model(n) for n in (level - 1, level, level + 1) if 1 <= n <= 10]
    low = min(m.bad_year for m in near) * 1.15
    high = max(m.good_year for m in near) * 1.1

    def at(rate: float) -> str:
        return f"{100 * (rate - low) / (high - low):.1f}"

    note = {-1: "one calmer", 0: "yours", 1: "one bolder"}
    return [
        {
            "level": m.level,
            "note": note[m.level - level],
            "own": m.level == level,
            "stocks": words.percent(round(m.stocks, 4)),
            "bad": amount * Decimal(str(m.bad_year)),
            "good": amount * Decimal(str(m.good_year)),
            "a": at(m.bad_year),
            "b": at(m.good_year),
            "t": at(0),
        }
        for m in near
    ]


def reasons(assessment: RiskAssessment, amount: Decimal) -> list[dict[str, Any]]:
    """Each answer that counted, what it pointed to, and the way back to it."""
    questionnaire = load_questionnaire(assessment.questionnaire_id)
    draft = RiskDraft(
        account=assessment.account,
        questionnaire_version=assessment.questionnaire_version,
        answers=assessment.answers,
    )
    places = {question.id: n for n, question in enumerate(asked(draft), start=1)}
    counted = assessment.result.get("counted_as", {})
    found = []
    for part in assessment.result.get("parts", []):
        key = part.get("question_id")
        if not key or key not in places:
            continue
        question = questionnaire.question(key)
        found.append(
            {
                "answer": answer_text(question, assessment.answers.get(key, ""), amount),
                "question": filled(question.text, amount),
                "url": reverse("onboarding:risk-question", args=[places[key]]) + "?back=check",
                "points_to": part.get("points_to"),
                "counted_as": answer_text(question, counted[key], amount) if key in counted else "",
            }
        )
    return found
