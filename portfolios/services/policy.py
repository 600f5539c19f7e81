"""The policy: proposed from what is known, accepted by a signature."""

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic, User
from accounts.services import sign, tell
from onboarding import advice
from onboarding.models import Advice, InvestorProfile, RiskAssessment
from onboarding.services import current_assessment
from portfolios import drafting
from portfolios.models import Goal, Policy, Portfolio
from portfolios.projecting import keep_projections
from portfolios.services.investing import portfolio_of
from portfolios.services.plan import make_plan
from robo import audit

SIGNED = (Policy.Status.ACTIVE, Policy.Status.ACCEPTED)
STATEMENT = "I have read this policy and sign it. I want my money managed by it."


class CannotPropose(Exception):
    """Something is missing first; the text says what, for people."""


class CannotAccept(Exception):
    """The policy can't be signed as it stands; the text says why, for people."""


@transaction.atomic
def propose_policy(account: Account) -> Policy:
    """Draft a policy from the current answers and goals. An unsigned proposal that it replaces is
    withdrawn; one that would say the same stays. Raises CannotPropose."""
    Account.objects.select_for_update().get(pk=account.pk)
    assessment = current_assessment(account)
    if assessment is None:
        raise CannotPropose("First answer the questions about risk. They take about four minutes.")
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    if not goals:
        raise CannotPropose("First say what the money is for. A policy is drafted from your goals.")
    today = timezone.localdate()
    profile = InvestorProfile.objects.filter(account=account).first()
    inputs = drafting.inputs_of(assessment, goals, profile, today)
    try:
        found = drafting.derive(inputs)
    except ValueError as e:
        raise CannotPropose(f"Your answers don’t fit together yet. {e}") from e
    proposals = Policy.objects.select_for_update().filter(
        account=account, status=Policy.Status.PROPOSED
    )
    open_one: Policy
    for open_one in proposals:
        same = open_one.content == found.content and open_one.assessment_id == assessment.pk
        if same and open_one.evidence == found.evidence:
            return open_one
    proposals.update(status=Policy.Status.WITHDRAWN, due_at=None)
    version = (
        Policy.objects.filter(account=account).aggregate(last=Max("version"))["last"] or 0
    ) + 1
    portfolio = Portfolio.objects.filter(account=account).first()
    policy = Policy.objects.create(
        account=account,
        assessment=assessment,
        version=version,
        level=found.level,
        content=found.content,
        evidence=found.evidence,
        text=drafting.text_of(
            content=found.content,
            evidence=found.evidence,
            level=found.level,
            version=version,
            investor=account.name or account.user.email,
            balance=drafting.balance_for_costs(portfolio, goals),
            today=today,
        ),
        needs_approval=drafting.needs_adviser(found.content),
    )
    advice.record(
        account,
        kind=Advice.Kind.POLICY,
        about=f"policy:{policy.pk}",
        engine=drafting.ENGINE_VERSION,
        assumptions=inputs["assumptions"],
        inputs=inputs,
    )
    portfolio_of(account)
    policy.enqueue()
    return policy


def follow_changes(account: Account) -> Policy | None:
    """Propose a new version where one is in force and answers, goals or wishes have moved on.

    The one in force holds until the new one is signed. Says so once for each version.
    """
    active = Policy.objects.filter(account=account, status__in=SIGNED).order_by("-version").first()
    assessment = current_assessment(account)
    if active is None or assessment is None:
        return None
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    profile = InvestorProfile.objects.filter(account=account).first()
    try:
        fresh = drafting.draft(assessment, goals, profile, timezone.localdate())
    except ValueError:
        return None
    if not drafting.is_outdated(active.evidence, assessment, fresh, active.level):
        Policy.objects.filter(account=account, status=Policy.Status.PROPOSED).update(
            status=Policy.Status.WITHDRAWN, due_at=None
        )
        return None
    proposed = propose_policy(account)
    tell(
        account=account,
        key=f"policy-proposed:{proposed.pk}",
        title="A new version of your policy is ready",
        body="Your answers or goals have changed, so we drafted a new version. The one in force "
        "holds until you have compared both and signed.",
        url=reverse("portfolios:policy"),
        topic=Topic.PORTFOLIO,
    )
    return proposed


@transaction.atomic
def approve_policy(policy: Policy, *, by: User) -> Policy:
    """An adviser has looked at it and it may be signed. Raises CannotAccept if it can't be any
    more."""
    policy = (
        Policy.objects.select_for_update(of=("self",)).select_related("account").get(pk=policy.pk)
    )
    if policy.status != Policy.Status.PROPOSED:
        raise CannotAccept("Only a proposal that waits for its signature can be approved.")
    if policy.approved_at is None:
        policy.approved_by, policy.approved_at = by, timezone.now()
        policy.save(update_fields=["approved_by", "approved_at"])
        audit.record("approve policy", actor=by, target=policy, account=policy.account)
        tell(
            account=policy.account,
            key=f"policy-approved:{policy.pk}",
            title="Your adviser has looked at your policy",
            body="It is ready for you to read and sign.",
            url=reverse("portfolios:policy"),
            topic=Topic.PORTFOLIO,
        )
    return policy


def why_not_acceptable(policy: Policy) -> str:
    """What keeps this policy from being signed, in a sentence; empty when nothing does."""
    if policy.status != Policy.Status.PROPOSED:
        return {
            Policy.Status.ACCEPTED: "You have signed this policy already.",
            Policy.Status.ACTIVE: "You have signed this policy already.",
            Policy.Status.WITHDRAWN: "A newer policy has taken this one’s place.",
            Policy.Status.SUPERSEDED: "A newer policy has taken this one’s place.",
            Policy.Status.REFUSED: "The custodian didn’t accept this policy. Draft it again.",
        }[Policy.Status(policy.status)]
    current = current_assessment(policy.account)
    if current is None or current.pk != policy.assessment_id:
        return "Your risk answers have changed or run out since this was drafted. Draft it again."
    if current.review == RiskAssessment.Review.WAITING:
        return (
            "Two of your answers don’t go together yet. Settle them, or wait until an adviser has "
            "looked at them; then you can sign."
        )
    if policy.needs_approval and policy.approved_at is None:
        return "An adviser looks at this policy first. We write to you as soon as you can sign."
    if policy.checked_at is None and not _has_active(policy):
        return "This policy is still being checked. That takes a minute; then you can sign."
    return ""


def _has_active(policy: Policy) -> bool:
    return Policy.objects.filter(account_id=policy.account_id, status=Policy.Status.ACTIVE).exists()


@transaction.atomic
def accept_policy(
    policy: Policy, *, ip: str, user_agent: str, text_sha256: str | None = None
) -> Policy:
    """Sign the exact text that was shown. `text_sha256` is the hash the page carried; None when
    the caller shows this very row.

    Raises CannotAccept when the text is stale, unchecked or already signed. Who may sign, and
    that the disclosures came first, is the view's guard.
    """
    Account.objects.select_for_update().get(pk=policy.account_id)
    policy = (
        Policy.objects.select_for_update(of=("self",)).select_related("account").get(pk=policy.pk)
    )
    if problem := why_not_acceptable(policy):
        raise CannotAccept(problem)
    if text_sha256 is not None and text_sha256 != policy.text_sha256:
        raise CannotAccept("The text has changed since you opened it. Here is the current one.")
    policy.signature = sign(
        account=policy.account,
        slug="investment-policy",
        version=str(policy.version),
        title="Investment policy statement",
        body=policy.text,
        kind="policy",
        statement=STATEMENT,
        ip=ip,
        user_agent=user_agent,
    )
    # One that was signed and not yet in force gives way to this one.
    Policy.objects.filter(account_id=policy.account_id, status=Policy.Status.ACCEPTED).update(
        status=Policy.Status.SUPERSEDED
    )
    policy.status = Policy.Status.ACCEPTED
    policy.accepted_at = timezone.now()
    policy.save(update_fields=["signature", "status", "accepted_at"])
    policy.poke()
    keep_projections(policy.account)
    make_plan(policy.account)
    return policy


@transaction.atomic
def reject_policy(policy: Policy, *, by: User, note: str) -> Policy:
    """An adviser says no to a proposal, with a note for its reader. Raises CannotAccept when it
    doesn't wait for that."""
    policy = (
        Policy.objects.select_for_update(of=("self",)).select_related("account").get(pk=policy.pk)
    )
    if policy.status != Policy.Status.PROPOSED or not policy.needs_approval:
        raise CannotAccept("Only a proposal that waits for an adviser can be rejected.")
    policy.status, policy.refusal, policy.due_at = Policy.Status.WITHDRAWN, note, None
    policy.save(update_fields=["status", "refusal", "due_at"])
    audit.record("reject policy", actor=by, target=policy, account=policy.account)
    tell(
        account=policy.account,
        key=f"policy-rejected:{policy.pk}",
        title="Your adviser wants to talk about your policy",
        body="The draft can’t be signed as it stands. Your adviser left a note beside it.",
        url=reverse("portfolios:policy"),
        topic=Topic.PORTFOLIO,
    )
    return policy
