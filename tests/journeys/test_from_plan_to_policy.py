"""From the front page to a policy in force, on a phone: what it takes is counted."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.journeys.care import hold_phone, look_on_phone
from tests.journeys.hands import Counting
from tests.journeys.stack import Stack, until
from tests.journeys.walk import LEVEL, Walk

pytestmark = pytest.mark.browser

MOST_QUESTIONS = 6
MOST_SCREENS_THAT_ASK = 12
MOST_PAGES = 13
"""All that come up on the way, also those that only tell something."""
MOST_TYPED_OR_CHOSEN = 30


def test_a_plan_before_sign_up_becomes_a_policy_with_little_left_to_answer(
    stack: Stack, walker: Callable[..., Walk], capsys: pytest.CaptureFixture[str]
) -> None:
    ada = walker(hands=Counting, look=look_on_phone)
    hold_phone(ada.page)
    hands = ada.hands
    assert isinstance(hands, Counting)
    pages = pages_seen(ada.page)
    asking: list[str] = []
    """Screens on which something is filled in, chosen or signed."""

    def answered(screen: str) -> None:
        asking.append(screen)

    ada.open("/")
    ada.look()
    ada.press(re.compile("^Retirement"))
    hands.chosen += 1
    answered("what it is for")
    questions = 1 + plan(ada, answered)
    assert questions <= MOST_QUESTIONS
    may_not_see_a_policy(ada, re.compile("/sign-in/"))

    ada.press("Open an account with this plan", "link")
    expect(ada.main).to_contain_text("Your plan comes along")
    ada.give_address("ada@example.com")
    answered("address and password")
    answered("code")
    may_not_see_a_policy(ada, re.compile("/open/name/"))
    ada.name_and_address("Ada", "Holm")
    answered("name and address")
    ada.tax_id()
    answered("tax id")
    ada.work_and_position()
    answered("work and position")
    may_not_see_a_policy(ada, re.compile("/open/agreements/"))
    ada.agree()
    ada.press("Sign and send")
    answered("check and sign")

    ada.arrive("How much up and down fits you?")
    from_plan = ada.main.locator("section", has_text="From your plan")
    for told in ("Leave it alone", "Grow"):
        expect(from_plan).to_contain_text(told)
    ada.choose(re.compile("^I can live with some ups and downs"))
    ada.choose("No", re.compile("^Will you need to take money out"))
    ada.choose(re.compile("^I know the basics"))
    ada.press("See my level")
    answered("what risk still asks")
    ada.arrive(LEVEL)
    expect(ada.main).to_contain_text("$900,000 by")
    ada.press("Set this goal")
    answered("level and goal")
    expect(ada.page.get_by_text("your policy is drafted from it")).to_be_visible()
    ada.sign_drafted_policy()
    answered("policy")
    until(lambda: in_force(stack), "Ada's policy in force")

    with capsys.disabled():
        print(
            f"\nfrom the front page to a signed policy: {len(pages)} pages, of which "
            f"{len(asking)} ask for something ({', '.join(asking)}); {hands.written} fields typed "
            f"into, {hands.chosen} choices, {hands.ticked} boxes to agree; pages: {pages}"
        )
    assert len(pages) <= MOST_PAGES
    assert len(asking) <= MOST_SCREENS_THAT_ASK, asking
    assert hands.written + hands.chosen <= MOST_TYPED_OR_CHOSEN


def plan(ada: Walk, answered: Callable[[str], None]) -> int:
    """The questions after what it is for; how many they are."""
    ada.arrive(re.compile("^Retirement: how much"))
    ada.write("How much, dollars", "900,000")
    ada.write("Add each month, dollars", "900")
    ada.press("Continue")
    answered("numbers")
    ada.arrive("How should it take ups and downs?")
    ada.choose(re.compile("^Leave it alone"))
    ada.choose(re.compile(r"^Grow\s*I accept"))
    ada.press("See my plan")
    answered("ups and downs")
    ada.arrive(re.compile(r"^In \d+ of 100 futures you have \$900,000"))
    return 5  # how much, by when, from what and each month stand in one sentence: counted as three


def pages_seen(page: Page) -> list[str]:
    """Fills with each page that comes up; a page that shows itself again is the same."""
    seen: list[str] = []

    def came(frame: Frame) -> None:
        path = urlsplit(frame.url).path
        if frame == page.main_frame and path.startswith("/") and seen[-1:] != [path]:
            seen.append(path)

    page.on("framenavigated", came)
    return seen


def may_not_see_a_policy(someone: Walk, sent_to: re.Pattern[str]) -> None:
    """In another tab: whoever asks for advice before its time is led to what comes first."""
    tab = someone.page.context.new_page()
    for path in ("/policy/", "/open/risk/rest/"):
        tab.goto(path)
        expect(tab).to_have_url(sent_to)
    tab.close()


def in_force(stack: Stack) -> bool:
    rows = stack.product.sql(
        "SELECT p.status FROM portfolios_policy p JOIN accounts_account a ON a.id = p.account_id "
        "JOIN accounts_user u ON u.id = a.user_id WHERE u.email = %s", "ada@example.com",
    )  # fmt: skip
    return [status for (status,) in rows] == ["active"]
