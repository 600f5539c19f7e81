"""Double clicks, the back button and old forms: one wish stays one wish."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.stack import Stack, until
from tests.journeys.test_when_things_break import at_bluum
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_double_click_or_going_back_makes_one_deposit(
    stack: Stack, walker: Callable[..., Walk], scripts: bool
) -> None:
    amount = "133.00" if scripts else "144.00"
    wanda = walker(scripts=scripts)
    wanda.sign_in(stack.people["wanda"]["email"])
    wanda.ask_for_deposit(amount)
    wanda.confirm_button.dblclick()
    expect(wanda.heading(re.compile(rf"^\${amount}"))).to_be_visible()
    place = wanda.page.url

    wanda.page.go_back()
    wanda.confirm_deposit()
    expect(wanda.page).to_have_url(place)
    expect(wanda.page.get_by_text("You’ve already asked for this deposit.")).to_be_visible()
    until(lambda: at_bluum(stack, amount), "the deposit at Bluum")
    unsent = "SELECT count(*) FROM funding_deposit WHERE amount = %s AND bluum_id IS NULL"
    until(lambda: stack.product.sql(unsent, amount) == [(0,)], "every wish sent")
    assert len(at_bluum(stack, amount)) == 1


def test_a_form_that_was_open_too_long_sends_nothing_and_loses_nothing(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    wanda = walker()
    wanda.watch.expected = {403}
    wanda.sign_in(stack.people["wanda"]["email"])
    wanda.open("/money/deposit/")
    wanda.write("Amount", "155")
    wanda.page.context.clear_cookies(name=re.compile("csrf"))
    wanda.press("Check the deposit")
    wanda.arrive("This form was open too long.")
    assert not at_bluum(stack, "155.00")
    wanda.press("Send it again")
    wanda.arrive("Deposit $155.00?")
    wanda.confirm_deposit()
    until(lambda: at_bluum(stack, "155.00"), "the deposit at Bluum")
