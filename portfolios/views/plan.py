"""The financial plan as a document: made when asked for, read, printed, kept in versions."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import Request, disclosed, investor_required
from onboarding.models import RiskDraft
from onboarding.views.risk import asked
from portfolios.downloads import pdf_answer
from portfolios.models import FinancialPlan
from portfolios.plan import content
from portfolios.plan.written import plan_pdf, written
from portfolios.services.plan import make_plan
from portfolios.snapshot import snapshot
from robo import partner
from robo.ui import charts


def visible(request: Request) -> QuerySet[FinancialPlan]:
    return FinancialPlan.objects.visible_to(request.user).filter(account=request.account)


@disclosed
@require_safe
def plan(request: Request) -> HttpResponse:
    """The newest version, or how to get one."""
    found = visible(request).first()
    if found is None:
        return render(request, "portfolios/plan.html", {"missing": what_would_help(request)})
    return render(request, "portfolios/plan.html", plan_context(request, found))


@disclosed
@require_POST
def plan_make(request: Request) -> HttpResponse:
    """Make a plan from what is known now. Asked twice, it is the same plan."""
    before = visible(request).first()
    made = make_plan(request.account)
    if before and before.pk == made.pk:
        messages.info(request, "Nothing has changed since this version was made.")
    return redirect("portfolios:plan")


@investor_required
@require_safe
def plan_versions(request: Request) -> HttpResponse:
    rows = [
        {
            "when": p.created_at,
            "title": f"Version {p.version}",
            "detail": f"Assumptions of {p.assumptions}",
            "url": reverse("portfolios:plan-version", args=[p.pk]),
        }
        for p in visible(request).defer("inputs")
    ]
    return render(request, "portfolios/plan_versions.html", {"rows": rows})


@investor_required
@require_safe
def plan_version(request: Request, pk: int) -> HttpResponse:
    """One version and what it changed; alone, the part that waits until it is written."""
    found = get_object_or_404(visible(request), pk=pk)
    context = plan_context(request, found)
    if request.htmx and not context["document"]:
        return render(request, "portfolios/_plan_waiting.html", context)
    if request.htmx:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "portfolios/plan_version.html", context)


@investor_required
@require_safe
def plan_download(request: Request, pk: int) -> HttpResponse:
    """The PDF, made again from what the plan keeps."""
    found = get_object_or_404(visible(request), pk=pk)
    if not found.sha256:
        raise Http404("This plan isn’t written yet.")
    return pdf_answer(
        plan_pdf(found, written(found)), f"{partner.current().slug}-plan-{found.version}.pdf"
    )


def what_would_help(request: Request) -> list[dict[str, str]]:
    """What would make a first plan say more."""
    known = snapshot(request.account)
    found = []
    if known.assessment is None:
        found.append({"title": "Answer the risk questions", "url": reverse("onboarding:risk")})
    if not known.goals:
        found.append({"title": "Set a goal", "url": reverse("portfolios:goal-new")})
    return found


def plan_context(request: Request, found: FinancialPlan) -> dict[str, Any]:
    """A version as pages show it, beside the one before."""
    document = written(found)
    before = visible(request).filter(version__lt=found.version).exclude(sha256="").first()
    old = written(before) if before and document else None
    return {
        "plan": found,
        "document": drawn(document, found, request) if document else None,
        "before": before,
        "differences": content.differences(old, document) if old and document else [],
        "investor": found.inputs["names"]["investor"],
    }


def drawn(document: content.Document, found: FinancialPlan, request: Request) -> content.Document:
    """The document with its charts, and an address behind each reason."""
    for section in document["sections"]:
        for block in section["blocks"]:
            if block["kind"] == "goal" and block["fan"]:
                block["chart"] = fan(block)
            if block["kind"] == "table":
                heads = block["head"]
                block["cells"] = [list(zip(heads, row, strict=True)) for row in block["rows"]]
            for item in block.get("items", ()):
                item["url"] = address(item["link"], found.inputs["advice"]["risk"], request)
    return document


def fan(block: Mapping[str, Any]) -> charts.Fan | None:
    told = block["fan"]
    rows = zip(told["months"], *(told["bands"][p] for p in ("10", "25", "50", "75", "90")),
               strict=True)  # fmt: skip
    return charts.fan_chart(
        [charts.Band(month, *(Decimal(str(v)) for v in values)) for month, *values in rows],
        target=Decimal(str(told["target"])),
        name=f"{block['name']}, projected value",
    )


def address(link: Sequence[str], risk: Mapping[str, Any] | None, request: Request) -> str:
    """Where what a line rests on can be seen and changed; empty for a line that rests on none."""
    if not link:
        return ""
    kind, name = link
    if kind == "risk" and name and risk:
        return risk_question(name, risk["answers"], request)
    if kind == "goal":
        return reverse("portfolios:goal", args=[int(name)])
    if kind == "fees":
        return reverse("legal", args=[partner.current().kind("advisory_agreement").slug])
    if kind == "preferences":
        return preferences()
    names = {
        "risk": "onboarding:risk-result" if risk else "onboarding:risk",
        "goals": "portfolios:goals",
        "policy": "portfolios:policy",
    }
    return reverse(names[kind])


def risk_question(question_id: str, answers: Mapping[str, str], request: Request) -> str:
    """The page of one risk question; back from it leads to the answers."""
    draft = RiskDraft(account=request.account, questionnaire_version=1, answers=answers)
    places = {question.id: n for n, question in enumerate(asked(draft), start=1)}
    if question_id not in places:
        return reverse("onboarding:risk")
    return reverse("onboarding:risk-question", args=[places[question_id]]) + "?back=check"


def preferences() -> str:
    """Where investment preferences are told."""
    try:
        return reverse("picture:section", args=["investment-preferences"])
    except NoReverseMatch:
        return reverse("portfolios:policy")
