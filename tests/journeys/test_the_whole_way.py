"""A stranger opens an account, invests, and is found by an advisor, all on real parts."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys.care import look_closely
from tests.journeys.stack import Stack, until
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser

STRANGER = "nora@example.com"


def test_a_stranger_signs_up_invests_and_is_found_by_an_advisor(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    nora = walker(look=look_closely)
    nora.sign_up(STRANGER)
    nora.open_account("Nora", "Ash")
    nora.be_approved()
    nora.answer_risk_questions()
    nora.set_goal()
    nora.sign_policy()
    nora.link_bank()
    nora.ask_for_deposit("2,500")
    nora.confirm_deposit()
    nora.look()
    nora.see_it_invested()
    sees_what_bluum_holds(stack, nora)
    nora.set_up_auto_invest("200")
    next_run = bluums_next_run(stack)
    expect(nora.main).to_contain_text(next_run)
    home_answers(nora, next_run)
    for page in ("/goals/", "/policy/", "/money/banks/", "/money/activity/", "/account/"):
        nora.open(page)
        nora.look()

    samuel = walker()
    samuel.sign_in_as_staff(stack.people["samuel"])
    find_client(samuel, "Nora Ash")
    samuel.page.get_by_role("link", name="Assign advisor").click()
    samuel.page.get_by_label("Advisor").select_option(label=stack.people["iris"]["name"])
    samuel.page.get_by_role("button", name="Assign").click()
    expect(samuel.page.get_by_text("Nora Ash is with Iris Novak now.")).to_be_visible()

    iris = walker()
    iris.sign_in_as_staff(stack.people["iris"])
    find_client(iris, "Nora Ash")
    look_closely(iris.page)
    expect(iris.page.locator("#portfolio")).to_contain_text("$2,")


def sees_what_bluum_holds(stack: Stack, nora: Walk) -> None:
    """The same funds and the same number of shares of each."""
    bluum = stack.sandbox
    account = bluum.account_of(STRANGER)
    (found,) = bluum.get(f"/v1/wealth/accounts/{account}/portfolios")["portfolios"]
    place = f"/v1/wealth/accounts/{account}/portfolios/{found['portfolio_id']}"
    rows = bluum.get(f"{place}/holdings")["holdings"]
    held = {row["symbol"]: Decimal(str(row["quantity"])) for row in rows}
    assert len(held) > 2
    funds = nora.main.locator("#holdings").get_by_role("link", name=re.compile(r"^[A-Z]{2,5}\b"))

    def listed() -> bool:
        nora.open("/portfolio/")
        return funds.count() == len(held)

    until(listed, f"the portfolio lists {held}")
    nora.look()
    for symbol, quantity in held.items():
        nora.open(f"/portfolio/{symbol}/")
        shares = nora.main.locator("dl.ledger > div").filter(has_text="Shares").locator("dd")
        shown = Decimal(shares.first.inner_text().replace(",", ""))
        assert abs(shown - quantity) <= Decimal("0.000001")


def bluums_next_run(stack: Stack) -> str:
    """The day of the schedule's next run, as pages write days."""
    account = stack.sandbox.account_of(STRANGER)
    (schedule,) = stack.sandbox.get(f"/v1/wealth/accounts/{account}/auto-invest")["schedules"]
    moment = datetime.fromisoformat(schedule["next_execution"])
    day = moment.astimezone(ZoneInfo("America/New_York"))
    return f"{day:%b} {day.day}"


def home_answers(nora: Walk, next_run: str) -> None:
    """On track or not, what changed, what comes next, what to do."""
    nora.open("/home/")
    expect(nora.page.get_by_role("heading", level=1)).to_contain_text(re.compile("on track|goal"))
    answers: Any = nora.main.locator("dl.brief > div")
    for name, answer in (("Changed", "$2,500"), ("Next", next_run), ("To do", "")):
        expect(answers.filter(has_text=name).first).to_contain_text(answer)
    nora.look()


def find_client(someone: Walk, name: str) -> None:
    """By the start of the name, then their page."""
    someone.open("/admin/accounts/account/")
    search = someone.page.get_by_role("searchbox").or_(someone.page.locator("[name=q]")).first
    search.fill(name.split()[0])
    search.press("Enter")
    someone.page.get_by_role("link", name=name).first.click()
    expect(someone.page.locator(".bo-title")).to_contain_text(name)
