"""Answers that don't go together keep money out, in words; a goal is tried with the keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.care import NARROW, assert_accessible, look_on_phone
from tests.journeys.hands import Keyboard
from tests.journeys.stack import Stack
from tests.journeys.walk import LEVEL, Walk

pytestmark = pytest.mark.browser

FALL = re.compile("is worth .* after six months")


def test_answers_that_do_not_go_together_are_asked_about_and_keep_money_out(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    greta = walker(look=look_on_phone)
    greta.sign_in(stack.people["greta"]["email"])
    change_the_answer_about_a_fall(greta, "Sell all of it")
    greta.look()
    asked = greta.main.locator("#settle")
    expect(asked).to_contain_text("would sell everything after a fall of a fifth")
    expect(asked).to_contain_text("Until then no money goes in")

    greta.ask_for_deposit("250")
    greta.hands.press(greta.confirm_button)
    refused = greta.page.get_by_text("Money can go in as soon as your answers go together.")
    expect(refused).to_be_visible()
    greta.look()
    assert stack.sandbox.deposits(stack.people["greta"]["email"]) == []

    change_the_answer_about_a_fall(greta, "Leave it alone")
    expect(greta.main.locator("#settle")).to_have_count(0)
    greta.ask_for_deposit("250")
    greta.confirm_deposit()


def change_the_answer_about_a_fall(greta: Walk, answer: str) -> None:
    """In place, on the page of the level."""
    greta.open("/open/risk/result/")
    greta.arrive(LEVEL)
    row = greta.main.locator("dl.ledger > div").filter(has_text=FALL).first
    row.locator("summary").click()
    greta.hands.choose(row.get_by_role("radio", name=re.compile(f"^{answer}")))
    row.get_by_role("button", name="Save this answer").click()
    expect(
        greta.page.get_by_text("Changed. This is what your answers come to now.")
    ).to_be_visible()


def test_a_goal_is_tried_and_put_back_with_the_keyboard_alone(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    greta = walker(hands=Keyboard)
    greta.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    greta.sign_in(stack.people["greta"]["email"])
    greta.open("/goals/")
    greta.press(re.compile("Retirement"), "link")
    expect(greta.page).to_have_url(re.compile(r"/goals/\d+/$"))
    hands = greta.hands
    assert isinstance(hands, Keyboard)
    before = greta.page.get_by_role("heading", level=1).inner_text()
    monthly = greta.main.get_by_role("slider", name="Each month")
    expect(monthly).to_be_visible()
    hands.reach(monthly)
    for _ in range(3):
        greta.page.keyboard.press("PageUp")
    expect(greta.main.get_by_text("Not kept yet:")).to_be_visible()
    expect(greta.page.get_by_role("heading", level=1)).not_to_have_text(before)
    expect(monthly).to_be_focused()
    expect(greta.page).to_have_url(re.compile("monthly="))
    expect(monthly).to_be_in_viewport()
    typed = greta.main.get_by_role("textbox", name="Each month").input_value()
    assert float(typed.replace(",", "")) > 400
    assert_accessible(greta.page, "with a change tried")
    greta.press("Put it back", "link")
    expect(greta.page.get_by_role("heading", level=1)).to_have_text(before)
    expect(greta.main.get_by_text("Not kept yet:")).to_have_count(0)
