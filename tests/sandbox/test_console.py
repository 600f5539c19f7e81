"""The console, the mail pages and the control API."""

from email.message import EmailMessage

import pytest

from sandbox import mail
from tests.sandbox.person import Integrator

PAGES = [
    "/", "/accounts", "/transfers", "/banks", "/market", "/market/VTI", "/faults", "/deliveries",
    "/deliveries?sender=plaid", "/mail", "/requests", "/reset",
]  # fmt: skip


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def post_mail(us: Integrator, text: str, subject: str = "Hello", to: str = "maya@mail.test") -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "robo@mail.test", to, subject
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p><script>alert(1)</script>", subtype="html")
    return str(mail.keep(us.world, "robo@mail.test", [to], bytes(message))["id"])


def test_every_page_answers_on_an_empty_and_on_a_busy_sandbox(us):
    for page in PAGES:
        assert us.home.get(page).status_code == 200
    us.subscribe("*")
    account, bank = us.account_with_bank(last_name="O'Hara")
    us.deposit(account, "100.02", bank)
    us.wait(30)
    us.deliver()
    post_mail(us, "Hi")
    us.home.post("/_sandbox/faults", json={"kind": "latency", "seconds": 0})
    for page in [*PAGES, f"/accounts/{account}"]:
        assert us.home.get(page).status_code == 200
    story = us.home.get(f"/accounts/{account}").text
    assert "Deposit of $100.02: failed (R01: insufficient funds)" in story
    assert us.home.get("/accounts/nobody").status_code == 404


def test_what_people_type_is_shown_and_never_run(us):
    account = us.open_account(last_name="<script>alert(1)</script>")
    for page in ("/", "/accounts", f"/accounts/{account}"):
        text = us.home.get(page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_a_person_decides_on_the_console(us):
    account = us.active_account(last_name="Review")
    assert ">Approve<" in us.home.get("/").text
    done = us.home.post(f"/accounts/{account}/decide", data={"decision": "approve"})
    assert done.status_code == 303
    assert us.api.get(f"/accounts/{account}").json()["status"] == "ACTIVE"
    assert ">Approve<" not in us.home.get("/").text
    again = us.home.post(f"/accounts/{account}/decide", data={"decision": "reject"})
    assert "decided" in us.home.get(again.headers["Location"]).text


def test_someone_asked_for_a_document_is_approved_by_sending_one(us):
    account = us.open_account()
    us.home.post(f"/accounts/{account}/decide", data={"decision": "document"})
    us.wait(10)
    assert us.api.get(f"/accounts/{account}").json()["status"] == "PENDING"
    us.api.post(
        f"/documents/accounts/{account}/upload",
        data={"document_type": "id_verification"},
        files={"file": ("id.pdf", b"%PDF-1.4", "application/pdf")},
    )
    us.wait(2)
    assert us.api.get(f"/accounts/{account}").json()["status"] == "ACTIVE"


def test_transfers_are_settled_failed_and_returned_on_the_console(us):
    account, bank = us.account_with_bank()
    one, two = (us.deposit(account, "50.00", bank).json()["deposit_id"] for _ in range(2))
    us.home.post(f"/transfers/{one}/settle")
    us.home.post(f"/transfers/{two}/fail", data={"code": "R10"})
    assert us.status(account, "deposit", one) == "completed"
    assert us.status(account, "deposit", two) == "failed"
    us.home.post(f"/transfers/{one}/return", data={"code": "R08"})
    shown = us.api.get(f"/accounts/{account}/deposits/{one}").json()
    assert (shown["status"], shown["failure_reason"]) == ("failed", "R08: payment stopped")
    late = us.home.post(f"/_sandbox/transfers/{one}/settle")
    assert (late.status_code, late.json()["code"]) == (409, "BLUM-409-003")


def test_the_console_shows_what_an_account_holds_and_why_it_was_bought(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "1000.00", bank)
    us.wait(9)
    order = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day"}
    bought = us.api.post(
        f"/trading/accounts/{account}/orders", json={**order, "notional": "400.00"}
    )
    assert bought.status_code == 201, bought.text
    us.wait(60)
    page = us.home.get(f"/accounts/{account}").text
    assert '<a href="/market/VTI">VTI</a>' in page
    assert "Order to buy VTI: filled" in page


def test_time_moves_on_from_the_console_and_never_back(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "50.00", bank)
    us.home.post("/clock", data={"step": "day", "back": "/transfers"})
    assert us.wallet(account)["balance"] == "50.00"
    before = us.home.get("/_sandbox/clock").json()["now"]
    back = us.home.post("/_sandbox/clock/set", json={"now": "2020-01-01T00:00:00Z"})
    assert back.status_code == 400
    assert us.home.post("/_sandbox/clock/advance", json={"days": -1}).status_code == 400
    assert us.home.get("/_sandbox/clock").json()["now"] == before
    later = us.home.post("/_sandbox/clock/set", json={"now": "2026-06-01T00:00:00Z"}).json()
    assert later["now"] == "2026-06-01T00:00:00.000000Z"


def test_a_mail_shows_its_code_large_and_its_html_caged(us):
    number = post_mail(us, "Your code is\n\nXK7-QPD\n\nIt works for three minutes.")
    page = us.home.get(f"/mail/{number}").text
    assert '<p class="code">XK7-QPD</p>' in page
    assert 'sandbox="allow-popups"' in page
    caged = us.home.get(f"/mail/{number}/html")
    assert "sandbox" in caged.headers["Content-Security-Policy"]
    assert "Hello" in us.home.get("/mail").text


def test_mail_is_found_by_its_reader_and_only_the_last_two_hundred_are_kept(us):
    first = post_mail(us, "First", to="Maya@mail.test")
    post_mail(us, "Other", to="omar@mail.test")
    found = us.home.get("/_sandbox/mail", params={"to": "maya@mail.test"}).json()["mails"]
    assert [each["id"] for each in found] == [first]
    for number in range(200):
        post_mail(us, str(number))
    assert len(us.home.get("/_sandbox/mail").json()["mails"]) == 200
    assert us.home.get(f"/mail/{first}").status_code == 404


def test_a_nonsense_fault_is_refused(us):
    assert us.home.post("/_sandbox/faults", json={"kind": "gremlins"}).status_code == 400
    assert us.home.post("/_sandbox/faults", json={"kind": "reset", "rate": "x"}).status_code == 400
    assert us.home.get("/_sandbox/faults").json() == {"faults": []}
