"""A plan before sign-up: six questions on three screens, then what they come to.

Everything is a GET form. The answers lie in the session; a browser that sends no cookie carries
them along in its addresses instead, so that nobody is sent back to the beginning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from onboarding.forms.first_plan import (
    OF_TYPE,
    ChoicesForm,
    NumbersForm,
    PurposeForm,
    TryForm,
    in_year,
    offered,
)
from onboarding.services import first_plan
from onboarding.services.first_answers import Answers, Numbers, example_amount_of, read
from onboarding.services.risk import example_amount
from onboarding.views import first_plan_result as outcome
from onboarding.views.landing import TeaserForm
from portfolios.planning.questionnaire import load_questionnaire
from robo.http import Request

CARRIED = "p_"
"""Begins the names under which a browser without cookies carries the answers along."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One idea; `asks` are the fields of the answers it fills."""

    slug: str
    name: str
    asks: tuple[str, ...]


SCREENS = (
    Screen("for", "What it’s for", ("type",)),
    Screen("numbers", "Your numbers", ("target", "by", "start", "monthly")),
    Screen("ups-and-downs", "Ups and downs", ("reaction_to_loss", "investment_goal")),
)
BY_SLUG = {screen.slug: screen for screen in SCREENS}


def answers_of(request: Request) -> Answers:
    """What the visitor has answered: kept, else carried along in the address."""
    answers = first_plan.of_visitor(request.session, request.user)
    if answers.is_blank:
        carried = {
            name.removeprefix(CARRIED): value
            for name, value in request.GET.items()
            if name.startswith(CARRIED)
        }
        answers = read(carried)
    return answers


def carried(request: Request, answers: Answers) -> dict[str, str]:
    """What forms and links must carry: nothing once the browser has shown that it keeps cookies."""
    if request.COOKIES.get(settings.SESSION_COOKIE_NAME) or answers.is_blank:
        return {}
    return {f"{CARRIED}{name}": text for name, text in answers.as_json().items() if name != "first"}


def address(slug: str, extra: Mapping[str, str]) -> str:
    """Where a screen, or the result, is."""
    url = reverse("first-plan-result") if slug == "result" else reverse("first-plan", args=[slug])
    return f"{url}?{urlencode(extra)}" if extra else url


def is_answered(screen: Screen, answers: Answers) -> bool:
    return all(getattr(answers, name) not in (None, "") for name in screen.asks)


def following(answers: Answers) -> str:
    """The first screen that still asks something, or the result."""
    return next((s.slug for s in SCREENS if not is_answered(s, answers)), "result")


@require_safe
@never_cache
def begin(request: Request) -> HttpResponse:
    """Where one left off. The front page's amounts come along, if it was tried there."""
    answers = answers_of(request)
    form = TeaserForm(request.GET)
    if form.is_valid():
        found = form.cleaned_data
        today = timezone.localdate()
        answers = replace(
            answers,
            start=found["start"],
            monthly=found["monthly"],
            by=in_year(today.year + found["years"], today),
            first=None,
        )
        first_plan.keep(request.session, request.user, answers)
    return redirect(address(following(answers), carried(request, answers)))


@require_safe
@never_cache
def question(request: Request, slug: str) -> HttpResponse:
    """One screen of the plan: asked, or answered and on to the next."""
    screen = BY_SLUG.get(slug)
    if screen is None:
        raise Http404
    answers = answers_of(request)
    sent = "go" in request.GET
    form = form_for(screen, request.GET if sent else None, answers)
    if sent and form.is_valid():
        answers = with_answer(screen, answers, form.cleaned_data)
        first_plan.keep(request.session, request.user, answers)
        return redirect(address(after(screen, answers, request), carried(request, answers)))
    number = SCREENS.index(screen) + 1
    extra = carried(request, answers)
    back = SCREENS[number - 2].slug if number > 1 else ""
    context = {
        "screen": screen,
        "form": form,
        "number": number,
        "count": len(SCREENS),
        "left": "about two minutes" if number < 2 else "about a minute",
        "carried": extra,
        "back": address(back, extra) if back else reverse("landing"),
        "returns": request.GET.get("back") == "result",
        **words_for(screen, answers),
    }
    return render(request, "onboarding/first_plan.html", context, status=422 if sent else 200)


def form_for(screen: Screen, data: Any, answers: Answers) -> forms.Form:
    if screen.slug == "for":
        return PurposeForm(data, initial={"type": answers.type})
    if screen.slug == "numbers":
        return NumbersForm(data, answers=answers)
    return ChoicesForm(
        data,
        initial={name: getattr(answers, name) for name in screen.asks},
        questions=[load_questionnaire().question(name) for name in screen.asks],
        amount=example_amount({"amount": example_amount_of(answers)}),
    )


def words_for(screen: Screen, answers: Answers) -> dict[str, Any]:
    """The heading and the line below it; for the first screen, what there is to choose from."""
    if screen.slug == "for":
        return {
            "title": "What’s the money for?",
            "lead": "Six short questions, then your plan. No name and no e-mail address needed.",
            "offered": offered(),
        }
    if screen.slug == "numbers":
        purpose = OF_TYPE.get(answers.type)
        name = f"{purpose.name}: how" if purpose else "How"
        return {
            "title": f"{name} much, by when, and with what?",
            "lead": "Good guesses are enough. The figures here are examples; you can change each "
            "of them on the result, too.",
        }
    return {
        "title": "How should it take ups and downs?",
        "lead": "Every portfolio with stocks falls at times. An honest answer gives you a plan you "
        "can stay with; there is no right one.",
    }


def with_answer(screen: Screen, answers: Answers, data: Mapping[str, Any]) -> Answers:
    """The answers with this screen's; numbers tried on the result before are forgotten. Another
    purpose brings its own examples, unless amounts were typed for this one."""
    if screen.slug == "for":
        return replace(answers, type=data["type"])
    given: dict[str, Any] = {name: data[name] for name in screen.asks}
    if screen.slug == "numbers":
        given["first"] = None
    return replace(answers, **given)


def after(screen: Screen, answers: Answers, request: Request) -> str:
    """The next screen; straight to the result for who came back from there to change an answer."""
    place = SCREENS.index(screen) + 1
    if answers.is_complete and request.GET.get("back") == "result":
        return "result"
    # What was told on the front page isn't asked again on the way.
    rest = [s for s in SCREENS[place:] if not is_answered(s, answers)]
    return rest[0].slug if rest else following(answers)


@require_safe
@never_cache
def result(request: Request) -> HttpResponse:
    """The plan: level, odds, mix, cost, and the numbers to try. What is tried is the plan."""
    answers = answers_of(request)
    if not answers.is_complete or answers.numbers is None:
        return redirect(address(following(answers), carried(request, answers)))
    form = TryForm(request.GET, numbers=answers.numbers)
    valid = form.is_valid()
    if valid and (found := tried(answers, form.tried())) != answers:
        answers = found
        first_plan.keep(request.session, request.user, answers)
    extra = carried(request, answers)
    context = outcome.context(answers, form, timezone.localdate()) | {
        "carried": extra,
        "has_cookies": not extra,
        "changes": {
            screen.slug.replace("-", "_"): address(screen.slug, extra | {"back": "result"})
            for screen in SCREENS
        },
    }
    part = "onboarding/first_plan_outlook.html"
    template = part if request.htmx else "onboarding/first_plan_result.html"
    return render(request, template, context, status=200 if valid else 422)


def tried(answers: Answers, numbers: Numbers) -> Answers:
    """The answers with these numbers; those first answered stay, to be put back."""
    first = answers.first or answers.numbers
    return replace(
        answers,
        target=numbers.target,
        by=numbers.by,
        start=numbers.start,
        monthly=numbers.monthly,
        first=None if first == numbers else first,
    )
