"""Maya trades herself: an open account with cash, the list of assets known, the disclosure read."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, ManagementType
from funding.models import Wallet
from funding.services import wallet_of
from robo import work
from sandbox import ledger
from sandbox.world import World
from tests.funding.conftest import Bluum, sign_in
from trading import services
from trading.models import Asset, Desk, Market, Order, Quote

CASH = Decimal("10000.00")


@pytest.fixture
def open_own(open_account: Callable[..., Account], sandbox: World) -> Callable[..., Account]:
    """An account that its owner trades, with cash in it."""

    def open_(user: Any, cash: Decimal = CASH, *, signed: bool = True, **identity: Any) -> Account:
        account = accounts.account_of(user)
        accounts.choose_kind(account, ManagementType.SELF_DIRECTED)
        account = open_account(user, **identity)
        if cash:
            ledger.post(sandbox, account.bluum_id, "deposit", cash, "deposit")
        services.desk_of(account)
        wallet_of(account).poke()
        work.run_due(Wallet, Desk, Market)
        market_is(open_now=True)
        if signed:
            services.sign_disclosure(account, ip="203.0.113.7", user_agent="test")
        return account

    return open_


@pytest.fixture
def account(open_own: Callable[..., Account], maya: Any) -> Account:
    return open_own(maya)


@pytest.fixture
def web(client: Client, maya: Any, account: Account) -> Client:
    sign_in(client, maya)
    return client


@pytest.fixture
def vti(account: Account) -> Asset:
    """With its price read."""
    asset = Asset.objects.get(pk="VTI")
    services.quote_of(asset)
    work.run_due(Quote)
    return asset


@pytest.fixture
def bluum(sandbox: World) -> Bluum:
    return Bluum(sandbox)


def market_is(*, open_now: bool) -> None:
    """The sandbox's clock stands at a noon of its own; hours are counted from ours."""
    now = timezone.now()
    Market.objects.update(
        is_open=open_now,
        next_open=now + timedelta(hours=14),
        next_close=now + timedelta(hours=4),
        refreshed_at=now,
        due_at=None,
    )


def run() -> None:
    """Let the loop take what trading has to do now."""
    work.run_due(Order, Wallet, Desk)
