"""Documents to keep, as answers to a browser."""

from django.http import HttpResponse
from django.utils import timezone

from portfolios.clauses import HEADING
from portfolios.models import Policy
from portfolios.plan import pdf
from robo import partner
from robo.ui import words


def pdf_answer(made: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def policy_pdf(found: Policy) -> bytes:
    """The exact words, and how they were signed."""
    signature = found.signature
    return pdf.render_policy(
        title=HEADING,
        sections=found.sections,
        brand=pdf.brand_of(partner.current()),
        on=timezone.localdate(found.created_at),
        version=found.version,
        sha256=found.text_sha256,
        signed=f"Signed on {words.long_moment(signature.signed_at)}, from {signature.ip}: "
        f"{words.quoted(signature.statement)}"
        if signature
        else "Not signed.",
    )
