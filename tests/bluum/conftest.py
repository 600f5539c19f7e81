"""A client of Bluum and a sandbox to point it at, joined in process over HTTP."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from robo.bluum import Bluum
from robo.bluum.accounts import Account
from sandbox.api.funding import make_public_token
from sandbox.app import create_app
from sandbox.world import World

START = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World(seed=5, frozen=True, at=START, market="always", validate_responses=True)


@pytest.fixture
def bluum(world: World) -> Iterator[Bluum]:
    app = create_app(world, rate=0)
    transport = httpx.WSGITransport(app=app)
    with Bluum("http://bluum.test/v1", "sandbox-key", "sandbox-secret", transport=transport) as it:
        yield it


def open_account(
    bluum: Bluum, email: str = "maya@example.com", *, last_name: str = "Lin"
) -> Account:
    given: dict[str, Any] = {
        "contact": {
            "email_address": email,
            "phone_number": "+15125550142",
            "street_address": ["12 Cedar Street"],
            "city": "Austin",
            "state": "TX",
            "postal_code": "78701",
            "country": "US",
        },
        "identity": {
            "first_name": "Maya",
            "last_name": last_name,
            "date_of_birth": date(1990, 4, 12),
            "tax_id_type": "SSN",
            "tax_id": "123-45-6789",
            "country_of_citizenship": "US",
            "country_of_birth": "US",
            "country_of_tax_residence": "US",
            "funding_source": ["employment_income"],
        },
        "disclosures": {
            "is_control_person": False,
            "is_affiliated_exchange_or_finra": False,
            "is_politically_exposed": False,
            "immediate_family_exposed": False,
        },
        "agreements": [
            {"agreement": name, "agreed": True, "signed_at": START, "ip_address": "203.0.113.9"}
            for name in ("account_agreement", "customer_agreement")
        ],
        "idempotency_key": uuid4(),
    }
    return bluum.accounts.create(**given)


def link_bank(bluum: Bluum, world: World, account_id: str) -> str:
    token = make_public_token(
        world,
        account_id,
        {"id": "ins_1", "name": "First Platypus Bank"},
        [{"name": "Checking", "subtype": "checking", "mask": "0000"}],
    )
    (source,) = bluum.funding_sources.connect(account_id, public_token=token)
    return source.id


@pytest.fixture
def account_id(bluum: Bluum, world: World) -> str:
    account = open_account(bluum)
    world.clock.advance(timedelta(minutes=5))
    return account.id
