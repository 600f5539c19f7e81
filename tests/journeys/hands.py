"""How a person operates a page: with a mouse, or with the keyboard alone."""

from playwright.sync_api import Locator, Page

MOST_TABS = 150


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, what: Locator) -> None:
        """A button or link."""
        what.click()

    def write(self, where: Locator, text: str) -> None:
        where.fill(text)

    def choose(self, what: Locator) -> None:
        """A radio button or a box."""
        what.check()

    def select(self, where: Locator, label: str) -> None:
        where.select_option(label=label)


class Counting(Mouse):
    """Counts what a person has to fill in; boxes to agree with are signatures, not answers."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.written = self.chosen = self.ticked = 0

    def write(self, where: Locator, text: str) -> None:
        super().write(where, text)
        self.written += 1

    def choose(self, what: Locator) -> None:
        super().choose(what)
        name = what.get_attribute("name") or ""
        if name.startswith("agree"):
            self.ticked += 1
        else:
            self.chosen += 1

    def select(self, where: Locator, label: str) -> None:
        super().select(where, label)
        self.chosen += 1


class Keyboard(Mouse):
    """Tab, arrows, Space, Enter and letters; nothing is pointed at."""

    def reach(self, what: Locator) -> None:
        """Tab until the focus is there; a radio button counts when its group is reached."""
        target = what.element_handle()
        assert target
        for _ in range(MOST_TABS):
            there = target.evaluate(
                """wanted => {
                    let now = document.activeElement;
                    if (now === wanted) return true;
                    return now?.type === "radio" && wanted.type === "radio"
                        && now.name === wanted.name && now.form === wanted.form;
                }"""
            )
            if there:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard doesn't reach {what}")

    def press(self, what: Locator) -> None:
        self.reach(what)
        self.page.keyboard.press("Enter")

    def write(self, where: Locator, text: str) -> None:
        self.reach(where)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, what: Locator) -> None:
        self.reach(what)
        if what.get_attribute("type") == "radio":
            for _ in range(20):
                if what.evaluate("wanted => document.activeElement === wanted"):
                    break
                self.page.keyboard.press("ArrowDown")
        if not what.is_checked():
            self.page.keyboard.press("Space")
        assert what.is_checked()

    def select(self, where: Locator, label: str) -> None:
        self.reach(where)
        self.page.keyboard.type(label)
