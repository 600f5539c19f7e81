"""Bluum away, a worker killed, the broker emptied: the same end, once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.stack import Stack, until
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser


def test_an_outage_of_bluum_only_makes_people_wait(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    hanna = walker()
    hanna.sign_in(stack.people["hanna"]["email"])
    hanna.answer_everything("Hanna", "Lind")
    stack.sandbox.stop()
    try:
        hanna.send()
        hanna.wait_for(hanna.main.get_by_text("We couldn’t reach the people who check it yet."))
        for page, said in (
            ("/home/", "Your first week"),
            ("/account/", "Settings"),
            ("/policy/", "policy"),
            ("/money/", "Money in"),
        ):
            hanna.open(page)
            expect(hanna.main).to_contain_text(said)
    finally:
        stack.sandbox.start()
    time_passes(stack, "accounts_account")
    hanna.open("/account/status/")
    hanna.be_approved()
    hanna.answer_risk_questions()
    hanna.set_goal()
    hanna.sign_policy()

    hanna.watch.away, hanna.watch.expected = stack.sandbox.url, {503}
    hanna.go_to_the_bank()
    stack.sandbox.stop()
    try:
        hanna.press("Continue to your bank")
        hanna.arrive(re.compile("Link the bank"))
        expect(hanna.main).to_contain_text("We can’t reach your bank’s gate right now")
    finally:
        stack.sandbox.start()
    hanna.watch.expected = set()
    hanna.link_bank()
    hanna.ask_for_deposit("320")
    hanna.confirm_deposit()
    stack.sandbox.run_the_bank(stack.people["hanna"]["email"])
    hanna.see_it_invested()


def test_a_worker_killed_while_asking_makes_one_deposit(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    """Bluum had it, the answer was lost with the worker; the next worker asks about it."""
    wanda = walker()
    wanda.sign_in(stack.people["wanda"]["email"])
    wanda.ask_for_deposit("411")
    stack.sandbox.post(
        "/_sandbox/faults",
        kind="timeout_after", route="/v1/accounts/*/deposits", method="POST", seconds=15, count=1,
    )  # fmt: skip
    wanda.confirm_deposit()
    until(lambda: at_bluum(stack, "411.00"), "the deposit at Bluum")
    stack.product.kill_worker()
    wanda.page.reload()
    expect(wanda.heading("$411.00 is on its way.")).to_be_visible()
    stack.product.start("worker")
    time_passes(stack, "funding_deposit")
    stack.sandbox.run_the_bank(stack.people["wanda"]["email"])
    wanda.see_it_invested()
    assert len(at_bluum(stack, "411.00")) == 1


def test_an_emptied_broker_loses_nothing(stack: Stack, walker: Callable[..., Walk]) -> None:
    wanda = walker()
    wanda.sign_in(stack.people["wanda"]["email"])
    wanda.ask_for_deposit("522")
    stack.product.kill_worker()
    wanda.confirm_deposit()
    stack.product.empty_the_broker()
    stack.product.start("worker")
    until(lambda: at_bluum(stack, "522.00"), "the deposit at Bluum")
    stack.product.empty_the_broker()
    stack.sandbox.run_the_bank(stack.people["wanda"]["email"])
    wanda.see_it_invested()
    assert len(at_bluum(stack, "522.00")) == 1


def at_bluum(stack: Stack, amount: str) -> list[dict[str, Any]]:
    """Wanda's deposits of that amount, as Bluum has them."""
    email = stack.people["wanda"]["email"]
    return [row for row in stack.sandbox.deposits(email) if f"{float(row['amount']):.2f}" == amount]


def time_passes(stack: Stack, table: str) -> None:
    """Minutes go by for what waits or is held: backing off, or held by one who died."""
    stack.product.sql(
        f"UPDATE {table} SET due_at = now(), held_until = NULL WHERE due_at IS NOT NULL"
    )
