"""The HTTP side of Bluum: one client, bounded calls, safe repeats, errors sorted by use."""

from __future__ import annotations

import json as jsonlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from robo.bluum.accounts import Accounts, Compliance, Documents
from robo.bluum.advice import Advice
from robo.bluum.auto_invest import AutoInvests
from robo.bluum.banks import FundingSources
from robo.bluum.base import Key, wire
from robo.bluum.errors import BluumError, Unavailable, error_for, read_error
from robo.bluum.funding import Deposits, Wallets, Withdrawals
from robo.bluum.goals import ExternalAccounts, FinancialPlans, Goals, LifeEvents
from robo.bluum.policy import InvestmentPolicies
from robo.bluum.portfolios import Portfolios
from robo.bluum.profile import Dependents, Profiles, RiskAssessments
from robo.bluum.reports import Reports
from robo.bluum.trading import Assets, Markets, Orders, Positions
from robo.bluum.webhooks import Webhooks

log = logging.getLogger("robo.bluum")

TRIES = 3
RETRIED = frozenset({429, 500, 502, 503, 504})
LONGEST_WAIT = 5.0
"""Seconds. Asked to wait longer, the client gives up at once and passes `retry_after` on."""
LARGEST_BODY = 32 * 1024 * 1024


class Bluum:
    """Bluum's API for one pair of keys.

    Safe to share between threads. Every method raises `Unavailable` or `Refused`.

    `timeout`: seconds for one attempt. `budget`: seconds for a whole call with its repeats.
    `limiter`: called before each attempt is sent; it may sleep, or raise to refuse.
    `transport`: stands in for the network, e.g. `httpx.WSGITransport(app=...)`.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        api_secret: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 10.0,
        budget: float = 20.0,
        limiter: Callable[[], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        user_agent: str = "robo",
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            auth=(api_key, api_secret),
            transport=transport,
            headers={"Accept": "application/json", "User-Agent": user_agent},
            follow_redirects=False,
            trust_env=False,
        )
        self._timeout = timeout
        self._budget = budget
        self._limiter = limiter
        self._sleep = sleep
        self.accounts = Accounts(self)
        self.compliance = Compliance(self)
        self.documents = Documents(self)
        self.wallets = Wallets(self)
        self.funding_sources = FundingSources(self)
        self.deposits = Deposits(self)
        self.withdrawals = Withdrawals(self)
        self.orders = Orders(self)
        self.positions = Positions(self)
        self.assets = Assets(self)
        self.markets = Markets(self)
        self.webhooks = Webhooks(self)
        self.profile = Profiles(self)
        self.dependents = Dependents(self)
        self.risk_assessments = RiskAssessments(self)
        self.goals = Goals(self)
        self.life_events = LifeEvents(self)
        self.external_accounts = ExternalAccounts(self)
        self.financial_plan = FinancialPlans(self)
        self.investment_policy = InvestmentPolicies(self)
        self.portfolios = Portfolios(self)
        self.auto_invest = AutoInvests(self)
        self.advice = Advice(self)
        self.reports = Reports(self)

    def __enter__(self) -> Bluum:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        key: Key | None = None,
        files: Mapping[str, Any] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Any:
        """The parsed JSON of a 2xx answer, None if it has no body, bytes if it is a PDF.

        Tries up to three times in all, on 429, 500, 502, 503, 504 and broken connections: a GET
        and a request with an idempotency `key` always, any other only if it can't have been
        carried out. Numbers with a point come as Decimal.
        """
        sent = {} if key is None else {"Idempotency-Key": str(key)}
        repeatable = method == "GET" or key is not None
        deadline = time.monotonic() + self._budget
        unknown = False
        for attempt in range(1, TRIES + 1):
            self._pace(unknown)
            try:
                return self._attempt(
                    method,
                    path,
                    deadline,
                    headers=sent,
                    json=json,
                    params=_query(params),
                    files=files,
                    data=data,
                )
            except Unavailable as error:
                # Once a try may have been carried out, no later failure makes that undone.
                unknown = error.outcome_unknown = unknown or error.outcome_unknown
                wait = _wait(error, attempt)
                again = (repeatable or not unknown) and attempt < TRIES
                if not again or not _worth_repeating(error):
                    raise
                if wait is None or time.monotonic() + wait >= deadline:
                    raise
                self._sleep(wait)
        raise AssertionError("unreachable")

    def _pace(self, unknown: bool) -> None:
        """Ask the limiter; its refusal is passed on, not waited for."""
        if self._limiter is None:
            return
        try:
            self._limiter()
        except Unavailable as error:
            error.outcome_unknown = unknown
            raise

    def _attempt(self, method: str, path: str, deadline: float, **content: Any) -> Any:
        left = deadline - time.monotonic()
        started = time.monotonic()
        changes = method != "GET"
        if left <= 0:
            raise Unavailable("No time left for this call")
        try:
            with self._http.stream(
                method, path, timeout=min(self._timeout, left), **content
            ) as response:
                body = _body(response, deadline)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            log.warning("%s %s: no connection", method, path)
            raise Unavailable("Bluum cannot be reached") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            log.warning("%s %s: %s", method, path, type(error).__name__)
            raise Unavailable("The connection to Bluum broke", outcome_unknown=changes) from None
        request_id = _printable(response.headers.get("X-Request-Id"))
        elapsed = round((time.monotonic() - started) * 1000)
        log.info(
            "%s %s: %d in %d ms, request %s",
            method,
            path,
            response.status_code,
            elapsed,
            request_id,
        )
        if not response.is_success:
            raise error_for(
                response.status_code,
                _json(body),
                request_id=request_id,
                retry_after=_retry_after(response.headers.get("Retry-After")),
                outcome_unknown=changes,
            )
        return _content(response, body, request_id=request_id)


def _body(response: httpx.Response, deadline: float) -> bytes:
    """Read the body in pieces, so that a server that trickles cannot hold the caller."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LARGEST_BODY:
            raise httpx.ReadError("too large")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("too slow")
    return bytes(body)


def _content(response: httpx.Response, body: bytes, *, request_id: str | None) -> Any:
    if response.status_code == 204 or not body:
        return None
    if body.startswith(b"%PDF-"):
        return body
    found = _json(body)
    failed = isinstance(found, dict) and found.get("status") == "error"
    if found is None or (failed and read_error(found)):
        raise error_for(
            response.status_code,
            found,
            request_id=request_id,
            outcome_unknown=response.request.method != "GET",
        )
    return found


def _json(body: bytes) -> Any:
    """The parsed body, None if it is not JSON (a proxy's page, half an answer, NaN)."""
    try:
        return jsonlib.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _query(params: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Leave out what was not asked; flags as Bluum spells them."""
    if params is None:
        return None
    return {
        name: str(value).lower() if isinstance(value, bool) else str(wire(value))
        for name, value in params.items()
        if value is not None
    }


def _worth_repeating(error: BluumError) -> bool:
    """No answer at all, or one of the five statuses. A 2xx that we cannot read will not improve."""
    return type(error) is Unavailable and (error.status is None or error.status in RETRIED)


def _wait(error: Unavailable, attempt: int) -> float | None:
    """Seconds before the next try: what Bluum asks for, else backoff with full jitter."""
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else None
    return random.uniform(0, 0.25 * 2**attempt)


def _retry_after(value: str | None) -> float | None:
    """Seconds from either form of the header; None if it is absent or nonsense."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= 9 else None
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _printable(value: str | None) -> str | None:
    """A request id fit for a log line."""
    return None if value is None else "".join(c for c in value[:100] if c.isprintable())
