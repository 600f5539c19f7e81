"""The wider picture: profile, people, what is held elsewhere, and the yearly look at it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import Request, investor_required
from accounts.models import Kept
from onboarding import services
from onboarding.forms.picture import (
    CheckForm,
    HoldingForm,
    PersonForm,
    PreferencesForm,
    SectionForm,
)
from onboarding.models import Dependent, ExternalAccount, ExternalLink, InvestorProfile
from onboarding.picture import BY_SLUG, PREFERENCES, SECTIONS, Section, completeness, in_words
from onboarding.sync.links import external_links_offered
from robo.http import own_path

SHOWN_LINKS = (
    ExternalLink.Status.CONNECTING,
    ExternalLink.Status.ACTIVE,
    ExternalLink.Status.BROKEN,
)


@investor_required
@require_GET
def overview(request: Request) -> HttpResponse:
    """Everything we know, how old it is, and what is missing."""
    account = request.account
    profile = services.profile_of(account)
    links = ExternalLink.objects.filter(account=account, status__in=SHOWN_LINKS)
    people, holdings = services.put_away_lately(account)
    active = Dependent.objects.filter(account=account, status=Kept.Status.ACTIVE)
    context = {
        "profile": profile,
        "score": score(profile),
        "sections": [section_row(profile, section) for section in SECTIONS],
        "worth": services.net_worth(account),
        "links": links,
        "broken": [link for link in links if link.status == ExternalLink.Status.BROKEN],
        "people": active,
        "away_people": people,
        "away_holdings": holdings,
        "offered": external_links_offered(),
        "check_due": profile.pk and profile.check_due_at <= timezone.now(),
    }
    return render(request, "onboarding/picture/overview.html", context)


def score(profile: InvestorProfile) -> dict[str, Any]:
    """Bluum's score once it knows the newest answers, ours until then."""
    theirs = profile.completeness_score
    if theirs is not None and profile.sent_revision >= profile.revision:
        return {"value": theirs, "ours": False}
    return {"value": completeness(profile.sections), "ours": True}


def section_row(profile: InvestorProfile, section: Section) -> dict[str, Any]:
    """A section with its answers, their source and age, and what is missing."""
    given = profile.sections.get(section.key, {})
    answers = []
    for question in section.answered(given):
        known = profile.provenance.get(f"{section.key}.{question.name}", {})
        answers.append(
            {
                "label": question.label,
                "value": in_words(question, given[question.name]),
                "source": known.get("source", ""),
                "at": services.said_at(profile, section, question),
            }
        )
    missing = section.missing(given)
    wishes = wishes_in_words(profile) if section is PREFERENCES else []
    return {
        "section": section,
        "answers": answers,
        "wishes": wishes,
        "missing": missing,
        "count": len(answers) + len(missing),
    }


def wishes_in_words(profile: InvestorProfile) -> list[tuple[str, str]]:
    wishes = profile.wishes
    cash = str(wishes.get("minimum_cash_percent") or "0")
    found = [
        ("Funds left out", ", ".join(wishes.get("excluded_securities", []))),
        ("Lines of business left out", ", ".join(wishes.get("excluded_sectors", []))),
        ("Cash kept at all times", f"{cash}%" if cash != "0" else ""),
    ]
    return [(label, text) for label, text in found if text]


@investor_required
@require_http_methods(["GET", "POST"])
def section(request: Request, slug: str) -> HttpResponse:
    """One section of the profile. Every question may stay open. `next` in the address is the page
    that wanted to know, and is gone back to."""
    found = BY_SLUG.get(slug)
    if found is None:
        raise Http404
    profile = services.profile_of(request.account)
    given = profile.sections.get(found.key, {})
    back = own_path(request.GET.get("next", "")) or reverse("picture:overview")
    form: SectionForm
    if found is PREFERENCES:
        form = PreferencesForm(_posted(request), given=given, wishes=profile.wishes)
    else:
        form = SectionForm(_posted(request), section=found, given=given)
    if request.method == "POST" and form.is_valid():
        if isinstance(form, PreferencesForm):
            services.save_preferences(
                request.account, preferences=form.answers(), wishes=form.wishes()
            )
        else:
            services.save_section(request.account, found.key, form.answers())
        messages.success(request, f"{found.name}: saved.")
        if "next" in request.POST and (following := after(found)):
            return redirect("picture:section", following.slug)
        return redirect(back)
    row = section_row(profile, found)
    following = None if "next" in request.GET else after(found)
    context = {"form": form, "section": found, "row": row, "following": following, "back": back}
    return answer(request, "onboarding/picture/section.html", context, form)


def _posted(request: Request) -> Any:
    """What was sent, also when every field was left empty."""
    return request.POST if request.method == "POST" else None


def after(found: Section) -> Section | None:
    place = SECTIONS.index(found) + 1
    return SECTIONS[place] if place < len(SECTIONS) else None


def answer(request: Request, template: str, context: dict[str, Any], form: Any) -> HttpResponse:
    """The page, or what was typed with what is wrong."""
    return render(request, template, context, status=422 if form.errors else 200)


# People who depend on one --------------------------------------------------------------------


@investor_required
@require_http_methods(["GET", "POST"])
def person_new(request: Request) -> HttpResponse:
    form = PersonForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        made = services.add_dependent(account=request.account, key=key, **form.told())
        messages.success(request, f"{made.first_name} is in your picture.")
        return redirect("picture:overview")
    return answer(request, "onboarding/picture/person.html", {"form": form}, form)


@investor_required
@require_http_methods(["GET", "POST"])
def person(request: Request, pk: int) -> HttpResponse:
    row = _active(request, Dependent, pk)
    form = PersonForm(_posted(request), instance=row)
    if request.method == "POST" and form.is_valid():
        services.change_dependent(row, **form.told())
        messages.success(request, "Saved.")
        return redirect("picture:overview")
    name = Dependent.objects.values_list("first_name", flat=True).get(pk=pk)
    context = {"form": form, "row": row, "name": name}
    return answer(request, "onboarding/picture/person.html", context, form)


@investor_required
@require_POST
def person_remove(request: Request, pk: int) -> HttpResponse:
    row = _active(request, Dependent, pk)
    services.archive_dependent(row)
    messages.info(request, f"{row.first_name} is out of your picture. You can put them back below.")
    return redirect("picture:overview")


@investor_required
@require_POST
def person_restore(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Dependent.objects.visible_to(request.user), pk=pk)
    if row.status == Kept.Status.ARCHIVED:
        services.restore_dependent(row)
    messages.success(request, f"{row.first_name} is back in your picture.")
    return redirect("picture:overview")


def _active(request: Request, model: Any, pk: int) -> Any:
    rows = model.objects.visible_to(request.user).select_related("account")
    return get_object_or_404(rows, pk=pk, status=Kept.Status.ACTIVE)


# What is held and owed elsewhere -------------------------------------------------------------


@investor_required
@require_http_methods(["GET", "POST"])
def holding_new(request: Request) -> HttpResponse:
    form = HoldingForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        made = services.add_holding(account=request.account, key=key, **form.told())
        messages.success(request, f"{made.name} is in your picture.")
        return redirect("picture:overview")
    context = {"form": form, "offered": external_links_offered()}
    return answer(request, "onboarding/picture/holding.html", context, form)


@investor_required
@require_http_methods(["GET", "POST"])
def holding(request: Request, pk: int) -> HttpResponse:
    """One account elsewhere: what was typed can be changed, what a bank told is shown."""
    row: ExternalAccount = _active(request, ExternalAccount, pk)
    if row.link_id:
        if request.method == "POST":
            raise Http404
        return render(request, "onboarding/picture/holding_read.html", {"row": row})
    form = HoldingForm(_posted(request), instance=row)
    if request.method == "POST" and form.is_valid():
        services.change_holding(row, **form.told())
        messages.success(request, "Saved.")
        return redirect("picture:overview")
    context = {"form": form, "row": row, "name": form.initial["name"]}
    return answer(request, "onboarding/picture/holding.html", context, form)


@investor_required
@require_POST
def holding_remove(request: Request, pk: int) -> HttpResponse:
    row = _active(request, ExternalAccount, pk)
    services.archive_holding(row)
    messages.info(request, f"{row.name} is out of your picture. You can put it back below.")
    return redirect("picture:overview")


@investor_required
@require_POST
def holding_restore(request: Request, pk: int) -> HttpResponse:
    rows = ExternalAccount.objects.visible_to(request.user).select_related("link", "account")
    row = get_object_or_404(rows, pk=pk)
    if row.status == Kept.Status.ARCHIVED:
        services.restore_holding(row)
    messages.success(request, f"{row.name} is back in your picture.")
    return redirect("picture:overview")


# Once a year ---------------------------------------------------------------------------------


@investor_required
@require_http_methods(["GET", "POST"])
def check(request: Request) -> HttpResponse:
    """Only what is stale, and one button that says all of it holds."""
    account = request.account
    profile = services.profile_of(account)
    questions = services.stale_questions(profile)
    accounts = services.stale_holdings(account, profile.checked_at)
    nothing = "nothing" in request.POST
    form = CheckForm(None if nothing else _posted(request), questions=questions, accounts=accounts)
    if request.method == "POST" and (nothing or form.is_valid()):
        changed = not nothing and services.save_check(
            account, sections=form.changed_sections(), balances=form.changed_balances()
        )
        services.confirm_picture(account, changed=changed, request=request)
        messages.success(
            request,
            "Saved, and noted that the rest still holds."
            if changed
            else "Noted: nothing has changed. We’ll ask again in a year.",
        )
        return redirect("picture:overview")
    context = {
        "form": form,
        "profile": profile,
        "questions": [form[f"{s.key}.{q.name}"] for s, q, _ in questions],
        "accounts": [form[f"account.{row.pk}"] for row in accounts],
    }
    return answer(request, "onboarding/picture/check.html", context, form)
