"""Deposits, withdrawals and the wallets they move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    PAGE,
    Collection,
    Instant,
    Key,
    Lower,
    Model,
    Page,
    Personal,
    Resource,
    money,
    path,
    present,
)


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
    def list(self, account_id: str) -> Page[Wallet]:
        return self._all(Wallet, path("accounts", account_id, "wallets"), "wallets")

    def transactions(
        self,
        account_id: str,
        *,
        type: str | None = None,
        status: str | None = None,
        currency: str | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Page[Transaction]:
        return self._all(
            Transaction,
            path("accounts", account_id, "transactions"),
            "transactions",
            params={
                "type": type,
                "status": status,
                "currency": currency,
                "date_from": date_from,
                "date_to": date_to,
                "limit": limit,
                "offset": offset,
            },
        )


AnyTransfer = TypeVar("AnyTransfer", Deposit, Withdrawal)


class Transfers(Collection[AnyTransfer]):
    root = ("accounts",)

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        method: str | None = None,
        currency: str | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Page[AnyTransfer]:
        """One page."""
        return self._list(
            account_id,
            status=status,
            method=method,
            currency=currency,
            date_from=date_from,
            date_to=date_to,
            limit=limit,
            offset=offset,
        )

    def cancel(self, account_id: str, item_id: str) -> AnyTransfer:
        """Cancel a pending one. Raises Conflict (or Refused) when it is too late."""
        route = self._route(account_id, item_id, "cancel")
        return self._one(self.kind, "POST", route, self.named)


class Deposits(Transfers[Deposit]):
    kind, segment = Deposit, "deposits"
    named, many = "deposit", "deposits"

    def create(
        self,
        account_id: str,
        *,
        amount: Decimal,
        idempotency_key: Key,
        funding_source_id: str | None = None,
        method: str = "ach",
        currency: str = "USD",
        description: str | None = None,
        plaid_options: Mapping[str, object] | None = None,
        manual_options: Mapping[str, object] | None = None,
        wire_options: Mapping[str, object] | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> Deposit:
        """Pull money from a linked bank account into the wallet by ACH (two decimals).

        The bank is named by `funding_source_id`, or by `plaid_options` {item_id, account_id}.
        """
        body = present(
            amount=money(amount),
            method=method,
            currency=currency,
            description=description,
            funding_source_id=funding_source_id,
            plaid_options=plaid_options,
            manual_options=manual_options,
            wire_options=wire_options,
            metadata=metadata,
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
        return self.create(
            account_id,
            amount=amount,
            idempotency_key=idempotency_key,
            method="manual_bank_transfer",
            currency=currency,
            description=description,
        )

    def wire_details(self, account_id: str, deposit_id: str) -> bytes:
        """The PDF with the bank details of a manual deposit."""
        return self._pdf(self._route(account_id, deposit_id, "wire-details"))


class Withdrawals(Transfers[Withdrawal]):
    kind, segment = Withdrawal, "withdrawals"
    named, many = "withdrawal", "withdrawals"

    def create(
        self,
        account_id: str,
        *,
        amount: Decimal,
        idempotency_key: Key,
        funding_source_id: str | None = None,
        method: str = "ach",
        currency: str = "USD",
        description: str | None = None,
        plaid_options: Mapping[str, object] | None = None,
        wire_options: Mapping[str, object] | None = None,
    ) -> Withdrawal:
        """Send money from the wallet to a linked bank, ach or wire. Raises InsufficientFunds."""
        body = present(
            amount=money(amount),
            method=method,
            currency=currency,
            description=description,
            funding_source_id=funding_source_id,
            plaid_options=plaid_options,
            wire_options=wire_options,
        )
        return self._create(account_id, body, idempotency_key)
