"""Maya with an open account and a linked bank; what Bluum received; the keys of forms."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding import rhythm
from funding.models import (
    BankAccount,
    BankLink,
    Deposit,
    Ledger,
    Movement,
    Schedule,
    ScheduledRun,
    Wallet,
    Withdrawal,
)
from funding.sync.ledger import advance_ledger
from portfolios.models import Policy
from robo import partner, work
from sandbox.api import funding as sandbox_funding
from sandbox.world import World
from tests.portfolios.conftest import assessed, goal, policy, proposal

__all__ = ["assessed", "goal", "policy", "proposal"]
FIRST_BANK = {"id": "ins_1", "name": "Lakeside Bank"}
NEW_SCHEDULE = "/money/auto-invest/new/"
CHECKING = {"name": "Checking", "subtype": "checking", "mask": "3168"}


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The partner's limits, some of them changed."""

    def change(**rules: Any) -> None:
        ours = partner.current()
        changed = ours.model_copy(update={"limits": ours.limits.model_copy(update=rules)})
        monkeypatch.setattr(partner, "current", lambda: changed)

    return change


@pytest.fixture
def account(open_account: Callable[..., Account], maya: Any) -> Account:
    return open_account(maya)


@pytest.fixture
def web(client: Client, maya: Any, account: Account) -> Client:
    """Maya, signed in a moment ago."""
    sign_in(client, maya)
    return client


def sign_in(client: Client, user: Any) -> None:
    """By the sign-in page, and then once more for what asks who it is again."""
    cache.clear()  # everyone here signs in from one address; the limit on that is not at stake
    answer = client.post(
        reverse("account_login"), {"login": user.email, "password": "correct horse battery"}
    )
    assert answer.status_code == 302, answer.content[:300]
    again = client.post(
        reverse("account_reauthenticate"), {"password": "correct horse battery", "next": "/"}
    )
    assert again.status_code == 302, again.content[:300]


@pytest.fixture
def bank(account: Account, sandbox: World) -> BankAccount:
    return link_bank(account, sandbox)


def link_bank(account: Account, sandbox: World, **bank_account: str) -> BankAccount:
    """A bank linked the way the return page does it, without the pages."""
    from funding import services

    token = sandbox_funding.make_public_token(
        sandbox, account.bluum_id, FIRST_BANK, [{**CHECKING, **bank_account}]
    )
    link = services.start_bank_link(account=account)
    services.finish_bank_link(link=link, public_token=token)
    work.run_due(BankLink)
    return BankAccount.objects.filter(account=account).latest("pk")


@pytest.fixture
def settle_money(pass_time: Callable[[timedelta], None]) -> Callable[[], None]:
    """Run this app's loop until no money moves. Investments wait for their policy meanwhile."""
    kinds = (BankLink, BankAccount, Deposit, Withdrawal, Schedule)

    def run() -> None:
        for _ in range(40):
            work.run_due(*kinds)
            soon = timezone.now() + timedelta(minutes=1)
            if not any(k._base_manager.filter(due_at__lte=soon, stuck_at=None) for k in kinds):
                return
            pass_time(timedelta(seconds=5))
        raise AssertionError("money still moves")

    return run


def read_ledger(account: Account) -> list[Movement]:
    """One look at Bluum's books, and every line it left, oldest first."""
    found, _ = Ledger.objects.get_or_create(account=account)
    advance_ledger(found)
    return list(Movement.objects.filter(account=account).in_order())


class Bluum:
    """What Bluum has and has heard."""

    def __init__(self, world: World) -> None:
        self.world = world

    def requests(self, method: str, ending: str) -> list[dict[str, Any]]:
        log = self.world.app.gateway.log  # type: ignore[attr-defined]
        return [e for e in log if e["method"] == method and e["path"].endswith(ending)]

    @property
    def sources(self) -> list[dict[str, Any]]:
        return list(self.world.table("funding_sources").values())

    @property
    def deposits(self) -> list[dict[str, Any]]:
        return list(self.world.table("deposits").values())

    @property
    def withdrawals(self) -> list[dict[str, Any]]:
        return list(self.world.table("withdrawals").values())


@pytest.fixture
def bluum(sandbox: World) -> Bluum:
    return Bluum(sandbox)


def key_in(page: Any) -> str:
    found = re.search(r'name="key"[^>]*value="([0-9a-f-]{36})"', page.content.decode())
    assert found, "no key in the form"
    return found[1]


# Auto-invest ----------------------------------------------------------------------------------


def wish(web: Client, bank: BankAccount, **changes: Any) -> dict[str, Any]:
    start = timezone.localdate() + timedelta(days=3)
    return {
        "key": key_in(web.get(NEW_SCHEDULE)),
        "bank": bank.pk,
        "amount": "600",
        "frequency": "monthly",
        "day_of_month": "15",
        "day_of_week": "1",
        "start_date_0": start.month,
        "start_date_1": start.day,
        "start_date_2": start.year,
        **changes,
    }


def set_up(web: Client, bank: BankAccount, **changes: Any) -> Schedule:
    answer = web.post(NEW_SCHEDULE, {**wish(web, bank, **changes), "confirmed": "1"})
    assert answer.status_code == 302, answer.content.decode()
    return Schedule.objects.latest("pk")


def page_of(web: Client, schedule: Schedule) -> str:
    return web.get(reverse("funding:schedule", args=[schedule.pk])).content.decode()


def press(web: Client, what: str, schedule: Schedule) -> None:
    assert web.post(reverse(f"funding:schedule-{what}", args=[schedule.pk])).status_code == 302


@pytest.fixture
def to_the_moment(sandbox: World, pass_time: Callable[[timedelta], None]) -> Any:
    """Both clocks go to a moment, ours and the sandbox's; everything due on the way is done."""
    with time_machine.travel(sandbox.clock.now(), tick=False) as ours:

        def go(moment: datetime) -> None:
            work.run_due(Wallet, Schedule, ScheduledRun)
            if moment > sandbox.clock.now():
                sandbox.clock.advance(moment - sandbox.clock.now())
            ours.move_to(moment)
            for _ in range(2):
                Wallet.objects.all().poke()
                work.run_due(Wallet, Schedule, ScheduledRun)

        yield go


@pytest.fixture
def monthly(
    to_the_moment: Any, sandbox: World, web: Client, bank: BankAccount, policy: Policy
) -> Schedule:
    """$600 on the 15th of each month, from December 2026 on."""
    start = {"start_date_0": 12, "start_date_1": 1, "start_date_2": 2026}
    made = set_up(web, bank, **start)
    to_the_moment(sandbox.clock.now() + timedelta(minutes=1))
    made.refresh_from_db()
    assert made.status == "active"
    return made


def there(world: World) -> dict[str, Any]:
    return dict(next(iter(world.table("schedules").values())))


def days(schedule: Schedule, count: int = 6) -> list[date]:
    schedule.refresh_from_db()
    return [run.day for run in rhythm.coming(schedule, count)]


def pulled(world: World) -> list[date]:
    return [row["created_at"].date() for row in world.table("deposits").values()]
