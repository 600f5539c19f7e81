"""Banks that are linked, break and go; return codes; deposits from outside; wires."""

import pytest

from sandbox import magic
from sandbox.nacha import RETURN_CODES
from tests.sandbox.person import Integrator


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def item(us: Integrator, account: str) -> dict:
    return us.api.get(f"/accounts/{account}/funding-sources").json()["data"]["items"][0]


def shown(us: Integrator, account: str, deposit: str) -> dict:
    return us.api.get(f"/accounts/{account}/deposits/{deposit}").json()


def by_hand(us: Integrator, account: str, method: str = "manual_bank_transfer") -> dict:
    body = {"amount": "900.00", "method": method}
    return us.api.post(f"/accounts/{account}/deposits", json=body).json()


def test_every_id_of_a_bank_names_it(us):
    account, _ = us.account_with_bank()
    login = item(us, account)
    bank = login["accounts"][0]
    for name in (login["id"], login["itemId"], bank["id"], bank["accountId"]):
        assert us.deposit(account, "10.00", name).status_code == 201
        found = us.api.get(f"/accounts/{account}/funding-sources/{name}").json()["data"]
        assert found["item"]["id"] == login["id"]
    options = {"item_id": login["itemId"], "account_id": login["accounts"][1]["accountId"]}
    body = {"amount": "10.00", "method": "ach", "plaid_options": options}
    made = us.api.post(f"/accounts/{account}/deposits", json=body).json()
    assert made["method_details"]["accountMask"] == login["accounts"][1]["mask"]


def test_a_transfer_can_bring_its_bank_along(us):
    account = us.active_account()
    token = us.home.post("/sandbox/public_token/create", json={}).json()["public_token"]
    body = {"amount": "10.00", "method": "ach_plaid", "plaid_options": {"public_token": token}}
    made = us.api.post(f"/accounts/{account}/deposits", json=body).json()
    assert (made["method"], made["method_details"]["accountMask"]) == ("ach", "0000")
    assert item(us, account)["status"] == "ACTIVE"


@pytest.mark.parametrize("path", ["plaid/connect", "connect"])
def test_a_public_token_may_be_spelled_as_in_the_notes(us, path):
    account = us.active_account()
    token = us.home.post("/sandbox/public_token/create", json={}).json()["public_token"]
    body = {"type": "plaid", "publicToken": token}
    answer = us.api.post(f"/accounts/{account}/funding-sources/{path}", json=body)
    assert answer.status_code == 200
    assert item(us, account)["accounts"]


def test_events_of_a_webhook_may_be_named_as_in_the_guides(us):
    body = {"name": "Us", "url": "https://us.test/hook", "events": ["order.*"]}
    made = us.api.post("/webhooks", json=body).json()["data"]["webhook"]
    assert len(made["eventTypes"]) == 5
    path = f"/webhooks/{made['id']}"
    changed = us.api.patch(path, json={"events": ["document.approved"]}).json()
    assert changed["data"]["webhook"]["eventTypeNames"] == ["document.approved"]


def test_the_oldest_word_for_a_social_security_number_is_understood(us):
    body = us.apply()
    body["identity"]["tax_id_type"] = "USA_SSN"
    assert us.api.post("/accounts", json=body).json()["identity"]["tax_id_type"] == "SSN"


def test_one_account_of_a_login_can_go_while_the_other_stays(us):
    account, first = us.account_with_bank()
    second = item(us, account)["accounts"][1]["id"]
    us.api.delete(f"/accounts/{account}/funding-sources/{first}")
    left = item(us, account)
    assert (left["status"], [each["id"] for each in left["accounts"]]) == ("ACTIVE", [second])
    assert us.deposit(account, "10.00", first).json()["details"]["field"] == "funding_source_id"
    assert us.deposit(account, "10.00", second).status_code == 201
    us.api.delete(f"/accounts/{account}/funding-sources/{second}")
    gone = item(us, account)
    assert (gone["status"], len(gone["accounts"])) == ("DISCONNECTED", 2)


def test_past_transfers_outlive_their_bank(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "10.00", bank).json()["deposit_id"]
    us.api.delete(f"/accounts/{account}/funding-sources/{item(us, account)['id']}")
    us.wait(30)
    found = shown(us, account, deposit)
    assert (found["status"], found["method_details"]["bankName"]) == (
        "completed",
        "First Platypus Bank",
    )


def test_a_revoked_login_cannot_be_brought_back_with_its_old_token(us):
    account = us.active_account()
    token = us.home.post("/sandbox/public_token/create", json={}).json()["public_token"]
    connect = f"/accounts/{account}/funding-sources/plaid/connect"
    us.api.post(connect, json={"public_token": token})
    us.api.delete(f"/accounts/{account}/funding-sources/{item(us, account)['id']}")
    again = us.api.post(connect, json={"public_token": token})
    assert (again.status_code, again.json()["details"]["field"]) == (400, "public_token")


def test_each_connect_adds_a_source_the_same_bank_too(us):
    account, _ = us.account_with_bank()
    token = us.home.post("/sandbox/public_token/create", json={}).json()["public_token"]
    connect = f"/accounts/{account}/funding-sources/plaid/connect"
    us.api.post(connect, json={"public_token": token})
    items = us.api.get(f"/accounts/{account}/funding-sources").json()["data"]["items"]
    assert len({each["id"] for each in items}) == 2
    assert len({each["institutionName"] for each in items}) == 1


def test_a_broken_bank_is_an_error_takes_no_transfer_and_can_be_repaired(us):
    account, bank = us.account_with_bank()
    us.home.post(f"/_sandbox/funding-sources/{bank}", json={"status": "ERROR"})
    data = us.api.get(f"/accounts/{account}/funding-sources").json()["data"]
    assert data["items"][0]["status"] == "ERROR"
    assert {row["status"] for row in data["funding_sources"]} == {"error"}
    assert us.deposit(account, "10.00", bank).json()["details"]["field"] == "funding_source_id"
    us.home.post(f"/_sandbox/funding-sources/{bank}", json={"status": "ACTIVE"})
    assert us.deposit(account, "10.00", bank).status_code == 201


def test_a_bank_without_an_ach_link_looks_well_until_a_transfer_fails(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "500.00", bank)
    us.wait(30)
    us.home.post(f"/_sandbox/funding-sources/{bank}", json={"status": "UNLINKED"})
    assert item(us, account)["status"] == "ACTIVE"
    deposit = us.deposit(account, "10.00", bank).json()["deposit_id"]
    body = {"amount": "20.00", "method": "ach", "funding_source_id": bank}
    out = us.api.post(f"/accounts/{account}/withdrawals", json=body).json()["withdrawal_id"]
    us.wait(30)
    assert "Link the bank again" in shown(us, account, deposit)["failure_reason"]
    assert us.status(account, "withdrawal", out) == "failed"
    assert us.wallet(account)["available_balance"] == "500.00"
    us.home.post(f"/_sandbox/funding-sources/{bank}", json={"status": "ACTIVE"})
    again = us.deposit(account, "10.00", bank).json()["deposit_id"]
    us.wait(30)
    assert shown(us, account, again)["status"] == "completed"


@pytest.mark.parametrize("kind", ["plaid", "manual"])
def test_the_list_can_be_asked_for_one_kind(us, kind):
    account, _ = us.account_with_bank()
    body = {
        "type": "manual",
        "bank_name": "Harbour Bank",
        "account_holder_name": "Nadia Okoro",
        "account_number": "0123459012",
        "currency": "NGN",
        "country": "NG",
        "bank_code": "901",
    }
    us.api.post(f"/accounts/{account}/funding-sources/connect", json=body)
    path = f"/accounts/{account}/funding-sources"
    data = us.api.get(path, params={"type": kind}).json()["data"]
    assert {row["type"] for row in data["funding_sources"]} == {kind}
    assert len(us.api.get(path).json()["data"]["items"]) == 2


def test_an_account_comes_with_three_wallets_and_moves_dollars_only(us):
    account, bank = us.account_with_bank()
    wallets = us.api.get(f"/accounts/{account}/wallets").json()["wallets"]
    assert [wallet["currency"] for wallet in wallets] == ["USD", "NGN", "KES"]
    assert len({wallet["wallet_id"] for wallet in wallets}) == 3
    refused = us.deposit(account, "10.00", bank, currency="NGN")
    assert refused.json()["details"]["field"] == "currency"


@pytest.mark.parametrize("code", ["R02", "R03", "R04", "R05", "R07", "R08", "R09", "R10", "R16"])
def test_an_amount_names_the_code_a_transfer_fails_with(us, code):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, f"1{code[1:]}.01", bank).json()["deposit_id"]
    us.wait(30)
    found = shown(us, account, deposit)
    assert (found["status"], found["failure_reason"]) == ("failed", f"{code}: {RETURN_CODES[code]}")
    assert found["completed_at"] is None
    assert found["method_details"]["alpacaStatus"] == "REJECTED"


@pytest.mark.parametrize(("amount", "code"), [("129.02", "R29"), ("120.02", "R20")])
def test_an_amount_names_the_code_a_deposit_is_returned_with(us, amount, code):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, amount, bank).json()["deposit_id"]
    us.wait(30)
    found = shown(us, account, deposit)
    assert (found["status"], found["failure_reason"][:3]) == ("failed", code)
    assert found["completed_at"]
    assert found["method_details"]["alpacaStatus"] == "RETURNED"


def test_a_late_return_comes_five_banking_days_after_completion(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "110.03", bank).json()["deposit_id"]
    us.wait(days=6, hours=22)  # Tuesday 11:00 to the Tuesday after, before 10:00
    assert shown(us, account, deposit)["status"] == "completed"
    assert us.wallet(account)["balance"] == "110.03"
    us.wait(hours=2)
    assert shown(us, account, deposit)["failure_reason"].startswith("R10")
    assert us.wallet(account)["balance"] == "0.00"


def test_a_transfer_that_stays_waits_for_a_decision(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "50.04", bank).json()["deposit_id"]
    us.wait(days=30)
    assert shown(us, account, deposit)["status"] == "pending"
    us.home.post(f"/_sandbox/transfers/{deposit}/fail", json={"code": "R16"})
    assert shown(us, account, deposit)["failure_reason"] == "R16: account frozen"


def test_a_withdrawal_is_returned_to_the_wallet(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "500.00", bank)
    us.wait(30)
    body = {"amount": "123.02", "method": "ach", "funding_source_id": bank}
    made = us.api.post(f"/accounts/{account}/withdrawals", json=body).json()
    us.wait(30)
    path = f"/accounts/{account}/withdrawals/{made['withdrawal_id']}"
    assert us.api.get(path).json()["failure_reason"].startswith("R23")
    assert us.wallet(account)["available_balance"] == "500.00"


def test_an_unknown_code_is_refused_and_the_known_ones_are_listed(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "10.00", bank).json()["deposit_id"]
    refused = us.home.post(f"/_sandbox/transfers/{deposit}/fail", json={"code": "R99"})
    assert (refused.status_code, refused.json()["code"]) == (400, "BLUM-400-004")
    listed = us.home.get("/_sandbox/magic").json()
    assert listed["codes"] == RETURN_CODES
    assert len(listed["inputs"]) == len(magic.TABLE)


@pytest.mark.parametrize("method", ["manual_bank_transfer", "wire"])
def test_money_from_outside_arrives_and_goes_through_the_rest_by_itself(us, method):
    account = us.active_account()
    deposit = by_hand(us, account, method)["deposit_id"]
    us.wait(days=3)
    assert shown(us, account, deposit)["status"] == "pending"
    us.home.post(f"/_sandbox/transfers/{deposit}/arrive")
    seen = [shown(us, account, deposit)["status"]]
    for seconds in (3, 2):
        us.wait(seconds)
        seen.append(shown(us, account, deposit)["status"])
    assert seen == ["processing", "received", "completed"]
    us.wait(days=7)
    assert us.wallet(account)["balance"] == "900.00"
    assert us.home.post(f"/_sandbox/transfers/{deposit}/arrive").status_code == 409


def test_a_deposit_by_hand_can_be_canceled_until_its_money_is_there(us):
    account = us.active_account()
    first, second = by_hand(us, account)["deposit_id"], by_hand(us, account)["deposit_id"]
    for deposit in (first, second):
        us.home.post(f"/_sandbox/transfers/{deposit}/arrive")
    cancel = f"/accounts/{account}/deposits/{first}/cancel"
    assert us.api.post(cancel).json()["status"] == "canceled"
    us.wait(3)
    late = us.api.post(f"/accounts/{account}/deposits/{second}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "BLUM-409-003")
    us.wait(30)
    assert us.wallet(account)["balance"] == "900.00"


def test_an_expiry_is_told_as_a_failure(us):
    us.subscribe("transfer.*")
    account = us.active_account()
    by_hand(us, account)
    us.wait(days=7)
    us.deliver()
    [started, ended] = [event for event, _, _ in us.received]
    assert started["event"] == "transfer.deposit.initiated"
    assert (ended["event"], ended["data"]["status"]) == ("transfer.deposit.failed", "expired")


def test_instructions_of_a_wire_are_no_pdf(us):
    account = us.active_account()
    deposit = by_hand(us, account, "wire")["deposit_id"]
    answer = us.api.get(f"/accounts/{account}/deposits/{deposit}/wire-details")
    assert (answer.status_code, answer.json()["code"]) == (400, "BLUM-400-001")


def test_a_wire_goes_to_the_only_bank_or_the_one_on_file(us):
    account = us.active_account()
    us.home.post(f"/_sandbox/accounts/{account}/cash", json={"amount": "500.00"})
    body = {"amount": "100.00", "method": "wire"}
    path = f"/accounts/{account}/withdrawals"
    assert us.api.post(path, json=body).json()["destination_details"]["bankName"] == "Bank on file"
    manual = {
        "type": "manual",
        "bank_name": "Harbour Bank",
        "account_holder_name": "Nadia Okoro",
        "account_number": "0123459012",
    }
    us.api.post(f"/accounts/{account}/funding-sources/connect", json=manual)
    sent = us.api.post(path, json=body).json()["destination_details"]
    assert sent == {"bankName": "Harbour Bank", "accountMask": "****9012"}
