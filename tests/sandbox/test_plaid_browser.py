"""Link in a real browser: in a partner's page, by keyboard, small and large, light and dark."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from tests import browsers
from tests.sandbox.plaid_person import PlaidClient, Sandbox, running

pytestmark = pytest.mark.browser

PARTNER = """<!doctype html><html lang="en"><title>Fernwood</title><button id="go">Link</button>
<script src="{home}/plaid/link.js"></script>
<script>
  window.told = [];
  document.getElementById("go").onclick = () => Plaid.create({{
    token: "{token}",
    onSuccess: (token, metadata) => told.push({{token, metadata}}),
    onExit: (error, metadata) => told.push({{error, metadata}}),
  }}).open();
</script></html>"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def us(sandbox: Sandbox) -> Iterator[PlaidClient]:
    client = PlaidClient(sandbox.home)
    yield client
    client.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=browsers.ensure(), args=browsers.ARGUMENTS
        )
        yield found
        found.close()


@pytest.fixture
def partner(us: PlaidClient, browser: Browser) -> Iterator[Page]:
    """A partner's page with a button that opens Link."""
    token = us.link(products=["auth"], hosted=False).link_token
    text = PARTNER.format(home=us.home, token=token).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    yield page
    page.close()
    server.shutdown()
    server.server_close()


def inside(page: Page) -> FrameLocator:
    page.locator("#go").focus()
    page.keyboard.press("Enter")
    return page.frame_locator("dialog iframe")


def told(page: Page) -> list[dict[str, object]]:
    page.wait_for_function("told.length > 0")
    found: list[dict[str, object]] = page.evaluate("told")
    return found


def test_a_bank_is_linked_from_a_partners_page_with_the_keyboard_alone(partner):
    link = inside(partner)
    expect(link.get_by_role("heading", name="Fernwood Savings uses Plaid")).to_be_visible()
    link.get_by_role("button", name="Continue").focus()
    partner.keyboard.press("Enter")
    link.get_by_label("Search banks").focus()
    partner.keyboard.type("tart")
    expect(link.get_by_text("1 bank found")).to_be_visible()
    expect(link.get_by_role("listitem")).to_have_count(1)
    partner.keyboard.press("Tab")
    partner.keyboard.press("Enter")
    link.get_by_label("User name").focus()
    partner.keyboard.type("user_good")
    partner.keyboard.press("Tab")
    partner.keyboard.type("mfa_device")
    partner.keyboard.press("Enter")
    link.get_by_label("Code").focus()
    partner.keyboard.type("1234")
    partner.keyboard.press("Enter")
    link.get_by_role("button", name="Continue").focus()
    partner.keyboard.press("Enter")
    [answer] = told(partner)
    assert str(answer["token"]).startswith("public-sandbox-")
    assert answer["metadata"]["institution"]["name"] == "Tartan Bank"
    expect(partner.locator("dialog")).to_have_count(0)
    expect(partner.locator("#go")).to_be_focused()


def test_escape_asks_before_it_leaves_and_the_partner_hears_of_it(partner):
    link = inside(partner)
    link.get_by_role("heading").first.click()
    partner.keyboard.press("Escape")
    expect(link.get_by_role("heading", name="Leave without linking")).to_be_visible()
    link.get_by_label("I’ll do this later").check()
    link.get_by_role("button", name="Leave").click()
    [answer] = told(partner)
    assert answer["error"] is None
    assert answer["metadata"]["link_session_id"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "light")])
def test_every_page_reads_well(us, browser, width, scheme):
    """No fault that axe knows of, nothing wider than the screen."""
    context = browser.new_context(
        viewport={"width": width, "height": 780}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    start = us.link().hosted_link_url

    def look() -> None:
        found = Axe().run(page).response["violations"]
        assert [(page.url, each["id"]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def sign_in(password: str) -> None:
        page.goto(f"{start}/bank/ins_109508")
        page.get_by_label("User name").fill("user_good")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        look()

    for path in ("", "/banks", "/bank/ins_109508", "/bank/ins_132361", "/leave"):
        page.goto(start + path)
        look()
    for password in ("wrong", "mfa_device", "pass_good"):
        sign_in(password)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your bank is linked")).to_be_visible()
    look()
    context.close()
