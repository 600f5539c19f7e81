"""The stack, a browser, and people who walk through the product with it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests import browsers
from tests.journeys.care import WIDE, Watch
from tests.journeys.hands import Mouse
from tests.journeys.stack import Product, Stack
from tests.journeys.walk import Walk

PICTURES = Path("/tmp/journeys")

failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[failed] = report.failed
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = browsers.find()
    assert path, "No Chromium was found; set CHROMIUM to the path of one."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=browsers.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def walker(
    stack: Stack, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Walk]]:
    """Makes someone with a browser of their own. Afterwards nothing may have gone wrong in it."""
    walks: list[tuple[Walk, Watch]] = []

    def make(
        *,
        product: Product | None = None,
        hands: type[Mouse] = Mouse,
        scripts: bool = True,
        look: Callable[[Page], None] | None = None,
    ) -> Walk:
        context = chromium.new_context(
            base_url=(product or stack.product).url,
            viewport=WIDE,
            java_script_enabled=scripts,
            locale="en-US",
            timezone_id="America/New_York",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        watch = Watch(context)
        page = context.new_page()
        walk = Walk(page, stack.sandbox, hands(page), watch, scripts=scripts, look=look)
        walks.append((walk, watch))
        return walk

    yield make
    for number, (walk, _) in enumerate(walks):
        if request.node.stash.get(failed, True):
            PICTURES.mkdir(exist_ok=True)
            name = f"{request.node.name}-{number}"
            with suppress(Error):  # a browser that has crashed takes no picture
                walk.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
                (PICTURES / f"{name}.txt").write_text(
                    f"{walk.page.url}\n{walk.page.inner_text('body')}"
                )
        walk.page.context.close()
    wrong = [line for _, watch in walks for line in watch.wrong]
    assert not wrong, "\n".join(wrong)
