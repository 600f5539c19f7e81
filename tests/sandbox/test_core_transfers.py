"""Linking a bank, moving money in and out."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sandbox import banking, ledger
from sandbox.errors import ApiError
from tests.sandbox.person import Integrator


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def linked(us: Integrator, account: str, redirect: str | None = "http://us.test/back?next=1"):
    """Walk through the hosted page as a person does; returns where it sends the browser."""
    link = us.api.post(
        f"/accounts/{account}/funding-sources/plaid/link-token", json={"enable_hosted_link": True}
    ).json()["data"]
    page = link["hosted_link_url"]
    query = {"redirect_uri": redirect} if redirect else {}
    assert "Continue" in us.home.get(page, params=query).text
    agreed = us.home.post(page)
    assert "First Platypus Bank" in us.home.get(agreed.headers["Location"]).text
    good = {"user": "user_good", "password": "pass_good"}
    assert us.home.post(f"{page}/bank/ins_109508", data=good).status_code == 303
    return us.home.post(f"{page}/accounts", data={"account": ["checking"]})


def test_the_hosted_page_leads_from_bank_to_accounts_and_back_with_a_token(us):
    account = us.active_account()
    back = linked(us, account).headers["Location"]
    assert back.startswith("http://us.test/back?next=1&public_token=public-sandbox-")
    token = back.rsplit("=", 1)[1]
    connect = f"/accounts/{account}/funding-sources/plaid/connect"
    item = us.api.post(connect, json={"public_token": token}).json()["data"]["item"]
    assert item["institutionName"] == "First Platypus Bank"
    assert [bank["mask"] for bank in item["accounts"]] == ["0000"]
    again = us.api.post(connect, json={"public_token": token}).json()["data"]["item"]
    assert again == item
    assert len(us.api.get(f"/accounts/{account}/funding-sources").json()["data"]["items"]) == 1


def test_a_wrong_password_is_told_and_no_account_means_no_way_on(us):
    account = us.active_account()
    page = us.api.post(
        f"/accounts/{account}/funding-sources/plaid/link-token", json={"enable_hosted_link": True}
    ).json()["data"]["hosted_link_url"]
    wrong = us.home.post(f"{page}/bank/ins_109508", data={"user": "user_good", "password": "no"})
    assert wrong.status_code == 422
    assert "not right" in wrong.text
    assert us.home.get(f"{page}/accounts").status_code == 302
    us.home.post(f"{page}/bank/ins_109508", data={"user": "user_good", "password": "pass_good"})
    nothing = us.home.post(f"{page}/accounts", data={})
    assert nothing.status_code == 422
    assert "at least one" in nothing.text


def test_cancelling_goes_back_without_a_token(us):
    account = us.active_account()
    page = us.api.post(
        f"/accounts/{account}/funding-sources/plaid/link-token", json={"enable_hosted_link": True}
    ).json()["data"]["hosted_link_url"]
    us.home.get(page, params={"redirect_uri": "http://us.test/back"})
    left = us.home.get(f"{page}/cancel")
    assert left.headers["Location"] == "http://us.test/back?cancelled=1"


def test_without_a_way_back_the_page_hands_the_token_to_the_window_around_it(us):
    account = us.active_account()
    page = linked(us, account, redirect=None)
    assert page.status_code == 200
    assert "data-message" in page.text
    assert "public-sandbox-" in page.text
    assert "window.Plaid" in us.home.get("/plaid/link.js").text


def test_a_link_expires_and_a_token_is_no_other_persons(us):
    maya, omar = us.active_account(), us.active_account(email="omar@mail.test")
    token = linked(us, maya).headers["Location"].rsplit("=", 1)[1]
    stolen = us.api.post(
        f"/accounts/{omar}/funding-sources/plaid/connect", json={"public_token": token}
    )
    assert (stolen.status_code, stolen.json()["details"]["field"]) == (404, "public_token")
    page = us.api.post(
        f"/accounts/{maya}/funding-sources/plaid/link-token", json={"enable_hosted_link": True}
    ).json()["data"]["hosted_link_url"]
    us.wait(hours=4)
    assert us.home.get(page).status_code == 404


def test_both_list_shapes_come_in_one_answer(us):
    account, bank = us.account_with_bank()
    data = us.api.get(f"/accounts/{account}/funding-sources", params={"type": "all"}).json()["data"]
    assert data["items"][0]["accounts"][0]["id"] == bank
    assert bank in [row["id"] for row in data["funding_sources"]]
    assert data["funding_sources"][0]["provider_id"] == data["items"][0]["itemId"]


def test_a_disconnected_bank_stays_on_record_and_takes_no_deposit(us):
    account, _ = us.account_with_bank()
    [item] = us.api.get(f"/accounts/{account}/funding-sources").json()["data"]["items"]
    gone = us.api.delete(f"/accounts/{account}/funding-sources/{item['id']}")
    assert gone.json()["status"] == "success"
    [item] = us.api.get(f"/accounts/{account}/funding-sources").json()["data"]["items"]
    assert item["status"] == "DISCONNECTED"
    refused = us.deposit(account, "100.00", item["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "BLUM-409-003")
    assert refused.json()["details"]["field"] == "funding_source_id"


def test_a_manual_bank_can_be_entered(us):
    account = us.active_account()
    answer = us.api.post(
        f"/accounts/{account}/funding-sources/connect",
        json={
            "type": "manual",
            "bank_name": "Harbour Bank",
            "account_holder_name": "Nadia Okoro",
            "account_number": "0123459012",
        },
    )
    assert answer.status_code == 201
    assert answer.json()["data"]["funding_source"]["mask"] == "9012"


def test_a_deposit_walks_through_its_states_into_the_wallet(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "2500.00", bank).json()
    seen = [deposit["status"]]
    for seconds in (4, 3, 2):
        us.wait(seconds)
        seen.append(us.status(account, "deposit", deposit["deposit_id"]))
    assert seen == ["pending", "processing", "received", "completed"]
    assert us.wallet(account)["available_balance"] == "2500.00"
    [entry] = us.api.get(f"/accounts/{account}/transactions").json()["transactions"]
    assert (entry["type"], entry["amount"]) == ("deposit", "2500.00")


def test_a_long_leap_in_time_dates_each_step_at_its_own_moment(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "2500.00", bank).json()
    us.wait(days=30)
    shown = us.api.get(f"/accounts/{account}/deposits/{deposit['deposit_id']}").json()
    created = datetime.fromisoformat(shown["created_at"])
    assert (datetime.fromisoformat(shown["received_at"]) - created).total_seconds() == 7
    assert (datetime.fromisoformat(shown["completed_at"]) - created).total_seconds() == 9


def test_without_a_source_the_only_bank_account_is_used_and_of_two_none(us):
    account = us.active_account()
    token = linked(us, account).headers["Location"].rsplit("=", 1)[1]
    missing = us.api.post(f"/accounts/{account}/deposits", json={"amount": "5.00", "method": "ach"})
    assert missing.json()["code"] == "BLUM-404-001"
    connect = f"/accounts/{account}/funding-sources/plaid/connect"
    us.api.post(connect, json={"public_token": token})
    body = {"amount": "5.00", "method": "ach"}
    assert us.api.post(f"/accounts/{account}/deposits", json=body).status_code == 201
    token = linked(us, account).headers["Location"].rsplit("=", 1)[1]
    us.api.post(connect, json={"public_token": token})
    assert us.api.post(f"/accounts/{account}/deposits", json=body).status_code == 400


@pytest.mark.parametrize(
    "amount", ["0.00", "0.99", "50000.01", "-5.00", "abc", "1e9", "10.005", 10]
)
def test_an_impossible_deposit_amount_is_refused_by_name(us, amount):
    account, bank = us.account_with_bank()
    answer = us.deposit(account, amount, bank)
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["details"]["field"]) == ("BLUM-400-005", "amount")


def test_a_deposit_ending_in_one_cent_fails_with_a_reason(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "100.01", bank).json()
    us.wait(30)
    shown = us.api.get(f"/accounts/{account}/deposits/{deposit['deposit_id']}").json()
    assert (shown["status"], shown["failure_reason"]) == ("failed", "R01: insufficient funds")
    assert us.wallet(account)["balance"] == "0.00"


def test_a_deposit_ending_in_two_cents_completes_and_is_taken_back(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "100.02", bank).json()["deposit_id"]
    us.wait(9)
    assert us.status(account, "deposit", deposit) == "completed"
    assert us.wallet(account)["balance"] == "100.02"
    us.wait(4)
    assert us.status(account, "deposit", deposit) == "failed"
    assert us.wallet(account)["balance"] == "0.00"


def test_a_returned_deposit_that_was_spent_is_repaid_by_the_next_one(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "100.02", bank)
    us.wait(9)
    body = {"amount": "60.00", "method": "ach", "funding_source_id": bank}
    out = us.api.post(f"/accounts/{account}/withdrawals", json=body).json()["withdrawal_id"]
    us.home.post(f"/_sandbox/transfers/{out}/settle")
    us.wait(4)
    assert us.wallet(account)["balance"] == "0.00"
    us.deposit(account, "100.00", bank)
    us.wait(9)
    assert us.wallet(account)["balance"] == "40.00"


def test_a_pending_deposit_can_be_canceled_and_a_moving_one_cannot(us):
    account, bank = us.account_with_bank()
    first = us.deposit(account, "100.00", bank).json()["deposit_id"]
    second = us.deposit(account, "200.00", bank).json()["deposit_id"]
    canceled = us.api.post(f"/accounts/{account}/deposits/{first}/cancel")
    assert canceled.json()["status"] == "canceled"
    us.wait(4)
    late = us.api.post(f"/accounts/{account}/deposits/{second}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "BLUM-409-003")
    us.wait(30)
    assert us.wallet(account)["balance"] == "200.00"


def test_a_manual_transfer_waits_with_bank_details_and_expires_after_a_week(us):
    account = us.active_account()
    body = {"amount": "900.00", "method": "manual_bank_transfer"}
    deposit = us.api.post(f"/accounts/{account}/deposits", json=body).json()
    path = f"/accounts/{account}/deposits/{deposit['deposit_id']}"
    assert deposit["method_details"]["referenceCode"]
    assert us.api.get(f"{path}/wire-details").content.startswith(b"%PDF-")
    other = us.api.post(f"/accounts/{account}/deposits", json=body).json()["deposit_id"]
    us.home.post(f"/_sandbox/transfers/{other}/settle")
    us.wait(days=7)
    assert us.api.get(path).json()["status"] == "expired"
    assert us.wallet(account)["balance"] == "900.00"


def test_a_withdrawal_holds_its_money_and_then_takes_it(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "500.00", bank)
    us.wait(9)
    body = {"amount": "300.00", "method": "ach", "funding_source_id": bank}
    withdrawal = us.api.post(f"/accounts/{account}/withdrawals", json=body).json()
    assert us.wallet(account)["available_balance"] == "200.00"
    assert us.wallet(account)["reserved_balance"] == "300.00"
    too_much = us.api.post(f"/accounts/{account}/withdrawals", json=body)
    assert (too_much.status_code, too_much.json()["code"]) == (422, "BLUM-422-001")
    us.wait(9)
    assert us.status(account, "withdrawal", withdrawal["withdrawal_id"]) == "completed"
    assert us.wallet(account)["balance"] == "200.00"
    assert us.wallet(account)["reserved_balance"] == "0.00"


@pytest.mark.parametrize("way", ["cancel", "fail"])
def test_a_withdrawal_that_ends_early_frees_its_money(us, way):
    account, bank = us.account_with_bank()
    us.deposit(account, "500.00", bank)
    us.wait(9)
    body = {"amount": "300.00", "method": "ach", "funding_source_id": bank}
    withdrawal = us.api.post(f"/accounts/{account}/withdrawals", json=body).json()["withdrawal_id"]
    if way == "cancel":
        us.api.post(f"/accounts/{account}/withdrawals/{withdrawal}/cancel")
    else:
        us.home.post(f"/_sandbox/transfers/{withdrawal}/fail", json={"code": "R02"})
    us.wait(30)
    assert us.wallet(account)["available_balance"] == "500.00"


def test_a_withdrawal_over_the_limit_says_so(us):
    account, bank = us.account_with_bank()
    body = {"amount": "50000.01", "method": "ach", "funding_source_id": bank}
    answer = us.api.post(f"/accounts/{account}/withdrawals", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "BLUM-422-005")


def test_transfers_are_filtered_newest_first_and_a_backward_range_is_refused(us):
    account, bank = us.account_with_bank()
    for amount in ("10.00", "20.00"):
        us.deposit(account, amount, bank)
        us.wait(days=1)
    deposits = f"/accounts/{account}/deposits"
    listed = us.api.get(deposits).json()
    assert [row["amount"] for row in listed["deposits"]] == ["20.00", "10.00"]
    day = us.api.get(deposits, params={"date_from": "2026-03-11"}).json()
    assert day["total"] == 1
    assert us.api.get(deposits, params={"status": "pending"}).json()["total"] == 0
    backward = {"date_from": "2026-03-11", "date_to": "2026-03-10"}
    assert us.api.get(deposits, params=backward).json()["code"] == "BLUM-400-007"


def test_another_accounts_deposit_does_not_exist(us):
    maya, bank = us.account_with_bank()
    omar = us.active_account(email="omar@mail.test")
    deposit = us.deposit(maya, "10.00", bank).json()["deposit_id"]
    assert us.api.get(f"/accounts/{omar}/deposits/{deposit}").status_code == 404
    assert us.api.post(f"/accounts/{omar}/deposits/{deposit}/cancel").status_code == 404


def test_at_real_pace_a_deposit_takes_banking_days():
    us = Integrator(pace="real")
    account = us.open_account()
    us.wait(minutes=3)
    token = us.home.post("/sandbox/public_token/create", json={}).json()["public_token"]
    us.api.post(
        f"/accounts/{account}/funding-sources/connect",
        json={"type": "plaid", "public_token": token},
    )
    [bank, _] = us.api.get(f"/accounts/{account}/funding-sources").json()["data"]["funding_sources"]
    deposit = us.deposit(account, "10.00", bank["id"]).json()["deposit_id"]
    us.wait(hours=2)
    assert us.status(account, "deposit", deposit) == "processing"
    us.wait(days=1)
    assert us.status(account, "deposit", deposit) == "received"
    us.wait(days=1)
    assert us.status(account, "deposit", deposit) == "completed"


def test_banks_rest_on_weekends_and_federal_holidays_only():
    friday_evening = datetime(2026, 7, 3, 22, 0, tzinfo=UTC)
    assert banking.banking_moment(friday_evening, 0) == datetime(2026, 7, 6, 14, 0, tzinfo=UTC)
    assert banking.is_banking_day(date(2026, 7, 3))  # the 4th is a Saturday
    assert not banking.is_banking_day(date(2026, 11, 26))
    assert not banking.is_banking_day(date(2027, 7, 5))  # the 4th is a Sunday


def test_a_wallet_never_goes_below_zero(us):
    account = us.active_account()
    ledger.post(us.world, account, "deposit", Decimal("10.00"), "test")
    hold = ledger.reserve(us.world, account, Decimal("8.00"), "test")
    with pytest.raises(ApiError):
        ledger.post(us.world, account, "withdrawal", Decimal("-2.01"), "test")
    ledger.capture(us.world, hold, "withdrawal", Decimal("7.50"))
    ledger.release(us.world, hold)
    assert us.wallet(account)["available_balance"] == "2.50"
