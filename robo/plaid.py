"""Plaid, for the little we ask of it ourselves: accounts our clients hold elsewhere.

A thin, typed cover over the official client. Amounts come as Decimal US dollars or in the currency
beside them, dates as dates. Banks for deposits are Bluum's affair (`robo.bluum`), not this one's.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import jwt
import plaid
import urllib3
from plaid.api import plaid_api
from plaid.model.accounts_balance_get_request import AccountsBalanceGetRequest
from plaid.model.accounts_get_request import AccountsGetRequest
from plaid.model.country_code import CountryCode
from plaid.model.identity_get_request import IdentityGetRequest
from plaid.model.investments_holdings_get_request import InvestmentsHoldingsGetRequest
from plaid.model.item_get_request import ItemGetRequest
from plaid.model.item_public_token_exchange_request import ItemPublicTokenExchangeRequest
from plaid.model.item_remove_request import ItemRemoveRequest
from plaid.model.liabilities_get_request import LiabilitiesGetRequest
from plaid.model.link_token_create_hosted_link import LinkTokenCreateHostedLink
from plaid.model.link_token_create_request import LinkTokenCreateRequest
from plaid.model.link_token_create_request_user import LinkTokenCreateRequestUser
from plaid.model.link_token_get_request import LinkTokenGetRequest
from plaid.model.products import Products
from plaid.model.webhook_verification_key_get_request import WebhookVerificationKeyGetRequest

PATIENCE = 15.0
"""Seconds for one request."""
SIGNATURE_HEADER = "Plaid-Verification"
OLDEST = 5 * 60
"""Seconds a webhook may be on its way; Plaid's own rule."""

Product = Literal["identity", "investments", "liabilities", "transactions", "auth"]


class PlaidError(Exception):
    """Anything but the answer that was asked for. Its text holds codes only, no person's data.

    `display` is a sentence Plaid wrote for the person, None if it has none.
    """

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        display: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self.code, self.status, self.display, self.request_id = code, status, display, request_id
        super().__init__(f"{code}, status {status}, request {request_id}")


class Unavailable(PlaidError):
    """No answer, too many requests, or the bank is down: the same request may succeed later."""


class Refused(PlaidError):
    """Plaid understood and said no: sending it again won't help."""


class SignInNeeded(Refused):
    """The person has to sign in at the bank again, in Link's update mode."""


class BadWebhook(Exception):
    """Not signed by Plaid, altered, or older than five minutes. Don't act on it."""


@dataclass(frozen=True)
class LinkToken:
    """What opens Link. `hosted_url` is None unless a hosted page was asked for."""

    token: str
    expires_at: datetime
    hosted_url: str | None


@dataclass(frozen=True)
class Access:
    """Lasting access to one sign-in at a bank. The token is a secret: keep it sealed."""

    token: str = field(repr=False)
    item_id: str


@dataclass(frozen=True)
class Item:
    """A sign-in at a bank. `error` is Plaid's code while it needs the person."""

    item_id: str
    institution_id: str | None
    institution_name: str | None
    products: tuple[str, ...]
    error: str | None
    consent_ends_at: datetime | None


@dataclass(frozen=True)
class Account:
    """An account at a bank. `current` is what is held, or for credit and loan what is owed."""

    account_id: str
    name: str
    mask: str | None
    kind: str
    subtype: str | None
    current: Decimal | None
    available: Decimal | None
    limit: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Owner:
    """Who the bank says owns an account."""

    account_id: str
    names: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """A position; cash is one too (`is_cash`). `cost` is None where the bank doesn't know it."""

    account_id: str
    symbol: str | None
    name: str | None
    quantity: Decimal
    price: Decimal
    value: Decimal
    cost: Decimal | None
    currency: str | None
    is_cash: bool


@dataclass(frozen=True)
class Liability:
    """A card, mortgage or student loan. `rate` is a year's interest in percent units."""

    account_id: str
    kind: Literal["credit", "mortgage", "student"]
    rate: Decimal | None
    minimum_payment: Decimal | None
    next_due: date | None


@dataclass(frozen=True)
class Webhook:
    """A verified webhook. It is a hint: ask Plaid before acting on it."""

    kind: str
    code: str
    item_id: str | None
    payload: Mapping[str, Any]

    @property
    def needs_sign_in(self) -> bool:
        """Whether the item waits for the person, or soon will."""
        error = (self.payload.get("error") or {}).get("error_code")
        soon = ("PENDING_EXPIRATION", "PENDING_DISCONNECT")
        return self.kind == "ITEM" and (error == "ITEM_LOGIN_REQUIRED" or self.code in soon)


class Plaid:
    """The calls we make. `host` is Plaid's address, or the sandbox's with `/plaid` at its end.

    Every method raises Unavailable, Refused or SignInNeeded.
    """

    def __init__(self, *, host: str, client_id: str, secret: str, name: str) -> None:
        settings = plaid.Configuration(
            host=host.rstrip("/"), api_key={"clientId": client_id, "secret": secret}
        )
        self._name = name
        self._http = plaid.ApiClient(settings)
        self._api = plaid_api.PlaidApi(self._http)
        self._keys: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()
        self._http.rest_client.pool_manager.clear()

    # Link

    def create_link_token(
        self,
        *,
        client_user_id: str,
        products: Sequence[Product] = (),
        optional: Sequence[Product] = (),
        access_token: str | None = None,
        webhook: str | None = None,
        redirect_uri: str | None = None,
        hosted: bool = False,
        return_to: str | None = None,
    ) -> LinkToken:
        """Begin linking. With `access_token`: update mode for that item, without products.

        Only banks that have all `products` are offered; of `optional` ones, those the bank has.
        `client_user_id` is our opaque id, never a name. `return_to` is where a hosted page sends
        the person when done; its result is learned from `link_results` or the webhook.
        """
        given: dict[str, Any] = {
            "client_name": self._name,
            "language": "en",
            "country_codes": [CountryCode("US")],
            "user": LinkTokenCreateRequestUser(client_user_id=client_user_id),
        }
        if access_token is not None:
            given["access_token"] = access_token
        else:
            given["products"] = [Products(name) for name in products]
            if optional:
                given["optional_products"] = [Products(name) for name in optional]
        if webhook is not None:
            given["webhook"] = webhook
        if redirect_uri is not None:
            given["redirect_uri"] = redirect_uri
        if hosted:
            more = {"completion_redirect_uri": return_to} if return_to else {}
            given["hosted_link"] = LinkTokenCreateHostedLink(**more)
        told = self._ask(self._api.link_token_create, LinkTokenCreateRequest(**given))
        return LinkToken(told["link_token"], told["expiration"], told.get("hosted_link_url"))

    def link_results(self, link_token: str) -> tuple[str, ...]:
        """The public tokens that sessions of this link token ended with, oldest first."""
        told = self._ask(self._api.link_token_get, LinkTokenGetRequest(link_token=link_token))
        return tuple(
            added["public_token"]
            for session in told.get("link_sessions") or []
            for added in (session.get("results") or {}).get("item_add_results") or []
        )

    def exchange(self, public_token: str) -> Access:
        """Trade a public token (good for 30 minutes, once) for lasting access."""
        request = ItemPublicTokenExchangeRequest(public_token=public_token)
        told = self._ask(self._api.item_public_token_exchange, request)
        return Access(told["access_token"], told["item_id"])

    # What a person has

    def accounts(self, access_token: str, *, fresh: bool = False) -> list[Account]:
        """Accounts with balances as Plaid last saw them; `fresh` asks the bank now (slower)."""
        if fresh:
            request = AccountsBalanceGetRequest(access_token=access_token)
            told = self._ask(self._api.accounts_balance_get, request)
        else:
            told = self._ask(self._api.accounts_get, AccountsGetRequest(access_token=access_token))
        return [_account(row) for row in told["accounts"]]

    def owners(self, access_token: str) -> list[Owner]:
        """Who owns the accounts."""
        told = self._ask(self._api.identity_get, IdentityGetRequest(access_token=access_token))
        return [
            Owner(
                row["account_id"],
                tuple(owner["names"]),
                tuple(each["data"] for each in owner["emails"]),
                tuple(each["data"] for each in owner["phone_numbers"]),
            )
            for row in told["accounts"]
            for owner in row["owners"]
        ]

    def holdings(self, access_token: str) -> list[Holding]:
        """Positions in all investment accounts of the item."""
        request = InvestmentsHoldingsGetRequest(access_token=access_token)
        told = self._ask(self._api.investments_holdings_get, request)
        known = {row["security_id"]: row for row in told["securities"]}
        return [_holding(row, known[row["security_id"]]) for row in told["holdings"]]

    def liabilities(self, access_token: str) -> list[Liability]:
        """Cards, mortgages and student loans; what is owed is the account's `current`."""
        request = LiabilitiesGetRequest(access_token=access_token)
        told = self._ask(self._api.liabilities_get, request)["liabilities"]
        found = [_card(row) for row in told.get("credit") or []]
        found += [_mortgage(row) for row in told.get("mortgage") or []]
        return found + [_student(row) for row in told.get("student") or []]

    def item(self, access_token: str) -> Item:
        """The sign-in itself; answers also while it is broken."""
        told = self._ask(self._api.item_get, ItemGetRequest(access_token=access_token))["item"]
        return Item(
            told["item_id"],
            told.get("institution_id"),
            told.get("institution_name"),
            tuple(told.get("products") or ()),
            (told.get("error") or {}).get("error_code"),
            told.get("consent_expiration_time"),
        )

    def remove(self, access_token: str) -> None:
        """Give the access back. Does nothing if it is gone already."""
        try:
            self._ask(self._api.item_remove, ItemRemoveRequest(access_token=access_token))
        except Refused as refusal:
            if refusal.code not in ("INVALID_ACCESS_TOKEN", "ITEM_NOT_FOUND"):
                raise

    # Webhooks

    def unwrap(self, body: bytes, signature: str | None, *, now: float | None = None) -> Webhook:
        """Verify a webhook and read it. `now` is Unix time.

        By Plaid's documentation: ES256, a key that Plaid knows and has not retired, at most five
        minutes old, and the body's SHA-256 as signed. Raises BadWebhook; Unavailable if the key
        can't be fetched, in which case the sender should try again.
        """
        try:
            header = jwt.get_unverified_header(signature or "")
            if header.get("alg") != "ES256" or not isinstance(header.get("kid"), str):
                raise BadWebhook("unknown algorithm or key")
            claims = jwt.decode(
                signature or "",
                jwt.PyJWK(self._key(header["kid"])),
                algorithms=["ES256"],
                options={"verify_iat": False, "require": ["iat"]},
            )
            signed_at, digest = float(claims["iat"]), str(claims.get("request_body_sha256"))
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise BadWebhook("not signed by Plaid") from error
        if abs((time.time() if now is None else now) - signed_at) > OLDEST:
            raise BadWebhook("too old")
        if not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), digest.encode()):
            raise BadWebhook("altered")
        return _webhook(body)

    def _key(self, kid: str) -> dict[str, Any]:
        """The public key. One that is known is used as long as this object lives."""
        if kid not in self._keys:
            request = WebhookVerificationKeyGetRequest(key_id=kid)
            try:
                key = self._ask(self._api.webhook_verification_key_get, request)["key"]
            except Refused as refusal:
                raise BadWebhook("unknown key") from refusal
            if key.get("expired_at") is not None:
                raise BadWebhook("retired key")
            self._keys[kid] = {name: key[name] for name in ("kty", "crv", "x", "y", "alg", "use")}
        return self._keys[kid]

    def _ask(self, call: Callable[..., Any], request: object) -> dict[str, Any]:
        """Send a request and read the answer as a dictionary.

        Not through the client's attributes: in version 46 `balances` of an investment account,
        composed of two models, contradicts itself and raises when it is read.
        """
        try:
            told: dict[str, Any] = call(request, _request_timeout=PATIENCE).to_dict()
        except plaid.ApiException as error:
            raise _problem(error) from None
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"NO_ANSWER {type(error).__name__}") from None
        except plaid.exceptions.OpenApiException:
            raise Unavailable("UNREADABLE_ANSWER") from None
        return told


def _problem(error: plaid.ApiException) -> PlaidError:
    try:
        body = json.loads(error.body)
    except (TypeError, ValueError):
        body = {}
    body = body if isinstance(body, dict) else {}
    kind, code = body.get("error_type"), str(body.get("error_code") or f"HTTP_{error.status}")
    later = kind in ("RATE_LIMIT_EXCEEDED", "API_ERROR", "INSTITUTION_ERROR") or kind is None
    wrong: type[PlaidError] = Unavailable if later or (error.status or 500) >= 500 else Refused
    if code == "ITEM_LOGIN_REQUIRED":
        wrong = SignInNeeded
    return wrong(
        code,
        status=error.status,
        display=body.get("display_message"),
        request_id=body.get("request_id"),
    )


def _decimal(number: float | None) -> Decimal | None:
    """Plaid's JSON number, as it was written."""
    return None if number is None else Decimal(str(number))


def _amount(number: float) -> Decimal:
    return Decimal(str(number))


def _account(row: Mapping[str, Any]) -> Account:
    held = row["balances"]
    subtype = row.get("subtype")
    return Account(
        account_id=row["account_id"],
        name=row["name"],
        mask=row.get("mask"),
        kind=str(row["type"]),
        subtype=None if subtype is None else str(subtype),
        current=_decimal(held.get("current")),
        available=_decimal(held.get("available")),
        limit=_decimal(held.get("limit")),
        currency=held.get("iso_currency_code"),
    )


def _holding(row: Mapping[str, Any], security: Mapping[str, Any]) -> Holding:
    return Holding(
        account_id=row["account_id"],
        symbol=security.get("ticker_symbol"),
        name=security.get("name"),
        quantity=_amount(row["quantity"]),
        price=_amount(row["institution_price"]),
        value=_amount(row["institution_value"]),
        cost=_decimal(row.get("cost_basis")),
        currency=row.get("iso_currency_code"),
        is_cash=bool(security.get("is_cash_equivalent")),
    )


def _card(row: Mapping[str, Any]) -> Liability:
    rates = {each["apr_type"]: each["apr_percentage"] for each in row["aprs"]}
    return Liability(
        account_id=row["account_id"],
        kind="credit",
        rate=_decimal(rates.get("purchase_apr")),
        minimum_payment=_decimal(row.get("minimum_payment_amount")),
        next_due=row.get("next_payment_due_date"),
    )


def _mortgage(row: Mapping[str, Any]) -> Liability:
    return Liability(
        account_id=row["account_id"],
        kind="mortgage",
        rate=_decimal((row.get("interest_rate") or {}).get("percentage")),
        minimum_payment=_decimal(row.get("next_monthly_payment")),
        next_due=row.get("next_payment_due_date"),
    )


def _student(row: Mapping[str, Any]) -> Liability:
    return Liability(
        account_id=row["account_id"],
        kind="student",
        rate=_decimal(row.get("interest_rate_percentage")),
        minimum_payment=_decimal(row.get("minimum_payment_amount")),
        next_due=row.get("next_payment_due_date"),
    )


def _webhook(body: bytes) -> Webhook:
    try:
        told = json.loads(body)
        kind, code = told["webhook_type"], told["webhook_code"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadWebhook("not an event") from error
    return Webhook(kind=str(kind), code=str(code), item_id=told.get("item_id"), payload=told)
