"""What goals, policy and investments tell home: to do, to come, done."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AccountStatus, Signature
from portfolios import drafting, services
from portfolios.downloads import policy_pdf
from portfolios.models import FinancialPlan, Goal, Investment, Policy, Report, TradingHalt
from portfolios.plan.written import plan_pdf, written
from portfolios.signed import signature_pdf
from portfolios.snapshot import Snapshot, snapshot
from portfolios.sync import reports
from portfolios.sync.investing import mix_in_words
from portfolios.written import report_pdf
from robo import agenda
from robo.agenda import Item
from robo.ui import words

agenda.follow(services.follow_changes)


@agenda.todo
def sign_or_renew_policy(account: Account) -> Iterator[Item]:
    """A policy to sign, or one to draft again because goals have changed since."""
    if account.status == AccountStatus.OPENING:
        return
    known = snapshot(account)
    current = {Policy.Status.PROPOSED, Policy.Status.ACTIVE, Policy.Status.REFUSED}
    policies = [p for p in known.policies if p.status in current]
    newest = policies[0] if policies else None
    if newest and newest.status == Policy.Status.PROPOSED:
        yield Item(
            "Read and sign your policy",
            detail=f"Version {newest.version} is ready. Nothing is invested by it before you sign.",
            url=reverse("portfolios:policy"),
            kind="policy",
            urgent=True,
        )
        return
    if newest and newest.status == Policy.Status.REFUSED:
        yield Item(
            "Draft your policy again",
            detail="The last one wasn’t accepted by the custodian.",
            url=reverse("portfolios:policy"),
            kind="policy",
            urgent=True,
        )
        return
    if known.active and is_outdated(known):
        yield Item(
            "Look at a new policy",
            detail="Your goals or risk answers have changed since you signed the last one.",
            url=reverse("portfolios:policy"),
            kind="policy",
        )


def is_outdated(known: Snapshot) -> bool:
    """Whether a policy drafted today would have another level or other goals than the one signed
    last."""
    if known.signed is None or known.assessment is None or not known.goals:
        return False
    try:
        fresh = drafting.draft(known.assessment, known.goals, known.profile, timezone.localdate())
    except ValueError:
        return False
    signed = known.signed
    return drafting.is_outdated(signed.evidence, known.assessment, fresh, signed.level)


@agenda.todo
def goals_refused(account: Account) -> Iterator[Item]:
    for goal in snapshot(account).every_goal:
        if goal.status != Goal.Status.REFUSED:
            continue
        yield Item(
            f"Set “{goal.name}” again",
            detail=goal.refusal,
            url=reverse("portfolios:goal-new") + f"?type={goal.type}",
            kind="goal",
            urgent=True,
        )


@agenda.beside
def rarely_any() -> dict[str, Any]:
    stops = Q(account=OuterRef("pk")) | Q(account=None)
    return {"is_halted": Exists(TradingHalt.objects.filter(stops, ended_at=None))}


@agenda.todo
def rebalance(account: Account) -> Iterator[Item]:
    """The policy calls for a rebalance, and nothing is under way that would do it."""
    known = snapshot(account)
    moving = any(i.status in Investment.IN_MOTION for i in known.investments)
    if known.portfolio and known.portfolio.needs_rebalancing and not moving:
        yield Item(
            "Look at a rebalance",
            detail="A class has left what your policy lets pass. New money may fix it too.",
            url=reverse("portfolios:portfolio-rebalance"),
            kind="rebalance",
        )


@agenda.upcoming
def being_invested(account: Account) -> Iterator[Item]:
    for investment in snapshot(account).investments:
        if investment.status not in Investment.IN_MOTION:
            continue
        waiting = investment.status == Investment.Status.WAITING
        if investment.is_rebalance:
            yield Item(
                "Your portfolio is being brought back to target",
                detail=investment.prevented_by or "You see every trade when it is done.",
                url=reverse("portfolios:portfolio-rebalancing"),
                kind="rebalance",
                status=investment.status,
            )
            continue
        yield Item(
            f"{words.money(investment.amount)} is being invested"
            if not waiting
            else f"{words.money(investment.amount)} waits to be invested",
            detail="Orders are with the market."
            if not waiting
            else investment.prevented_by or "It is in your portfolio as cash.",
            url=reverse("portfolios:portfolio"),
            kind="investment",
            status=investment.status,
        )


@agenda.upcoming
def next_statement(account: Account) -> Iterator[Item]:
    """The day on which this month's statement is asked for: the first of the next month."""
    portfolio = snapshot(account).portfolio
    if portfolio is None or not portfolio.value:
        return
    day, title = reports.next_statement(timezone.now())
    yield Item(
        title,
        day=day,
        detail="Under Documents from then on.",
        url=reverse("portfolios:documents"),
        kind="statement",
    )


@agenda.activity
def what_happened(account: Account) -> Iterator[Item]:
    known = snapshot(account)
    ended = {Investment.Status.COMPLETED, Investment.Status.FAILED}
    for investment in known.investments:
        if investment.status not in ended:
            continue
        spent = sum((Decimal(t["notional"]) for t in investment.trades), Decimal(0))
        failed = investment.status == Investment.Status.FAILED
        if investment.is_rebalance:
            yield Item(
                "Nothing was rebalanced" if failed else "Brought back to target",
                at=investment.completed_at or investment.created_at,
                detail=investment.prevented_by
                or ", ".join(f"{t['action']} {t['symbol']}" for t in investment.trades),
                url=reverse("portfolios:portfolio-rebalancing"),
                status=investment.status,
                kind="rebalance",
            )
            continue
        yield Item(
            f"{words.money(spent or investment.amount)} "
            + ("couldn’t be invested yet" if failed else "invested"),
            at=investment.completed_at or investment.sent_at or investment.created_at,
            detail="The money is in your portfolio as cash; we are looking into it."
            if failed
            else f"{mix_in_words(investment)}.",
            url=reverse("portfolios:portfolio-rebalancing"),
            status=investment.status,
            kind="investment",
        )
    for policy in known.policies:
        if policy.accepted_at is None:
            continue
        yield Item(
            f"You signed policy version {policy.version}",
            at=policy.accepted_at,
            url=reverse("portfolios:policy-version", args=[policy.pk]),
            status=policy.status,
            kind="policy",
        )
    for goal in known.every_goal:
        yield Item(
            f"You set a goal: {goal.name}",
            at=goal.created_at,
            url=reverse("portfolios:goal", args=[goal.pk]),
            kind="goal",
        )


@agenda.held
def portfolio_value(account: Account) -> Iterator[Item]:
    portfolio = snapshot(account).portfolio
    if portfolio and portfolio.value:
        yield Item("Invested with us", amount=portfolio.value, at=portfolio.refreshed_at)


PLANS_TAKEN = 3
"""How many versions of the plan go along as PDFs, the newest; the data has all of them."""


@agenda.paper
def reports_plans_and_policies(account: Account) -> Iterator[tuple[str, bytes]]:
    """A statement is the custodian's own PDF: ours, of the same figures, would double the file
    (15 MB and ten seconds more after ten years). What has no PDF of its own is ours."""
    kept = Report.objects.filter(account=account, status=Report.Status.READY)
    for report in kept.select_related("account__user", "replaced_by").iterator(20):
        days = f"{report.first_day}-to-{report.last_day}"
        about = report.span if report.kind == Report.Kind.BENCHMARK else days
        name = f"reports/{report.kind}-{about}-{report.pk}.pdf"
        yield name, bytes(report.pdf) if report.pdf is not None else report_pdf(report)
    for policy in Policy.objects.filter(account=account, accepted_at__isnull=False):
        yield f"policies/version-{policy.version}.pdf", policy_pdf(policy)
    signed = Signature.objects.filter(account=account).exclude(kind="policy")
    for row in signed.select_related("text", "account__user").iterator(50):
        yield (
            f"agreements/{row.signed_at:%Y-%m-%d}-{row.text.slug}-{row.pk}.pdf",
            signature_pdf(row),
        )
    for plan in FinancialPlan.objects.filter(account=account).order_by("-pk")[:PLANS_TAKEN]:
        yield f"plans/version-{plan.version}.pdf", plan_pdf(plan, written(plan))
