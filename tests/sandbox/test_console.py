"""The console, the mail pages and the control API."""

import re
from email.message import EmailMessage

import pytest

from sandbox import mail
from sandbox.plaid import webhooks
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


def said(us: Integrator, path: str, **fields: str) -> str:
    """Press a button; returns what the page says about it."""
    done = us.home.post(path, data=fields)
    assert done.status_code == 303, done.text
    page = us.home.get(done.headers["Location"])
    assert page.status_code == 200
    return re.sub(r".*role=\"status\">(.*?)</p>.*", r"\1", page.text, flags=re.DOTALL)


def test_accounts_are_found_by_name_e_mail_and_state_and_come_fifty_a_page(us):
    for number in range(52):
        us.open_account(email=f"person{number}@mail.test", last_name=f"Brook{number}x")
    first = us.home.get("/accounts").text
    assert "1–50 of 52 accounts" in first
    assert "Brook1x" not in first
    assert "51–52 of 52 accounts" in us.home.get("/accounts?page=2").text
    for words in ("brook7x", "PERSON7@mail"):
        found = us.home.get("/accounts", params={"q": words}).text
        assert "Brook7x" in found
        assert "Brook8x" not in found
    assert "Nobody matches" in us.home.get("/accounts", params={"status": "REJECTED"}).text
    for odd in ("0", "-1", "999", "x", "²", "9" * 30):
        assert us.home.get("/accounts", params={"page": odd}).status_code == 200


def test_an_accounts_page_masks_who_it_is(us):
    account = us.active_account()
    page = us.home.get(f"/accounts/{account}").text
    given = us.api.get(f"/accounts/{account}").json()
    assert given["contact"]["phone_number"] not in page
    assert given["identity"]["date_of_birth"] not in page
    assert given["contact"]["street_address"][0] not in page
    assert given["contact"]["email_address"] in page


def test_orders_are_filled_in_part_and_rejected_by_hand(us):
    account = us.active_account()
    assert said(us, f"/accounts/{account}/cash", amount="1,000.00") == (
        "$1,000.00 is in the wallet, without a bank."
    )
    order = {"symbol": "VTI", "side": "buy", "type": "limit", "time_in_force": "gtc"}
    path = f"/trading/accounts/{account}/orders"
    one, two = (
        us.api.post(path, json={**order, "qty": "4", "limit_price": "10.00"}).json()["id"]
        for _ in range(2)
    )
    assert ">Fill<" in us.home.get("/").text
    words = said(us, f"/orders/{one}/fill", qty="1.5", price="$9.50")
    assert words == "1.5 VTI at $9.50: partially filled."
    assert "filled" in said(us, f"/orders/{one}/fill", price="9.00")
    assert "That didn&#39;t work" in said(us, f"/orders/{one}/fill")
    assert "rejected" in said(us, f"/orders/{two}/reject")
    assert us.api.get(f"/trading/orders/{two}").json()["status"] == "rejected"
    assert "must be a number" in said(us, f"/orders/{two}/fill", qty="many")


def test_a_bank_breaks_and_is_repaired_by_hand(us):
    us.account_with_bank()
    (bank,) = us.world.table("funding_sources")
    assert "linked again" in said(us, f"/funding-sources/{bank}", status="ERROR")
    assert ">Repair<" in us.home.get("/").text
    assert "works" in said(us, f"/funding-sources/{bank}", status="ACTIVE")
    assert "will fail" in said(us, f"/funding-sources/{bank}", status="UNLINKED")
    said(us, f"/funding-sources/{bank}", status="DISCONNECTED")
    assert "disconnected" in said(us, f"/funding-sources/{bank}", status="ACTIVE")
    assert us.home.post(f"/funding-sources/{bank}", data={"status": "x"}).status_code == 400


def test_the_market_falls_at_a_button_and_all_is_taken_back(us):
    def price(symbol: str) -> float:
        return float(us.api.get(f"/market-data/assets/{symbol}/quote").json()["data"]["price"])

    before, bonds = price("VTI"), price("BND")
    said(us, "/market/moves/crash")
    assert price("VTI") == pytest.approx(before * 0.8, rel=0.001)
    words = said(us, "/market/move", scope="BND", percent="−3 %", days="10")
    assert words == "BND moved by −3.00 %, fading over 10 days."
    assert price("BND") == pytest.approx(bonds * 0.98 * 0.97, rel=0.001)
    assert "not zero" in said(us, "/market/move", scope="BND", percent="0")
    assert "choose what" in said(us, "/market/move", scope="XYZ", percent="5")
    said(us, "/market/calm")
    assert price("VTI") == before
    for span in ("month", "year", "five", "odd"):
        assert "View as table" in us.home.get("/market/VTI", params={"span": span}).text
    assert us.home.get("/market/NONE").status_code == 404


def test_faults_are_set_counted_and_ended_by_hand(us):
    words = said(us, "/faults", kind="status", status="503", route="/v1/accounts", count="1")
    assert words == "From now on: 503 as an error answer, for /v1/accounts."
    assert us.api.get("/accounts").status_code == 503
    page = us.home.get("/faults").text
    assert "struck 1 of 1 times, 0 left" in page
    said(us, "/faults/preset/down")
    assert us.api.get("/webhooks").status_code == 503
    assert "Everything answers 503" in us.home.get("/").text
    assert said(us, "/faults/preset/down/off", back="/") == "“Down” is off."
    assert us.api.get("/webhooks").status_code == 200
    assert "must be" in said(us, "/faults", kind="status", rate="7")
    said(us, "/faults/clear")
    assert us.home.get("/_sandbox/faults").json() == {"faults": []}


def test_webhooks_are_read_filtered_and_sent_again(us):
    us.subscribe("account.*")
    us.receiver_answers = 500
    account = us.open_account()
    us.deliver()
    us.wait(days=1)
    for _ in range(8):
        us.deliver()
        us.wait(hours=9)
    page = us.home.get("/deliveries", params={"status": "dead"}).text
    assert "account.created" in page
    assert "account.created" not in us.home.get("/deliveries?event=order.*").text
    (row, *_) = us.world.table("deliveries").values()
    detail = us.home.get(f"/deliveries/{row['id']}").text
    assert "answered 500" in detail
    assert "X-Bluum-Signature: t=" in detail
    assert account in detail
    us.receiver_answers = 200
    assert "sent once more" in said(us, "/deliveries/replay")
    assert "account.created" in us.deliver()
    assert us.home.get("/deliveries/none").status_code == 404


def test_plaids_webhooks_are_sent_again_too(us):
    hook = {"webhook_type": "ITEM", "webhook_code": "ERROR", "item_id": "i"}
    row = webhooks.queue(us.world, "http://us.test/plaid", hook)
    assert row is not None
    answers, got = [500], []

    def receive(url: str, body: bytes, headers: dict[str, str]) -> int:
        got.append(url)
        return answers[0]

    for _ in range(9):
        webhooks.send_due(us.world, receive)
        us.wait(hours=9)
    assert row["status"] == "dead"
    answers[0] = 200
    words = said(us, f"/deliveries/{row['id']}/replay", back="/deliveries?sender=plaid")
    assert "ITEM.ERROR" in words
    webhooks.send_due(us.world, receive)
    assert row["status"] == "delivered"
    assert us.home.post(f"/_sandbox/plaid/deliveries/{row['id']}/replay").status_code == 200
    assert us.home.post("/_sandbox/plaid/deliveries/none/replay").status_code == 404


def test_a_scenario_is_played_and_everything_forgotten_by_hand(us):
    words = said(us, "/scenarios/one_investor", amount="5000.00")
    assert words.startswith("Played “one investor”. 1 new account.")
    (account,) = us.world.table("accounts")
    page = us.home.get(f"/accounts/{account}").text
    assert "put in" in page
    month = re.search(r'statement\.pdf\?month=(\d{4}-\d\d)"', page)
    assert month is not None
    paper = us.home.get(f"/accounts/{account}/statement.pdf", params={"month": month[1]})
    assert paper.content.startswith(b"%PDF")
    assert us.home.get(f"/accounts/{account}/statement.pdf?month=1999-01").status_code == 404
    assert "from 0 to 3650" in said(us, "/scenarios/drift", days="-1")
    assert us.home.post("/scenarios/none").status_code == 404
    us.subscribe("*")
    assert "1 accounts" in us.home.get("/reset").text
    assert "registrations stayed" in said(us, "/reset")
    assert not us.world.table("accounts")
    assert len(us.world.table("webhooks")) == 1
    said(us, "/reset", webhooks="forget")
    assert not us.world.table("webhooks")


def test_the_clock_says_what_happened_on_the_way(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "50.00", bank)
    words = said(us, "/clock", step="hour")
    assert words == "It is Tue, Mar 10, 2026, 12:00 in New York. On the way: 1 deposit."
    assert "No money moved" in said(us, "/clock", step="open")
    assert us.world.clock.now().isoformat() == "2026-03-11T13:30:00+00:00"
    assert "can&#39;t go back" in said(us, "/clock", to="2020-01-01T00:00:00Z")
    assert "time ends" in said(us, "/clock", to="2100-01-01T00:00:00Z")
    assert us.home.post("/clock", data={"to": "soon"}).status_code == 400
    said(us, "/clock/follow")
    assert not us.world.clock.frozen
    said(us, "/clock/freeze")
    assert us.world.clock.frozen


def test_the_log_of_requests_hides_what_nobody_should_read_and_gives_curl(us):
    us.open_account(tax_id="536-22-1234")
    us.api.get("/accounts/none")
    page = us.home.get("/requests").text
    log = us.home.get("/_sandbox/requests").text
    for text in (page, log):
        assert "536-22-1234" not in text
        assert "sandbox-secret" not in text
    assert "curl -u &#34;$BLUUM_KEY:$BLUUM_SECRET&#34; -X POST" in page
    assert " ms, " in page
    wrong = us.home.get("/requests?kind=wrong").text
    assert "/v1/accounts/none" in wrong
    assert "POST /v1/accounts" not in wrong


@pytest.mark.parametrize("back", ["//evil.test", "https://evil.test/", "/\\evil.test", "evil", ""])
def test_no_button_leads_to_another_site(us, back):
    done = us.home.post("/clock", data={"step": "hour", "back": back})
    assert done.headers["Location"].startswith("/?said=")


def test_the_console_is_for_this_machine_and_not_for_other_sites_pages(us):
    far = {"REMOTE_ADDR": "203.0.113.9"}
    paths = [*PAGES, "/accounts/x", "/deliveries/x", "/mail/x"]
    client = us.app.test_client()
    for path in paths:
        assert client.get(path, environ_overrides=far).status_code == 403
    for path in ("/clock", "/reset", "/faults", "/market/calm", "/scenarios/crash", "/plaid-key"):
        answer = client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    policy = us.home.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_page_carries_no_script_of_its_own_and_no_style_but_data(us):
    us.home.post("/_sandbox/scenarios/one_investor")
    (account,) = us.world.table("accounts")
    for path in [*PAGES, f"/accounts/{account}"]:
        text = us.home.get(path).text
        assert not re.search(r"<script(?! src=)|<style| on\w+=", text)
        assert re.search(r"<title>.+ · Sandbox</title>", text)


def test_what_is_gone_is_told_in_a_page_with_a_way_on(us):
    for path in ("/accounts/none", "/mail/none", "/deliveries/none", "/market/NONE"):
        gone = us.home.get(path)
        assert gone.status_code == 404
        assert "This is no longer here" in gone.text
    odd = us.home.post("/clock", data={"step": "eon"})
    assert odd.status_code == 400
    assert "Nothing was changed" in odd.text
