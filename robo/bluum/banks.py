"""Linked banks: how they are linked, and the shapes in which Bluum lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    Instant,
    Lower,
    Model,
    Page,
    Personal,
    Resource,
    Unreadable,
    field_of,
    one,
    path,
    present,
    read,
)

ITEM_ID = ("itemId", "item_id", "providerId", "provider_id")
INSTITUTION = ("institutionName", "institution_name", "bankName", "bank_name", "institution")
NAME = ("accountName", "account_name", "name")
ACH = ("ach_relationship_status", "achRelationshipStatus")
SUBTYPE = ("accountSubtype", "account_subtype", "subtype")


class SourceStatus(StrEnum):
    ACTIVE = "active"
    DISCONNECTED = "disconnected"
    ERROR = "error"


class LinkToken(Model):
    """What opens Plaid Link in the browser."""

    link_token: str = Field(repr=False)
    hosted_link_url: str | None = Field(None, repr=False)


class BankSource(Personal):
    """One linked bank account, from whichever of the three list shapes it came.

    `id` is what deposits, withdrawals, auto-invest and `disconnect` take. `connection_id` is
    Bluum's id of the whole bank login, `item_id` and `account_id` are Plaid's; the later flat
    shape knows only `item_id` of these. `type` is plaid or manual, `account_type` Plaid's word
    (depository). `ach_status` is how the custodian's link for transfers stands, in its provider's
    words; Bluum documents no field for it, so it may always be missing.
    """

    id: str
    status: Lower
    type: Lower | None = None
    connection_id: str | None = None
    item_id: str | None = Field(None, validation_alias=AliasChoices(*ITEM_ID))
    account_id: str | None = None
    institution_id: str | None = None
    institution: str | None = Field(None, validation_alias=AliasChoices(*INSTITUTION))
    name: str | None = Field(None, validation_alias=AliasChoices(*NAME))
    mask: str | None = None
    ach_status: Lower | None = Field(None, validation_alias=AliasChoices(*ACH))
    account_type: str | None = None
    subtype: str | None = Field(None, validation_alias=AliasChoices(*SUBTYPE))
    currency: str | None = None
    country: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Bank(Model):
    """A bank of a country, and the code that `connect_manual` takes."""

    name: str
    code: str


class FundingSources(Resource):
    def create_link_token(
        self, account_id: str, *, hosted: bool = False, funding_source_id: str | None = None
    ) -> LinkToken:
        """Start linking a bank; `hosted` asks for a page at Plaid instead of the embedded Link.

        `funding_source_id` asks for Plaid's update mode for that bank. Bluum documents no such
        field: it may ignore or refuse it, and then the person links the bank as a new one.
        """
        return self._one(
            LinkToken,
            "POST",
            path("accounts", account_id, "funding-sources", "plaid", "link-token"),
            json=present(enable_hosted_link=hosted, funding_source_id=funding_source_id),
        )

    def connect(self, account_id: str, *, public_token: str) -> tuple[BankSource, ...]:
        """Finish linking: the bank accounts of that login. Never repeated by itself."""
        route = path("accounts", account_id, "funding-sources", "plaid", "connect")
        return self._ask(_bank_sources, "POST", route, json={"public_token": public_token})

    def connect_plaid(self, account_id: str, *, public_token: str) -> tuple[BankSource, ...]:
        """As `connect`, at the newer endpoint that takes every type of source."""
        return self._connect(account_id, present(type="plaid", public_token=public_token))

    def connect_manual(
        self,
        account_id: str,
        *,
        bank_name: str,
        account_holder_name: str,
        account_number: str,
        bank_account_type: str | None = None,
        routing_number: str | None = None,
        swift_code: str | None = None,
        beneficiary_address: str | None = None,
        currency: str | None = None,
        country: str | None = None,
        bank_code: str | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> tuple[BankSource, ...]:
        """Enter a bank account by hand, where Plaid does not reach. `bank_account_type` is
        CHECKING or SAVINGS, `bank_code` one of `nigerian_banks`."""
        body = present(
            type="manual",
            bank_name=bank_name,
            account_holder_name=account_holder_name,
            account_number=account_number,
            bank_account_type=bank_account_type,
            routing_number=routing_number,
            swift_code=swift_code,
            beneficiary_address=beneficiary_address,
            currency=currency,
            country=country,
            bank_code=bank_code,
            metadata=metadata,
        )
        return self._connect(account_id, body)

    def _connect(self, account_id: str, body: Mapping[str, Any]) -> tuple[BankSource, ...]:
        route = path("accounts", account_id, "funding-sources", "connect")
        return self._ask(_bank_sources, "POST", route, json=body)

    def list(self, account_id: str, *, type: str | None = None) -> tuple[BankSource, ...]:
        """All bank accounts ever linked, disconnected ones included; or plaid, or manual ones."""
        route = path("accounts", account_id, "funding-sources")
        return self._ask(_bank_sources, "GET", route, params={"type": type})

    def retrieve(self, account_id: str, funding_source_id: str) -> BankSource:
        """One bank account. Raises Unavailable if the answer holds another one."""

        def the_one(answer: object) -> BankSource:
            found = _bank_sources(answer)
            named = [source for source in found if source.id == funding_source_id]
            if named or len(found) == 1:
                return (named or list(found))[0]
            raise Unreadable("another funding source")

        route = path("accounts", account_id, "funding-sources", funding_source_id)
        return self._ask(the_one, "GET", route)

    def disconnect(self, account_id: str, funding_source_id: str, *, kind: str = "plaid") -> None:
        """Unlink a bank account, plaid or manual; its record and past transfers stay."""
        self._client.request(
            "DELETE",
            path("accounts", account_id, "funding-sources", funding_source_id),
            params={"type": kind},
        )

    def nigerian_banks(self) -> Page[Bank]:
        """Banks that `connect_manual` knows by their code."""
        return self._all(Bank, "/lookup/nigerian-banks", "banks")


LIST_SHAPES = ("items", "fundingSources", "funding_sources")
SINGLE_SHAPES = ("item", "fundingSource", "funding_source")


def _bank_sources(answer: object) -> tuple[BankSource, ...]:
    """Every known shape as flat rows. A server may send two at once: they are laid together."""
    if isinstance(answer, list):
        answer = {"data": answer}
    data = one(answer)
    lists = [data[name] for name in LIST_SHAPES if isinstance(data.get(name), list)]
    lists += [[data[name]] for name in SINGLE_SHAPES if isinstance(data.get(name), dict)]
    if isinstance(data.get("data"), list):
        lists.append(data["data"])
    if not lists and "id" in data:
        lists.append([data])
    if not lists:
        raise Unreadable("no funding sources")
    found: dict[str, dict[str, Any]] = {}
    for row in (row for given in lists for entry in given for row in _flat(entry)):
        kept = found.setdefault(str(row.get("id")), {})
        known = {field_of(BankSource, name) for name in kept}
        kept.update({n: v for n, v in row.items() if field_of(BankSource, n) not in known})
    return tuple(read(BankSource, _with_status(row)) for row in found.values())


def _with_status(row: dict[str, Any]) -> dict[str, Any]:
    """Its own status, unless its whole login is no longer active or it has none."""
    login = row.pop("login_status", None)
    if login is None or ("status" in row and str(login).lower() == SourceStatus.ACTIVE):
        return row
    return {**row, "status": login}


def _flat(entry: object) -> Iterator[dict[str, Any]]:
    """One row per bank account, from a login with its accounts or from a row that is flat."""
    if not isinstance(entry, dict):
        raise Unreadable("a funding source that is no object")
    accounts = entry.get("accounts")
    login: dict[str, Any] = {}
    if isinstance(accounts, list):
        login = {n: v for n, v in entry.items() if n not in ("id", "status", "accounts")}
        login |= {"connection_id": entry.get("id"), "login_status": entry.get("status")}
    for account in accounts if isinstance(accounts, list) else [entry]:
        if not isinstance(account, dict):
            raise Unreadable("a bank account that is no object")
        yield {n: v for n, v in {**login, **account}.items() if v is not None}
