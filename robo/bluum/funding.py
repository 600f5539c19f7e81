"""Linked banks, deposits, withdrawals and the wallets they move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    Instant,
    Key,
    Lower,
    Model,
    Personal,
    Resource,
    keyed,
    money,
    one,
    path,
    present,
    read,
    read_all,
    unreadable,
    wire,
)


class SourceStatus(StrEnum):
    ACTIVE = "active"
    DISCONNECTED = "disconnected"
    ERROR = "error"


class DepositStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    RECEIVED = "received"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FAILED = "failed"


class WithdrawalStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUBMITTED = "submitted"
    COMPLETED = "completed"
    CANCELED = "canceled"
    FAILED = "failed"


class LinkToken(Model):
    """What opens Plaid Link in the browser."""

    link_token: str = Field(repr=False)
    hosted_link_url: str | None = Field(None, repr=False)


class BankSource(Model):
    """One linked bank account, from whichever of the three list shapes it came.

    `id` is what deposits, withdrawals, auto-invest and `disconnect` take. `connection_id` is
    Bluum's id of the whole bank login, `item_id` and `account_id` are Plaid's; the later flat
    shape knows only `item_id` of these. `type` is Plaid's word (depository), `kind` is plaid or
    manual.
    """

    id: str
    status: Lower
    connection_id: str | None = None
    item_id: str | None = None
    account_id: str | None = None
    institution_id: str | None = None
    institution: str | None = None
    name: str | None = None
    mask: str | None = None
    type: str | None = None
    subtype: str | None = None
    kind: Lower | None = None
    currency: str | None = None
    country: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class BankDetails(Personal):
    """Where a manual transfer has to go."""

    bank_name: str | None = None
    bank_address: str | None = None
    account_name: str | None = None
    account_number: str | None = None
    account_kind: str | None = None
    routing_number: str | None = None
    swift_code: str | None = None
    beneficiary_address: str | None = None
    instructions: str | None = None


class FundingDetail(Personal):
    payment_type: str | None = None
    currency: str | None = None
    account_number: str | None = None
    routing_code: str | None = None
    bank_name: str | None = None


class MethodDetails(Model):
    """`reference_code` must stand in the memo of a manual transfer."""

    reference_code: str | None = None
    bank_details: BankDetails | None = None
    expires_at: Instant | None = None
    provider_name: str | None = None
    provider: str | None = None
    method: str | None = None
    transfer_id: str | None = None
    external_deposit_id: str | None = None
    alpaca_status: str | None = None
    funding_details: tuple[FundingDetail, ...] = ()


class Deposit(Model):
    """Money on its way from a bank into the wallet. `amount` is in `currency`."""

    id: str = Field(validation_alias=AliasChoices("deposit_id", "depositId", "id"))
    status: Lower
    amount: Decimal
    currency: str
    account_id: str | None = None
    wallet_id: str | None = None
    method: str | None = None
    description: str | None = None
    method_details: MethodDetails | None = None
    initiated_at: Instant | None = None
    received_at: Instant | None = None
    completed_at: Instant | None = None
    expires_at: Instant | None = None
    failure_reason: str | None = None
    created_at: Instant | None = None


class Withdrawal(Model):
    """Money on its way from the wallet to a bank. `amount` is in `currency`."""

    id: str = Field(validation_alias=AliasChoices("withdrawal_id", "withdrawalId", "id"))
    status: Lower
    amount: Decimal
    currency: str
    account_id: str | None = None
    wallet_id: str | None = None
    method: str | None = None
    description: str | None = None
    method_details: dict[str, Any] | None = Field(None, repr=False)
    destination_details: dict[str, Any] | None = Field(None, repr=False)
    initiated_at: Instant | None = None
    submitted_at: Instant | None = None
    completed_at: Instant | None = None
    failure_reason: str | None = None
    created_at: Instant | None = None


class Wallet(Model):
    """`balance` is `available_balance` plus `reserved_balance`, in `currency`."""

    id: str = Field(validation_alias=AliasChoices("wallet_id", "walletId", "id"))
    currency: str
    balance: Decimal
    available_balance: Decimal
    reserved_balance: Decimal | None = None
    status: Lower | None = None
    created_at: Instant | None = None


class Transaction(Model):
    """A movement in a wallet. `type` is deposit or withdrawal, later perhaps buy, sell, fee."""

    id: str = Field(validation_alias=AliasChoices("transaction_id", "transactionId", "id"))
    type: Lower
    status: Lower
    amount: Decimal
    currency: str
    account_id: str | None = None
    wallet_id: str | None = None
    method: str | None = None
    description: str | None = None
    created_at: Instant | None = None
    completed_at: Instant | None = None
    failed_at: Instant | None = None
    failure_reason: str | None = None


class Wallets(Resource):
    def list(self, account_id: str) -> tuple[Wallet, ...]:
        data = self._client.request("GET", path("accounts", account_id, "wallets"))
        return read_all(Wallet, data, "wallets")

    def transactions(
        self,
        account_id: str,
        *,
        type: str | None = None,
        status: str | None = None,
        currency: str | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[Transaction, ...]:
        params = {
            "type": type,
            "status": status,
            "currency": currency,
            "date_from": wire(date_from),
            "date_to": wire(date_to),
            "limit": limit,
            "offset": offset,
        }
        data = self._client.request(
            "GET", path("accounts", account_id, "transactions"), params=params
        )
        return read_all(Transaction, data, "transactions")


class FundingSources(Resource):
    def create_link_token(self, account_id: str, *, hosted: bool = False) -> LinkToken:
        """Start linking a bank; `hosted` asks for a page at Plaid instead of the embedded Link."""
        data = self._client.request(
            "POST",
            path("accounts", account_id, "funding-sources", "plaid", "link-token"),
            json={"enable_hosted_link": hosted},
        )
        return read(LinkToken, one(data))

    def connect(self, account_id: str, *, public_token: str) -> tuple[BankSource, ...]:
        """Finish linking: the bank accounts of that login. Never repeated by itself."""
        data = self._client.request(
            "POST",
            path("accounts", account_id, "funding-sources", "plaid", "connect"),
            json={"public_token": public_token},
        )
        return _bank_sources(data)

    def list(self, account_id: str) -> tuple[BankSource, ...]:
        """All bank accounts ever linked, disconnected ones included."""
        data = self._client.request("GET", path("accounts", account_id, "funding-sources"))
        return _bank_sources(data)

    def retrieve(self, account_id: str, funding_source_id: str) -> BankSource:
        """One bank account. Raises Unavailable if the answer holds another one."""
        data = self._client.request(
            "GET", path("accounts", account_id, "funding-sources", funding_source_id)
        )
        found = _bank_sources(data)
        for source in found:
            if source.id == funding_source_id:
                return source
        if len(found) == 1:
            return found[0]
        raise unreadable("another funding source")

    def disconnect(self, account_id: str, funding_source_id: str, *, kind: str = "plaid") -> None:
        """Unlink a bank account; its record and past transfers stay."""
        self._client.request(
            "DELETE",
            path("accounts", account_id, "funding-sources", funding_source_id),
            params={"type": kind},
        )


class Deposits(Resource):
    def create(
        self,
        account_id: str,
        *,
        amount: Decimal,
        funding_source_id: str,
        idempotency_key: Key,
        currency: str = "USD",
        description: str | None = None,
    ) -> Deposit:
        """Pull money from a linked bank account into the wallet by ACH (two decimals)."""
        body = present(
            amount=money(amount),
            method="ach",
            currency=currency,
            funding_source_id=funding_source_id,
            description=description,
        )
        return self._create(account_id, body, idempotency_key)

    def create_manual(
        self,
        account_id: str,
        *,
        amount: Decimal,
        idempotency_key: Key,
        currency: str = "USD",
        description: str | None = None,
    ) -> Deposit:
        """Announce a bank transfer the investor makes; see `method_details` for where to."""
        body = present(
            amount=money(amount),
            method="manual_bank_transfer",
            currency=currency,
            description=description,
        )
        return self._create(account_id, body, idempotency_key)

    def _create(self, account_id: str, body: dict[str, Any], key: Key) -> Deposit:
        data = self._client.request(
            "POST", path("accounts", account_id, "deposits"), json=body, headers=keyed(key)
        )
        return read(Deposit, one(data, "deposit"))

    def retrieve(self, account_id: str, deposit_id: str) -> Deposit:
        data = self._client.request("GET", path("accounts", account_id, "deposits", deposit_id))
        return read(Deposit, one(data, "deposit"))

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        method: str | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[Deposit, ...]:
        """One page."""
        params = {
            "status": status,
            "method": method,
            "date_from": wire(date_from),
            "date_to": wire(date_to),
            "limit": limit,
            "offset": offset,
        }
        data = self._client.request("GET", path("accounts", account_id, "deposits"), params=params)
        return read_all(Deposit, data, "deposits")

    def cancel(self, account_id: str, deposit_id: str) -> Deposit:
        """Cancel a pending deposit. Raises Conflict (or Refused) when it is too late."""
        route = path("accounts", account_id, "deposits", deposit_id, "cancel")
        return read(Deposit, one(self._client.request("POST", route), "deposit"))

    def wire_details(self, account_id: str, deposit_id: str) -> bytes:
        """The PDF with the bank details of a manual deposit."""
        route = path("accounts", account_id, "deposits", deposit_id, "wire-details")
        found = self._client.request("GET", route)
        if not isinstance(found, bytes):
            raise unreadable("not a PDF")
        return found


class Withdrawals(Resource):
    def create(
        self,
        account_id: str,
        *,
        amount: Decimal,
        funding_source_id: str,
        idempotency_key: Key,
        currency: str = "USD",
        description: str | None = None,
    ) -> Withdrawal:
        """Send money from the wallet to a linked bank by ACH. Raises InsufficientFunds."""
        body = present(
            amount=money(amount),
            method="ach",
            currency=currency,
            funding_source_id=funding_source_id,
            description=description,
        )
        data = self._client.request(
            "POST",
            path("accounts", account_id, "withdrawals"),
            json=body,
            headers=keyed(idempotency_key),
        )
        return read(Withdrawal, one(data, "withdrawal"))

    def retrieve(self, account_id: str, withdrawal_id: str) -> Withdrawal:
        route = path("accounts", account_id, "withdrawals", withdrawal_id)
        return read(Withdrawal, one(self._client.request("GET", route), "withdrawal"))

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        method: str | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[Withdrawal, ...]:
        """One page."""
        params = {
            "status": status,
            "method": method,
            "date_from": wire(date_from),
            "date_to": wire(date_to),
            "limit": limit,
            "offset": offset,
        }
        route = path("accounts", account_id, "withdrawals")
        return read_all(
            Withdrawal, self._client.request("GET", route, params=params), "withdrawals"
        )

    def cancel(self, account_id: str, withdrawal_id: str) -> Withdrawal:
        """Cancel a pending withdrawal. Raises Conflict (or Refused) when it is too late."""
        route = path("accounts", account_id, "withdrawals", withdrawal_id, "cancel")
        return read(Withdrawal, one(self._client.request("POST", route), "withdrawal"))


LIST_SHAPES = ("items", "fundingSources", "funding_sources")
SINGLE_SHAPES = ("item", "fundingSource", "funding_source")


def _bank_sources(answer: object) -> tuple[BankSource, ...]:
    """Every known shape as flat rows. A server may send two at once: they are laid together."""
    data = one(answer)
    lists = [data[name] for name in LIST_SHAPES if isinstance(data.get(name), list)]
    lists += [[data[name]] for name in SINGLE_SHAPES if isinstance(data.get(name), dict)]
    if isinstance(answer, dict) and isinstance(answer.get("data"), list):
        lists.append(answer["data"])
    if not lists and "id" in data:
        lists.append([data])
    if not lists:
        raise unreadable("no funding sources")
    found: dict[object, dict[str, Any]] = {}
    for given in lists:
        for entry in given:
            for row in _flat(entry):
                kept = found.setdefault(row.get("id"), {})
                kept.update({k: v for k, v in row.items() if v is not None and k not in kept})
    return tuple(read(BankSource, {**row, "status": _status(row)}) for row in found.values())


def _status(row: dict[str, Any]) -> Any:
    """The bank account's own status, unless its whole login is no longer active."""
    own, login = row.get("status"), row.get("login_status")
    broken = isinstance(login, str) and login.lower() != SourceStatus.ACTIVE
    return login if own is None or broken else own


def _flat(entry: object) -> Iterator[dict[str, Any]]:
    """One row per bank account, from a login with its accounts or from a row that is flat."""
    if not isinstance(entry, dict):
        raise unreadable("a funding source that is no object")
    accounts = entry.get("accounts")
    nested = isinstance(accounts, list)
    for account in accounts if isinstance(accounts, list) else [entry]:
        if not isinstance(account, dict):
            raise unreadable("a bank account that is no object")
        both = {**entry, **account}
        kind = both.get("type")
        yield {
            "id": account.get("id"),
            "status": account.get("status"),
            "login_status": entry.get("status") if nested else None,
            "connection_id": entry.get("id") if nested else None,
            "item_id": _first(entry, "itemId", "item_id", "providerId", "provider_id"),
            "account_id": _first(account, "accountId", "account_id"),
            "institution_id": _first(both, "institutionId", "institution_id"),
            "institution": _first(
                both, "institutionName", "institution_name", "bankName", "bank_name"
            ),
            "name": _first(both, "accountName", "account_name", "name"),
            "mask": both.get("mask"),
            "type": _first(both, "accountType", "account_type"),
            "subtype": _first(both, "accountSubtype", "account_subtype"),
            "kind": kind if kind in ("plaid", "manual") else None,
            "currency": both.get("currency"),
            "country": both.get("country"),
            "created_at": _first(both, "createdAt", "created_at"),
            "updated_at": _first(both, "updatedAt", "updated_at"),
        }


def _first(data: dict[str, Any], *names: str) -> Any:
    return next((data[name] for name in names if data.get(name) is not None), None)
