"""The same way without scripts, and with the keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.hands import Keyboard
from tests.journeys.stack import Stack
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser


def test_everything_works_without_javascript(stack: Stack, walker: Callable[..., Walk]) -> None:
    piet = walker(scripts=False)
    piet.sign_up("piet@example.com")
    piet.open_account("Piet", "Lowe")
    piet.be_approved()
    piet.answer_risk_questions()
    piet.set_goal()
    piet.sign_policy()
    piet.link_bank()
    piet.ask_for_deposit("900")
    piet.confirm_deposit()
    stack.sandbox.run_the_bank("piet@example.com")
    piet.see_it_invested()
    piet.open("/portfolio/")
    piet.wait_for(piet.main.locator("#holdings").get_by_text("VTI").first)
    piet.set_up_auto_invest("75")
    piet.press("Pause")
    piet.wait_for(piet.heading("$75.00 is paused."))
    (deposit,) = stack.sandbox.deposits("piet@example.com")
    assert deposit["status"] == "completed"


def test_the_keyboard_alone_is_enough(stack: Stack, walker: Callable[..., Walk]) -> None:
    kim = walker(hands=Keyboard)
    kim.sign_up("kim@example.com")
    kim.open_account("Kim", "Sato")
    kim.be_approved()
    kim.answer_risk_questions()
    kim.set_goal()
    kim.sign_policy()
    kim.link_bank()
    kim.ask_for_deposit("640.50")
    kim.press("Change it")
    expect(kim.main.get_by_label("Amount", exact=True)).to_have_value("640.50")
    kim.write("Amount", "700")
    kim.press("Check the deposit")
    kim.confirm_deposit()
    expect(kim.heading(re.compile(r"^\$700\.00"))).to_be_visible()
