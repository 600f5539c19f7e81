"""The pages of the product as a person walks through them, each a method in its words."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from tests.journeys.hands import Mouse
from tests.journeys.people import PASSWORD
from tests.journeys.stack import PATIENCE, Sandbox, until

if TYPE_CHECKING:
    from tests.journeys.care import Watch

ANSWERS = (
    "Grow",
    "In about twenty years",
    None,
    "I can live with some ups and downs",
    "Leave it alone",
    "No",
    "I know the basics",
)


LEVEL = re.compile(r"Level \d+ of\s10")


class Walk:
    """Someone at a browser. `look` is called on each page they come to."""

    def __init__(
        self,
        page: Page,
        sandbox: Sandbox,
        hands: Mouse,
        watch: "Watch",
        *,
        scripts: bool,
        look: Callable[[Page], None] | None,
    ) -> None:
        self.page, self.sandbox, self.hands, self.watch = page, sandbox, hands, watch
        self.scripts, self._look = scripts, look

    # Small steps ----------------------------------------------------------------------------

    def look(self) -> None:
        if self._look:
            self._look(self.page)

    def heading(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("heading", name=text, level=1)

    def arrive(self, heading: str | re.Pattern[str]) -> None:
        """The page that was expected is there."""
        expect(self.heading(heading)).to_be_visible()
        self.look()

    def wait_for(self, what: Locator) -> None:
        """Until it is there: by itself with scripts, by looking again without."""
        if self.scripts:
            expect(what).to_be_visible(timeout=PATIENCE * 1000)
            return

        def there() -> bool:
            if what.is_visible():
                return True
            self.page.reload()
            return False

        until(there, f"{what} on {self.page.url}")

    def press(self, name: str | re.Pattern[str], role: str = "button") -> None:
        """The first button (or link) of exactly this name."""
        named = self.main.get_by_role(role, name=name, exact=isinstance(name, str))  # type: ignore[arg-type]
        self.hands.press(named.first)

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def write(self, label: str, text: str) -> None:
        self.hands.write(self.main.get_by_label(label, exact=True), text)

    def choose(self, label: str | re.Pattern[str], group: str | re.Pattern[str] = "") -> None:
        within = self.main.get_by_role("group", name=group) if group else self.main
        self.hands.choose(within.get_by_label(label).first)

    def open(self, path: str) -> None:
        self.page.goto(path)

    # Signing up and in ----------------------------------------------------------------------

    def sign_up(self, email: str, *, button: str = "Open an account") -> None:
        self.open("/")
        self.look()
        self.press(button, "link")
        self.give_address(email)

    def give_address(self, email: str) -> None:
        """On the page to sign up on; the code that is mailed comes next."""
        expect(self.main.get_by_label("Password")).to_be_visible()
        self.look()
        self.write("E-mail address", email)
        self.write("Password", PASSWORD)
        self.press("Continue")
        self.arrive("Is this address yours?")
        self.write("Code", self.sandbox.code(email))
        self.press("Continue")
        expect(self.page).to_have_url(re.compile("/open/"))

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.open("/sign-in/login/")
        self.look()
        self.write("E-mail address", email)
        self.write("Password", password)
        self.press("Sign in")
        expect(self.page).not_to_have_url(re.compile("/login/"))

    def sign_in_as_staff(self, person: dict[str, str]) -> None:
        self.open("/admin/")
        self.write("E-mail address", person["email"])
        self.write("Password", PASSWORD)
        self.press("Sign in")
        self.arrive("One more step")
        left = 30 - time.time() % 30
        if left < 8:  # the code would end while it is being written
            self.page.wait_for_timeout(left * 1000 + 100)
        self.write("Code", totp(person["totp"]))
        self.press("Sign in")
        expect(self.page).to_have_url(re.compile("/admin/"))

    # Opening the account --------------------------------------------------------------------

    def open_account(self, first: str, last: str) -> None:
        """Every screen of the application, and sent. It opens by itself after sign-up."""
        self.answer_everything(first, last)
        self.send()

    def answer_everything(self, first: str, last: str) -> None:
        self.name_and_address(first, last)
        self.tax_id()
        self.work_and_position()
        self.agree()

    def name_and_address(self, first: str, last: str) -> None:
        self.arrive("What’s your name, and when were you born?")
        self.write("First name", first)
        self.write("Last name", last)
        self.write("Month", "4")
        self.write("Day", "2")
        self.write("Year", "1990")
        self.write("Street and number", "12 Elm Street")
        self.write("City", "Portland")
        self.hands.select(self.main.get_by_label("State"), "Oregon")
        self.write("ZIP code", "97201")
        self.write("Phone", "(503) 555-0123")
        self.press("Continue")

    def tax_id(self) -> None:
        self.arrive("What’s your tax ID?")
        self.write("Your number", "536-22-1234")
        self.press("Continue")

    def work_and_position(self) -> None:
        self.arrive("What do you do, and where does the money come from?")
        self.choose("I work full time")
        self.hands.write(self.main.get_by_label("Employer"), "Elm Street Books")
        self.write("Income a year, before tax", "84,000")
        self.choose("Pay from work")
        for answer in self.main.get_by_label("No", exact=True).all():
            self.hands.choose(answer)
        self.press("Continue")

    def agree(self) -> None:
        self.arrive("Check it, then sign and send.")
        for box in self.main.get_by_role("checkbox").all():
            self.hands.choose(box)

    def send(self) -> None:
        self.press("Sign and send")
        expect(self.page).to_have_url(re.compile("/account/status/"))

    def be_approved(self) -> None:
        """The status page says so by itself."""
        self.wait_for(self.heading("Your account is open."))
        self.look()

    # Plan -----------------------------------------------------------------------------------

    def answer_risk_questions(self) -> None:
        self.open("/open/risk/")
        self.arrive("About how much do you think of investing?")
        self.write("The amount", "5,000")
        self.press("Begin")
        for number in count(1):
            expect(self.page).to_have_url(re.compile(rf"/risk/({number}|check)/$"))
            if self.page.url.endswith("/check/"):
                break
            self.question(ANSWERS[number - 1] if number <= len(ANSWERS) else None)
        self.arrive("These are your answers.")
        self.press(re.compile("See my level$"))  # a browser is quick, which is asked about
        self.arrive(LEVEL)

    def question(self, answer: str | None) -> None:
        """Answer one question, or leave it open."""
        self.look()
        if answer:
            self.hands.choose(self.main.get_by_role("radio", name=re.compile(f"^{answer}")).first)
        self.press(re.compile("^Continue"))

    def set_goal(self) -> None:
        self.open("/goals/new/")
        self.arrive("What’s the money for?")
        self.press(re.compile("^Retirement"))
        self.arrive("An amount and a date")
        self.write("How much do you want to have?", "300,000")
        self.write("Month", "6")
        self.write("Day", "1")
        self.write("Year", "2050")
        self.press("See my odds")
        expect(self.page).to_have_url(re.compile(r"/goals/\d+/"))
        self.look()

    def sign_policy(self) -> None:
        """Drafted, checked by Bluum, read, signed, in force."""
        self.open("/policy/")
        self.arrive("Your policy is ready to be drafted")
        self.press("Draft my policy")
        self.sign_drafted_policy()

    def sign_drafted_policy(self) -> None:
        self.arrive(re.compile("the rules we’d invest your money by"))
        box = self.main.get_by_role("checkbox")
        self.wait_for(box)
        self.look()
        self.hands.choose(box)
        self.press(re.compile("^Sign policy"))
        expect(self.heading(re.compile("is signed|is in force"))).to_be_visible()

    # Money ----------------------------------------------------------------------------------

    def go_to_the_bank(self) -> None:
        """The page before Plaid's; it may ask first whether it's still them."""
        self.open("/money/banks/link/")
        if self.heading("Confirm it’s you").is_visible():
            self.write("Password", PASSWORD)
            self.press("Confirm")
        self.arrive("Link the bank your money comes from")

    def link_bank(self) -> None:
        self.go_to_the_bank()
        self.press("Continue to your bank")
        bank = self.bank_page()
        self.hands.press(bank.get_by_role("button", name="Continue"))
        self.hands.press(bank.get_by_role("listitem").get_by_role("link").first)
        self.hands.write(bank.get_by_label("User name"), "user_good")
        self.hands.write(bank.get_by_label("Password"), "pass_good")
        self.hands.press(bank.get_by_role("button", name="Sign in"))
        self.hands.press(bank.get_by_role("button", name="Continue"))
        self.wait_for(self.heading(re.compile("is linked")))
        self.look()

    def bank_page(self) -> Locator:
        """Plaid's: inside ours with scripts, a page of its own without."""
        if self.scripts:
            return self.page.frame_locator("dialog iframe").locator("main")
        return self.page.locator("main")

    def ask_for_deposit(self, amount: str) -> None:
        """Up to the page that says in words what will happen."""
        self.open("/money/deposit/")
        self.arrive("How much would you like to deposit?")
        self.write("Amount", amount)
        self.press("Check the deposit")
        self.arrive(re.compile(r"^Deposit \$"))

    @property
    def confirm_button(self) -> Locator:
        return self.main.get_by_role("button", name=re.compile(r"^Deposit \$"))

    def confirm_deposit(self) -> None:
        self.hands.press(self.confirm_button)
        expect(self.page).to_have_url(re.compile(r"/money/deposits/\d+/"))

    def see_it_invested(self) -> None:
        self.wait_for(self.heading(re.compile("has arrived and is invested")))
        self.look()

    def set_up_auto_invest(self, amount: str) -> None:
        self.open("/money/auto-invest/")
        self.look()
        self.press("Set up auto-invest", "link")
        self.arrive("Set up auto-invest")
        self.write("Amount each time", amount)
        self.choose(re.compile("Every month"))
        self.press("Check it")
        self.arrive(re.compile(r"^Invest \$"))
        self.press(re.compile(r"^Invest \$"))
        self.wait_for(self.heading(re.compile("comes from your bank next on")))
        self.look()


def totp(secret: str) -> str:
    """The six digits an authenticator app shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
