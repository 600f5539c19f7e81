"""What later apps know that risk answers are held against. Those apps can't be imported here; they
register at start-up, as they do with `robo.agenda`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Account

Provider = Callable[[Account], dict[str, Any]]

_providers: list[Provider] = []


def provider(function: Provider) -> Provider:
    """Register a function of an account that gives fields of `planning.consistency.Facts`."""
    _providers.append(function)
    return function


def told(account: Account) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for function in _providers:
        found |= function(account)
    return found


@dataclass(frozen=True)
class Fall:
    """How far a portfolio fell from its high, deposits and withdrawals left out."""

    fraction: float
    """Positive: 0.09 is nine percent."""
    day: date
    """Of its lowest close within the last days."""
    value: Decimal
    """What is left, in dollars."""


FallOf = Callable[[Account], Fall | None]
_falls: list[FallOf] = []


def fall(function: FallOf) -> FallOf:
    """Register a function that says whether a portfolio has fallen just now."""
    _falls.append(function)
    return function


def recent_fall(account: Account) -> Fall | None:
    found = [fallen for function in _falls if (fallen := function(account))]
    return max(found, key=lambda fallen: fallen.fraction, default=None)
