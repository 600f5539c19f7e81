"""What verification can come to: pages for the investor, companies, risk, suspension, expiry."""

import pytest

from tests.sandbox.person import Integrator


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def workflow(us: Integrator, account: str) -> dict:
    return us.api.get(f"/accounts/{account}/compliance").json()["data"]


def status(us: Integrator, account: str) -> str:
    return us.api.get(f"/accounts/{account}").json()["status"]


def decide(us: Integrator, account: str, decision: str):
    return us.home.post(f"/_sandbox/accounts/{account}/compliance", json={"decision": decision})


def sent_away(us: Integrator) -> tuple[str, str]:
    """An account whose investor is needed, and the page it is sent to."""
    made = us.api.post("/accounts", json=us.apply(last_name="Verify")).json()
    [url] = [c["verification_url"] for c in made["compliance_checks"] if c["verification_url"]]
    return made["id"], url


@pytest.mark.parametrize(
    ("result", "workflow_status", "account_status"),
    [
        ("approved", "approved", "ACTIVE"),
        ("declined", "rejected", "REJECTED"),
        ("needs_review", "pending_review", "PENDING"),
    ],
)
def test_verification_waits_for_the_investor_and_goes_on_with_what_the_page_finds(
    us, result, workflow_status, account_status
):
    account, url = sent_away(us)
    us.wait(hours=5)
    assert workflow(us, account)["workflow_status"] == "in_progress"
    left = us.home.post(
        url, params={"redirect-uri": "http://us.test/back?a=1"}, data={"result": result}
    )
    assert left.status_code == 303
    assert left.headers["Location"].startswith("http://us.test/back?a=1&inquiry-id=inq_")
    assert left.headers["Location"].endswith(f"&status={result}")
    assert workflow(us, account)["workflow_status"] == workflow_status
    assert status(us, account) == account_status


def test_the_page_counts_once_and_knows_only_its_own_checks(us):
    _, url = sent_away(us)
    assert us.home.post(url, data={"result": "nonsense"}).status_code == 400
    assert us.home.post(url, data={"result": "approved"}).status_code == 200
    assert "finished" in us.home.get(url).text
    assert "finished" in us.home.post(url, data={"result": "declined"}).text
    assert us.home.get("/verify/inq_00000000").status_code == 404
    assert us.home.get(url, params={"redirect-uri": "javascript:alert(1)"}).status_code == 400


def test_an_investor_who_never_comes_lets_the_verification_expire_and_may_start_again(us):
    account, _ = sent_away(us)
    us.wait(days=7)
    assert workflow(us, account)["workflow_status"] == "expired"
    assert status(us, account) == "INACTIVE"
    again = us.api.post(f"/accounts/{account}/compliance/restart").json()
    [url] = [c["verificationUrl"] for c in again["complianceChecks"] if c["verificationUrl"]]
    us.home.post(url, data={"result": "approved"})
    us.wait(5)
    assert status(us, account) == "ACTIVE"


def test_a_second_try_leaves_the_first_workflow_behind_as_expired(us):
    made = us.api.post("/accounts", json=us.apply(last_name="Verify")).json()
    account, first = made["id"], made["compliance_checks"][0]["workflow_id"]
    second = us.api.post(f"/accounts/{account}/compliance/restart").json()["workflowId"]
    path = f"/accounts/{account}/compliance/workflows"
    assert us.api.get(f"{path}/{first}").json()["status"] == "expired"
    shown = us.api.get(f"{path}/{second}").json()
    assert shown["status"] == "in_progress"
    assert {check["check_type"] for check in shown["checks"]} == {
        "identity_verification",
        "tax_id_verification",
        "screening",
        "risk_assessment",
    }


def test_a_prohibited_risk_is_refused_each_time_again(us):
    account = us.active_account(last_name="Prohibited")
    for _ in range(2):
        found = workflow(us, account)
        assert (found["workflow_status"], found["risk_level"]) == ("rejected", "prohibited")
        us.api.post(f"/accounts/{account}/compliance/restart")
        us.wait(5)
    assert decide(us, account, "approve").status_code == 409


def test_a_provider_in_trouble_leaves_an_error_for_a_person(us):
    account = us.active_account(last_name="Error")
    found = workflow(us, account)
    assert found["workflow_status"] == "pending_review"
    assert "error" in {check["status"] for check in found["checks"]}
    decide(us, account, "approve")
    assert status(us, account) == "ACTIVE"


def test_a_company_is_verified_as_one(us):
    made = us.api.post("/accounts", json=us.apply(account_type="corporate")).json()
    assert made["identity"]["party_type"] == "legal_entity"
    assert "business_verification" in {c["check_type"] for c in made["compliance_checks"]}
    us.wait(5)
    assert workflow(us, made["id"])["workflow_type"] == "kyb"
    assert status(us, made["id"]) == "ACTIVE"


def test_a_joint_account_is_opened_by_the_one_person_given(us):
    made = us.api.post("/accounts", json=us.apply(account_type="joint")).json()
    assert (made["account_type"], made["identity"]["party_type"]) == ("joint", "natural_person")
    us.wait(5)
    assert workflow(us, made["id"])["workflow_type"] == "kyc"


def test_a_suspended_account_keeps_its_money_and_moves_none(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "100.00", bank)
    us.wait(30)
    assert decide(us, account, "suspend").status_code == 200
    assert (status(us, account), workflow(us, account)["workflow_status"]) == (
        "SUSPENDED",
        "suspended",
    )
    refused = us.deposit(account, "100.00", bank)
    assert (refused.status_code, refused.json()["code"]) == (403, "BLUM-403-004")
    wallet = us.wallet(account)
    assert (wallet["balance"], wallet["status"]) == ("100.00", "suspended")
    assert decide(us, account, "suspend").status_code == 409
    decide(us, account, "reinstate")
    assert us.deposit(account, "100.00", bank).status_code == 201


def test_an_expired_verification_is_renewed_without_a_new_account_number(us):
    account = us.active_account()
    number = us.api.get(f"/accounts/{account}").json()["account_number"]
    decide(us, account, "expire")
    assert status(us, account) == "INACTIVE"
    assert us.api.post(f"/accounts/{account}/compliance/restart").status_code == 200
    assert status(us, account) == "PENDING"
    us.wait(5)
    shown = us.api.get(f"/accounts/{account}").json()
    assert (shown["status"], shown["account_number"]) == ("ACTIVE", number)


def test_an_account_has_no_number_before_it_is_verified(us):
    account = us.open_account()
    assert us.api.get(f"/accounts/{account}").json()["account_number"] is None


@pytest.mark.parametrize(
    ("payload", "result"),
    [
        ({"status": "approved"}, "clear"),
        ({"event_type": "inquiry.declined"}, "failed"),
        ({"status": "something new"}, "review_required"),
    ],
)
def test_a_submitted_result_is_read_from_what_the_provider_says(us, payload, result):
    made = us.api.post("/accounts", json=us.apply()).json()
    body = {
        "workflow_id": made["compliance_checks"][0]["workflow_id"],
        "check_type": "identity_verification",
        "provider_payload": payload,
    }
    answer = us.api.post(f"/accounts/{made['id']}/compliance/submit", json=body)
    assert answer.json()["status"] == result


def test_crypto_has_a_status_for_those_who_want_it(us):
    plain = us.active_account()
    assert us.api.get(f"/accounts/{plain}").json()["crypto_status"] is None
    body = us.apply(email="b@mail.test", enabled_assets=["us_equity", "crypto"])
    wants = us.api.post("/accounts", json=body).json()
    assert wants["crypto_status"] == "PENDING"
    us.wait(5)
    assert us.api.get(f"/accounts/{wants['id']}").json()["crypto_status"] == "ACTIVE"


def test_each_turn_of_a_verification_is_told(us):
    us.subscribe("account.*")
    account = us.active_account(last_name="Reject")
    us.api.post(f"/accounts/{account}/compliance/restart")
    us.wait(5)
    decide(us, account, "suspend")
    us.deliver()
    told = [(event["event"], event["data"]["status"]) for event, _, _ in us.received]
    assert told == [
        ("account.created", "PENDING"),
        ("account.updated", "REJECTED"),
        ("account.updated", "PENDING"),
        ("account.updated", "ACTIVE"),
        ("account.updated", "SUSPENDED"),
    ]
