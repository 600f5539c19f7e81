"""Opening the account: one thing a screen, kept as one goes."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts import services as accounts
from accounts.guards import Request, investor_required
from accounts.models import Account, AccountStatus
from onboarding import services, steps, validators
from onboarding.forms.application import (
    SOURCES,
    STATES,
    AddressForm,
    AgreementsForm,
    DisclosuresForm,
    NameForm,
    TaxForm,
    WorkForm,
    countries,
)
from onboarding.models import InvestorProfile
from onboarding.services import first_answers
from robo import partner
from robo.ui import words

FORMS: dict[str, type[Any]] = {
    "name": NameForm,
    "address": AddressForm,
    "tax": TaxForm,
    "work": WorkForm,
    "position": DisclosuresForm,
}
"""What each screen that asks about the person is filled in with."""


@investor_required
@require_GET
def start(request: Request) -> HttpResponse:
    """Where one left off: the screen to correct, or the first that still asks something."""
    account = request.account
    if not account.may_be_edited:
        return redirect("accounts:status")
    if account.status == AccountStatus.REFUSED:
        found = steps.of_refusal(account.refusal_field) or steps.BY_SLUG["review"]
    else:
        found = steps.first_undone(services.steps_done(account, to_sign(account)))
    return redirect("onboarding:step", found.slug)


@investor_required
@require_http_methods(["GET", "POST"])
def step(request: Request, slug: str) -> HttpResponse:
    """One screen of the application."""
    found = steps.BY_SLUG.get(slug)
    if found is None:
        raise Http404
    if not request.account.may_be_edited:
        if request.method == "POST":
            messages.info(request, "Your application has been sent already. This is how it stands.")
        return redirect("accounts:status")
    done = services.steps_done(request.account, to_sign(request.account))
    if steps.number(found) > steps.number(steps.first_undone(done)):
        return redirect("onboarding:start")
    view = {"agreements": agreements, "review": review}.get(slug, question)
    try:
        return view(request, found, done)
    except accounts.AlreadySubmitted:
        messages.info(request, "Your application has been sent already. This is how it stands.")
        return redirect("accounts:status")


def question(request: Request, step: steps.Step, done: set[str]) -> HttpResponse:
    """A screen that asks about the person; the first time, with the one that belongs to it."""
    account = request.account
    known = known_answers(account)
    also = asked_with(step, done, request.POST if request.method == "POST" else None)
    asked = [step, also] if also else [step]
    forms = [
        FORMS[one.slug](request.POST or None, initial=FORMS[one.slug].initial_from(known))
        for one in asked
    ]
    wrong = [form for form in forms if not form.is_valid()]
    if request.method == "POST" and not wrong:
        for one, form in zip(asked, forms, strict=True):
            services.save_answers(
                account=account,
                step=one.slug,
                identity=form.answers(),
                employment=form.section() if isinstance(form, WorkForm) else None,
            )
        slugs = {one.slug for one in asked}
        return redirect("onboarding:step", following(asked[-1], done | slugs).slug)
    context = shared(step, account) | {"form": forms[0]}
    if also:
        context |= {"also": also, "also_form": forms[1]}
    status = 422 if forms[0].is_bound else 200
    return render(request, f"onboarding/{step.slug}.html", context, status=status)


def asked_with(step: steps.Step, done: set[str], sent: Any) -> steps.Step | None:
    """The screen that comes on the same page: where the page sent says so, or both are new."""
    other = steps.BY_SLUG.get(steps.TOGETHER.get(step.slug, ""))
    if other is None:
        return None
    if sent is not None:
        return other if sent.get("also") == other.slug else None
    return None if {step.slug, other.slug} & done else other


def agreements(request: Request, step: steps.Step, done: set[str]) -> HttpResponse:
    """Every document in full, a box for each. What was shown is what is signed, or nothing is.

    The first time, all answers stand above, and signing sends them.
    """
    account = request.account
    also = asked_with(step, done, request.POST if request.method == "POST" else None)
    wanted = services.unsigned(account, to_sign(account))
    form = AgreementsForm(request.POST or None, agreements=wanted)
    if request.method == "POST" and form.is_valid():
        if not request.client_ip:
            form.add_error(None, "We can’t see where you sign from. Please try again.")
        else:
            services.sign_agreements(
                account=account,
                agreements=wanted,
                ip=request.client_ip,
                user_agent=request.headers.get("User-Agent", ""),
            )
            if also:
                return review(request, also, done)
            return redirect("onboarding:step", following(step, done).slug)
    signed = [agreement for agreement in to_sign(account) if agreement not in wanted]
    status = 422 if form.is_bound else 200
    context = shared(step, account) | {"stale": form.stale, "signed": signed}
    if also:
        context |= {"also": also, "sections": summary(account)[:-1]}
    if form.stale:
        context["stale_message"] = form.non_field_errors()[0]
        form = AgreementsForm(agreements=wanted)
    return render(request, "onboarding/agreements.html", context | {"form": form}, status=status)


def review(request: Request, step: steps.Step, done: set[str]) -> HttpResponse:
    """Everything at a glance, and the button that sends it."""
    account = request.account
    if request.method == "POST":
        try:
            services.submit_application(account, to_sign(account))
        except services.Incomplete as missing:
            messages.info(request, "One screen still needs an answer. The rest is kept.")
            return redirect("onboarding:step", missing.step.slug)
        asks_risk = account.is_advised and first_answers.for_risk(account)
        if asks_risk and services.current_assessment(account) is None:
            messages.success(request, "Sent. While we check that it’s you, here is what is left.")
            return redirect("onboarding:risk-rest")
        return redirect("accounts:status")
    context = shared(step, account) | {"sections": summary(account)}
    return render(request, "onboarding/review.html", context)


# What the screens show ----------------------------------------------------------------------


def to_sign(account: Account) -> tuple[partner.Agreement, ...]:
    """In the order people need them: consent to electronic papers, who we are, then the rest."""
    ours = partner.current()
    wanted = ours.to_sign if account.is_advised else ours.to_sign_self_directed
    first = {"esign_consent": 0, "form_crs": 1, "privacy_policy": 2}
    return tuple(sorted(wanted, key=lambda a: first.get(a.kind, 3)))


def following(step: steps.Step, done: set[str]) -> steps.Step:
    """The next screen; straight to the last one when all others are done."""
    undone = steps.first_undone(done | {step.slug})
    return undone if undone.slug == "review" else steps.after(step)


def shared(step: steps.Step, account: Account) -> dict[str, Any]:
    return {
        "step": step,
        "number": steps.page(step),
        "count": len(steps.PAGES),
        "left": steps.minutes_left(step),
        "back": steps.before(step),
        "account": account,
    }


def known_answers(account: Account) -> dict[str, Any]:
    """What was told so far, to fill the screens with."""
    profile = InvestorProfile.objects.filter(account=account).first()
    employment = profile.sections.get("employment", {}) if profile else {}
    return {**employment, **accounts.read_identity(account)}


def summary(account: Account) -> list[dict[str, Any]]:
    """The review's rows, a section for each screen. The tax ID shows its last four digits only."""
    known = known_answers(account)
    names = dict(countries())
    form = WorkForm()
    employment = dict(form.fields["employment_status"].choices)  # type: ignore[attr-defined]
    yes_no: dict[Any, str] = {True: "Yes", False: "No"}
    born = date.fromisoformat(known.get("date_of_birth") or "1900-01-01")
    rows: dict[str, list[tuple[str, Any]]] = {
        "name": [
            ("Name", f"{known.get('first_name', '')} {known.get('last_name', '')}"),
            ("Birth date", words.long_day(born)),
        ],
        "address": [
            (
                "Address",
                ", ".join(
                    [
                        *known.get("street_address", []),
                        str(known.get("city", "")),
                        dict(STATES).get(known.get("state", ""), ""),
                        str(known.get("postal_code", "")),
                    ]
                ),
            ),
            ("Phone", validators.phone_words(str(known.get("phone_number", "")))),
        ],
        "tax": [
            ("Citizen of", names.get(known.get("country_of_citizenship", ""), "")),
            ("Born in", names.get(known.get("country_of_birth", ""), "")),
            (
                "ITIN" if known.get("tax_id_type") == "ITIN" else "Social Security number",
                f"•••-••-{str(known.get('tax_id', ''))[-4:]}",
            ),
        ],
        "work": [
            ("Work", employment.get(known.get("employment_status", ""), "")),
            *([("Employer", known["employer_name"])] if known.get("employer_name") else []),
            ("Income a year", known.get("annual_gross_income")),
            (
                "Money comes from",
                ", ".join(str(dict(SOURCES).get(s, s)) for s in known.get("funding_source", [])),
            ),
        ],
        "position": [
            ("Director, officer or 10% owner", yes_no.get(known.get("is_control_person"), "")),
            (
                "Exchange, broker or FINRA",
                yes_no.get(known.get("is_affiliated_exchange_or_finra"), ""),
            ),
            ("High public office", yes_no.get(known.get("is_politically_exposed"), "")),
            ("In the close family", yes_no.get(known.get("immediate_family_exposed"), "")),
        ],
        "agreements": [(a.title, f"Signed, version {a.version}") for a in to_sign(account)],
    }
    return [
        {"step": found, "rows": rows[found.slug], "editable": found.slug != "agreements"}
        for found in steps.STEPS[:-1]
    ]
