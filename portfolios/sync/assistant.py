"""The assistant's step: one question to Bluum, its answer kept. Asking twice does no harm."""

import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from portfolios.models import Exchange, Holding, Policy, Portfolio
from portfolios.sync.common import sentence
from robo import bluum, clients
from robo.bluum.advice import Reply

LATE = timedelta(minutes=2)
"""Who has waited longer has left the page, and is told."""
ACTING = re.compile(
    r"\b(buy|sell|purchase|invest in|switch|swap|add|consider|recommend)\w*\b", re.I
)
SYMBOL = re.compile(r"\b[A-Z]{2,5}\b")
NOT_SYMBOLS = {
    "APY", "ETF", "ETFS", "FAQ", "FDIC", "IPS", "IRA", "IRS", "NAV", "NYSE", "OK", "SEC", "SIPC",
    "TWR", "US", "USA", "USD",
}  # fmt: skip


def advance_exchange(exchange: Exchange) -> timedelta | None:
    """Ask; when Bluum is away, the loop asks again."""
    if exchange.status != Exchange.Status.WAITING:
        return None
    account = exchange.account
    if wait := account.wait_until_open():
        return wait
    portfolio = Portfolio.objects.filter(account=account).first()
    try:
        reply = clients.bluum().advice.chat(
            str(account.bluum_id),
            exchange.question,
            portfolio_id=portfolio.bluum_id if portfolio else None,
        )
    except bluum.Refused as problem:
        Exchange.objects.filter(pk=exchange.pk, status=Exchange.Status.WAITING).update(
            status=Exchange.Status.REFUSED, refusal=sentence(problem)
        )
        return None
    apply_reply(exchange.pk, reply)
    return None


@transaction.atomic
def apply_reply(pk: int, reply: Reply) -> None:
    """Keep the answer, unless the question was taken back meanwhile."""
    row = Exchange.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    if row.status != Exchange.Status.WAITING:
        return
    row.answer, row.answered_at = reply.message.replace("\x00", ""), timezone.now()
    row.bluum_id = (reply.response_id or "")[:64]
    row.context_used = [str(name) for name in reply.context_used]
    row.suggestions = [
        {"label": found.label[:200], "url": found.action_url or ""} for found in reply.suggestions
    ]
    row.outside = outside_the_plan(row.account, row.answer)
    row.status = Exchange.Status.ANSWERED
    row.save(
        update_fields=[
            "answer", "answered_at", "bluum_id", "context_used", "suggestions", "outside", "status",
        ]
    )  # fmt: skip
    if row.answered_at - row.asked_at > LATE:
        tell(
            account=row.account,
            key=f"assistant:{row.pk}",
            title="Your question has its answer",
            body="The assistant was away when you asked. Its answer is on the assistant’s page.",
            url="/assistant/",
            topic=Topic.INSIGHTS,
        )


def outside_the_plan(account: Account, answer: str) -> list[str]:
    """Symbols in sentences about buying or selling that the portfolio doesn't hold and the policy
    doesn't name. Words in capitals may be taken for symbols: it is a label, not a verdict."""
    known = set(Holding.objects.filter(portfolio__account=account).values_list("symbol", flat=True))
    policy: Any = Policy.objects.filter(account=account, status=Policy.Status.ACTIVE).first()
    named = policy.text if policy else ""
    found = [
        symbol
        for said in re.split(r"(?<=[.!?])\s|\n", answer)
        if ACTING.search(said)
        for symbol in SYMBOL.findall(said)
        if symbol not in known and symbol not in NOT_SYMBOLS and symbol not in named
    ]
    return list(dict.fromkeys(found))[:10]
