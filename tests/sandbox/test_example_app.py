"""The calls of Bluum's public example application (spring 2026), in the order its pages make them.

It was written against Bluum's own servers, knows nothing of this sandbox, and reads what it gets
without asking whether it is there. Each test is one of its journeys: the paths, queries, bodies and
headers it sends, and the fields it reads, with the type it needs. `Content-Type: application/json`
goes with every request that it makes through its client, a body or not.
"""

import pytest

from tests.sandbox.person import START, Integrator

JSON = {"Content-Type": "application/json"}
APPLICATION = {
    "account_type": "trading",
    "contact": {
        "email_address": "demo@bank.test",
        "phone_number": "+15551234567",
        "street_address": ["123 Investment Ave"],
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94105",
        "country": "US",
    },
    "identity": {
        "first_name": "John",
        "last_name": "Doe",
        "date_of_birth": "1990-01-15",
        "tax_id": "444-55-4321",
        "tax_id_type": "SSN",
        "country_of_citizenship": "US",
        "country_of_birth": "US",
        "country_of_tax_residence": "US",
        "funding_source": ["employment_income"],
        "financial_profile": {
            "annual_income": {"min": "25000", "max": "99999"},
            "net_worth": {"min": "0", "max": "205000"},
            "liquid_net_worth": {"min": "0", "max": "50000"},
        },
    },
    "disclosures": {
        "employment_status": "employed",
        "is_control_person": False,
        "is_affiliated_exchange_or_finra": False,
        "is_politically_exposed": False,
        "immediate_family_exposed": False,
    },
    "agreements": [
        {
            "agreement": "account_agreement",
            "agreed": True,
            "signed_at": "2026-03-10T15:00:00.000Z",
            "ip_address": "127.0.0.1",
        }
    ],
}


class ExampleApp:
    """Sends what the application sends; answers what it gets."""

    def __init__(self) -> None:
        self.us = Integrator(market="always")

    def get(self, path, **params):
        return self._send("GET", path, params=params)

    def post(self, path, body=None):
        return self._send("POST", path, json=body)

    def put(self, path, body):
        return self._send("PUT", path, json=body)

    def patch(self, path, body):
        return self._send("PATCH", path, json=body)

    def delete(self, path, **params):
        return self._send("DELETE", path, params=params)

    def _send(self, method, path, params=None, json=None):
        more = {} if json is None else {"json": json}
        answer = self.us.api.request(method, path, params=params, headers=JSON, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sign_up(self, last_name="Doe", **more):
        identity = {**APPLICATION["identity"], "last_name": last_name}
        return self.post("/accounts", {**APPLICATION, "identity": identity, **more})

    def investor(self, **more):
        account = self.sign_up(**more)["id"]
        self.us.wait(5)
        return account

    def plaid_token(self):
        """What Plaid Link hands to the browser."""
        made = self.us.home.post("/sandbox/public_token/create", json={})
        return made.json()["public_token"]

    def linked(self, **more):
        account = self.investor(**more)
        body = {"type": "plaid", "public_token": self.plaid_token()}
        self.post(f"/accounts/{account}/funding-sources/connect", body)
        return account

    def rich(self, amount="5000.00", **more):
        account = self.linked(**more)
        [source, *_] = self.sources(account)
        body = {"amount": amount, "currency": "USD", "method": "ach"}
        self.post(f"/accounts/{account}/deposits", {**body, "funding_source_id": source["id"]})
        self.us.wait(30)
        return account

    def sources(self, account):
        return self.get(f"/accounts/{account}/funding-sources", type="all")["data"][
            "funding_sources"
        ]


@pytest.fixture
def app():
    return ExampleApp()


def number(text) -> float:
    """What `parseFloat` needs: text that begins with a number."""
    assert isinstance(text, str)
    return float(text)


def test_signing_up_shows_the_dashboard_once_the_account_is_active(app):
    made = app.sign_up()
    assert isinstance(made["id"], str)
    urls = [check["verification_url"] for check in made["compliance_checks"]]
    assert urls
    assert all(url is None for url in urls)
    pending = app.get(f"/accounts/{made['id']}")
    assert pending["status"] == "PENDING"
    assert number(pending["balance"]) == 0
    app.us.wait(5)
    active = app.get(f"/accounts/{made['id']}")
    assert active["status"] == "ACTIVE"
    assert number(active["last_equity"]) == 0
    assert active["portfolios"] == []
    assert active["account_type"] == "individual"


def test_an_account_that_needs_its_investor_sends_the_browser_away_and_gets_it_back(app):
    made = app.sign_up("Verify")
    [url] = [c["verification_url"] for c in made["compliance_checks"] if c["verification_url"]]
    back = "http://bank.test/invest"
    page = app.us.home.get(url, params={"redirect-uri": back})
    assert "John" in page.text
    left = app.us.home.post(url, params={"redirect-uri": back}, data={"result": "approved"})
    assert left.headers["Location"].startswith(back + "?")
    app.us.wait(5)
    assert app.get(f"/accounts/{made['id']}")["status"] == "ACTIVE"


@pytest.mark.parametrize(("name", "status"), [("Verify", "PENDING"), ("Reject", "REJECTED")])
def test_retry_verification_works_for_those_who_left_and_those_who_were_refused(app, name, status):
    account = app.investor(last_name=name)
    assert app.get(f"/accounts/{account}")["status"] == status
    again = app.post(f"/accounts/{account}/compliance/restart")
    assert all("verificationUrl" in check for check in again["complianceChecks"])
    urls = [c["verificationUrl"] for c in again["complianceChecks"] if c["verificationUrl"]]
    assert bool(urls) == (name == "Verify")
    assert app.get(f"/accounts/{account}")["status"] == "PENDING"


def test_an_account_that_is_not_known_is_404_and_clears_the_session(app):
    gone = app.us.api.get("/accounts/a975cd7c-ff3b-4f93-9263-27421bb56ed8", headers=JSON)
    assert gone.status_code == 404
    assert gone.json()["message"]


def test_linking_a_bank_through_plaid_shows_its_accounts_as_flat_rows(app):
    account = app.investor()
    made = app.post(f"/accounts/{account}/funding-sources/plaid/link-token", {})
    assert made["status"] == "success"
    assert made["data"]["link_token"].startswith("link-")
    body = {"type": "plaid", "public_token": app.plaid_token()}
    connected = app.post(f"/accounts/{account}/funding-sources/connect", body)
    rows = connected["data"]["funding_sources"]
    assert rows == app.sources(account)
    for row in rows:
        assert (row["type"], row["status"]) == ("plaid", "active")
        for name in ("id", "bank_name", "mask", "account_name", "currency", "created_at"):
            assert isinstance(row[name], str), name


def test_the_older_dialogs_read_items_with_their_accounts(app):
    account = app.investor()
    token = app.plaid_token()
    connect = f"/accounts/{account}/funding-sources/plaid/connect"
    assert app.post(connect, {"public_token": token})["status"] == "success"
    [item] = app.get(f"/accounts/{account}/funding-sources", type="plaid")["data"]["items"]
    for name in ("id", "itemId", "institutionId", "institutionName", "createdAt", "updatedAt"):
        assert isinstance(item[name], str), name
    assert item["status"] == "ACTIVE"
    for each in item["accounts"]:
        assert all(
            isinstance(each[name], str)
            for name in ("id", "accountId", "accountName", "accountType", "accountSubtype", "mask")
        )
    app.delete(f"/accounts/{account}/funding-sources/{item['id']}")
    assert {row["status"] for row in app.sources(account)} == {"disconnected"}


@pytest.mark.parametrize("currency", ["USD", "NGN"])
def test_a_bank_entered_by_hand_is_answered_as_a_list_of_one(app, currency):
    account = app.investor()
    body = {
        "type": "manual",
        "bank_name": "Chase Bank",
        "account_holder_name": "John Doe",
        "account_number": "0123456789",
        "bank_account_type": "CHECKING",
        "currency": currency,
        "country": "US" if currency == "USD" else "NG",
    }
    if currency == "NGN":
        banks = app.get("/lookup/nigerian-banks")["data"]["banks"]
        body.update(bank_name=banks[0]["name"], bank_code=banks[0]["code"])
    made = app.post(f"/accounts/{account}/funding-sources/connect", body)
    [row] = made["data"]["funding_sources"]
    assert (row["type"], row["status"], row["mask"]) == ("manual", "active", "6789")
    assert (row["bank_name"], row["currency"]) == (body["bank_name"], currency)
    app.delete(f"/accounts/{account}/funding-sources/{row['id']}", type="manual")
    assert [each["status"] for each in app.sources(account)] == ["disconnected"]


def test_a_deposit_names_the_login_by_plaids_id_and_shows_the_transfer(app):
    account = app.linked()
    [item] = app.get(f"/accounts/{account}/funding-sources", type="plaid")["data"]["items"]
    body = {
        "amount": "250.00",
        "currency": "USD",
        "description": "ACH Transfer deposit",
        "method": "ach",
        "funding_source_id": item["itemId"],
    }
    made = app.post(f"/accounts/{account}/deposits", body)
    assert isinstance(made["deposit_id"], str)
    assert (made["status"], made["method"], number(made["amount"])) == ("pending", "ach", 250)
    assert isinstance(made["method_details"]["transferId"], str)
    assert isinstance(made["method_details"]["alpacaStatus"], str)
    app.us.wait(30)
    assert number(app.get(f"/accounts/{account}")["balance"]) == 250


@pytest.mark.parametrize(
    ("method", "options"),
    [("manual_bank_transfer", "manual_options"), ("wire", "wire_options")],
)
def test_a_deposit_from_outside_answers_with_instructions(app, method, options):
    account = app.investor()
    body = {"amount": "900.00", "currency": "USD", "description": "x", "method": method}
    made = app.post(f"/accounts/{account}/deposits", {**body, options: {}})
    details = made["method_details"]
    assert made["status"] == "pending"
    assert made["expires_at"]
    if method == "wire":
        [funding] = details["fundingDetails"]
        names = ("bank_name", "account_number", "routing_code", "currency")
        assert all(isinstance(funding[name], str) for name in names)
    else:
        assert details["referenceCode"]
        names = ("bankName", "accountName", "accountNumber", "routingNumber", "swiftCode")
        assert all(isinstance(details["bankDetails"][name], str) for name in names)
        assert details["referenceCode"] in details["bankDetails"]["instructions"]


@pytest.mark.parametrize("method", ["ach", "wire"])
def test_a_withdrawal_goes_to_the_login_or_by_wire_to_the_bank_on_file(app, method):
    account = app.rich()
    body = {
        "amount": "100.00",
        "currency": "USD",
        "method": method,
        "description": f"{method} withdrawal of $100.00",
    }
    if method == "ach":
        [item] = app.get(f"/accounts/{account}/funding-sources", type="plaid")["data"]["items"]
        body["funding_source_id"] = item["id"]
    else:
        body["wire_options"] = {}
    made = app.post(f"/accounts/{account}/withdrawals", body)
    assert (made["status"], number(made["amount"])) == ("pending", 100)
    assert isinstance(made["withdrawal_id"], str)
    assert isinstance(made["method_details"]["transferId"], str)
    listed = app.get(f"/accounts/{account}/transactions", type="withdrawal", limit=10)
    [entry] = listed["transactions"]
    assert entry["transaction_id"] == made["withdrawal_id"]
    assert entry["type"] == "withdrawal"
    for name in ("created_at", "currency", "method", "description", "status"):
        assert isinstance(entry[name], str), name


def test_an_asset_is_found_looked_at_and_charted(app):
    found = app.get("/assets/search", q="apple", limit=50)["data"]
    assert "AAPL" in [row["symbol"] for row in found]
    listed = app.get("/assets/list", status="active", asset_class="us_equity", tradable="true")
    assert len(listed["data"]) > 20
    asset = app.get("/assets/AAPL", market="XNAS")["data"]
    assert (asset["symbol"], asset["tradable"], asset["status"]) == ("AAPL", True, "active")
    for name in ("price", "change", "changePercent", "previousClose", "bidPrice", "askPrice"):
        assert isinstance(asset[name], int | float), name
    quotes = app.get("/market-data/assets", symbols="AAPL,NOSUCH,VTI")["data"]
    assert {row["symbol"] for row in quotes} == {"AAPL", "VTI"}
    assert all(isinstance(row["price"], int | float) for row in quotes)
    bars = app.get("/assets/chart", symbol="AAPL", timeframe="1Day", limit=100)["data"]["bars"]
    assert len(bars) > 50
    assert all(isinstance(bars[0][name], int | float) for name in ("open", "high", "low", "close"))


def test_an_order_carries_the_account_along_and_turns_into_a_position(app):
    account = app.rich()
    order = {
        "symbol": "VTI",
        "side": "buy",
        "type": "market",
        "time_in_force": "day",
        "qty": "1.5000",
        "account_id": account,
    }
    made = app.post(f"/trading/accounts/{account}/orders", order)
    assert isinstance(made["id"], str)
    app.us.wait(5)
    [listed] = app.get(f"/trading/accounts/{account}/orders", symbol="VTI", side="buy", limit=5)
    assert listed["status"] == "filled"
    assert app.get(f"/trading/orders/{made['id']}")["id"] == made["id"]
    [position] = app.get(f"/trading/accounts/{account}/positions", non_zero_only="false")
    assert number(position["quantity"]) == 1.5
    for name in ("current_price", "average_cost_basis", "market_value", "unrealized_pl"):
        number(position[name])
    number(position["unrealized_pl_percent"])
    [filled] = app.get(f"/trading/accounts/{account}/orders", status="filled")
    assert filled["symbol"] == "VTI"
    limit = {**order, "type": "limit", "limit_price": "1.00"}
    assert app.post(f"/trading/accounts/{account}/orders", limit)["status"] == "accepted"


def advised(app):
    """The demo investor of its wealth pages has an advised account."""
    return app.rich(management_type="advised")


def policy():
    return {
        "risk_profile": {
            "risk_tolerance": "moderate_aggressive",
            "risk_score": 5,
            "volatility_tolerance": "medium",
        },
        "time_horizon": {"years": 15, "category": "long_term"},
        "investment_objectives": {
            "primary": "capital_appreciation",
            "secondary": ["tax_efficiency"],
            "target_annual_return": "7.00",
        },
        "target_allocation": {
            "equities": band("60.00", "50.00", "70.00"),
            "fixed_income": band("30.00", "20.00", "40.00"),
            "treasury": band("5.00", "0.00", "10.00"),
            "alternatives": band("5.00", "0.00", "10.00"),
        },
        "constraints": {
            "liquidity_requirements": {
                "minimum_cash_percent": "5.00",
                "emergency_fund_months": 6,
            },
            "tax_considerations": {"tax_loss_harvesting": True, "tax_bracket": "24"},
            "restrictions": {"excluded_sectors": ["tobacco"], "esg_screening": False},
            "rebalancing_policy": {
                "frequency": "semi_annually",
                "threshold_percent": "5.00",
                "tax_aware": True,
            },
        },
    }


def band(target, lowest, highest):
    return {"target_percent": target, "min_percent": lowest, "max_percent": highest}


def test_goals_are_added_changed_and_removed(app):
    goals = f"/wealth/accounts/{advised(app)}/goals"
    body = {
        "name": "Retire",
        "goal_type": "retirement",
        "target_amount": "500000",
        "target_date": "2050-01-01",
        "monthly_contribution": "800",
    }
    made = app.post(goals, body)
    assert number(made["target_amount"]) == 500000
    changed = app.put(f"{goals}/{made['goal_id']}", {**body, "name": "Retire early"})
    assert changed["name"] == "Retire early"
    one = app.get(f"{goals}/{made['goal_id']}", include_projections="true")
    assert one["goal_type"] == "retirement"
    [listed] = app.get(goals)["goals"]
    assert number(listed["current_amount"]) >= 0
    assert number(listed["progress_percent"]) >= 0
    app.delete(f"{goals}/{made['goal_id']}")
    assert app.get(goals)["goals"] == []


def test_life_events_and_outside_accounts_are_kept_and_removed(app):
    base = f"/wealth/accounts/{advised(app)}"
    event = {
        "name": "House",
        "event_type": "home_purchase",
        "expected_date": "2030-01-01",
        "estimated_cost": "400000",
    }
    undated = app.post(
        f"{base}/life-events", {**event, "expected_date": "2026-03-10T15:00:00.000Z"}
    )
    app.delete(f"{base}/life-events/{undated['event_id']}")
    made = app.post(f"{base}/life-events", event)
    app.put(f"{base}/life-events/{made['event_id']}", {**event, "linked_goal_id": None})
    [listed] = app.get(f"{base}/life-events", status="active")["life_events"]
    assert listed["event_id"] == made["event_id"]
    assert number(listed["estimated_cost"]) == 400000
    app.delete(f"{base}/life-events/{made['event_id']}")
    assert app.get(f"{base}/life-events", status="active")["life_events"] == []

    outside = {
        "name": "Chase",
        "account_type": "checking",
        "is_asset": True,
        "balance": "1200",
        "institution": "Chase",
    }
    made = app.post(f"{base}/external-accounts", outside)
    own = f"{base}/external-accounts/{made['external_account_id']}"
    assert number(app.put(own, {**outside, "balance": "900"})["balance"]) == 900
    assert app.get(own)["institution"] == "Chase"
    assert app.get(f"{base}/external-accounts", status="active", is_asset="true")[
        "external_accounts"
    ]
    app.delete(own)
    assert not app.get(f"{base}/external-accounts", status="active")["external_accounts"]


def test_a_policy_is_put_read_and_compared_with_the_portfolio(app):
    account = advised(app)
    path = f"/wealth/accounts/{account}/investment-policy"
    before = app.us.api.get(path, headers=JSON)
    assert before.status_code == 404
    assert app.put(path, policy())["risk_profile"]["risk_score"] == 5
    read = app.get(path)
    assert read["risk_profile"]["risk_tolerance"]
    assert read["time_horizon"]["years"] == 15
    equities = read["target_allocation"]["equities"]
    assert [number(equities[n]) for n in ("target_percent", "min_percent", "max_percent")] == [
        60,
        50,
        70,
    ]
    rules = read["constraints"]
    assert number(rules["liquidity_requirements"]["minimum_cash_percent"]) == 5
    assert rules["rebalancing_policy"]["frequency"] == "semi_annually"
    [portfolio] = app.get(f"/accounts/{account}")["portfolios"]
    found = app.post(f"{path}/validate", {"portfolio_id": portfolio["id"]})
    assert isinstance(found["is_compliant"], bool)
    results = found["validation_results"]
    assert isinstance(results["allocation_compliance"]["deviations"], list)
    assert isinstance(results["restriction_compliance"]["violations"], list)
    number(results["liquidity_compliance"]["current_cash_percent"])
    assert isinstance(found["recommended_actions"], list)


def test_the_invest_page_finds_its_portfolio_in_the_account_and_draws_it(app):
    account = advised(app)
    wealth = f"/wealth/accounts/{account}"
    app.put(f"{wealth}/investment-policy", policy())
    [active] = [p for p in app.get(f"/accounts/{account}")["portfolios"] if p["status"] == "active"]
    portfolio = f"{wealth}/portfolios/{active['id']}"
    summary = app.get(f"{portfolio}/summary", refresh_prices="true")
    for name in ("total_value", "cash_value", "positions_value", "unrealized_gain_loss"):
        number(summary["valuation"][name])
    number(summary["valuation"]["unrealized_gain_loss_percent"])
    for entry in summary["allocation"]["by_asset_class"]:
        assert number(entry["percent"]) >= 0
    assert isinstance(summary["rebalancing_status"]["needs_rebalancing"], bool)
    app.us.wait(days=10)
    for period in ("1w", "1m", "3m", "1y", "all"):
        shown = app.get(f"{portfolio}/performance", period=period, benchmark="SPY")
        history = shown["balance_history"]
        assert len(history["dates"]) == len(history["values"]) > 1
        assert all(isinstance(value, int | float) for value in history["values"])
    holdings = app.get(
        f"{portfolio}/holdings", refresh_prices="true", include_lots="true", group_by="none"
    )
    assert isinstance(holdings["holdings"], list)
    insights = app.get(f"{wealth}/insights", limit=10)["insights"]
    assert all(isinstance(i[n], str) for i in insights for n in ("insight_id", "title", "summary"))
    found = app.get(f"{wealth}/recommendations", type="all")["recommendations"]
    assert all(isinstance(r["rationale"], str) for r in found)


@pytest.mark.parametrize("context", [{}, {"include_positions": True}])
def test_the_assistant_answers_with_a_message(app, context):
    account = advised(app)
    body = {"message": "How am I doing?", "context": context}
    assert app.post(f"/wealth/accounts/{account}/assistant/chat", body)["message"]


def test_auto_invest_is_set_up_changed_paused_resumed_and_deleted(app):
    account = advised(app)
    app.put(f"/wealth/accounts/{account}/investment-policy", policy())
    [portfolio] = app.get(f"/accounts/{account}")["portfolios"]
    [item] = app.get(f"/accounts/{account}/funding-sources", type="plaid")["data"]["items"]
    base = f"/wealth/accounts/{account}/auto-invest"
    body = {
        "name": "Monthly",
        "portfolio_id": portfolio["id"],
        "funding_source_id": item["accounts"][0]["id"],
        "amount": "200",
        "currency": "USD",
        "frequency": "monthly",
        "schedule": {"time": "09:30", "day_of_month": 15},
        "allocation_rule": "ips_target",
        "start_date": START.date().replace(day=11).isoformat(),
    }
    made = app.post(base, body)
    assert made["id"] == made["auto_invest_id"]
    own = f"{base}/{made['auto_invest_id']}"
    weekly = {
        "name": "Weekly",
        "amount": "50",
        "frequency": "weekly",
        "schedule": {"time": "09:30", "day_of_week": 0},
        "allocation_rule": "ips_target",
    }
    changed = app.patch(own, weekly)
    assert (changed["frequency"], number(changed["amount"])) == ("weekly", 50)
    assert changed["schedule"]["day_of_week"] == 0
    assert app.post(f"{own}/pause")["auto_invest_id"] == made["auto_invest_id"]
    [paused] = app.get(base, status="paused")["schedules"]
    assert paused["status"] == "paused"
    assert app.post(f"{own}/resume")["name"] == "Weekly"
    shown = app.get(own)
    assert shown["status"] == "active"
    assert shown["next_execution"]
    app.delete(own)
    assert app.get(base, status="active")["schedules"] == []


def test_reinvesting_dividends_is_read_and_set(app):
    account = advised(app)
    [portfolio] = app.get(f"/accounts/{account}")["portfolios"]
    path = f"/wealth/accounts/{account}/portfolios/{portfolio['id']}/drip"
    assert isinstance(app.get(path)["enabled"], bool)
    wish = {
        "enabled": True,
        "reinvestment_rule": "portfolio_allocation",
        "minimum_amount": "10.00",
        "cash_sweep_enabled": True,
        "cash_sweep_threshold": "500.00",
    }
    assert app.put(path, wish)["reinvestment_rule"] == "portfolio_allocation"
