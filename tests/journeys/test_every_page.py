"""Every page of someone who has been here for years: axe in both themes, no sideways scrolling, and
what it weighs over the wire when styles, script and font are there already."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.care import NARROW, WIDE, assert_accessible, assert_fits
from tests.journeys.stack import Stack
from tests.journeys.walk import Walk

pytestmark = pytest.mark.browser

FIRST, LATER = 120_000, 30_000
"""Bytes, compressed: the page a visit begins with, font included, and each one after it."""


@pytest.mark.parametrize(("name", "rooms"), [("rosa", ""), ("owen", "trading:")])
def test_every_page_is_accessible_fits_and_is_light(
    name: str, rooms: str, stack: Stack, walker: Callable[..., Walk]
) -> None:
    rosa, who = walker(), stack.people[name]
    rosa.sign_in(who["email"])
    rosa.watch.expected = {403, 404, 405, 409}
    rosa.open("/home/")
    wrong: list[str] = []
    for name, address in who["addresses"].items():
        if not name.startswith(rooms):
            continue
        answer = rosa.page.request.get(address, max_redirects=0)
        html = answer.status == 200 and "html" in answer.headers.get("content-type", "")
        # A fragment is looked at in its page.
        if not html or "<main" not in answer.text():
            continue
        weight = weigh(rosa.page, address)
        if weight > LATER:
            wrong.append(f"{name}: {weight} bytes")
        for size, theme in ((NARROW, "dark"), (WIDE, "light")):
            rosa.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            rosa.page.set_viewport_size(size)  # type: ignore[arg-type]
            try:
                assert_fits(rosa.page)
                assert_accessible(rosa.page, f"{name}, {size['width']} px, {theme}")
            except AssertionError as problem:
                wrong.append(str(problem))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("address", ["/", "/plan/", "/home/", "/portfolio/"])
def test_a_visit_may_begin_anywhere(
    address: str, stack: Stack, walker: Callable[..., Walk]
) -> None:
    """The first page of a visit, with all it brings."""
    rosa = walker()
    if address in {"/home/", "/portfolio/"}:
        rosa.sign_in(stack.people["rosa"]["email"])
        session = rosa.page.context.new_cdp_session(rosa.page)
        session.send("Network.clearBrowserCache")
    assert weigh(rosa.page, address) <= FIRST


def weigh(page: Page, address: str) -> int:
    """Bytes over the wire until the page is loaded."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="load")
    session.detach()
    return int(sum(sizes))
