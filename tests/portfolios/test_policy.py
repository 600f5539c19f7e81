"""The policy: nothing is signed before its disclosures, its check and its exact words."""

import hashlib
import html
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, Signature
from onboarding.models import RiskAssessment
from portfolios import services
from portfolios.models import Goal, Policy
from robo import agenda, clients, work
from sandbox import faults
from sandbox.world import World
from tests.portfolios.conftest import assess, goal_of

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
