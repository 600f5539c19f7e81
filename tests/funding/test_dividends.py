"""Dividends: read from Bluum, changed, taken back, told when refused; what came lately."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Account
from funding.models import Dividends, Movement
from funding.sync.dividends import apply_drip
from portfolios.models import Policy
from portfolios.sync.common import bluum_portfolio
from robo import clients, work
from sandbox import faults
from sandbox.world import World
from tests.funding.conftest import sign_in

URL = "/money/dividends/"
WISH = {"what": "portfolio_allocation", "minimum": "5", "sweep": "on", "keep_cash": "250"}


def opened(web: Client) -> str:
    web.get(URL)
    work.run_due(Dividends)
    return web.get(URL).content.decode()


def there(world: World) -> dict[str, Any]:
    return dict(next(iter(world.table("portfolios").values()))["drip"])


def test_it_is_read_changed_and_taken_back(web: Client, policy: Policy, sandbox: World) -> None:
    reading = web.get(URL).content.decode()
    assert "reading your settings" in reading
    assert f'hx-get="{URL}?reading"' in reading
    assert "buys more of the same fund" in opened(web)
    asked = web.get(f"{URL}?reading", headers={"HX-Request": "true"})
    assert asked.headers["HX-Refresh"] == "true"
    assert web.post(URL, WISH).status_code == 302
    assert "Your change is on its way" in web.get(URL).content.decode()
    work.run_due(Dividends)
    drip = there(sandbox)
    assert drip["reinvestment_rule"] == "portfolio_allocation"
    assert drip["cash_sweep_enabled"] is True
    assert [Decimal(drip[n]) for n in ("minimum_amount", "cash_sweep_threshold")] == [5, 250]
    page = web.get(URL).content.decode()
    assert "what your policy’s mix is short of" in page
    assert web.post(f"{URL}undo/").status_code == 302
    work.run_due(Dividends)
    assert there(sandbox)["reinvestment_rule"] == "same_security"
    assert there(sandbox)["cash_sweep_enabled"] is False
    assert web.post(URL, {"what": "cash", "minimum": "1"}).status_code == 302
    work.run_due(Dividends)
    assert there(sandbox)["status"] == "paused"
    assert "Dividends stay as cash." in web.get(URL).content.decode()


def test_a_change_waits_for_bluum_and_is_sent_once_more(
    web: Client, policy: Policy, sandbox: World, pass_time: Callable[[timedelta], None]
) -> None:
    opened(web)
    row = Dividends.objects.get()
    old = clients.bluum().portfolios.drip(row.account.bluum_id or "", bluum_portfolio(row.account))
    faults.add(sandbox, {"kind": "status", "status": 503, "route": "*/drip", "count": 10})
    web.post(URL, WISH)
    apply_drip(row.pk, row.revision, old)  # an answer to what was asked before
    row.refresh_from_db()
    assert not row.is_settled
    assert row.wanted["rule"] == WISH["what"]
    work.run_due(Dividends)
    assert "isn’t answering" in web.get(URL).content.decode()
    faults.clear(sandbox)
    pass_time(timedelta(hours=1))
    work.run_due(Dividends)
    assert there(sandbox)["reinvestment_rule"] == "portfolio_allocation"


def test_bad_input_gets_a_sentence(web: Client, policy: Policy) -> None:
    opened(web)
    answer = web.post(URL, {"what": "", "minimum": "-1"})
    assert answer.status_code == 422
    assert "Choose what becomes of dividends." in answer.content.decode()


def test_what_came_lately_stands_beside_what_was_bought_that_day(
    web: Client, policy: Policy, account: Account
) -> None:
    opened(web)
    today = timezone.localdate()
    for number, (kind, symbol, amount) in enumerate(
        [("dividend", "VTI", "12.34"), ("buy", "VTI", "-12.34"), ("dividend", "BND", "1.66")]
    ):
        Movement.objects.create(
            account=account, key=str(number), kind=kind, month=today.replace(day=1), day=today,
            amount=Decimal(amount), balance=0, symbol=symbol,
        )  # fmt: skip
    page = web.get(URL).content.decode()
    for told in ("$14.00", "From BND, VTI", "Bought that day", "$12.34", "came in the past year"):
        assert told in page


def test_omar_sees_only_his_own(
    web: Client, policy: Policy, sandbox: World, omar: Any, open_account: Callable[..., Account]
) -> None:
    opened(web)
    web.post(URL, WISH)
    work.run_due(Dividends)
    open_account(omar, last_name="Haddad")
    other = Client()
    sign_in(other, omar)
    assert "short of" not in opened(other).split("Change it")[0]
    other.post(f"{URL}undo/")
    assert Dividends.objects.get(account__user__email="maya@example.com").before
    assert Client().get(URL).status_code == 302
