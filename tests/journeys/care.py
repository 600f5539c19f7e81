"""What must hold on every page: no error in the console, nothing missing, nothing axe finds."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}

OVERFLOWING = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return "";
    const wide = [...document.body.querySelectorAll("*")].filter(
        (one) => one.getBoundingClientRect().right > root.clientWidth + 1);
    return wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join("\\n") || "the page";
}"""

_axe = Axe()


class Watch:
    """Collects what goes wrong in a browser context.

    `expected` are statuses that a test provokes, `away` the server that it has stopped.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.wrong: list[str] = []
        self.expected: set[int] = set()
        self.away = "nothing is away"
        context.on("console", self._console)
        context.on("weberror", lambda error: self.wrong.append(f"script error: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(f"status of {status}" in message.text for status in self.expected):
            return
        where = message.location["url"] if message.location else ""
        if where.startswith(self.away):
            return
        self.wrong.append(f"console {message.type}: {message.text} ({where})")

    def _failed(self, request: Request) -> None:
        # A page that is left takes back what it was still asking for.
        if request.failure != "net::ERR_ABORTED" and not request.url.startswith(self.away):
            self.wrong.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.wrong.append(f"{response.request.method} {response.url}: {response.status}")


def look_closely(page: Page) -> None:
    """Axe at both widths and in both themes, and no sideways scrolling on a phone."""
    look_on_phone(page)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(WIDE)
    assert_accessible(page, "1280 px, light")


def hold_phone(page: Page) -> None:
    """360 px, in the dark."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(NARROW)


def look_on_phone(page: Page) -> None:
    """Axe at 360 px in the dark, and no sideways scrolling."""
    hold_phone(page)
    assert_fits(page)
    assert_accessible(page, "360 px, dark")


def assert_fits(page: Page) -> None:
    overflowing = page.evaluate(OVERFLOWING)
    assert not overflowing, f"{page.url} is wider than {NARROW['width']} px:\n{overflowing}"


def assert_accessible(page: Page, how: str) -> None:
    found = _axe.run(page).response["violations"]
    assert not found, f"{page.url} ({how}):\n" + "\n".join(
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found
    )
