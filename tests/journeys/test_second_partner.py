"""Another partner is another folder: nothing a person sees or gets names the first."""

import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.care import look_closely
from tests.journeys.stack import Stack, until
from tests.journeys.walk import Walk
from tests.services import ROOT

pytestmark = pytest.mark.browser


def test_a_second_partner_shows_and_sends_nothing_of_the_first(
    stack: Stack, walker: Callable[..., Walk]
) -> None:
    first, second = known("harbor"), known("juniper")
    foreign = re.compile("|".join(names(first)), re.IGNORECASE)

    def look(page: Any) -> None:
        look_closely(page)
        assert not foreign.findall(page.content()), page.url
        assert second["name"] in page.title()

    rosa = walker(product=stack.deploy("juniper"), look=look)
    rosa.sign_up("rosa@example.com", button=second["words"]["open_account"])
    expect(rosa.heading("What’s your name, and when were you born?")).to_be_visible()
    rosa.look()
    mail = until(lambda: stack.sandbox.mails("rosa@example.com"), "a mail")[0]
    assert second["name"] in mail["from"]
    for part in ("from", "subject", "text", "html"):
        assert not foreign.findall(mail[part]), part


def known(slug: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "partners" / slug / "partner.toml").read_text())


def names(partner: dict[str, Any]) -> list[str]:
    """Every string by which a partner is recognized."""
    found = [partner[key] for key in ("slug", "name", "legal_name", "domain")]
    return [re.escape(name) for name in (*found, partner["support"]["phone"])]
