"""The investment policy: drafted, read, checked, signed; every version kept and comparable."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import DISCLOSURES, Request, disclosed, investor_required
from onboarding.models import Advice
from portfolios import agenda, clauses, drafting, services
from portfolios.downloads import pdf_answer, policy_pdf
from portfolios.forms import AcceptForm
from portfolios.models import Holding, Policy
from portfolios.rebalancing import Move, moves_to
from portfolios.services.policy import STATEMENT
from portfolios.snapshot import Snapshot, snapshot
from portfolios.views.overview import link
from robo import partner

BANDS = {
    "equities": ("Stocks", 1),
    "fixed_income": ("Bonds", 4),
    "treasury": ("Short Treasuries, as cash", 6),
    "alternatives": ("Alternatives", 3),
    "cash": ("Cash", 6),
}
"""Bluum's class to its name and its colour."""


def visible(request: Request) -> QuerySet[Policy]:
    return (
        Policy.objects.visible_to(request.user)
        .filter(account=request.account)
        .select_related("account", "signature")
    )


@disclosed
@require_safe
def policy(request: Request) -> HttpResponse:
    """The proposal to sign, else the policy in force, else how to get one."""
    known = snapshot(request.account)
    shown = known.proposed or known.signed
    refused = known.policies[0] if known.policies else None
    context: dict[str, Any] = {
        "needs": what_is_missing(request),
        "refused": refused if refused and refused.status == Policy.Status.REFUSED else None,
        "rejected": refused
        if refused and refused.status == "withdrawn" and refused.refusal
        else None,
        "is_outdated": known.proposed is None and agenda.is_outdated(known),
    }
    if shown:
        full = get_object_or_404(visible(request), pk=shown.pk)
        context |= policy_context(request, full)
    return render(request, "portfolios/policy.html", context)


def what_is_missing(request: Request) -> tuple[str, str, str] | None:
    """(title, text, url) of what comes before a policy; None when it can be drafted."""
    known = snapshot(request.account)
    if known.assessment is None:
        return (
            "First, the risk questions",
            "A policy says how much may stand in stocks. That follows from your answers; they take "
            "about four minutes.",
            link("onboarding:risk"),
        )
    if not known.goals:
        return (
            "First, a goal",
            "A policy follows from what the money is for, and by when.",
            link("portfolios:goal-new"),
        )
    return None


def policy_context(
    request: Request, shown: Policy, form: AcceptForm | None = None
) -> dict[str, Any]:
    """A policy with its words, bands, costs, and what changed against the one signed before."""
    known = snapshot(request.account)
    before = (
        Policy.objects.filter(account=request.account, version__lt=shown.version)
        .exclude(signature=None)
        .first()
    )
    balance = drafting.balance_for_costs(known.portfolio, known.goals)
    fees = partner.current().fees
    return {
        "policy": shown,
        "problem": services.why_not_acceptable(shown) if shown.status == "proposed" else "",
        "is_checking": shown.status == "proposed" and not shown.checked_at and not known.active,
        "statement": STATEMENT,
        "form": form or AcceptForm(initial={"text": shown.text_sha256}),
        "bands": band_rows(shown),
        "before": before,
        "moves": moves_of(shown, known) if before and shown.status == "proposed" else [],
        "differences": clauses.differences(before, shown) if before else [],
        "clauses": clauses.clauses(shown, known.every_goal),
        "why_new": clauses.why_new(before, shown, known.every_goal) if before else [],
        "effects": clauses.effects(shown.content, balance),
        "evidence": evidence_of(shown),
        "balance": balance,
        "advice_cost": balance * fees.advisory,
        "fund_cost": balance * fees.fund_expense_max,
        "all_costs": balance * (fees.advisory + fees.fund_expense_max),
        "findings": findings(shown),
    }


def evidence_of(shown: Policy) -> str:
    """By which assumptions and which version of our rules it was drafted, as it was recorded."""
    kept = Advice.objects.filter(kind=Advice.Kind.POLICY, about=f"policy:{shown.pk}")
    found = kept.values_list("assumptions", "engine").first()
    return f"Drafted with assumptions of {found[0]} by {found[1]}." if found else ""


def band_rows(shown: Policy) -> list[dict[str, Any]]:
    """Target and band of each class, percent, for the bars."""
    found = []
    for name, band in sorted(
        shown.content.get("target_allocation", {}).items(), key=lambda pair: class_order(pair[0])
    ):
        label, series = BANDS.get(name, (name.replace("_", " ").capitalize(), 3))
        low, high, target = (
            float(band.get(key, default))
            for key, default in (
                ("min_percent", 0),
                ("max_percent", 100),
                ("target_percent", 0),
            )
        )
        found.append(
            {
                "label": label,
                "series": series,
                "target": f"{target:g}%",
                "range": f"{low:g} to {high:g}%",
                "low": f"{low:g}",
                "high": f"{high:g}",
                "at": f"{target:g}",
            }
        )
    return found


def findings(shown: Policy) -> str:
    """What Bluum's check said, in a sentence."""
    if not shown.validation:
        return ""
    if shown.validation.get("is_compliant"):
        return "The custodian checked it against your portfolio and found nothing to correct."
    return (
        "The custodian took it. Your portfolio doesn’t match it yet, "
        "because money still waits to be invested."
    )


@disclosed
@require_POST
def policy_propose(request: Request) -> HttpResponse:
    """Draft it from today’s answers and goals."""
    try:
        services.propose_policy(request.account)
    except services.CannotPropose as problem:
        messages.error(request, str(problem))
    return redirect("portfolios:policy")


@disclosed
@require_safe
def policy_check(request: Request, pk: int) -> HttpResponse:
    """The part of the page that waits for Bluum's check; it asks again until it's done."""
    found = get_object_or_404(visible(request), pk=pk)
    return render(request, "portfolios/_policy_accept.html", policy_context(request, found))


def unsigned_disclosures(request: Request) -> list[str]:
    """The titles of what must be signed before a policy and isn't."""
    signed = set(
        request.account.signatures.filter(kind__in=DISCLOSURES).values_list("kind", flat=True)
    )
    us = partner.current()
    return [us.kind(kind).title for kind in DISCLOSURES if kind not in signed]


@investor_required
@require_POST
def policy_accept(request: Request, pk: int) -> HttpResponse:
    """Sign the words that were on the page, once what must come before is signed."""
    found = get_object_or_404(visible(request), pk=pk)
    if missing := unsigned_disclosures(request):
        return render(
            request, "portfolios/policy_disclosures.html", {"missing": missing}, status=409
        )
    form = AcceptForm(request.POST)
    if form.is_valid():
        try:
            services.accept_policy(
                found,
                text_sha256=form.cleaned_data["text"],
                ip=request.client_ip,
                user_agent=request.headers.get("User-Agent", ""),
            )
        except services.CannotAccept as problem:
            messages.error(request, str(problem))
            return redirect("portfolios:policy")
        messages.success(request, "Signed. Your policy is on its way to the custodian.")
        return redirect("portfolios:policy")
    context = policy_context(request, found, form)
    return render(request, "portfolios/policy.html", context, status=422)


@investor_required
@require_safe
def policy_versions(request: Request) -> HttpResponse:
    """Every version, newest first."""
    rows = [
        {
            "when": p.accepted_at or p.created_at,
            "title": f"Version {p.version}",
            "detail": f"{p.get_status_display()}, level {p.level}",
            "url": f"../{p.pk}/",
        }
        for p in visible(request).defer("text")
    ]
    return render(request, "portfolios/policy_versions.html", {"rows": rows})


@investor_required
@require_safe
def policy_version(request: Request, pk: int) -> HttpResponse:
    """One version with its exact words, its signature and what it changed."""
    found = get_object_or_404(visible(request), pk=pk)
    return render(request, "portfolios/policy_version.html", policy_context(request, found))


@investor_required
@require_safe
def policy_download(request: Request, pk: int) -> HttpResponse:
    """The exact words as PDF, and how they were signed."""
    found = get_object_or_404(visible(request), pk=pk)
    return pdf_answer(policy_pdf(found), f"{partner.current().slug}-policy-{found.version}.pdf")


def moves_of(shown: Policy, known: Snapshot) -> list[tuple[str, Move]]:
    """What the new mix would have sold, by class, if all of it were brought there today."""
    holdings = list(Holding.objects.filter(portfolio=known.portfolio)) if known.portfolio else []
    return [
        (BANDS.get(move.asset_class, (move.asset_class, 3))[0], move)
        for move in moves_to(shown.content, known.portfolio, holdings)
    ]


def class_order(name: str) -> int:
    """Where a class stands: in the order of a policy, unknown ones last."""
    order = list(BANDS)
    return order.index(name) if name in order else len(order)
