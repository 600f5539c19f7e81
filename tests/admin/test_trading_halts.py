"""Staff stop trading and let it go on; an adviser decides on a rebalance."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from portfolios.models import Investment, Portfolio, TradingHalt
from robo.audit.models import Entry

START = reverse("admin:trading_halt_start")


def test_an_advisor_stops_one_clients_trading_and_nobody_elses(iris, maya, omar, furnish, at_desk):
    account, other = furnish(maya), furnish(omar)
    desk = at_desk(iris)
    assert desk.post(START, {"reason": "For everyone."}).status_code == 404
    assert desk.get(f"{START}?account={other.pk}").status_code == 404
    assert desk.post(f"{START}?account={account.pk}", {"reason": ""}).status_code == 422
    assert desk.post(f"{START}?account={account.pk}", {"reason": "A wish."}).status_code == 302
    halt = TradingHalt.objects.get(ended_at=None)
    assert (halt.account, halt.started_by, halt.reason) == (account, iris, "A wish.")
    assert list(TradingHalt.objects.of(other)) == []
    assert Entry.objects.get(action="stop trading").actor == iris
    page = desk.get(reverse("admin:accounts_account_change", args=[account.pk])).content.decode()
    assert "A wish." in page
    desk.post(reverse("admin:trading_halt_end", args=[halt.pk]))
    halt.refresh_from_db()
    assert halt.ended_by == iris


def test_a_supervisor_stops_everyones_trading_and_an_auditor_can_not(
    supervisor, colleague, maya, furnish, at_desk
):
    account = furnish(maya)
    looking = at_desk(colleague("ada@example.com", "auditor"))
    assert looking.post(START, {"reason": "No."}).status_code == 404
    desk = at_desk(supervisor)
    listed = reverse("admin:portfolios_tradinghalt_changelist")
    assert "Stop all trading" in desk.get(listed).content.decode()
    assert "Stop all trading" not in looking.get(listed).content.decode()
    desk.post(START, {"reason": "The exchange is down."})
    assert TradingHalt.objects.of(account).get().account is None
    assert (
        "The exchange is down."
        in looking.get(reverse("admin:portfolios_tradinghalt_changelist")).content.decode()
    )
    shown = reverse(
        "admin:portfolios_tradinghalt_change", args=[TradingHalt.objects.get(ended_at=None).pk]
    )
    assert "Let trading go on" in desk.get(shown).content.decode()
    assert "Let trading go on" not in looking.get(shown).content.decode()


@pytest.fixture
def drifted(maya, furnish):
    row = Portfolio.objects.get(account=furnish(maya))
    Investment.objects.filter(account=row.account).update(status="completed")
    row.value, row.needs_rebalancing = 1000, True
    row.allocation = {
        "equities": {"target": "60.00", "actual": "70.00", "drift": "10.00"},
        "fixed_income": {"target": "40.00", "actual": "30.00", "drift": "-10.00"},
    }
    row.analysis = {
        "at": datetime(2026, 11, 29, 15, tzinfo=UTC).isoformat(),
        "needs_rebalancing": True,
        "trades": [
            {"action": "sell", "symbol": "VTI", "notional": "100", "asset_class": "equities"},
            {"action": "buy", "symbol": "BND", "notional": "100", "asset_class": "fixed_income"},
        ],
        "tax_impact": {"estimated_short_term_gains": "3", "estimated_long_term_gains": "9"},
    }
    row.save()
    return row


def test_an_adviser_decides_on_a_rebalance_with_a_reason_the_client_reads(
    iris, drifted, at_desk, colleague
):
    url = reverse("admin:portfolio_rebalance", args=[drifted.pk])
    desk = at_desk(iris)
    answer = desk.get(url)
    fields = {"key": answer.context["key"], "shown": answer.context["shown"]}
    assert desk.post(url, {**fields, "reason": ""}).status_code == 422
    for _ in range(2):
        assert desk.post(url, {**fields, "reason": "It has gone far enough."}).status_code == 302
    run = Investment.objects.get(cause__startswith="rebalance:")
    assert (run.asked_by, run.agreed["reason"]) == (iris, "It has gone far enough.")
    assert drifted.account.notices.filter(title__startswith="Your adviser is bringing").count() == 1
    for group in ("auditor", "operations"):
        other = at_desk(colleague(f"{group}2@example.com", group))
        assert other.get(url).status_code == 404
