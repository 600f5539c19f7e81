"""Advisors say yes or no to policies, read plans, and see whether advice repeats."""

import pytest
from django.urls import reverse

from onboarding import advice
from onboarding.models import Advice
from portfolios.models import Policy
from portfolios.planning.questionnaire import load_questionnaire
from robo.audit.models import Entry

LIST = reverse("admin:portfolios_policy_changelist")


@pytest.fixture
def waiting(maya, furnish):
    """Maya's second policy, which an adviser must see first."""
    account = furnish(maya)
    return Policy.objects.create(
        account=account,
        assessment=account.risk_assessments.get(),
        version=2,
        level=6,
        content={},
        text="Investment policy statement\nVersion 2.",
        needs_approval=True,
        due_at=None,
    )


def approve(desk, policy):
    return desk.post(LIST, {"action": "approve", "_selected_action": [policy.pk]}, follow=True)


def decide(desk, policy, **fields):
    return desk.post(reverse("admin:policy_decide", args=[policy.pk]), fields)


def test_a_policy_waits_in_its_queue_until_the_advisor_approves(iris, waiting, at_desk):
    desk = at_desk(iris)
    queue = next(
        q
        for q in desk.get(reverse("admin:index")).context["queues"]
        if q.title == "Policies to approve"
    )
    assert queue.count == 1
    assert str(waiting.version) in desk.get(queue.url).content.decode()
    assert "1 policy approved" in approve(desk, waiting).content.decode()
    waiting.refresh_from_db()
    assert waiting.approved_by == iris
    assert Entry.objects.filter(action="approve policy", actor=iris).count() == 1
    assert waiting.account.notices.filter(title__startswith="Your adviser has looked").exists()


def test_a_rejection_needs_a_note_which_the_client_reads(iris, waiting, at_desk):
    desk = at_desk(iris)
    page = desk.get(reverse("admin:policy_decide", args=[waiting.pk])).content.decode()
    assert "Version 2." in page
    assert decide(desk, waiting, decision="reject", note="").status_code == 422
    decide(desk, waiting, decision="reject", note="The house comes first.")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.refusal) == ("withdrawn", "The house comes first.")
    assert Entry.objects.filter(action="reject policy", actor=iris).exists()


@pytest.mark.parametrize("group", ["auditor", "operations"])
def test_who_only_looks_does_not_decide(group, colleague, waiting, at_desk):
    desk = at_desk(colleague(f"{group}@example.com", group))
    approve(desk, waiting)
    assert decide(desk, waiting, decision="approve").status_code in {403, 404}
    waiting.refresh_from_db()
    assert waiting.approved_at is None


def test_an_advisor_decides_in_the_own_book_only(colleague, waiting, at_desk):
    desk = at_desk(colleague("elsewhere@example.com", "advisor"))
    approve(desk, waiting)
    assert decide(desk, waiting, decision="approve").status_code == 404
    assert desk.get(reverse("admin:policy_pdf", args=[waiting.pk])).status_code == 404
    waiting.refresh_from_db()
    assert waiting.approved_at is None


def test_the_clients_page_leads_to_the_decision_and_to_the_pdf(iris, waiting, at_desk):
    desk = at_desk(iris)
    url = reverse("admin:accounts_account_change", args=[waiting.account_id])
    page = desk.get(url).content.decode()
    assert reverse("admin:policy_decide", args=[waiting.pk]) in page
    assert "Plan versions" in page
    assert "Evidence of advice" in page
    made = desk.get(reverse("admin:policy_pdf", args=[waiting.pk]))
    assert made.content.startswith(b"%PDF-")


def repeat(desk, row):
    url = reverse("admin:onboarding_advice_changelist")
    return desk.post(url, {"action": "repeat", "_selected_action": [row.pk]}, follow=True)


def test_advice_is_repeated_from_its_page_and_says_whether_it_is_the_same(iris, waiting, at_desk):
    kept = advice.record(
        waiting.account,
        kind=Advice.Kind.RISK,
        about="risk:1",
        engine="1",
        assumptions="2026",
        inputs={
            "answers": {q.id: q.answers[1].id for q in load_questionnaire().required},
            "circumstances": {},
            "questionnaire": "default-risk-v1",
            "assumptions": "2026",
        },
    )
    desk = at_desk(iris)
    assert "the same comes out today" in repeat(desk, kept).content.decode()
    changed = Advice.objects.create(
        account=waiting.account,
        kind="risk",
        about="risk:2",
        engine="0",
        assumptions="2026",
        inputs=kept.inputs,
        outputs=kept.outputs | {"level": 11},
        sha256="1" * 64,
    )
    assert "differs today, in level" in repeat(desk, changed).content.decode()
    assert Entry.objects.filter(action="repeat advice").count() == 2
