"""The investor profile, its snapshots, dependents, and risk assessments.

Known: PUT merges per section; snapshots are numbered and name their sections differently; the
current assessment answers 204 when there is none. Our choice: the completeness formula below; the
scoring of assessments is in `sandbox/risk.py`.
"""

import copy
from decimal import ROUND_HALF_UP, Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import risk, web
from sandbox.api import kept
from sandbox.errors import not_found
from sandbox.world import Row, World

SECTIONS = {
    "demographics": ("demographics_profile", 4),
    "employment": ("employment_profile", 3),
    "retirement_benefits": ("retirement_benefits", 1),
    "tax": ("tax_profile", 2),
    "insurance": ("insurance_profile", 1),
    "estate_planning": ("estate_planning", 0),
    "cash_flow": ("cash_flow", 2),
    "investment_preferences": ("investment_preferences", 1),
    "partner": ("partner", 0),
}
"""Section: its name in a snapshot, and how many answers make it complete (0: does not count)."""

DEPENDENTS = kept.Kept(
    path="dependents",
    table="dependents",
    id_name="dependent_id",
    list_name="dependents",
    name="Dependent",
    required=("first_name", "relationship"),
    defaults={
        "last_name": None,
        "date_of_birth": None,
        "financial_support_until": None,
        "has_education_plans": False,
        "estimated_education_cost": None,
        "covered_by_health_insurance": False,
        "has_special_needs": False,
        "linked_goal_id": None,
        "notes": None,
        "metadata": {},
    },
    statuses=("active", "inactive", "deceased"),
    archived="inactive",
    money=("estimated_education_cost",),
    filters=("relationship", "has_education_plans"),
    check=kept.check_links,
    view=lambda world, row: _dependent(world, row),
)


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    base = "/wealth/accounts/<account_id>"
    kept.routes(api, world, DEPENDENTS)

    @api.get(f"{base}/profile")
    def get_profile(account_id: str) -> ResponseReturnValue:
        return _profile_view(profile(world, account_id))

    @api.put(f"{base}/profile")
    def update_profile(account_id: str) -> ResponseReturnValue:
        row = profile(world, account_id)
        for section, fields in web.body().items():
            if section in SECTIONS:
                row["sections"].setdefault(section, {}).update(fields)
        row["updated_at"] = row["last_assessed_at"] = world.clock.now()
        return _profile_view(row)

    @api.get(f"{base}/profile/snapshots")
    def list_snapshots(account_id: str) -> ResponseReturnValue:
        rows = list(reversed(_snapshots(world, profile(world, account_id))))
        trigger = request.args.get("trigger")
        rows = [row for row in rows if trigger in (None, row["trigger"])]
        return [_without_data(row) for row in web.page(rows, default=20)]

    @api.post(f"{base}/profile/snapshots")
    def create_snapshot(account_id: str) -> ResponseReturnValue:
        asked = (request.get_json(force=True, silent=True) or {}) if request.data else {}
        trigger = asked.get("trigger", "manual")
        return _without_data(snapshot(world, account_id, trigger, asked.get("artifact_id"))), 201

    @api.get(f"{base}/profile/snapshots/<snapshot_id>")
    def get_snapshot(account_id: str, snapshot_id: str) -> ResponseReturnValue:
        for row in _snapshots(world, profile(world, account_id)):
            if row["snapshot_id"] == snapshot_id:
                return row
        raise not_found("Snapshot not found.")

    @api.post(f"{base}/risk-assessments")
    def submit_assessment(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        for row in assessments(world, account_id):
            if row["status"] == "active":
                row["status"] = "superseded"
        made = _assess(world, account_id, web.body())
        world.table("assessments")[made["assessment_id"]] = made
        return _without_answers(made), 201

    @api.get(f"{base}/risk-assessments")
    def list_assessments(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        wanted = request.args.get("status")
        rows = [
            _without_answers(row)
            for row in reversed(assessments(world, account_id))
            if wanted in (None, row["status"])
        ]
        return {"assessments": rows, "total_count": len(rows)}

    @api.get(f"{base}/risk-assessments/current")
    def current_assessment(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        return current(world, account_id) or ("", 204)

    @api.get(f"{base}/risk-assessments/summary")
    def assessment_summary(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        row = current(world, account_id)
        if row is None:
            return {
                "has_valid_assessment": False,
                "current_risk_score": None,
                "current_risk_tolerance": None,
                "expires_at": None,
                "needs_reassessment": True,
            }
        return {
            "has_valid_assessment": True,
            "current_risk_score": row["computed_risk_score"],
            "current_risk_tolerance": row["risk_tolerance"],
            "expires_at": row["expires_at"],
            "needs_reassessment": row["expires_at"] - world.clock.now() <= risk.REMIND,
        }

    @api.get(f"{base}/risk-assessments/<assessment_id>")
    def get_assessment(account_id: str, assessment_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        assessments(world, account_id)
        return web.owned(world, "assessments", account_id, assessment_id, "Assessment")


# Profile


def profile(world: World, account_id: str) -> Row:
    """The account's profile; there from the account's creation. Raises 404-001, 403-004."""
    account = web.advised_account(world, account_id)
    profiles = world.table("profiles")
    if account_id not in profiles:
        profiles[account_id] = {
            "profile_id": world.new_id(),
            "account_id": account_id,
            "sections": {},
            "snapshots": [],
            "last_assessed_at": None,
            "created_at": account["created_at"],
            "updated_at": account["created_at"],
        }
    return profiles[account_id]


def completeness(row: Row) -> int:
    """0 to 100: the mean over the sections that count of how many answers each has."""
    parts = [
        min(Decimal(1), Decimal(_answers(row["sections"].get(section, {}))) / needed)
        for section, (_, needed) in SECTIONS.items()
        if needed
    ]
    mean = sum(parts, Decimal(0)) * 100 / len(parts)
    return int(mean.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _answers(section: Row) -> int:
    return sum(1 for value in section.values() if value is not None and value != "")


def _profile_view(row: Row) -> Row:
    named = ("profile_id", "account_id", "last_assessed_at", "created_at", "updated_at")
    return {
        **{name: row[name] for name in named},
        "completeness_score": completeness(row),
        **{section: row["sections"].get(section, {}) for section in SECTIONS},
    }


def snapshot(world: World, account_id: str, trigger: str, artifact_id: str | None) -> Row:
    """Keep the profile as it is now. `trigger`: financial_plan, ips or manual."""
    row = profile(world, account_id)
    sections = row["sections"]
    made = {
        "snapshot_id": world.new_id(),
        "profile_id": row["profile_id"],
        "version": len(row["snapshots"]) + 1,
        "trigger": trigger,
        "artifact_id": artifact_id,
        "completeness_score": completeness(row),
        "created_at": world.clock.now(),
        "data": {
            name: copy.deepcopy(sections.get(section, {}))
            for section, (name, _) in SECTIONS.items()
        },
    }
    row["snapshots"].append(made)
    return made


def _snapshots(world: World, row: Row) -> list[Row]:
    found: list[Row] = row["snapshots"]
    return found


def _without_data(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "data"}


def _dependent(world: World, row: Row) -> Row:
    goal = world.table("goals").get(row["linked_goal_id"] or "")
    if goal is None or goal["account_id"] != row["account_id"]:
        return row
    named = ("goal_id", "name", "goal_type", "target_amount")
    return {**row, "linked_goal": {name: goal[name] for name in named}}


# Risk


def assessments(world: World, account_id: str) -> list[Row]:
    """The account's assessments, oldest first, with expiry applied."""
    now = world.clock.now()
    rows = world.table("assessments").of(account_id)
    for row in rows:
        if row["status"] == "active" and row["expires_at"] <= now:
            row["status"] = "expired"
    return rows


def current(world: World, account_id: str) -> Row | None:
    """The assessment in force."""
    active = [row for row in assessments(world, account_id) if row["status"] == "active"]
    return active[-1] if active else None


def _assess(world: World, account_id: str, given: Row) -> Row:
    now = world.clock.now()
    return {
        "assessment_id": world.new_id(),
        "account_id": account_id,
        "questionnaire_id": given["questionnaire_id"],
        "questionnaire_version": given.get("questionnaire_version"),
        **risk.scored(given["responses"]),
        "investment_experience": given.get("investment_experience"),
        "years_investing": given.get("years_investing"),
        "completed_at": now,
        "expires_at": now + risk.VALID_FOR,
        "status": "active",
        "created_at": now,
        "responses": given["responses"],
        "past_market_behavior": given.get("past_market_behavior"),
    }


def _without_answers(row: Row) -> Row:
    hidden = ("responses", "past_market_behavior")
    return {name: value for name, value in row.items() if name not in hidden}
