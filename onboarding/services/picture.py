"""The wider picture: who depends on the person, what is held and owed elsewhere, net worth."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Kept
from onboarding.elsewhere import ASSETS, DEBTS, GROUP_OF
from onboarding.models import CHECK_EVERY, Dependent, ExternalAccount, ExternalLink, RiskDraft
from onboarding.services.profile import save_section
from robo import agenda
from robo.agenda import Item

K = TypeVar("K", bound=Kept)
COUNTED = "the people you added"
PUT_BACK_FOR = timedelta(days=30)


# Rows of one's own, copied to Bluum -----------------------------------------------------------


@transaction.atomic
def _add(model: type[K], account: Account, key: UUID, told: dict[str, Any]) -> K:
    row: K
    row, new = model._base_manager.get_or_create(account=account, key=key, defaults=told)
    if new:
        row.enqueue()
        _follow(account, model)
    return row


@transaction.atomic
def _change(row: K, told: dict[str, Any]) -> K:
    current: K = type(row)._base_manager.select_for_update().get(pk=row.pk)
    new = {name: value for name, value in told.items() if getattr(current, name) != value}
    if new and current.status == Kept.Status.ACTIVE:
        for name, value in new.items():
            setattr(current, name, value)
        current.revision += 1
        current.updated_at = timezone.now()
        current.save(update_fields=[*new, "revision", "updated_at"])
        current.poke()
        _follow(current.account, type(row))  # type: ignore[attr-defined]
    return current


def _archive(row: Kept) -> None:
    _change(row, {"status": Kept.Status.ARCHIVED})


@transaction.atomic
def _put_back(row: K, names: Iterable[str]) -> K:
    """Undo of archiving: the same again as a new row, since Bluum has put the old one away.

    Its key follows from the old one's, so pressing twice makes one.
    """
    told = {name: getattr(row, name) for name in names}
    return _add(type(row), row.account, uuid5(row.key, "again"), told)  # type: ignore[attr-defined]


def _follow(account: Account, model: type[Kept]) -> None:
    if model is Dependent:
        count = Dependent.objects.filter(account=account, status=Kept.Status.ACTIVE).count()
        save_section(account, "demographics", {"number_of_dependents": count}, source=COUNTED)
    agenda.advice_changed(account)


PERSON = (
    "first_name",
    "relationship",
    "date_of_birth",
    "financial_support_until",
    "has_education_plans",
    "estimated_education_cost",
)
HOLDING = (
    "name",
    "account_type",
    "is_asset",
    "balance",
    "currency",
    "institution",
    "interest_rate",
    "minimum_payment",
    "holdings",
    "balance_at",
)


def add_dependent(*, account: Account, key: UUID, **told: Any) -> Dependent:
    """Write down someone who depends on this person. The same key is the same wish."""
    return _add(Dependent, account, key, told)


def change_dependent(row: Dependent, **told: Any) -> Dependent:
    return _change(row, told)


def archive_dependent(row: Dependent) -> None:
    _archive(row)


def restore_dependent(row: Dependent) -> Dependent:
    return _put_back(row, PERSON)


def add_holding(*, account: Account, key: UUID, **told: Any) -> ExternalAccount:
    """Write down money or debt held elsewhere. `balance` is positive in both cases."""
    return _add(ExternalAccount, account, key, told)


def change_holding(row: ExternalAccount, **told: Any) -> ExternalAccount:
    """A figure that is typed again is as old as today, also when it is the same."""
    if "balance" in told:
        ExternalAccount.objects.filter(pk=row.pk).update(balance_at=timezone.now())
    return _change(row, told)


def archive_holding(row: ExternalAccount) -> None:
    """Take it out of the picture. What comes from a bank stays out when the bank is read again."""
    _archive(row)


def restore_holding(row: ExternalAccount) -> ExternalAccount:
    """Put back what was typed in; an account of a bank that is still connected is read again."""
    linked = row.link is not None and row.link.status != ExternalLink.Status.REMOVED
    if not linked:
        return _put_back(row, HOLDING)
    with transaction.atomic():
        again = _put_back(row, (*HOLDING, "plaid_account_id", "mask", "link"))
        assert row.link
        row.link.poke()
        return again


def put_away_lately(account: Account) -> tuple[list[Dependent], list[ExternalAccount]]:
    """What was archived in the last 30 days and isn't back: it can be put back."""
    since = timezone.now() - PUT_BACK_FOR

    def of(model: type[K]) -> list[K]:
        rows = list(model._base_manager.filter(account=account).order_by("-updated_at"))
        keys = {row.key for row in rows}
        return [
            row
            for row in rows
            if row.status == Kept.Status.ARCHIVED
            and row.updated_at > since
            and uuid5(row.key, "again") not in keys
        ]

    return of(Dependent), of(ExternalAccount)


# Net worth ------------------------------------------------------------------------------------


@dataclass
class Group:
    """Accounts of one kind; `total` in dollars, of those that count."""

    name: str
    is_asset: bool
    rows: list[ExternalAccount] = field(default_factory=list)
    total: Decimal = Decimal(0)


@dataclass
class NetWorth:
    """What is held less what is owed, in dollars. `with_us` is what the account holds here.

    `doubles` are accounts that look like another one and are counted once. `uncounted` are
    in other currencies. `oldest` is the age of the oldest figure in it.
    """

    groups: list[Group]
    with_us: list[Item]
    assets: Decimal
    debts: Decimal
    doubles: set[int]
    uncounted: list[ExternalAccount]
    oldest: datetime | None
    unread: list[ExternalLink]

    @property
    def net(self) -> Decimal:
        return self.assets - self.debts

    @property
    def has_rows(self) -> bool:
        return any(group.rows for group in self.groups)

    @property
    def asset_groups(self) -> list[Group]:
        return [group for group in self.groups if group.is_asset]

    @property
    def debt_groups(self) -> list[Group]:
        return [group for group in self.groups if not group.is_asset]


def net_worth(account: Account) -> NetWorth:
    rows = list(
        ExternalAccount.objects.filter(account=account, status=Kept.Status.ACTIVE).select_related(
            "link"
        )
    )
    waiting = {ExternalLink.Status.BROKEN, ExternalLink.Status.CONNECTING}
    links = ExternalLink.objects.filter(account=account, status__in=waiting)
    return add_up(account, rows, list(links))


def add_up(account: Account, rows: list[ExternalAccount], unread: list[ExternalLink]) -> NetWorth:
    """The same from rows that were read already."""
    twice = doubles(rows)
    order = [(name, True) for name, _ in ASSETS] + [(name, False) for name, _ in DEBTS]
    groups = {name: Group(name, owned) for name, owned in order}
    for row in rows:
        name = GROUP_OF.get(row.account_type, "Things you own")
        group = groups[name]
        if group.is_asset != row.is_asset:  # an overdrawn account, an overpaid card
            name = "Things you own" if row.is_asset else "Other debts"
            group = groups[name]
        group.rows.append(row)
        if row.currency == "USD" and row.pk not in twice:
            group.total += row.balance
    with_us = agenda.things_held(account)
    here = sum((item.amount or Decimal(0) for item in with_us), Decimal(0))
    return NetWorth(
        groups=[group for group in groups.values() if group.rows],
        with_us=with_us,
        assets=sum((g.total for g in groups.values() if g.is_asset), here),
        debts=sum((g.total for g in groups.values() if not g.is_asset), Decimal(0)),
        doubles=twice,
        uncounted=[row for row in rows if row.currency != "USD"],
        oldest=min((row.balance_at for row in rows), default=None),
        unread=unread,
    )


def doubles(rows: Iterable[ExternalAccount]) -> set[int]:
    """Accounts that an earlier one with the same bank and last digits already stands for."""
    seen: Counter[tuple[str, str]] = Counter()
    found = set()
    for row in sorted(rows, key=lambda r: r.pk):
        if not (row.mask and row.institution):
            continue
        name = (row.institution.casefold(), row.mask)
        if seen[name]:
            found.add(row.pk)
        seen[name] += 1
    return found


def share_of_what_is_owned(account: Account) -> float | None:
    """The fraction that the money to be invested is of all that is owned, debts taken off.

    None while too little is told: nothing elsewhere, or no amount in the risk answers.
    """
    elsewhere = net_worth(account)
    draft = RiskDraft.objects.filter(account=account).first()
    amount = Decimal((draft.answers.get("amount") if draft else None) or 0)
    if not elsewhere.has_rows or amount <= 0:
        return None
    # Homes and cars can't carry a bad year in the markets, and their loans go with them.
    liquid = {name for name, _ in ASSETS} - {"Things you own"}
    owned = sum((g.total for g in elsewhere.asset_groups if g.name in liquid), Decimal(0))
    owed = sum((g.total for g in elsewhere.debt_groups if g.name == "Other debts"), Decimal(0))
    return float(amount / (amount + max(owned - owed, Decimal(0))))


def stale_holdings(account: Account, checked_at: datetime | None) -> list[ExternalAccount]:
    """Balances typed in over a year ago and not confirmed since."""
    limit = timezone.now() - CHECK_EVERY
    if checked_at and checked_at > limit:
        return []
    return list(
        ExternalAccount.objects.filter(
            account=account, status=Kept.Status.ACTIVE, link=None, balance_at__lte=limit
        )
    )


@transaction.atomic
def save_check(
    account: Account,
    *,
    sections: Mapping[str, Mapping[str, Any]],
    balances: Mapping[int, Decimal],
) -> bool:
    """Keep what the yearly look changed: answers by section, balances by account. Says whether
    anything did."""
    for key, answers in sections.items():
        save_section(account, key, answers)
    for row in ExternalAccount.objects.filter(account=account, pk__in=balances, link=None):
        change_holding(row, balance=balances[row.pk])
    return bool(sections or balances)
