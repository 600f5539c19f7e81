"""The investment policy statement: versions, and how a portfolio stands to it.

Known: targets add up to 100, every PUT makes a version and supersedes the last, 404 without any.
Our choices are in `sandbox/choices.py`.
"""

import copy
from datetime import date
from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import book, ledger, portfolio, rebalancing, strategy, web
from sandbox.api import wealth_profile
from sandbox.errors import invalid, not_found
from sandbox.market import assets
from sandbox.world import Row, World

SECTIONS = (
    "risk_profile",
    "time_horizon",
    "investment_objectives",
    "target_allocation",
    "constraints",
)
TOLERANCE = Decimal("0.01")
CENT = Decimal("0.01")


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    base = "/wealth/accounts/<account_id>/investment-policy"

    @api.put(base)
    def put_policy(account_id: str) -> ResponseReturnValue:
        return _write(world, account_id, web.body())

    @api.post(base)
    def create_policy(account_id: str) -> ResponseReturnValue:
        return _write(world, account_id, web.body()), 201

    @api.get(base)
    def get_policy(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        found = portfolio.required_policy(world, account_id)
        versions = world.table("policies")[account_id]["versions"]
        wanted = request.args.get("version")
        if wanted is not None:
            if int(wanted) > len(versions):
                raise not_found("The policy has no such version.")
            found = versions[int(wanted) - 1]
        if request.args.get("include_history") != "true":
            return found
        history = [
            {name: row[name] for name in ("version", "effective_date", "updated_at")}
            for row in versions
        ]
        return {**found, "version_history": history}

    @api.post(f"{base}/validate")
    def validate_policy(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        ips = portfolio.required_policy(world, account_id)
        asked = request.get_json(force=True, silent=True) if request.data else {}
        wanted = (asked or {}).get("portfolio_id")
        if wanted is not None:
            web.owned(world, "portfolios", account_id, wanted, "Portfolio")
        return _validation(world, account_id, ips)


def _write(world: World, account_id: str, given: Row) -> Row:
    web.advised_account(world, account_id)
    _check(given["target_allocation"])
    now = world.clock.now()
    versions = world.table("policies").setdefault(
        account_id, {"ips_id": world.new_id(), "versions": []}
    )
    for row in versions["versions"]:
        if row["status"] == "active":
            row.update(status="superseded", updated_at=now)
    effective = given.get("effective_date") or now.date().isoformat()
    made = {
        **{name: copy.deepcopy(given.get(name) or {}) for name in SECTIONS},
        "ips_id": versions["ips_id"],
        "account_id": account_id,
        "version": len(versions["versions"]) + 1,
        "effective_date": date.fromisoformat(effective),
        "status": "active",
        "created_at": now,
        "updated_at": now,
    }
    versions["versions"].append(made)
    book.of(world, account_id)["tax_aware"] = rebalancing.policy_is_tax_aware(world, account_id)
    wealth_profile.snapshot(world, account_id, "ips", made["ips_id"])
    return made


def _check(allocation: Row) -> None:
    """Raise ApiError 400-001 about `target_allocation` unless it makes a policy."""
    total = sum((Decimal(band["target_percent"]) for band in allocation.values()), Decimal(0))
    if abs(total - 100) > TOLERANCE:
        raise invalid("target_allocation", f"Targets add up to {total:f}, not to 100.")
    known = [strategy.POLICY_CLASSES.get(name) for name in allocation]
    if len(set(known)) < len(known):
        raise invalid("target_allocation", "A class is given twice.")
    for name, band in allocation.items():
        if name not in strategy.POLICY_CLASSES:
            raise invalid("target_allocation", f"Unknown class {name}.")
        target = Decimal(band["target_percent"])
        lowest = Decimal(band.get("min_percent", "0"))
        highest = Decimal(band.get("max_percent", "100"))
        if not 0 <= lowest <= target <= highest <= 100:
            raise invalid("target_allocation", f"{name}: min, target and max are out of order.")
        parts = band.get("sub_allocations") or {}
        split = sum((Decimal(percent) for percent in parts.values()), Decimal(0))
        if parts and abs(split - target) > TOLERANCE:
            raise invalid("target_allocation", f"{name}: parts add up to {split:f}, not {target}.")


def _validation(world: World, account_id: str, ips: Row) -> Row:
    found = portfolio.drifts(world, account_id)
    invested = bool(book.held(world, account_id))
    classes = [entry for entry in found if entry.name != "cash"]
    bands_kept = not invested or all(entry.within_bands for entry in classes)
    violations = _violations(world, account_id, ips)
    cash = ledger.balance(world, account_id)
    values = book.values(world, account_id)
    liquid = cash + sum(
        (value for symbol, value in values.items() if assets()[symbol].ips_class == "treasury"),
        Decimal(0),
    )
    total = cash + sum(values.values(), Decimal(0))
    share = (liquid / total * 100).quantize(CENT) if total else Decimal("0.00")
    liquidity = ips["constraints"].get("liquidity_requirements", {})
    required = Decimal(liquidity.get("minimum_cash_percent", "0.00"))
    liquid_enough = not total or share >= required
    compliant = bands_kept and not violations and liquid_enough
    actions = []
    if not bands_kept or violations or not liquid_enough:
        words = "Rebalance the portfolio to its targets."
        actions.append({"action_type": "rebalance", "description": words, "priority": "high"})
    return {
        "is_compliant": compliant,
        "validation_results": {
            "allocation_compliance": {
                "compliant": bands_kept,
                "deviations": [
                    {
                        "asset_class": entry.name,
                        "target_percent": entry.target,
                        "current_percent": entry.actual,
                        "deviation": entry.drift,
                        "within_bands": entry.within_bands or not invested,
                    }
                    for entry in classes
                ],
            },
            "restriction_compliance": {"compliant": not violations, "violations": violations},
            "liquidity_compliance": {
                "compliant": liquid_enough,
                "current_cash_percent": share,
                "required_cash_percent": required,
            },
        },
        "recommended_actions": actions,
        "validated_at": world.clock.now(),
    }


def _violations(world: World, account_id: str, ips: Row) -> list[Row]:
    restrictions = ips["constraints"].get("restrictions", {})
    securities = {symbol.upper() for symbol in restrictions.get("excluded_securities", [])}
    sectors = {sector.casefold() for sector in restrictions.get("excluded_sectors", [])}
    found = []
    for row in book.held(world, account_id):
        asset = assets()[row["symbol"]]
        if asset.symbol in securities:
            found.append({"symbol": asset.symbol, "restriction": "excluded_securities"})
        if asset.sector.casefold() in sectors:
            found.append({"symbol": asset.symbol, "restriction": "excluded_sectors"})
        fund = "ETF" in asset.name or "Trust" in asset.name or asset.asset_class == "alternatives"
        if restrictions.get("no_individual_stocks") and not fund:
            found.append({"symbol": asset.symbol, "restriction": "no_individual_stocks"})
    return found
