"""Accounts. Known: four mandatory blocks, one e-mail once per tenant, `tax_id` never returned.

Our choice: PENDING until verified, and without a number until then. Whoever is not an adult fails
identity_verification, a tax id of zeros tax_id_verification. A joint or corporate account is opened
by the one person given; a corporate one is a legal entity and its business is verified too.
"""

from datetime import date

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sandbox import ledger, web
from sandbox.api import compliance
from sandbox.errors import ApiError
from sandbox.world import Row, World

MINIMUM_AGE = 18
OLDEST = 120
REVISION = "1.2026.01"


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/accounts")
    def list_accounts() -> ResponseReturnValue:
        newest_first = list(reversed(world.table("accounts").values()))
        return [view(world, account) for account in web.page(newest_first)]

    @api.post("/accounts")
    def create_account() -> ResponseReturnValue:
        account = create(world, web.body())
        checks = compliance.handoffs(compliance.latest(world, account["id"]))
        return {**view(world, account), "compliance_checks": checks}, 201

    @api.get("/accounts/<account_id>")
    def get_account(account_id: str) -> ResponseReturnValue:
        return view(world, web.get_account(world, account_id))


def create(world: World, given: Row) -> Row:
    """Open an account and start its verification. Raises ApiError 400 or 409-001."""
    identity, contact = dict(given["identity"]), dict(given["contact"])
    doubts = []
    if not _is_adult(world, date.fromisoformat(identity["date_of_birth"])):
        doubts.append("identity_verification")
    if set(identity.pop("tax_id")) <= set("0- "):
        doubts.append("tax_id_verification")
    email = contact["email_address"].casefold()
    for other in world.table("accounts").values():
        if other["contact"]["email_address"].casefold() == email:
            raise ApiError(
                409,
                "BLUM-409-001",
                "An account with this e-mail address exists.",
                field="contact.email_address",
                reason="already in use",
            )
    account_id = world.new_id()
    account: Row = {
        "id": account_id,
        "account_number": None,
        "status": "PENDING",
        "crypto_status": None,
        "currency": "USD",
        "created_at": world.clock.now(),
        "contact": {**contact, "local_street_address": None},
        "identity": {
            **identity,
            "party_type": "legal_entity"
            if given["account_type"] == "corporate"
            else "natural_person",
        },
        "disclosures": {
            **given["disclosures"],
            "is_affiliated_exchange_or_iiroc": None,
            "is_discretionary": given.get("management_type") == "advised",
        },
        "agreements": [
            {
                "agreement": signed["agreement"],
                "signed_at": signed["signed_at"],
                "ip_address": signed["ip_address"],
                "revision": REVISION,
                "account_id": account_id,
            }
            for signed in given["agreements"]
        ],
        "account_type": "individual"
        if given["account_type"] == "trading"
        else given["account_type"],
        "management_type": given.get("management_type", "self_directed"),
        "tax_advantaged": given.get("tax_advantaged", False),
        "tax_designation": given.get("tax_designation"),
        "trading_type": given.get("trading_type", "margin"),
        "trading_configurations": None,
        "enabled_assets": given.get("enabled_assets", ["us_equity"]),
    }
    world.table("accounts")[account_id] = account
    ledger.wallet(world, account_id)
    world.tell("account.created", account)
    announce(world, "account.created", account)
    compliance.start(world, account, doubts)
    return account


def _is_adult(world: World, born: date) -> bool:
    today = world.clock.now().date()
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return MINIMUM_AGE <= age <= OLDEST


def view(world: World, account: Row) -> Row:
    """The account as the API shows it.

    `balance` is the money in the wallet, `last_equity` what everything was worth at the last close.
    """
    closes = world.table("books").get(account["id"], {}).get("values", [])
    return {
        **account,
        "crypto_status": account["status"] if "crypto" in account["enabled_assets"] else None,
        "balance": ledger.balance(world, account["id"]),
        "last_equity": closes[-1]["value"] if closes else ledger.ZERO,
        "portfolios": [
            {"id": portfolio["portfolio_id"], "status": portfolio["status"]}
            for portfolio in world.table("portfolios").of(account["id"])
        ],
    }


def announce(world: World, event: str, account: Row) -> None:
    """Send an account event. Its data is our choice: id and status, nothing personal."""
    world.emit(event, account["id"], {"id": account["id"], "status": account["status"]})
