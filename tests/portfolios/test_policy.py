"""The policy: nothing is signed before its disclosures, its check and its exact words."""

import hashlib
import html
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, Signature
from onboarding.models import InvestorProfile, RiskAssessment
from portfolios import services
from portfolios.clauses import HEADING
from portfolios.models import Goal, Policy
from portfolios.services.policy import reject_policy
from robo import agenda, clients, work
from sandbox import faults
from sandbox.world import World
from tests.portfolios.conftest import assess, goal_of
from tests.portfolios.pdf_text import pdf_text, squeezed

Settle = Callable[..., int]


def accept(web: Client, policy: Policy, **changes: str) -> Any:
    return web.post(
        reverse("portfolios:policy-accept", args=[policy.pk]),
        {"text": policy.text_sha256, "agree": "on"} | changes,
        follow=True,
    )


def versions_at_bluum(account: Account) -> int:
    policy = clients.bluum().investment_policy
    return policy.retrieve(str(account.bluum_id)).version


def test_the_whole_way_from_draft_to_force(
    web: Client, account: Account, goal: Goal, settle: Settle
) -> None:
    web.post(reverse("portfolios:policy-propose"))
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "still being checked" in page
    assert "Sign policy version" not in page
    settle()
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "Sign policy version 1" in page
    accept(web, Policy.objects.get())
    settle()

    policy = Policy.objects.get()
    remote = clients.bluum().investment_policy.retrieve(str(account.bluum_id))
    assert policy.status == "active"
    assert policy.bluum_version == remote.version == 1
    target = remote.target_allocation["equities"].target_percent
    assert target == Decimal(policy.content["target_allocation"]["equities"]["target_percent"])


def test_the_words_signed_are_the_words_on_the_page(web: Client, proposal: Policy) -> None:
    page = web.get(reverse("portfolios:policy")).content.decode()
    section = page[
        page.index('id="policy-text"') : page.index("</div>", page.index('id="policy-text"'))
    ]
    shown = [html.unescape(text) for text in re.findall(r"<(?:h3|p)>(.*?)</(?:h3|p)>", section)]
    assert shown == [line for line in proposal.text.splitlines() if line]
    accept(web, proposal)

    signature = Signature.objects.get(kind="policy")
    assert signature.text.body == proposal.text
    assert signature.text.sha256 == hashlib.sha256(proposal.text.encode()).hexdigest()
    assert signature.statement in html.unescape(page)
    assert signature.ip == "127.0.0.1"


def test_a_stale_text_is_not_signed(web: Client, proposal: Policy) -> None:
    page = accept(web, proposal, text="0" * 64).content.decode()
    assert "The text has changed since you opened it." in page
    assert not Signature.objects.filter(kind="policy").exists()


def test_an_unticked_box_is_told_and_nothing_is_signed(web: Client, proposal: Policy) -> None:
    answer = web.post(
        reverse("portfolios:policy-accept", args=[proposal.pk]), {"text": proposal.text_sha256}
    )
    assert answer.status_code == 422
    assert "Tick the box to sign." in answer.content.decode()
    assert not Signature.objects.filter(kind="policy").exists()


def test_a_policy_is_signed_once(
    web: Client, proposal: Policy, account: Account, settle: Settle
) -> None:
    accept(web, proposal)
    page = accept(web, proposal).content.decode()
    settle()
    assert "You have signed this policy already." in page
    assert Signature.objects.filter(kind="policy").count() == 1
    assert versions_at_bluum(account) == 1


def test_an_unchecked_policy_is_not_signed(web: Client, account: Account, goal: Goal) -> None:
    made = services.propose_policy(account)
    page = accept(web, made).content.decode()
    assert "still being checked" in page
    assert not Signature.objects.filter(kind="policy").exists()


def test_without_disclosures_there_is_no_advice(client: Client, maya: Any) -> None:
    client.force_login(maya)
    account = accounts.account_of(maya)
    for url in (reverse("portfolios:policy"), reverse("portfolios:policy-propose")):
        answer = client.get(url) if url.endswith("policy/") else client.post(url)
        assert answer.status_code == 302
        assert answer.url == reverse("onboarding:start")
    assert not account.policies.exists()


def test_a_policy_needs_current_risk_answers(
    web: Client, proposal: Policy, assessed: RiskAssessment
) -> None:
    past = timezone.now() - timedelta(days=1)
    RiskAssessment.objects.filter(pk=assessed.pk).update(expires_at=past)
    page = accept(web, proposal).content.decode()
    assert "risk answers have changed or run out" in page
    assert not Signature.objects.filter(kind="policy").exists()


def test_without_risk_answers_or_a_goal_the_page_says_what_comes_first(
    web: Client, account: Account, settle: Settle
) -> None:
    assert "First, the risk questions" in web.get(reverse("portfolios:policy")).content.decode()
    assess(account)
    settle()
    assert "First, a goal" in web.get(reverse("portfolios:policy")).content.decode()
    web.post(reverse("portfolios:policy-propose"))
    assert not Policy.objects.exists()


def test_a_second_policy_acts_only_once_it_is_signed(
    web: Client, account: Account, policy: Policy, settle: Settle
) -> None:
    goal_of(account, name="Emergency", type="emergency", monthly_contribution=Decimal(900))
    titles = [item.title for item in agenda.things_to_do(Account.objects.get(pk=account.pk))]
    assert "Read and sign your policy" in titles
    assert account.notices.filter(title="A new version of your policy is ready").count() == 1
    settle()
    second = Policy.objects.get(version=2)
    assert second.status == "proposed"
    assert versions_at_bluum(account) == 1
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "What changes" in page
    assert "Against version 1" in page

    accept(web, second)
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "It is on its way to the custodian." in page
    assert "have changed since you signed" not in page
    settle()
    policy.refresh_from_db()
    second.refresh_from_db()
    assert (policy.status, second.status) == ("superseded", "active")
    assert versions_at_bluum(account) == 2


def test_proposing_again_without_a_change_keeps_the_proposal(
    proposal: Policy, account: Account
) -> None:
    assert services.propose_policy(account) == proposal


def test_a_refused_policy_is_told_plainly(
    web: Client, account: Account, goal: Goal, sandbox: World, settle: Settle
) -> None:
    faults.add(
        sandbox,
        {
            "route": "*/investment-policy",
            "method": "PUT",
            "kind": "status",
            "status": 400,
            "count": 1,
        },
    )
    services.propose_policy(account)
    settle()
    assert Policy.objects.get().status == "refused"
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "wasn’t accepted by the custodian" in page
    assert "Nothing was invested by it" in page


def test_a_crash_between_writing_and_saving_makes_one_version(
    account: Account, goal: Goal, sandbox: World, settle: Settle
) -> None:
    faults.add(
        sandbox,
        {"route": "*/investment-policy", "method": "PUT", "kind": "malformed", "count": 3},
    )
    services.propose_policy(account)
    work.run_due(Policy)
    assert Policy.objects.get().bluum_id is None
    settle()
    assert versions_at_bluum(account) == 1


def test_costs_are_told_in_dollars(web: Client, proposal: Policy) -> None:
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "On $20,000.00, a year costs $50.00" in html.unescape(page)


def test_every_version_can_be_read_again(web: Client, policy: Policy) -> None:
    listed = web.get(reverse("portfolios:policy-versions")).content.decode()
    assert "Version 1" in listed
    page = web.get(reverse("portfolios:policy-version", args=[policy.pk])).content.decode()
    assert policy.text_sha256[:16] in page


@pytest.mark.parametrize("years", [1, 3, 30])
def test_the_level_never_passes_the_risk_answers_nor_the_dates(
    account: Account, assessed: RiskAssessment, years: int
) -> None:
    from portfolios.planning import horizon
    from tests.portfolios.conftest import later

    goal_of(account, target_date=later(years), type="education")
    made = services.propose_policy(account)
    cap = horizon.level_for_stocks(horizon.stocks_cap(years, "education"))
    assert made.level <= assessed.level
    assert made.level <= cap


def text_of_page(web: Client) -> list[str]:
    page = web.get(reverse("portfolios:policy")).content.decode()
    section = page[page.index('id="policy-text"') :]
    section = section[: section.index("</div>")]
    return [html.unescape(text) for text in re.findall(r"<(?:h3|p)>(.*?)</(?:h3|p)>", section)]


def test_accepting_without_a_disclosure_names_the_missing_one(
    web: Client, proposal: Policy
) -> None:
    with connection.cursor() as cursor:  # signatures can't be taken back; this one never was
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM accounts_signature WHERE kind = 'form_crs'")
    answer = web.post(
        reverse("portfolios:policy-accept", args=[proposal.pk]),
        {"text": proposal.text_sha256, "agree": "on"},
    )
    assert answer.status_code == 409
    assert answer.context["missing"] == ["Client relationship summary (Form CRS)"]
    assert "Client relationship summary (Form CRS)" in answer.content.decode()
    assert not Signature.objects.filter(kind="policy").exists()


def test_every_clause_says_what_caused_it_and_leads_there(web: Client, proposal: Policy) -> None:
    clauses = web.get(reverse("portfolios:policy")).context["clauses"]
    assert [c.title for c in clauses] == [title for title, _ in proposal.sections]
    for clause in clauses[1:]:
        assert clause.note, clause.title
        assert clause.links, clause.title
        for _, url in clause.links:
            assert web.get(url).status_code == 200, url


def test_the_policys_pdf_says_what_the_page_says(web: Client, policy: Policy) -> None:
    answer = web.get(reverse("portfolios:policy-pdf", args=[policy.pk]))
    assert answer["Content-Type"] == "application/pdf"
    printed = squeezed(pdf_text(answer.content))
    for line in text_of_page(web):
        assert squeezed(line) in printed, (line, printed)
    assert policy.text_sha256 in printed
    assert squeezed("Signed on") in printed
    assert web.get(reverse("portfolios:policy-pdf", args=[policy.pk])).content == answer.content


def test_excluding_a_held_fund_shows_its_substitute_and_its_cost_before_signing(
    web: Client, account: Account, goal: Goal, settle: Settle
) -> None:
    InvestorProfile.objects.update_or_create(
        account=account, defaults={"wishes": {"excluded_securities": ["VTI"]}}
    )
    services.propose_policy(account)
    settle()
    page = html.unescape(web.get(reverse("portfolios:policy")).content.decode())
    assert "SCHB takes the place of VTI" in page
    assert re.search(r"at most \$\d+\.\d\d a year", page)


def test_the_comparison_lists_exactly_the_changed_clauses(
    web: Client, account: Account, policy: Policy, settle: Settle
) -> None:
    change_wishes(account, minimum_cash_percent="5")
    settle()
    second = Policy.objects.get(version=2)
    told = web.get(reverse("portfolios:policy-version", args=[second.pk])).context["differences"]
    old, new = dict(policy.sections), dict(second.sections)
    changed = {t for t in {*old, *new} if old.get(t) != new.get(t)} - {HEADING}
    assert {title for title, _, _ in told} == changed
    assert "Cash" in changed


def change_wishes(account: Account, **wishes: Any) -> None:
    profile, _ = InvestorProfile.objects.get_or_create(account=account)
    InvestorProfile.objects.filter(pk=profile.pk).update(wishes=profile.wishes | wishes)
    agenda.advice_changed(Account.objects.get(pk=account.pk))


def change_risk(account: Account) -> None:
    assess(account, risk_tolerance="conservative", reaction_to_loss="sell_immediately")


def change_goals(account: Account) -> None:
    goal_of(account, name="Emergency", type="emergency", target_amount=Decimal(9_000))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (change_risk, "Your risk answers came to level"),
        (change_goals, "You added a goal: Emergency."),
        (lambda account: change_wishes(account, excluded_securities=["VWO"]), "excluded funds"),
    ],
    ids=["risk", "goal", "preference"],
)
def test_a_change_proposes_one_new_version_and_says_why(
    change: Callable[[Account], None],
    why: str,
    web: Client,
    account: Account,
    policy: Policy,
    settle: Settle,
) -> None:
    change(account)
    settle()
    agenda.advice_changed(Account.objects.get(pk=account.pk))
    settle()
    assert [p.status for p in Policy.objects.order_by("version")] == ["active", "proposed"]
    page = html.unescape(web.get(reverse("portfolios:policy")).content.decode())
    assert "Why there is a new version" in page
    assert why in page


def test_a_proposal_nobody_needs_any_more_is_withdrawn(
    account: Account, policy: Policy, settle: Settle
) -> None:
    change_wishes(account, excluded_securities=["VWO"])
    settle()
    change_wishes(account, excluded_securities=[])
    settle()
    assert [p.status for p in Policy.objects.order_by("version")] == ["active", "withdrawn"]


def test_a_policy_that_an_adviser_must_see_waits_for_it(
    web: Client, proposal: Policy, iris: Any
) -> None:
    Policy.objects.filter(pk=proposal.pk).update(needs_approval=True)
    assert (
        "An adviser looks at this policy first"
        in web.get(reverse("portfolios:policy")).content.decode()
    )
    accept(web, proposal)
    assert not Signature.objects.filter(kind="policy").exists()
    services.approve_policy(Policy.objects.get(pk=proposal.pk), by=iris)
    accept(web, proposal)
    assert Signature.objects.filter(kind="policy").exists()


def test_a_rejected_policy_shows_the_advisers_note(
    web: Client, proposal: Policy, iris: Any
) -> None:
    Policy.objects.filter(pk=proposal.pk).update(needs_approval=True)
    reject_policy(proposal, by=iris, note="Let us talk about the house first.")
    page = html.unescape(web.get(reverse("portfolios:policy")).content.decode())
    assert "Let us talk about the house first." in page
    assert Policy.objects.get().status == "withdrawn"
    assert not Signature.objects.filter(kind="policy").exists()
