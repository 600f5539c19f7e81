"""The risk questions: one a screen, checked together, changed in place, looked at each year."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import Request, disclosed
from accounts.models import Account
from onboarding import services
from onboarding.forms.risk import AmountForm, QuestionForm
from onboarding.models import RiskAssessment, RiskDraft
from onboarding.picture import SECTIONS
from onboarding.services import first_answers
from portfolios.planning.consistency import CONFIRMABLE
from portfolios.planning.questionnaire import (
    BadAnswer,
    Question,
    filled,
    load_questionnaire,
)

RESULT = "onboarding:risk-result"
SECTION_SLUGS = {section.key: section.slug for section in SECTIONS}

CLASS_SERIES = {
    "us_equity": 1,
    "developed_equity": 2,
    "emerging_equity": 3,
    "us_bonds": 4,
    "international_bonds": 5,
    "inflation_protected_bonds": 5,
    "short_treasury": 6,
}
"""The colour of each class in charts."""

SECONDS_EACH = 20
"""An honest guess for one question."""


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
        "renewal": renewal(request.account, draft),
        "key": uuid.uuid4(),
        "begun": any(question.id in draft.answers for question in asked(draft)),
    }
    return render(request, "onboarding/risk.html", context, status=422 if form.errors else 200)


def renewal(account: Account, draft: RiskDraft) -> dict[str, Any] | None:
    """The answers of the last time, when it is time to look at them again; None before, and where
    there are none to today's questions."""
    last = account.risk_assessments.exclude(status=RiskAssessment.Status.REFUSED).first()
    if last is None or last.questionnaire_version != draft.questionnaire_version:
        return None
    if last.is_current and services.next_check(last) > timezone.now() + services.RENEW:
        return None
    return {"last": last, "rows": answer_rows(RiskDraft(answers=last.answers))}


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
        services.note_answered(account, found.id)
        return redirect(after(draft, found, checking))
    if request.method == "GET":
        services.note_shown(account, found.id)
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
        services.answer_again(
            account=account,
            answers=draft.answers,
            key=key_of(request),
            seconds=draft.seconds,
            confirmed=tuple(request.POST.getlist("confirmed")),
        )
        return redirect("onboarding:risk-result")
    found = services.conflicts_in(account, draft.answers, draft.seconds)
    rows = {row["question"].id: row for row in answer_rows(draft)}
    context = {
        "rows": list(rows.values()),
        "contradictions": [
            conflict_row(account, services.as_json(c), draft.answers, "check", n)
            for n, c in enumerate(found)
            if not c.is_confirmable
        ],
        "manners": [c for c in found if c.is_confirmable],
        "key": uuid.uuid4(),
    }
    return render(request, "onboarding/risk_check.html", context)


@disclosed
@require_POST
def answer(request: Request) -> HttpResponse:
    """One answer changed in place, on the page where it was shown; the result follows at once."""
    account = request.account
    draft = services.draft_of(account)
    try:
        question = load_questionnaire().question(request.POST.get("question", ""))
    except BadAnswer:
        raise Http404 from None
    amount = services.example_amount(draft.answers)
    form = QuestionForm(request.POST, question=question, amount=amount)
    back = "onboarding:risk-check" if request.POST.get("back") == "check" else RESULT
    if not form.is_valid():
        for problem in form.errors["answer"]:
            messages.error(request, str(problem))
        return redirect(back)
    current = services.current_assessment(account)
    if back == RESULT and current:
        services.save_risk_answers(account, current.answers)
    draft = services.save_risk_answer(account, question.id, form.cleaned_data["answer"])
    if back == RESULT:
        if load_questionnaire().unanswered(services.answered(draft.answers)):
            return redirect(next_url(draft))
        services.answer_again(
            account=account,
            answers=draft.answers,
            key=uuid.uuid4(),
            seconds=draft.seconds,
            confirmed=CONFIRMABLE,  # who changes one answer on the result has seen them all
        )
        messages.success(request, "Changed. This is what your answers come to now.")
    return redirect(back)


def conflict_row(
    account: Account, kept: Mapping[str, Any], answers: Mapping[str, str], back: str, n: int
) -> dict[str, Any]:
    """A conflict as pages show it: its words, and both sides with the way to change each."""
    return {
        "text": kept["text"],
        "rows": [
            side_row(account, side, answers, f"c{n}{m}", back)
            for m, side in enumerate(kept["sides"])
        ],
    }


def side_row(
    account: Account, side: Mapping[str, str], answers: Mapping[str, str], name: str, back: str
) -> dict[str, Any]:
    """One side of a conflict: an answer to change in place, or the page where it is changed."""
    kind, _, what = side["place"].partition(":")
    row: dict[str, Any] = {"says": side["says"], "title": "", "url": "", "back": back}
    if kind == "question":
        amount = services.example_amount(answers)
        question = load_questionnaire().question(what)
        row |= {
            "question": question,
            "title": filled(question.text, amount),
            "form": inline_form(question, answers, amount, name),
            "url": question_url(answers, what),
        }
    elif kind == "profile" and what in SECTION_SLUGS:
        row["url"] = reverse("picture:section", args=[SECTION_SLUGS[what]])
    elif kind == "profile":
        row["url"] = reverse("picture:overview")
    elif kind == "goal":
        row["url"] = reverse("portfolios:goal-edit", args=[what])
    elif kind == "deposits":
        row["url"] = reverse("funding:schedules")
    elif kind == "level":
        row["url"] = reverse("onboarding:risk-levels")
    elif kind == "application" and account.may_be_edited:
        row["url"] = reverse("onboarding:step", args=[what])
    return row


def inline_form(
    question: Question, answers: Mapping[str, str], amount: Decimal, name: str
) -> QuestionForm:
    """To change an answer where it stands; `name` keeps the ids of the page apart."""
    return QuestionForm(
        initial={"answer": answers.get(question.id)},
        question=question,
        amount=amount,
        auto_id=f"{name}_%s",
    )


def question_url(answers: Mapping[str, str], question_id: str) -> str:
    """The question's own page; empty when this person isn't asked it."""
    for n, question in enumerate(asked(RiskDraft(answers=dict(answers))), start=1):
        if question.id == question_id:
            return reverse("onboarding:risk-question", args=[n]) + "?back=check"
    return ""


@disclosed
@require_POST
def again(request: Request) -> HttpResponse:
    """Nothing has changed: the same answers count anew, in one tap."""
    account = request.account
    draft = services.draft_of(account)
    last = account.risk_assessments.exclude(status=RiskAssessment.Status.REFUSED).first()
    if last and last.questionnaire_version == draft.questionnaire_version:
        draft = services.save_risk_answers(account, last.answers)
    if load_questionnaire().unanswered(services.answered(draft.answers)):
        return redirect(next_url(draft))
    services.answer_again(
        account=account,
        answers=draft.answers,
        key=key_of(request),
        seconds=last.seconds if last else draft.seconds,
        confirmed=CONFIRMABLE,
    )
    messages.success(request, "Thank you. Your answers count for another year.")
    return redirect(RESULT)


def key_of(request: Request) -> uuid.UUID:
    """Of the wish the page carries, so that two presses are one."""
    try:
        return uuid.UUID(request.POST.get("key") or "")
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
