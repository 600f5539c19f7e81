"""Accounts, their verification, and the documents that verification asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    PAGE,
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Page,
    Personal,
    Resource,
    Upper,
    every,
    path,
    present,
)


class AccountStatus(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    SUSPENDED = "SUSPENDED"
    REJECTED = "REJECTED"


class WorkflowStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    PENDING_REVIEW = "pending_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


class CheckStatus(StrEnum):
    PENDING = "pending"
    CLEAR = "clear"
    REVIEW_REQUIRED = "review_required"
    FAILED = "failed"
    ERROR = "error"


class DocumentStatus(StrEnum):
    PROCESSING = "processing"
    APPROVED = "approved"
    REJECTED = "rejected"


class Contact(Personal):
    email_address: str | None = None
    phone_number: str | None = None
    street_address: tuple[str, ...] = ()
    local_street_address: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Identity(Personal):
    """Who the investor is. Bluum never gives the tax id back."""

    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: Day | None = None
    tax_id_type: str | None = None
    country_of_citizenship: str | None = None
    country_of_birth: str | None = None
    country_of_tax_residence: str | None = None
    funding_source: tuple[str, ...] = ()
    party_type: str | None = None


class Disclosures(Model):
    is_control_person: bool | None = None
    is_affiliated_exchange_or_finra: bool | None = None
    is_politically_exposed: bool | None = None
    immediate_family_exposed: bool | None = None
    is_affiliated_exchange_or_iiroc: bool | None = None
    is_discretionary: bool | None = None


class Agreement(Personal):
    agreement: str
    signed_at: Instant | None = None
    ip_address: str | None = None
    revision: str | None = None
    account_id: str | None = None


class CheckHandoff(Model):
    """A check, and where the investor does it: a URL to visit or a token for the provider's SDK."""

    check_type: str = Field(validation_alias=AliasChoices("check_type", "checkType", "type"))
    status: Lower
    workflow_id: str | None = None
    provider: str | None = None
    external_id: str | None = None
    verification_url: str | None = Field(None, repr=False)
    verification_token: str | None = Field(None, repr=False)


class PortfolioRef(Model):
    id: str = Field(validation_alias=AliasChoices("id", "portfolio_id"))
    status: str | None = None


class Account(Model):
    """`balance` and `last_equity` are in `currency`."""

    id: str
    status: Upper
    account_number: str | None = Field(None, repr=False)
    crypto_status: str | None = None
    currency: str | None = None
    balance: Decimal | None = None
    last_equity: Decimal | None = None
    created_at: Instant | None = None
    contact: Contact | None = None
    identity: Identity | None = None
    disclosures: Disclosures | None = None
    agreements: tuple[Agreement, ...] = ()
    account_type: str | None = None
    management_type: str | None = None
    tax_advantaged: bool | None = None
    tax_designation: str | None = None
    trading_type: str | None = None
    trading_configurations: dict[str, Any] | None = None
    enabled_assets: tuple[str, ...] = ()
    portfolios: tuple[PortfolioRef, ...] = ()
    compliance_checks: tuple[CheckHandoff, ...] = ()


class Check(Model):
    check_type: str = Field(validation_alias=AliasChoices("check_type", "checkType", "type"))
    status: Lower
    provider: str | None = None
    external_id: str | None = None
    started_at: Instant | None = None
    completed_at: Instant | None = None


class ComplianceStatus(Model):
    """Where an account's verification stands."""

    workflow_status: Lower
    account_id: str | None = None
    workflow_type: str | None = None
    risk_level: Lower | None = None
    checks: tuple[Check, ...] = ()
    created_at: Instant | None = None
    updated_at: Instant | None = None


class ComplianceRestart(Model):
    """A new workflow, with the checks the investor has to do."""

    workflow_id: str
    status: Lower
    checks: tuple[CheckHandoff, ...] = Field(
        (), validation_alias=AliasChoices("compliance_checks", "complianceChecks", "checks")
    )


class ComplianceWorkflow(Model):
    id: str = Field(validation_alias=AliasChoices("id", "workflow_id", "workflowId"))
    status: Lower
    risk_level: Lower | None = None
    checks: tuple[Check, ...] = ()
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Document(Model):
    document_id: str = Field(validation_alias=AliasChoices("document_id", "documentId", "id"))
    upload_status: Lower
    account_id: str | None = None
    document_type: str | None = None
    uploaded_at: Instant | None = None
    rejection_reason: str | None = None


class Accounts(Resource):
    def create(
        self,
        *,
        contact: Mapping[str, object],
        identity: Mapping[str, object],
        disclosures: Mapping[str, bool],
        agreements: Sequence[Mapping[str, object]],
        idempotency_key: Key,
        account_type: str = "individual",
        management_type: str = "advised",
        tax_advantaged: bool | None = None,
        tax_designation: str | None = None,
        trading_type: str | None = None,
        enabled_assets: Sequence[str] | None = None,
    ) -> Account:
        """Open an account. Verification starts by itself: see `compliance_checks`.

        The blocks use Bluum's field names; dates and instants may be given as such. `agreements`
        are `{agreement, agreed: True, signed_at, ip_address}`. Raises Conflict if the e-mail
        address has an account already (409-001): then `find_by_email`.
        """
        body = present(
            account_type=account_type,
            management_type=management_type,
            contact=contact,
            identity=identity,
            disclosures=disclosures,
            agreements=agreements,
            tax_advantaged=tax_advantaged,
            tax_designation=tax_designation,
            trading_type=trading_type,
            enabled_assets=enabled_assets,
        )
        return self._one(Account, "POST", "/accounts", "account", json=body, key=idempotency_key)

    def retrieve(self, account_id: str) -> Account:
        return self._one(Account, "GET", path("accounts", account_id), "account")

    def list(self, *, limit: int = PAGE, offset: int = 0) -> Page[Account]:
        """One page of the tenant's accounts."""
        return self._all(
            Account, "/accounts", "accounts", params={"limit": limit, "offset": offset}
        )

    def find_by_email(self, email: str) -> Account | None:
        """The account of an e-mail address, None if there is none. Reads page after page."""
        wanted = email.strip().casefold()
        for account in every(self.list):
            found = account.contact.email_address if account.contact else None
            if found is not None and found.strip().casefold() == wanted:
                return account
        return None


class Compliance(Resource):
    def retrieve(self, account_id: str) -> ComplianceStatus:
        return self._one(
            ComplianceStatus, "GET", path("accounts", account_id, "compliance"), "compliance"
        )

    def workflow(self, account_id: str, workflow_id: str) -> ComplianceWorkflow:
        return self._one(
            ComplianceWorkflow,
            "GET",
            path("accounts", account_id, "compliance", "workflows", workflow_id),
            "workflow",
        )

    def submit(
        self,
        account_id: str,
        *,
        workflow_id: str,
        check_type: str,
        provider_payload: Mapping[str, object],
    ) -> CheckHandoff:
        """Hand in what the provider told the browser. Conflict if the check is not pending."""
        body = present(
            workflow_id=workflow_id, check_type=check_type, provider_payload=provider_payload
        )
        return self._one(
            CheckHandoff,
            "POST",
            path("accounts", account_id, "compliance", "submit"),
            "check",
            json=body,
        )

    def restart(self, account_id: str) -> ComplianceRestart:
        """Begin verification anew after a rejection. Conflict while a workflow runs."""
        return self._one(
            ComplianceRestart, "POST", path("accounts", account_id, "compliance", "restart")
        )


class Documents(Resource):
    def upload(
        self,
        account_id: str,
        *,
        document_type: str,
        filename: str,
        content: bytes,
        content_type: str,
    ) -> Document:
        """Send a JPEG, PNG or PDF of at most 10 MB. Not repeated by itself."""
        return self._one(
            Document,
            "POST",
            path("documents", "accounts", account_id, "upload"),
            "document",
            data={"document_type": document_type},
            files={"file": (filename, content, content_type)},
        )

    def retrieve(self, document_id: str) -> Document:
        return self._one(Document, "GET", path("documents", document_id), "document")

    def list(
        self, account_id: str, *, document_type: str | None = None, status: str | None = None
    ) -> Page[Document]:
        return self._all(
            Document,
            path("documents", "accounts", account_id, "upload"),
            "documents",
            params={"document_type": document_type, "status": status},
        )

    def delete(self, document_id: str) -> None:
        self._client.request("DELETE", path("documents", document_id))
