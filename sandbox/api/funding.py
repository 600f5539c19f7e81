"""Funding sources: banks linked through Plaid, and banks entered by hand.

Known: the two Plaid endpoints, the later `connect`, two list shapes; each connect adds a source;
disconnecting keeps the record; when the last account of a login goes, so does the Plaid item. Our
choice: a public token connects once and gives the same source when sent again; it expires after 30
minutes, a link token after four hours; both list shapes come in one answer; only checking and
savings accounts are linked; every id of a source or of one of its accounts, Bluum's or Plaid's,
names it; a link token with a `funding_source_id` opens Plaid's update mode for that login; a source
says how its link for transfers stands, in Alpaca's words for an ACH relationship.
"""

from datetime import timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import web
from sandbox.errors import ApiError, invalid, not_found, wrong_state
from sandbox.world import Row, World

LINK_TOKEN_LIVES = timedelta(hours=4)
PUBLIC_TOKEN_LIVES = timedelta(minutes=30)

NIGERIAN_BANKS = [
    {"name": "Harbour Bank", "code": "901"},
    {"name": "Lagoon Trust Bank", "code": "902"},
    {"name": "Savannah Merchant Bank", "code": "903"},
    {"name": "Delta Commerce Bank", "code": "904"},
    {"name": "Plateau Microfinance Bank", "code": "905"},
    {"name": "Coral Coast Bank", "code": "906"},
]
"""Invented names."""

LINKABLE = ("checking", "savings")
"""Kinds of account that ACH can take money from and give it to."""

STATES = ("ACTIVE", "DISCONNECTED", "ERROR")


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/accounts/<account_id>/funding-sources")
    def list_funding_sources(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        kind = request.args.get("type", "all")
        own = [row for row in sources(world, account_id) if kind in ("all", row["type"])]
        return web.success(
            {
                "items": [item_view(row) for row in own],
                "funding_sources": [flat for row in own for flat in flat_views(row)],
            }
        )

    @api.post("/accounts/<account_id>/funding-sources/plaid/link-token")
    def create_plaid_link_token(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        given = web.body() if request.get_data(cache=True) else {}
        token = f"link-sandbox-{world.new_id()}"
        again = given.get("funding_source_id")
        source = find(world, account_id, again)[0] if again else None
        if source and (source["type"] != "plaid" or source["status"] == "DISCONNECTED"):
            raise invalid("funding_source_id", "can't be signed in at again")
        world.table("link_tokens")[token] = {
            "account_id": account_id,
            "expires_at": world.clock.now() + LINK_TOKEN_LIVES,
            "update_source": source["id"] if source else None,
        }
        hosted = None
        if given.get("enable_hosted_link"):
            hosted = f"{web.home()}/plaid/hosted/{token}"
        return web.success({"link_token": token, "hosted_link_url": hosted})

    @api.post("/accounts/<account_id>/funding-sources/plaid/connect")
    def connect_plaid(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        source = connect(world, account_id, web.body()["public_token"])
        return web.success({"item": item_view(source)}, "Bank linked")

    @api.post("/accounts/<account_id>/funding-sources/connect")
    def connect_funding_source(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        given = web.body()
        if given["type"] == "plaid":
            source = connect(world, account_id, given["public_token"])
            data: Row = {"funding_sources": flat_views(source)}
            return web.success(data, "Funding source connected")
        source = _add_manual(world, account_id, given)
        [row] = flat_views(source)
        data = {"funding_source": row, "funding_sources": [row]}
        return web.success(data, "Funding source connected"), 201

    @api.get("/accounts/<account_id>/funding-sources/<funding_source_id>")
    def get_funding_source(account_id: str, funding_source_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        source, bank_account = find(world, account_id, funding_source_id)
        flat = next(row for row in flat_views(source) if row["id"] == bank_account["id"])
        return web.success({"item": item_view(source), "funding_source": flat})

    @api.delete("/accounts/<account_id>/funding-sources/<funding_source_id>")
    def disconnect_funding_source(account_id: str, funding_source_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        source, bank_account = find(world, account_id, funding_source_id)
        whole = funding_source_id in (source["id"], source["provider_id"])
        disconnect(world, source, source["accounts"] if whole else [bank_account])
        return {"status": "success", "message": "Funding source disconnected"}

    @api.get("/lookup/nigerian-banks")
    def list_nigerian_banks() -> ResponseReturnValue:
        return web.success({"banks": NIGERIAN_BANKS})


def sources(world: World, account_id: str) -> list[Row]:
    """The account's sources, newest first, disconnected ones too."""
    return world.table("funding_sources").of(account_id)[::-1]


def find(world: World, account_id: str, source_id: str) -> tuple[Row, Row]:
    """The source and bank account that an id names: a login's id stands for its first account.

    Raises ApiError 404-001.
    """
    for source in sources(world, account_id):
        if source_id in (source["id"], source["provider_id"]):
            active = [each for each in source["accounts"] if each["status"] == "ACTIVE"]
            return source, (active or source["accounts"])[0]
        for bank_account in source["accounts"]:
            if source_id in (bank_account["id"], bank_account["accountId"]):
                return source, bank_account
    raise not_found("Funding source not found.")


def usable(world: World, account_id: str, given: Row) -> tuple[Row, Row]:
    """The active source that a transfer's body names, or the only one there is.

    A public token in its `plaid_options` is connected first. Raises ApiError about
    `funding_source_id`: 400-002 if there are several to choose from, 404-001 for an unknown one,
    409-003 for one that is not active.
    """
    source_id = given.get("funding_source_id")
    options = given.get("plaid_options") or {}
    if source_id is None and options.get("public_token"):
        linked = connect(world, account_id, options["public_token"])
        options = {**options, "item_id": linked["provider_id"]}
    active = _active(world, account_id)
    if source_id is None and (options.get("item_id") or options.get("account_id")):
        for source, bank_account in active:
            if options.get("item_id") in (None, source["provider_id"]) and options.get(
                "account_id"
            ) in (None, bank_account["accountId"]):
                return source, bank_account
        raise _unusable("plaid_options", world, account_id, list(options.values()))
    if source_id is None:
        if len(active) == 1:
            return active[0]
        if not active:
            raise _unusable("funding_source_id", world, account_id, [])
        raise invalid("funding_source_id", "required", "BLUM-400-002")
    for source, bank_account in active:
        ids = (source["id"], source["provider_id"], bank_account["id"], bank_account["accountId"])
        if source_id in ids:
            return source, bank_account
    raise _unusable("funding_source_id", world, account_id, [source_id])


def _unusable(field: str, world: World, account_id: str, ids: list[object]) -> ApiError:
    for source in world.table("funding_sources").of(account_id):
        own = [source["id"], source["provider_id"]]
        for bank_account in source["accounts"]:
            own += [bank_account["id"], bank_account["accountId"]]
        if any(name in own for name in ids):
            reason = "is not active"
            return ApiError(409, "BLUM-409-003", f"{field}: {reason}", field=field, reason=reason)
    reason = "names no funding source of this account"
    return ApiError(404, "BLUM-404-001", f"{field}: {reason}", field=field, reason=reason)


def has_one(world: World, account_id: str) -> bool:
    """Whether there is exactly one active bank account, the one a transfer uses unasked."""
    return len(_active(world, account_id)) == 1


def _active(world: World, account_id: str) -> list[tuple[Row, Row]]:
    return [
        (source, bank_account)
        for source in sources(world, account_id)
        for bank_account in source["accounts"]
        if source["status"] == "ACTIVE" and bank_account["status"] == "ACTIVE"
    ]


def disconnect(world: World, source: Row, gone: list[Row]) -> None:
    """Unlink bank accounts of a login. With the last one the login is revoked at Plaid."""
    for each in gone:
        each["status"] = "DISCONNECTED"
    if all(each["status"] == "DISCONNECTED" for each in source["accounts"]):
        source["status"] = "DISCONNECTED"
    source["updated_at"] = world.clock.now()


def turn(world: World, source_id: str, status: str) -> Row:
    """Let a login break (`ERROR`), work again (`ACTIVE`) or go (`DISCONNECTED`). Returns its row.

    `UNLINKED` is ACTIVE to look at, but without the custodian's ACH link: transfers fail later. The
    id of one of its bank accounts does too. Raises ApiError 404-001, 400-004, and 409-003 for a
    source that is gone already.
    """
    for source in world.table("funding_sources").values():
        if source_id == source["id"] or any(source_id == each["id"] for each in source["accounts"]):
            break
    else:
        raise not_found("Funding source not found.")
    if status not in (*STATES, "UNLINKED"):
        raise invalid("status", f"must be {' or '.join(STATES)} or UNLINKED", "BLUM-400-004")
    if source["status"] == "DISCONNECTED":
        raise wrong_state("The funding source is disconnected.")
    source["ach_link"] = status != "UNLINKED"
    status = "ACTIVE" if status == "UNLINKED" else status
    for each in source["accounts"]:
        if each["status"] != "DISCONNECTED":
            each["status"] = status
    source.update(status=status, updated_at=world.clock.now())
    return source


def has_ach_link(world: World, source_id: str | None) -> bool:
    """Whether money can move between the custodian and this bank."""
    source = world.table("funding_sources").get(source_id or "", {})
    return bool(source.get("ach_link", True))


def ach_status(source: Row) -> str | None:
    """How the link for transfers stands: Plaid's banks only."""
    if source["type"] != "plaid":
        return None
    return "APPROVED" if source.get("ach_link", True) else "FAILED"


def update_source(world: World, row: Row) -> Row | None:
    """The login that a link token is to mend, if it is one of update mode."""
    return world.table("funding_sources").get(row.get("update_source") or "")


def sign_in_again(world: World, source: Row) -> tuple[str, list[Row]]:
    """Update mode is done: the login works again, with the ids it had.

    Returns a public token, which connects to the very same source, and its accounts as Link hands
    them over. What was wrong with its ACH link stays wrong.
    """
    link = source.get("ach_link", True)
    turn(world, source["id"], "ACTIVE")
    source["ach_link"] = link
    accounts = [
        {
            "id": each["accountId"],
            "account_id": each["accountId"],
            "name": each["accountName"],
            "mask": each["mask"],
            "type": each["accountType"],
            "subtype": each["accountSubtype"],
        }
        for each in source["accounts"]
        if each["status"] != "DISCONNECTED"
    ]
    institution = {"id": source["institution_id"], "name": source["institution_name"]}
    token = make_public_token(world, source["account_id"], institution, accounts)
    world.table("public_tokens")[token]["source_id"] = source["id"]
    return token, accounts


def make_public_token(
    world: World,
    account_id: str | None,
    institution: Row,
    accounts: list[Row],
    *,
    ach_link: bool = True,
) -> str:
    """What Link hands over when someone has chosen bank accounts.

    `institution` has `id` and `name`; each account `name`, `subtype`, `mask`. Without an
    `account_id` the token fits every account. Without an `ach_link` the bank looks well, but the
    custodian can't move its money.
    """
    token = f"public-sandbox-{world.new_id()}"
    world.table("public_tokens")[token] = {
        "account_id": account_id,
        "institution": institution,
        "accounts": accounts,
        "source_id": None,
        "ach_link": ach_link,
        "expires_at": world.clock.now() + PUBLIC_TOKEN_LIVES,
    }
    return token


def unknown_token() -> ApiError:
    """404-001 for a public token nobody was given, or another account was."""
    message = "public_token: is not known"
    return ApiError(404, "BLUM-404-001", message, field="public_token", reason="is not known")


def connect(world: World, account_id: str, public_token: str) -> Row:
    """Exchange a public token for a source, once. Raises ApiError 404-001 about `public_token`."""
    token = world.table("public_tokens").get(public_token)
    if token is None or token["account_id"] not in (None, account_id):
        raise unknown_token()
    if token["source_id"] is not None:
        source = world.table("funding_sources")[token["source_id"]]
        if source["account_id"] != account_id:
            raise unknown_token()
        if source["status"] == "DISCONNECTED":
            raise invalid("public_token", "was used for a bank that is disconnected")
        return source
    now = world.clock.now()
    if now >= token["expires_at"]:
        raise invalid("public_token", "has expired")
    linked = [each for each in token["accounts"] if each["subtype"] in LINKABLE]
    if not linked:
        raise invalid("public_token", "has no checking or savings account")
    source = {
        "id": world.new_id(),
        "account_id": account_id,
        "type": "plaid",
        "provider_id": f"item_{world.new_id()[:12]}",
        "institution_id": token["institution"]["id"],
        "institution_name": token["institution"]["name"],
        "status": "ACTIVE",
        "ach_link": token.get("ach_link", True),
        "currency": "USD",
        "country": "US",
        "accounts": [
            {
                "id": world.new_id(),
                "accountId": account.get("account_id") or f"plaid_{world.new_id()[:12]}",
                "accountName": account["name"],
                "accountType": "depository",
                "accountSubtype": account["subtype"],
                "mask": account["mask"],
                "status": "ACTIVE",
            }
            for account in linked
        ],
        "created_at": now,
        "updated_at": now,
    }
    world.table("funding_sources")[source["id"]] = source
    token["source_id"] = source["id"]
    return source


def _add_manual(world: World, account_id: str, given: Row) -> Row:
    now = world.clock.now()
    source: Row = {
        "id": world.new_id(),
        "account_id": account_id,
        "type": "manual",
        "provider_id": None,
        "institution_id": None,
        "institution_name": given["bank_name"],
        "status": "ACTIVE",
        "currency": given.get("currency", "USD"),
        "country": given.get("country", "US"),
        "accounts": [
            {
                "id": world.new_id(),
                "accountId": None,
                "accountName": given["account_holder_name"],
                "accountType": "depository",
                "accountSubtype": given.get("bank_account_type", "CHECKING").lower(),
                "mask": given["account_number"][-4:],
                "status": "ACTIVE",
            }
        ],
        "created_at": now,
        "updated_at": now,
    }
    world.table("funding_sources")[source["id"]] = source
    return source


def item_view(source: Row) -> Row:
    """One login with its bank accounts, in the reference's camelCase."""
    shown = [each for each in source["accounts"] if each["status"] != "DISCONNECTED"]
    return {
        "id": source["id"],
        "itemId": source["provider_id"] or source["id"],
        "institutionId": source["institution_id"] or "",
        "institutionName": source["institution_name"],
        "status": source["status"],
        "achRelationshipStatus": ach_status(source),
        "accounts": [
            {
                "id": each["id"],
                "accountId": each["accountId"] or each["id"],
                "accountName": each["accountName"],
                "accountType": each["accountType"],
                "accountSubtype": each["accountSubtype"],
                "mask": each["mask"],
            }
            for each in shown or source["accounts"]
        ],
        "createdAt": source["created_at"],
        "updatedAt": source["updated_at"],
    }


def flat_views(source: Row) -> list[Row]:
    """One row a bank account, in the later snake_case."""
    return [
        {
            "id": each["id"],
            "type": source["type"],
            "status": each["status"].lower(),
            "bank_name": source["institution_name"],
            "mask": each["mask"],
            "provider_id": source["provider_id"],
            "ach_relationship_status": ach_status(source),
            "account_name": each["accountName"],
            "account_type": each["accountType"],
            "account_subtype": each["accountSubtype"],
            "currency": source["currency"],
            "country": source["country"],
            "created_at": source["created_at"],
            "updated_at": source["updated_at"],
        }
        for each in source["accounts"]
    ]
