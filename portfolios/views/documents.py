"""Documents: one list of everything, each with its words and its file."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import Request, investor_required
from accounts.models import Signature
from portfolios import written
from portfolios.downloads import pdf_answer
from portfolios.models import Report
from portfolios.services import documents as papers
from portfolios.signed import signature_pdf
from portfolios.sync.reports import as_json
from robo import partner
from robo.ui.forms import DateField


def visible(request: Request) -> QuerySet[Report]:
    """The investor's own reports."""
    return Report.objects.visible_to(request.user).filter(account=request.account)


NEWEST = 12
"""Rows of a group before the rest is folded away; a search shows all it finds."""


class RangeForm(forms.Form):
    """The days of a statement of one's own."""

    first = DateField(label="First day")
    last = DateField(label="Last day")


@investor_required
@require_safe
def documents(request: Request) -> HttpResponse:
    """Everything on paper, by kind; `?kind=`, `?year=` and `?q=` narrow it."""
    return _list(request, RangeForm())


def _list(request: Request, form: RangeForm, problem: str = "", status: int = 200) -> HttpResponse:
    found = papers.papers(request.account)
    kind, year = request.GET.get("kind", ""), request.GET.get("year", "")
    kind = kind if kind in papers.GROUPS else ""
    q = request.GET.get("q", "")[:100].replace("\x00", "")
    years = sorted({str(p.day.year) for p in found}, reverse=True)
    year = year if year in years else ""
    shown = papers.fitting(found, q, year)
    there = {p.group for p in found}
    context = {
        "groups": [
            (key, title, *((rows, []) if q or year else (rows[:NEWEST], rows[NEWEST:])))
            for key, title in papers.GROUPS.items()
            if (rows := [p for p in shown if p.group == key]) and kind in ("", key)
        ],
        "kind": kind,
        "kinds": [("", "All"), *(pair for pair in papers.GROUPS.items() if pair[0] in there)],
        "year": year,
        "years": years,
        "q": q,
        "form": form,
        "problem": problem,
        "may_ask": papers.first_day_of(request.account) is not None,
    }
    return render(request, "portfolios/documents.html", context, status=status)


@investor_required
@require_POST
def statement_ask(request: Request) -> HttpResponse:
    """Ask for a statement of one's own range."""
    form = RangeForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        made = papers.ask_for_statement(
            request.account, form.cleaned_data["first"], form.cleaned_data["last"]
        )
    except papers.NotPossible as problem:
        return _list(request, form, str(problem), 422)
    return redirect("portfolios:report", made.pk)


@investor_required
@require_safe
def report(request: Request, pk: int) -> HttpResponse:
    """A statement or report as a page: the same figures as its file."""
    found = get_object_or_404(visible(request).defer("pdf"), pk=pk)
    if found.status == Report.Status.READY:
        papers.opened(found)
    return render(request, "portfolios/report.html", report_context(found))


@investor_required
@require_safe
def report_status(request: Request, pk: int) -> HttpResponse:
    """The fragment that asks again until the document is there."""
    found = get_object_or_404(visible(request).defer("pdf"), pk=pk)
    return render(request, "portfolios/_report.html", report_context(found))


def report_context(found: Report) -> dict[str, Any]:
    """The report as its page shows it."""
    sections = written.sections(found) if found.status == Report.Status.READY else []
    for section in sections:
        for block in section["blocks"]:
            if block["kind"] == "table":
                said = block.get("words", 1)
                heads = [(head, place >= said) for place, head in enumerate(block["head"])]
                block["heads"] = heads
                block["cells"] = [list(zip(heads, row, strict=True)) for row in block["rows"]]
    others = written.versions(found)
    earlier = others[0] if others and found.corrected_at and not found.replaced_by_id else None
    return {
        "report": found,
        "sections": sections,
        "days": written.days_of(found),
        "others": others,
        "changes": written.changes(earlier, found) if earlier else [],
    }


@investor_required
@require_safe
def report_pdf(request: Request, pk: int) -> HttpResponse:
    """The report in our words and look, as PDF: tagged, and the same bytes each time."""
    found = get_object_or_404(visible(request).select_related("account"), pk=pk)
    if found.status != Report.Status.READY:
        raise Http404
    papers.opened(found)
    answer = pdf_answer(
        written.report_pdf(found), f"{slugify(f'{partner.current().name} {found.title}')}.pdf"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_safe
def signed_pdf(request: Request, pk: int) -> HttpResponse:
    """What was signed, as our PDF with the exact text attached; for its investor and adviser."""
    mine = Signature.objects.visible_to(request.user).select_related("text", "account__user")
    found = get_object_or_404(mine, pk=pk)
    name = slugify(f"{partner.current().name} {found.text.title} {found.text.version}")
    answer = pdf_answer(signature_pdf(found), f"{name}.pdf")
    answer["Cache-Control"] = "private, no-store"
    return answer


@investor_required
@require_safe
def report_file(request: Request, pk: int) -> HttpResponse:
    """Bluum's own document as it was kept, to the byte: its PDF, or with `?as=json` its data."""
    found = get_object_or_404(visible(request), pk=pk)
    if found.status != Report.Status.READY:
        raise Http404
    papers.opened(found)
    name = slugify(f"{partner.current().name} {found.title} original")
    if found.pdf is not None and request.GET.get("as") != "json":
        body, kind, end = bytes(found.pdf), "application/pdf", "pdf"
    else:
        body, kind, end = as_json(found.data), "application/json", "json"
    return HttpResponse(
        body,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{end}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
