"""What pages need to know of an account at once: five queries, shared by home and its agenda."""

from functools import cached_property

from accounts.models import Account
from onboarding.agenda import current_assessment
from onboarding.models import InvestorProfile, RiskAssessment
from portfolios import outlook
from portfolios.models import Goal, Investment, Policy, Portfolio

SIGNED = (Policy.Status.ACTIVE, Policy.Status.ACCEPTED)


class Snapshot:
    """An account's rows, each kind read once. For drawing one page, not for deciding anything."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @cached_property
    def every_goal(self) -> list[Goal]:
        return list(Goal.objects.filter(account=self.account))

    @cached_property
    def profile(self) -> InvestorProfile | None:
        return InvestorProfile.objects.filter(account=self.account).first()

    @property
    def goals(self) -> list[Goal]:
        return [g for g in self.every_goal if g.status == Goal.Status.ACTIVE]

    @cached_property
    def policies(self) -> list[Policy]:
        """Newest first, without their texts."""
        return list(Policy.objects.filter(account=self.account).defer("text"))

    @property
    def proposed(self) -> Policy | None:
        return next((p for p in self.policies if p.status == Policy.Status.PROPOSED), None)

    @property
    def active(self) -> Policy | None:
        return next((p for p in self.policies if p.status == Policy.Status.ACTIVE), None)

    @property
    def signed(self) -> Policy | None:
        """In force, or signed and on its way there."""
        return next((p for p in self.policies if p.status in SIGNED), None)

    @cached_property
    def investments(self) -> list[Investment]:
        """The newest fifty."""
        return list(Investment.objects.filter(account=self.account).order_by("-created_at")[:50])

    @cached_property
    def portfolio(self) -> Portfolio | None:
        return Portfolio.objects.filter(account=self.account).first()

    @cached_property
    def assessment(self) -> RiskAssessment | None:
        return current_assessment(self.account)

    @cached_property
    def footing(self) -> outlook.Footing:
        signed = self.signed
        return outlook.footing(signed, None if signed else self.assessment, self.portfolio)


def snapshot(account: Account) -> Snapshot:
    """The snapshot of this account object: one per request, as the object is."""
    found: Snapshot | None = account.__dict__.get("_portfolios")
    if found is None:
        found = account.__dict__["_portfolios"] = Snapshot(account)
    return found
