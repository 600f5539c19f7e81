"""Make a deployment ready to show: tables, static files, webhook, and the demo people.

The people are made by the product's own services and steps; their history is the sandbox's: its
clock starts two years ago and is moved through the years here, and the product's with it, so that
what was signed and asked for then bears its date.
"""

import json
import os
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

import accounts.services
import funding.services
import onboarding.services
import portfolios.services
import trading.services
from accounts import roles
from accounts.models import Account, ManagementType, User
from onboarding.agreements import statement
from robo import partner, work
from trading.models import Asset, Order, Quote

PASSWORD = "saving for later"  # noqa: S105
DOMAIN = "example.com"


class Control:
    """The sandbox's own interface: its clock and its decisions."""

    def __init__(self) -> None:
        self._http = httpx.Client(base_url=os.environ["SANDBOX_CONTROL"], timeout=120)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._http.post(path, json=body).raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def now(self) -> datetime:
        return datetime.fromisoformat(self._http.get("/clock").raise_for_status().json()["now"])

    def until(self, moment: datetime) -> None:
        """Let the sandbox live until a moment, if that is still to come."""
        seconds = (moment - self.now()).total_seconds()
        if seconds > 0:
            self.post("/clock/advance", seconds=seconds)


class Command(BaseCommand):
    help = "Migrate, collect static files, register the webhook and, once, make the demo people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("seeded", type=Path, help="file that says who was made")

    def handle(self, *args: Any, seeded: Path, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if self._static_is_old():
            call_command("collectstatic", verbosity=0, interactive=False)
        if not seeded.exists():
            people = People(Control()).make()
            seeded.touch(mode=0o600)
            seeded.write_text(json.dumps({"people": people}, indent=1))
        call_command("webhook", "register", verbosity=0)

    @staticmethod
    def _static_is_old() -> bool:
        manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
        if not manifest.exists():
            return True
        made = manifest.stat().st_mtime
        return any(
            path.stat().st_mtime > made
            for folder in settings.STATICFILES_DIRS
            for path in Path(folder).rglob("*")
        )


class People:
    """Who is in the demo."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.made: list[dict[str, Any]] = []

    def make(self) -> list[dict[str, Any]]:
        today = datetime.now(UTC)
        with self._then():
            maya = self._sign_in(
                "Maya", "Chen", "two years in; three goals, a drifted portfolio", 1
            )
        iris = self._staff("Iris", "Novak", roles.ADVISOR, "advisor; sees the clients in her book")
        owen = self._begins_to_trade(iris)
        self._staff("Samuel", "Okafor", roles.SUPERVISOR, "supervisor; sees every client")
        self._two_years_in(maya, iris, today)
        self._needs_a_document(iris)
        self._deposit_returned(iris)
        self.control.until(datetime.now(UTC))
        self._refresh(Account.objects.get(user=maya))
        if owen:
            self._trades_on(owen)
        self._sign_in("Noah", "Bell", "brand-new; nothing opened yet")
        self.made.sort(key=lambda person: person["order"])
        return self.made

    # The people -----------------------------------------------------------------------------

    def _then(self) -> time_machine.travel:
        """Do things at the sandbox's time, which may lie in the past."""
        return time_machine.travel(self.control.now())

    def _two_years_in(self, user: User, advisor: User, today: datetime) -> None:
        with self._then():
            account = self._open(user, advisor, income="118000.00")
            self._assess(account, {})
            for goal in (
                ("home_purchase", "A first home", "55000", 7 * 365, "400", "5000"),
                ("retirement", "Retirement", "300000", 29 * 365, "350", "0"),
                ("emergency", "Six months of rent", "9000", 3 * 365, "100", "1000"),
            ):
                self._goal(account, today.date(), *goal)
            bank = self._bank(account)
            self._accept_policy(account)
            self._deposit(account, bank, "6000.00")
            funding.services.request_schedule(
                account=account,
                bank=bank,
                amount=Decimal("850.00"),
                frequency="monthly",
                day_of_month=5,
                day_of_week=None,
                start_date=self.control.now().date() + timedelta(days=3),
                key=uuid.uuid4(),
            )
            self._hurry()
        self.control.until(today - timedelta(days=300))
        with self._then():
            self._assess(account, {})  # the yearly check-in
        self.control.until(today - timedelta(days=40))
        with self._then():
            self._deposit(account, bank, "2500.00")
        self.control.post("/scenarios/drift", equities=1.3, days=30)
        # The last half hour is the others': each of their steps lets some seconds pass.
        self.control.until(datetime.now(UTC) - timedelta(minutes=30))

    def _begins_to_trade(self, advisor: User) -> Account | None:
        """Somebody without advice, where the partner offers that: four orders for the opening."""
        if not partner.current().features.self_directed:
            return None
        with self._then():
            user = self._sign_in("Owen", "Park", "trades himself; no advice", 4)
            account = accounts.services.account_of(user)
            accounts.services.choose_kind(account, ManagementType.SELF_DIRECTED)
            account = self._open(user, advisor, income="83000.00")
            trading.services.desk_of(account)
            bank = self._bank(account)
            self._deposit(account, bank, "12000.00")
            trading.services.sign_disclosure(account, ip="127.0.0.1", user_agent="demo set-up")
            for symbol, shares in (("VTI", "14"), ("AAPL", "9"), ("MSFT", "4"), ("BND", "25.5")):
                self._order(account, symbol, quantity=Decimal(shares))
        return account

    def _trades_on(self, account: Account) -> None:
        """Two years later: a sale, and a limit that waits."""
        account.desk.poke()
        account.wallet.poke()
        self._hurry()
        self._order(account, "AAPL", side="sell", quantity=Decimal(3))
        last = Quote.objects.get(asset_id="VTI").price or Decimal(200)
        limit = (last * Decimal("0.93")).quantize(Decimal("0.01"))
        kind: dict[str, Any] = {"type": "limit", "limit_price": limit, "time_in_force": "gtc"}
        self._order(account, "VTI", quantity=Decimal(2), **kind)

    def _order(self, account: Account, symbol: str, side: str = "buy", **more: Any) -> None:
        asset = Asset.objects.get(symbol=symbol)
        trading.services.quote_of(asset).poke()
        self._hurry()
        wish = Order(symbol=symbol, name=asset.name, side=side, **more)
        trading.services.place(account=account, wish=wish)
        account.wallet.poke()
        self._hurry()

    def _needs_a_document(self, advisor: User) -> None:
        user = self._sign_in("Lena", "Fischer", "her verification needs a photo of an ID", 2)
        account = self._submit(user, advisor, income="74000.00")
        work.run_due(Account)  # no more than this: the verification decides within seconds
        account.refresh_from_db()
        self.control.post(f"/accounts/{account.bluum_id}/compliance", decision="document")
        self._hurry(rounds=6)

    def _deposit_returned(self, advisor: User) -> None:
        user = self._sign_in("Tomas", "Reyes", "his deposit came back from the bank", 3)
        account = self._open(user, advisor, income="61000.00")
        self._assess(account, {"investment_goal": "balanced", "reaction_to_loss": "wait_and_see"})
        today = datetime.now(UTC).date()
        self._goal(account, today, "wealth_growth", "Growing savings", "40000", 3650, "150", "0")
        bank = self._bank(account)
        self._accept_policy(account)
        deposit = self._deposit(account, bank, "750.00")
        deposit.refresh_from_db()
        self.control.post(f"/transfers/{deposit.bluum_id}/return", code="R01")
        deposit.poke()
        self._hurry()
        self._refresh(account)

    # What people do -------------------------------------------------------------------------

    def _sign_in(self, first: str, last: str, about: str, order: int = 0, **fields: Any) -> User:
        email = f"{first.lower()}@{DOMAIN}"
        user = User.objects.create_user(email, PASSWORD, first_name=first, last_name=last, **fields)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        self.made.append({"email": email, "about": about, "password": PASSWORD, "order": order})
        return user

    def _staff(self, first: str, last: str, role: str, about: str) -> User:
        user = self._sign_in(first, last, about, 9, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
        codes = RecoveryCodes.activate(user).get_unused_codes()
        self.made[-1] |= {"totp": secret, "codes": codes}
        return user

    def _submit(self, user: User, advisor: User, income: str) -> Account:
        account = accounts.services.account_of(user)
        Account.objects.filter(pk=account.pk).update(advisor=advisor)
        accounts.services.save_identity(account, **identity(user))
        onboarding.services.update_profile(
            account,
            employment={"employment_status": "employed_full_time", "annual_gross_income": income},
        )
        ours = partner.current()
        for agreement in ours.to_sign if account.is_advised else ours.to_sign_self_directed:
            accounts.services.sign(
                account=account,
                slug=agreement.slug,
                version=agreement.version,
                title=agreement.title,
                body=agreement.text,
                kind=agreement.kind,
                statement=statement(agreement),
                ip="127.0.0.1",
                user_agent="demo set-up",
            )
        accounts.services.submit(account)
        return account

    def _open(self, user: User, advisor: User, income: str) -> Account:
        account = self._submit(user, advisor, income)
        self._hurry()
        account.refresh_from_db()
        assert account.is_active, account.error
        return account

    def _assess(self, account: Account, changes: dict[str, str]) -> None:
        answers = {
            "investment_goal": "growth",
            "time_horizon": "10_years",
            "risk_tolerance": "moderate",
            "reaction_to_loss": "hold_and_wait",
            "income_needs": "none",
            "investment_knowledge": "intermediate",
        }
        onboarding.services.submit_risk(
            account=account, answers=answers | changes, key=uuid.uuid4()
        )
        self._hurry()

    def _goal(
        self,
        account: Account,
        today: date,
        type_: str,
        name: str,
        target: str,
        days: int,
        monthly: str,
        initial: str,
    ) -> None:
        portfolios.services.add_goal(
            account=account,
            key=uuid.uuid4(),
            type=type_,
            name=name,
            target_amount=Decimal(target),
            target_date=today + timedelta(days=days),
            monthly_contribution=Decimal(monthly),
            initial_amount=Decimal(initial),
        )

    def _bank(self, account: Account) -> Any:
        token = self.control.post("/plaid/public-token", account_id=account.bluum_id)[
            "public_token"
        ]
        link = funding.services.start_bank_link(account=account)
        funding.services.finish_bank_link(link=link, public_token=token)
        self._hurry()
        return account.banks.filter(status="active").earliest("pk")

    def _accept_policy(self, account: Account) -> None:
        policy = portfolios.services.propose_policy(account)
        self._hurry()
        policy.refresh_from_db()
        portfolios.services.accept_policy(policy, ip="127.0.0.1", user_agent="demo set-up")
        self._hurry()

    def _deposit(self, account: Account, bank: Any, amount: str) -> Any:
        deposit = funding.services.request_deposit(
            account=account, bank=bank, amount=Decimal(amount), key=uuid.uuid4()
        )
        self._hurry()
        return deposit

    def _refresh(self, account: Account) -> None:
        """Look at everything of the account now."""
        for row in (account.wallet, account.portfolio):
            row.poke()
        self._hurry()
        for goal in account.goals.all():
            goal.poke()
        account.portfolio.poke()
        self._hurry()

    def _hurry(self, rounds: int = 12) -> None:
        """Let seconds pass in the sandbox and take every step that waits less than a minute."""
        for _ in range(rounds):
            work.run_due()
            soon = timezone.now() + timedelta(minutes=1)
            waiting = 0
            for model in work.kinds():
                waiting += model._base_manager.filter(due_at__lte=soon, stuck_at=None).update(
                    due_at=timezone.now()
                )
            if not waiting:
                return
            self.control.post("/clock/advance", seconds=5)


def identity(user: User) -> dict[str, Any]:
    """Made-up answers for a made-up person, well-formed and nobody's."""
    number = sum(ord(letter) for letter in user.email) % 9000 + 1000
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "date_of_birth": "1991-03-14",
        "street_address": ["48 Alder Street"],
        "city": "Portland",
        "state": "OR",
        "postal_code": "97205",
        "country": "US",
        "phone_number": f"+1503555{number:04d}",
        "country_of_citizenship": "US",
        "country_of_birth": "US",
        "country_of_tax_residence": "US",
        "tax_id_type": "SSN",
        "tax_id": f"53622{number:04d}",
        "funding_source": ["employment_income"],
        "is_control_person": False,
        "is_affiliated_exchange_or_finra": False,
        "is_politically_exposed": False,
        "immediate_family_exposed": False,
    }
