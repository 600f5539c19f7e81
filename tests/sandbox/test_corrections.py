"""A statement that is corrected: by hand alone, and everything at that close goes along."""

from decimal import Decimal

from tests.sandbox.investor import Investor

MARCH = {"period": "monthly", "start_date": "2026-03-01"}
APRIL = {"period": "monthly", "start_date": "2026-04-01"}


def test_a_corrected_month_ends_where_the_next_begins_and_still_adds_up():
    maya = Investor()
    maya.accept_policy()
    maya.invest("9000.00")
    maya.wait(days=60)
    path = f"/_sandbox/accounts/{maya.account}/statements/2026-03/correct"
    before = maya.get("/statements", **MARCH)
    assert maya.home.post(path, json={"amount": "0"}).status_code == 400
    assert maya.home.post(path, json={"amount": "-99999999"}).status_code == 400
    assert maya.home.post(path, json={"amount": "much"}).status_code == 400
    too_old = path.replace("2026-03", "2025-01")
    assert maya.home.post(too_old, json={"amount": "1"}).status_code == 404
    assert maya.home.post(path, json={"amount": "-12.50"}).status_code == 200
    after, april = maya.get("/statements", **MARCH), maya.get("/statements", **APRIL)
    off = Decimal("-12.50")
    for key in ("ending_value", "investment_returns", "net_change"):
        was, now = before["summary"][key], after["summary"][key]
        assert Decimal(str(now)) == Decimal(str(was)) + off, key
    assert april["summary"]["beginning_value"] == after["summary"]["ending_value"]
    assert after["statement_id"] == before["statement_id"]
    held = sum(Decimal(str(row["market_value"])) for row in after["holdings_end_of_period"])
    same = sum(Decimal(str(row["market_value"])) for row in before["holdings_end_of_period"])
    assert held == same + off
    gains = maya.get("/reports/pnl", start_date="2026-03-01", end_date="2026-03-31")["summary"]
    parts = ("realized_pnl", "unrealized_pnl", "dividend_income", "interest_income")
    total = sum(Decimal(str(gains[key])) for key in parts)
    assert total == Decimal(str(after["summary"]["investment_returns"]))
