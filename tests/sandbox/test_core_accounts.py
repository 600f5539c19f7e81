"""Opening an account, being verified, sending documents."""

import re

import pytest

from tests.sandbox.person import Integrator

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def workflow(us: Integrator, account: str) -> dict:
    return us.api.get(f"/accounts/{account}/compliance").json()["data"]


def upload(us: Integrator, account: str, name="passport.png", content=PNG, kind="id_verification"):
    media_type = "text/plain" if name.endswith(".txt") else "image/png"
    return us.api.post(
        f"/documents/accounts/{account}/upload",
        data={"document_type": kind},
        files={"file": (name, content, media_type)},
    )


def test_a_new_account_is_pending_then_verified_and_active_within_seconds(us):
    account = us.open_account()
    assert us.api.get(f"/accounts/{account}").json()["status"] == "PENDING"
    assert workflow(us, account)["workflow_status"] == "in_progress"
    us.wait(3)
    shown = us.api.get(f"/accounts/{account}").json()
    assert shown["status"] == "ACTIVE"
    assert shown["account_number"]
    assert workflow(us, account)["workflow_status"] == "approved"
    assert {check["status"] for check in workflow(us, account)["checks"]} == {"clear"}


def test_creation_hands_over_its_checks_and_later_reads_do_not(us):
    created = us.api.post("/accounts", json=us.apply()).json()
    assert {check["status"] for check in created["compliance_checks"]} == {"pending"}
    assert "compliance_checks" not in us.api.get(f"/accounts/{created['id']}").json()


def test_the_tax_id_is_never_returned_nor_kept(us):
    account = us.open_account(tax_id="900-11-2233")
    for path in (f"/accounts/{account}", "/accounts"):
        assert not re.search(r"(?<![\w-])(900-?11-?)?2233(?![\w-])", us.api.get(path).text)
    assert "900-11" not in us.world.dump()


def test_an_email_address_opens_one_account_whatever_its_case(us):
    us.open_account(email="maya@mail.test")
    answer = us.api.post("/accounts", json=us.apply(email="Maya@Mail.test"))
    assert (answer.status_code, answer.json()["code"]) == (409, "BLUM-409-001")


@pytest.mark.parametrize(
    ("change", "status", "failed"),
    [
        ({"date_of_birth": "2008-03-10"}, "approved", []),
        ({"date_of_birth": "2008-03-11"}, "rejected", ["identity_verification"]),
        ({"date_of_birth": "1897-01-01"}, "rejected", ["identity_verification"]),
        ({"tax_id": "000-00-0000"}, "rejected", ["tax_id_verification"]),
    ],
)
def test_who_is_no_adult_or_has_no_tax_id_is_found_out_by_the_verification(
    us, change, status, failed
):
    account = us.active_account(**change)
    workflow = us.api.get(f"/accounts/{account}/compliance").json()["data"]
    assert workflow["workflow_status"] == status
    assert [check["type"] for check in workflow["checks"] if check["status"] == "failed"] == failed


def test_an_advised_account_comes_with_one_active_portfolio(us):
    account = us.active_account()
    [portfolio] = us.api.get(f"/accounts/{account}").json()["portfolios"]
    assert portfolio["status"] == "active"


def test_last_name_reject_fails_identity_and_a_restart_then_succeeds(us):
    account = us.active_account(last_name="Reject")
    assert us.api.get(f"/accounts/{account}").json()["status"] == "REJECTED"
    assert workflow(us, account)["workflow_status"] == "rejected"
    again = us.api.post(f"/accounts/{account}/compliance/restart")
    assert again.json()["status"] == "IN_PROGRESS"
    assert us.api.get(f"/accounts/{account}").json()["status"] == "PENDING"
    us.wait(3)
    assert us.api.get(f"/accounts/{account}").json()["status"] == "ACTIVE"


def test_a_running_verification_cannot_be_restarted(us):
    account = us.open_account()
    answer = us.api.post(f"/accounts/{account}/compliance/restart")
    assert (answer.status_code, answer.json()["code"]) == (409, "BLUM-409-003")


def test_last_name_review_waits_until_a_person_decides(us):
    account = us.active_account(last_name="Review")
    us.wait(days=2)
    assert workflow(us, account)["workflow_status"] == "pending_review"
    assert workflow(us, account)["risk_level"] == "high"
    us.home.post(f"/_sandbox/accounts/{account}/compliance", json={"decision": "approve"})
    assert us.api.get(f"/accounts/{account}").json()["status"] == "ACTIVE"
    again = us.home.post(f"/_sandbox/accounts/{account}/compliance", json={"decision": "reject"})
    assert again.status_code == 409


def test_last_name_document_waits_for_a_readable_identity_document(us):
    account = us.active_account(last_name="Document")
    [identity] = [c for c in workflow(us, account)["checks"] if c["type"].startswith("identity")]
    assert identity["status"] == "review_required"
    assert workflow(us, account)["workflow_status"] == "pending_review"

    blurry = upload(us, account, "blurry.png").json()
    assert blurry["upload_status"] == "processing"
    us.wait(2)
    blurry = us.api.get(f"/documents/{blurry['document_id']}").json()
    assert blurry["upload_status"] == "rejected"
    assert "readable" in blurry["rejection_reason"]
    assert workflow(us, account)["workflow_status"] == "pending_review"

    upload(us, account)
    us.wait(2)
    assert us.api.get(f"/accounts/{account}").json()["status"] == "ACTIVE"
    listed = us.api.get(f"/documents/accounts/{account}/upload").json()
    assert [document["upload_status"] for document in listed] == ["approved", "rejected"]


def test_a_document_of_the_wrong_kind_does_not_verify_anyone(us):
    account = us.active_account(last_name="Document")
    upload(us, account, kind="w9_form")
    us.wait(2)
    assert workflow(us, account)["workflow_status"] == "pending_review"


def test_only_pictures_and_pdfs_of_ten_megabytes_are_taken(us):
    account = us.open_account()
    text = upload(us, account, "passport.txt", b"just text")
    assert (text.status_code, text.json()["code"]) == (400, "BLUM-400-003")
    large = upload(us, account, content=PNG + b"\0" * 10 * 1024 * 1024)
    assert (large.status_code, large.json()["code"]) == (400, "BLUM-400-008")
    kind = upload(us, account, kind="selfie")
    assert (kind.status_code, kind.json()["code"]) == (400, "BLUM-400-004")
    assert upload(us, account, content=b"%PDF-1.7 ...").status_code == 201


def test_a_file_that_is_no_picture_although_it_says_so_is_rejected(us):
    account = us.open_account()
    document = upload(us, account, "passport.png", b"just text").json()["document_id"]
    us.wait(3)
    read = us.api.get(f"/documents/{document}").json()
    assert (read["upload_status"], "can't be opened" in read["rejection_reason"]) == (
        "rejected",
        True,
    )


def test_a_document_can_be_deleted_while_it_is_read(us):
    account = us.open_account()
    document = upload(us, account).json()["document_id"]
    assert us.api.delete(f"/documents/{document}").status_code == 204
    us.wait(5)
    assert us.api.get(f"/documents/{document}").status_code == 404


def test_a_submitted_result_counts_once(us):
    account = us.open_account()
    first = us.api.get(f"/accounts/{account}").json()
    checks = us.api.post("/accounts", json=us.apply(email="b@mail.test")).json()
    body = {
        "workflow_id": checks["compliance_checks"][0]["workflow_id"],
        "check_type": "identity_verification",
        "provider_payload": {"status": "approved"},
    }
    path = f"/accounts/{checks['id']}/compliance/submit"
    assert us.api.post(path, json=body).json()["status"] == "clear"
    assert us.api.post(path, json=body).json()["code"] == "BLUM-409-003"
    foreign = us.api.post(f"/accounts/{first['id']}/compliance/submit", json=body)
    assert foreign.json()["code"] == "BLUM-404-001"


def test_an_account_moves_no_money_before_it_is_approved(us):
    account = us.open_account()
    answer = us.deposit(account, "100.00", "any")
    assert (answer.status_code, answer.json()["code"]) == (403, "BLUM-403-002")


def test_a_self_directed_account_sees_no_wealth_endpoint(us):
    account = us.active_account(management_type="self_directed")
    answer = us.api.get(f"/wealth/accounts/{account}/profile")
    assert (answer.status_code, answer.json()["code"]) == (403, "BLUM-403-004")
