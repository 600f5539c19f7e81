"""Names that Bluum's guides use and its reference doesn't: taken in, put into the reference's.

Known: goals with `type`, `current_savings`, a priority in words and three other type names; life
events with `type`, `date`, `description`, `financial_impact` and `marriage`; profiles with
`employment.status`, `employer`, `annual_income` and rates as percent strings; `publicToken`,
`events` of a webhook, `USA_SSN` and `ach_plaid` of the oldest pages. A body that has the
reference's name keeps it.
"""

import io
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, request

from sandbox.world import Row

LARGEST = 1024 * 1024
WEALTH = "/v1/wealth/accounts/<account_id>"
ACCOUNT = "/v1/accounts/<account_id>"

GOAL = {"type": "goal_type", "current_savings": "current_amount", "target": "target_amount"}
GOAL_TYPES = {
    "emergency_fund": "emergency",
    "major_purchase": "custom",
    "wealth_building": "wealth_growth",
}
PRIORITIES = {"high": 1, "medium": 5, "low": 10}
LIFE_EVENT = {
    "type": "event_type",
    "date": "expected_date",
    "financial_impact": "estimated_cost",
    "description": "notes",
}
EVENT_TYPES = {"marriage": "wedding"}
EMPLOYMENT = {
    "status": "employment_status",
    "employer": "employer_name",
    "annual_income": "annual_gross_income",
}
RATES = {
    "employment": ("income_growth_rate", "retirement_account_match"),
    "tax": ("federal_tax_bracket", "state_tax_rate"),
}


def routes(api: Blueprint) -> None:
    """Let bodies be put into the reference's words before anything looks at them."""
    api.before_request(_translate)


def _translate() -> None:
    """Exchange the request's body, if it is JSON that has other names."""
    known = BODIES.get(request.url_rule.rule if request.url_rule else "")
    length = request.environ.get("CONTENT_LENGTH") or "0"
    if known is None or request.method == "GET" or not length.isdigit():
        return
    if not 0 < int(length) <= LARGEST:
        return
    text = request.environ["wsgi.input"].read(int(length))
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        given = json.loads(text)
        said = known(given)
        if said != given:
            text = json.dumps(said).encode()
    request.environ["wsgi.input"] = io.BytesIO(text)
    request.environ["CONTENT_LENGTH"] = str(len(text))


def _renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    row = dict(given)
    for other, name in names.items():
        if other in row and name not in row:
            row[name] = row.pop(other)
    return row


def goal(given: Mapping[str, Any]) -> Row:
    """A goal in the reference's words."""
    row = _renamed(given, GOAL)
    if isinstance(row.get("goal_type"), str):
        row["goal_type"] = GOAL_TYPES.get(row["goal_type"], row["goal_type"])
    if isinstance(row.get("priority"), str):
        row["priority"] = PRIORITIES.get(row["priority"].casefold(), row["priority"])
    for name in ("target_amount", "current_amount", "initial_amount", "monthly_contribution"):
        row = _money(row, name)
    return row


def life_event(given: Mapping[str, Any]) -> Row:
    """A life event in the reference's words.

    A description names one without a name. Bluum's example application sends an instant for a date
    that nobody chose.
    """
    row = _renamed(given, LIFE_EVENT)
    if isinstance(row.get("event_type"), str):
        row["event_type"] = EVENT_TYPES.get(row["event_type"], row["event_type"])
    if "name" not in row and isinstance(row.get("notes"), str) and "description" in given:
        row["name"] = row["notes"][:100]
    if isinstance(row.get("expected_date"), str):
        row["expected_date"] = row["expected_date"].partition("T")[0]
    return _money(row, "estimated_cost")


def profile(given: Mapping[str, Any]) -> Row:
    """A profile in the reference's words; percent strings become fractions."""
    row = dict(given)
    if isinstance(row.get("employment"), dict):
        row["employment"] = _renamed(row["employment"], EMPLOYMENT)
        row["employment"] = _money(row["employment"], "annual_gross_income")
    for section, names in RATES.items():
        if isinstance(row.get(section), dict):
            row[section] = {
                name: _rate(value) if name in names else value
                for name, value in row[section].items()
            }
    return row


def plan(given: Mapping[str, Any]) -> Row:
    """A financial plan in the reference's words."""
    row = dict(given)
    for name, translate in (("goals", goal), ("life_events", life_event)):
        if isinstance(row.get(name), list):
            row[name] = [translate(each) if isinstance(each, dict) else each for each in row[name]]
    return row


def account(given: Mapping[str, Any]) -> Row:
    """An application in the reference's words."""
    row = dict(given)
    if isinstance(row.get("identity"), dict) and row["identity"].get("tax_id_type") == "USA_SSN":
        row["identity"] = {**row["identity"], "tax_id_type": "SSN"}
    return row


def link(given: Mapping[str, Any]) -> Row:
    """What a bank is linked with, in the reference's words."""
    return _renamed(given, {"publicToken": "public_token"})


def transfer(given: Mapping[str, Any]) -> Row:
    """A deposit or withdrawal in the reference's words."""
    row = dict(given)
    if row.get("method") == "ach_plaid":
        row["method"] = "ach"
    return row


def webhook(given: Mapping[str, Any]) -> Row:
    """A webhook in the reference's words."""
    return _renamed(given, {"events": "eventTypeNames"})


def _money(row: Row, name: str) -> Row:
    """Numbers as the strings money is written in."""
    value = row.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {**row, name: f"{value:.2f}"}
    return row


def _rate(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return round(float(value.rstrip("% ")) / 100, 10)
    except ValueError:
        return value


BODIES = {
    "/v1/accounts": account,
    f"{ACCOUNT}/funding-sources/plaid/connect": link,
    f"{ACCOUNT}/funding-sources/connect": link,
    f"{ACCOUNT}/deposits": transfer,
    f"{ACCOUNT}/withdrawals": transfer,
    "/v1/webhooks": webhook,
    "/v1/webhooks/<webhook_id>": webhook,
    f"{WEALTH}/goals": goal,
    f"{WEALTH}/goals/<goal_id>": goal,
    f"{WEALTH}/life-events": life_event,
    f"{WEALTH}/life-events/<event_id>": life_event,
    f"{WEALTH}/profile": profile,
    f"{WEALTH}/financial-plan": plan,
}
