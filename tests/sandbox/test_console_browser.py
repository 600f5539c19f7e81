"""The console in a real browser: by keyboard, small and large, light and dark, without scripts."""

from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import browsers
from tests.sandbox.plaid_person import Sandbox, running

pytestmark = pytest.mark.browser

STORIES = ("one_investor", "pending_decisions", "transfers_in_every_state", "self_directed")
SIZES = ({"width": 1280, "height": 900}, {"width": 360, "height": 800})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        control = httpx.Client(base_url=f"{found.home}/_sandbox", timeout=60)
        for name in STORIES:
            control.post(f"/scenarios/{name}").raise_for_status()
        control.post("/faults/preset/lying_webhooks")
        control.post("/market/shocks", json={"scope": "equities", "factor": 0.9})
        control.close()
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=browsers.ensure(), args=browsers.ARGUMENTS
        )
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe_and_fits_a_phone(sandbox, page, scheme):
    page.emulate_media(color_scheme=scheme)
    account = next(iter(sandbox.world.table("accounts")))
    for path in (
        *("/", "/accounts", f"/accounts/{account}", "/transfers", "/banks", "/market"),
        *("/market/VTI", "/faults", "/deliveries", "/mail", "/requests", "/reset"),
    ):
        for size in SIZES:
            page.set_viewport_size(size)
            page.goto(sandbox.home + path)
            found = Axe().run(page).response["violations"]
            assert [(row["id"], row["nodes"][0]["html"]) for row in found] == [], path
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} scrolls sideways at {size['width']}"


def test_a_verification_is_approved_by_keyboard(sandbox, page):
    page.goto(sandbox.home)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    button = page.get_by_role("form", name="Decide about").first.get_by_role(
        "button", name="Approve"
    )
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("approved; the account is active")


def test_a_page_notices_by_itself_what_a_client_does(sandbox, page):
    page.goto(f"{sandbox.home}/requests")
    httpx.get(f"{sandbox.home}/v1/accounts/by-itself", auth=("sandbox-key", "sandbox-secret"))
    expect(page.get_by_text("/v1/accounts/by-itself").first).to_be_visible(timeout=15_000)


def test_all_that_matters_works_without_scripts(sandbox, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(sandbox.home)
    page.get_by_role("button", name="A week").click()
    expect(page.get_by_role("status")).to_contain_text("in New York")
    page.goto(f"{sandbox.home}/market")
    page.get_by_role("button", name="A crash").click()
    expect(page.get_by_role("status")).to_contain_text("lose a fifth")
    page.goto(f"{sandbox.home}/faults")
    page.get_by_role("button", name="All off").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing goes wrong on purpose")
    page.context.close()
