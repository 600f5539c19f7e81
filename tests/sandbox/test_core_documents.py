"""Documents: every kind, found again by kind and state, decided by name or by a person."""

import pytest

from tests.sandbox.person import Integrator

FILES = {
    "image/png": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    "image/jpeg": b"\xff\xd8\xff\xe0" + b"\0" * 64,
    "application/pdf": b"%PDF-1.7\n",
}


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def upload(us: Integrator, account: str, kind: str, name="paper.png", media="image/png") -> str:
    answer = us.api.post(
        f"/documents/accounts/{account}/upload",
        data={"document_type": kind},
        files={"file": (name, FILES[media], media)},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["document_id"])


def listed(us: Integrator, account: str, **filters: str) -> list[str]:
    rows = us.api.get(f"/documents/accounts/{account}/upload", params=filters).json()
    return [row["document_id"] for row in rows]


@pytest.mark.parametrize("media", list(FILES))
@pytest.mark.parametrize("kind", ["id_verification", "proof_of_address", "w9_form", "tax_document"])
def test_every_kind_is_taken_as_picture_or_pdf(us, kind, media):
    account = us.active_account()
    document = upload(us, account, kind, media=media)
    us.wait(3)
    shown = us.api.get(f"/documents/{document}").json()
    assert (shown["document_type"], shown["upload_status"]) == (kind, "approved")
    assert shown["rejection_reason"] is None


def test_the_list_is_newest_first_and_filtered_by_kind_and_state(us):
    account = us.active_account()
    first = upload(us, account, "w9_form")
    bad = upload(us, account, "id_verification", name="blurry.png")
    us.wait(3)
    last = upload(us, account, "w9_form")
    assert listed(us, account) == [last, bad, first]
    assert listed(us, account, document_type="w9_form") == [last, first]
    assert listed(us, account, status="processing") == [last]
    assert listed(us, account, status="rejected", document_type="w9_form") == []
    other = us.active_account(email="omar@mail.test")
    assert listed(us, other) == []


@pytest.mark.parametrize(("name", "words"), [("blurry.png", "readable"), ("expired.png", "valid")])
def test_a_rejected_document_says_why_and_may_be_sent_again_any_number_of_times(us, name, words):
    account = us.active_account()
    for _ in range(3):
        document = upload(us, account, "proof_of_address", name=name)
        us.wait(3)
        shown = us.api.get(f"/documents/{document}").json()
        assert shown["upload_status"] == "rejected"
        assert words in shown["rejection_reason"]
    good = upload(us, account, "proof_of_address")
    us.wait(3)
    assert us.api.get(f"/documents/{good}").json()["upload_status"] == "approved"


def test_a_person_decides_before_the_reader_does_and_only_once(us):
    us.subscribe("document.*")
    account = us.active_account()
    document = upload(us, account, "proof_of_address")
    path = f"/_sandbox/documents/{document}"
    us.home.post(path, json={"decision": "reject", "reason": "Too old."})
    assert us.api.get(f"/documents/{document}").json()["rejection_reason"] == "Too old."
    assert us.home.post(path, json={"decision": "approve"}).status_code == 409
    us.wait(3)
    us.deliver()
    [event] = [event for event, _, _ in us.received]
    assert event["event"] == "document.rejected"
    assert event["data"]["id"] == document


def test_a_deleted_document_is_gone_for_good(us):
    account = us.active_account()
    document = upload(us, account, "w9_form")
    assert us.api.delete(f"/documents/{document}").content == b""
    assert us.api.get(f"/documents/{document}").json()["code"] == "BLUM-404-001"
    assert us.api.delete(f"/documents/{document}").status_code == 404
    assert listed(us, account) == []
