"""A plan's document as it was recorded, and its PDF, made again at any time."""

from onboarding import advice
from onboarding.models import Advice
from portfolios.models import FinancialPlan
from portfolios.plan import content, pdf
from portfolios.planning.projection import ENGINE_VERSION as PROJECTION

ENGINE = f"{content.ENGINE_VERSION}, projection {PROJECTION}, {pdf.ENGINE}"


def write_plan(plan: FinancialPlan) -> Advice:
    """Work the document out and keep it as evidence, with the hash of its PDF. Safe to repeat."""
    kept = advice.record(
        plan.account,
        kind=Advice.Kind.PLAN,
        about=f"plan:{plan.pk}",
        engine=plan.engine,
        assumptions=plan.assumptions,
        inputs=plan.inputs["advice"],
    )
    if not plan.sha256:
        plan.sha256 = pdf.sha256(plan_pdf(plan, kept.outputs))
        FinancialPlan.objects.filter(pk=plan.pk).update(sha256=plan.sha256)
    return kept


def written(plan: FinancialPlan) -> content.Document | None:
    """The document as it was recorded, with people's names in it; None until the step made it."""
    kept = (
        Advice.objects.filter(kind=Advice.Kind.PLAN, about=f"plan:{plan.pk}")
        .order_by("made_at")
        .first()
    )
    if kept is None or not plan.sha256:
        return None
    found: content.Document = content.named(kept.outputs, plan.inputs["names"])
    return found


def plan_pdf(plan: FinancialPlan, document: content.Document | None = None) -> bytes:
    """The PDF, made from what the plan keeps: the same bytes each time."""
    made = document if document is not None else content.document(plan.inputs["advice"])
    return pdf.render(
        content.named(made, plan.inputs["names"]),
        brand=plan.inputs["brand"],
        investor=plan.inputs["names"]["investor"],
        version=plan.version,
    )
