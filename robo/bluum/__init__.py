"""A typed client for Bluum's investment API (generation A). Knows HTTP and money, not Django.

    with Bluum("http://127.0.0.1:8640/v1", "sandbox-key", "sandbox-secret") as bluum:
        bluum.deposits.create(account_id, amount=Decimal("300"), funding_source_id=bank_id,
                              idempotency_key=key)
        for order in every(bluum.orders.list, account_id):
            ...

| Ask `bluum.` | for |
| --- | --- |
| accounts, compliance, documents | people, their verification, what they hand in |
| funding_sources, deposits, withdrawals, wallets | banks and money |
| orders, positions, assets, markets | trading, prices, hours |
| profile, dependents, risk_assessments | who the investor is |
| goals, life_events, external_accounts, financial_plan | what they plan |
| investment_policy, portfolios, auto_invest | how they invest |
| advice, reports | insights, ideas, the assistant; statements, gains, benchmarks |
| webhooks | registrations; `unwrap` verifies a delivery |

Every method raises `Refused` or `Unavailable`. Each operation's method: docs/bluum.md.
"""

from robo.bluum.base import UNSET, Page, Unset, every
from robo.bluum.client import Bluum
from robo.bluum.errors import (
    BluumError,
    Conflict,
    InsufficientFunds,
    KeyInUse,
    KeysRejected,
    NotFound,
    Refused,
    Unavailable,
)
from robo.bluum.webhooks import (
    SIGNATURE_HEADER,
    BadDelivery,
    BadSignature,
    Delivery,
    sign,
    unwrap,
)

__all__ = [
    "SIGNATURE_HEADER",
    "UNSET",
    "BadDelivery",
    "BadSignature",
    "Bluum",
    "BluumError",
    "Conflict",
    "Delivery",
    "InsufficientFunds",
    "KeyInUse",
    "KeysRejected",
    "NotFound",
    "Page",
    "Refused",
    "Unavailable",
    "Unset",
    "every",
    "sign",
    "unwrap",
]
