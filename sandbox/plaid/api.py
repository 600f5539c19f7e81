"""Plaid's API under `/plaid`, as the official client libraries call it: every call is a POST.

    plaid.Configuration(host="http://127.0.0.1:8100/plaid",
                        api_key={"clientId": "sandbox-key", "secret": "sandbox-secret"})

Credentials (our choice: the pair that Bluum's API takes) come in the body or in the headers
`PLAID-CLIENT-ID` and `PLAID-SECRET`. Faults set on the console reach these paths too.
"""

import json
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from sandbox.plaid import banks, items, liabilities, links, views, webhooks
from sandbox.plaid.errors import PlaidError
from sandbox.world import Row, World

BALANCE_CALLS_A_MINUTE = 100
"""Per item, our choice of a number; Plaid's own differs by contract."""

FIRES: dict[str, tuple[str, ...]] = {
    "ITEM": (
        "NEW_ACCOUNTS_AVAILABLE",
        "PENDING_EXPIRATION",
        "PENDING_DISCONNECT",
        "LOGIN_REPAIRED",
        "ERROR",
        "USER_PERMISSION_REVOKED",
        "USER_ACCOUNT_REVOKED",
    ),
    "HOLDINGS": ("DEFAULT_UPDATE",),
    "INVESTMENTS_TRANSACTIONS": ("DEFAULT_UPDATE",),
    "LIABILITIES": ("DEFAULT_UPDATE",),
    "TRANSACTIONS": ("DEFAULT_UPDATE", "SYNC_UPDATES_AVAILABLE"),
}
OF_PRODUCT = {
    "HOLDINGS": "investments",
    "INVESTMENTS_TRANSACTIONS": "investments",
    "LIABILITIES": "liabilities",
}


TEXTS = [
    "access_token",
    "public_token",
    "link_token",
    "client_name",
    "language",
    "institution_id",
    "webhook",
    "key_id",
    "client_id",
    "secret",
    "query",
    "account_id",
    "processor",
    "webhook_code",
    "webhook_type",
    "verification_status",
    "start_date",
    "end_date",
    "redirect_uri",
    "completion_redirect_uri",
    "override_username",
    "override_password",
]
OBJECTS = ("options", "user", "hosted_link", "update", "account_filters")
LISTS = [
    "country_codes",
    "products",
    "initial_products",
    "account_ids",
    "optional_products",
    "required_if_supported_products",
]
NUMBERS = ("count", "offset", "url_lifetime_seconds")


def body(*required: str) -> Row:
    """The JSON body with its required fields. Raises PlaidError."""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise PlaidError("INVALID_BODY")
    missing = [name for name in required if given.get(name) in (None, "", [])]
    if missing:
        raise PlaidError("MISSING_FIELDS", ", ".join(missing))
    _check_types(given)
    for filter_ in (given.get("account_filters") or {}).values():
        subtypes = filter_.get("account_subtypes") if isinstance(filter_, dict) else 0
        if not isinstance(subtypes, list):
            raise PlaidError("INVALID_FIELD", "account_filters must hold lists of account_subtypes")
    return given


def _check_types(given: Row) -> None:
    for name, value in given.items():
        if value is None:
            continue
        if name in TEXTS and not isinstance(value, str):
            raise PlaidError("INVALID_FIELD", f"{name} must be a string")
        if name in LISTS and not (
            isinstance(value, list) and all(isinstance(each, str) for each in value)
        ):
            raise PlaidError("INVALID_FIELD", f"{name} must be a list of strings")
        if name in NUMBERS and not (type(value) is int and 0 <= value <= 10**7):
            raise PlaidError("INVALID_FIELD", f"{name} must be a whole number")
        if name in OBJECTS:
            if not isinstance(value, dict):
                raise PlaidError("INVALID_FIELD", f"{name} must be an object")
            _check_types(value)


def answer(world: World, **fields: Any) -> Row:
    """An answer with its request id."""
    return {**fields, "request_id": items.opaque(world, 15)}


def routes(app: Flask, world: World) -> None:
    """Register the endpoints."""
    api = Blueprint("plaid", __name__, url_prefix="/plaid")

    @api.before_request
    def check_credentials() -> None:
        if request.method != "POST":
            return
        given = body()
        client = given.get("client_id") or request.headers.get("PLAID-CLIENT-ID")
        secret = given.get("secret") or request.headers.get("PLAID-SECRET")
        if not client or not secret:
            raise PlaidError("MISSING_FIELDS", "client_id, secret")
        gateway = current_app.gateway  # type: ignore[attr-defined]
        if (client, secret) != (gateway.key, gateway.secret):
            raise PlaidError("INVALID_API_KEYS")

    @api.after_request
    def in_plaids_words(response: Response) -> Response:
        """A fault's error speaks as Bluum does; say it as Plaid would."""
        told = response.get_json(silent=True) if response.status_code >= 400 else None
        if isinstance(told, dict) and str(told.get("code")).startswith("BLUM-"):
            limited = response.status_code == 429
            error = PlaidError("RATE_LIMIT" if limited else "INTERNAL_SERVER_ERROR")
            response.set_data(json.dumps(error.body(uuid.uuid4().hex[:15])))
        return response

    @app.errorhandler(PlaidError)
    def plaid_error(error: PlaidError) -> ResponseReturnValue:
        return error.body(items.opaque(world, 15)), error.status

    @api.post("/<path:anything>")
    def no_such_endpoint(anything: str) -> ResponseReturnValue:
        raise PlaidError("NOT_FOUND")

    for add in (_link, _items, _institutions, _accounts, _products, _sandbox):
        add(api, world)
    app.register_blueprint(api)
    _control(app, world)


def _link(api: Blueprint, world: World) -> None:
    @api.post("/link/token/create")
    def link_token_create() -> ResponseReturnValue:
        given = body("client_name", "language", "country_codes")
        if not (given.get("user") or given.get("user_id") or given.get("user_token")):
            raise PlaidError("MISSING_FIELDS", "user")
        row = links.create(world, given)
        shown = {"link_token": row["token"], "expiration": views.stamp(row["expires_at"])}
        if row["hosted"]:
            home = current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")
            shown["hosted_link_url"] = f"{home}/plaid/hosted/{row['token']}"
        return answer(world, **shown)

    @api.post("/link/token/get")
    def link_token_get() -> ResponseReturnValue:
        return answer(world, **links.get(world, body("link_token")["link_token"]))


def _items(api: Blueprint, world: World) -> None:
    @api.post("/item/public_token/exchange")
    def item_public_token_exchange() -> ResponseReturnValue:
        token, item = items.exchange(world, str(body("public_token")["public_token"]))
        return answer(world, access_token=token, item_id=item["item_id"])

    @api.post("/item/get")
    def item_get() -> ResponseReturnValue:
        item = items.find(world, body("access_token")["access_token"])
        now = views.stamp(world.clock.now())
        told = item["last_webhook"]
        status = {
            "investments": {"last_successful_update": now, "last_failed_update": None}
            if "investments" in item["products"]
            else None,
            "transactions": None,
            "last_webhook": {"sent_at": views.stamp(told["at"]), "code_sent": told["code"]}
            if told
            else None,
        }
        shown = {**views.item(item), "created_at": views.stamp(item["created_at"])}
        return answer(world, item=shown, status=status)

    @api.post("/item/remove")
    def item_remove() -> ResponseReturnValue:
        items.remove(world, items.find(world, body("access_token")["access_token"]))
        return answer(world)

    @api.post("/item/webhook/update")
    def item_webhook_update() -> ResponseReturnValue:
        given = body("access_token")
        item = items.find(world, given["access_token"])
        item["webhook"] = given.get("webhook") or None
        return answer(world, item=views.item(item))

    @api.post("/item/access_token/invalidate")
    def item_access_token_invalidate() -> ResponseReturnValue:
        given = body("access_token")
        item = items.find(world, given["access_token"])
        del world.table(items.ACCESS)[given["access_token"]]
        token = f"access-sandbox-{world.new_id()}"
        world.table(items.ACCESS)[token] = {"item_id": item["item_id"]}
        return answer(world, new_access_token=token)

    @api.post("/processor/token/create")
    def processor_token_create() -> ResponseReturnValue:
        given = body("access_token", "account_id", "processor")
        item = items.healthy(world, given["access_token"])
        items.accounts(item, [given["account_id"]])
        return answer(world, processor_token=f"processor-sandbox-{world.new_id()}")

    @api.post("/webhook_verification_key/get")
    def webhook_verification_key_get() -> ResponseReturnValue:
        return answer(world, key=webhooks.public_key(world, str(body("key_id")["key_id"])))


def _institutions(api: Blueprint, world: World) -> None:
    @api.post("/institutions/get_by_id")
    def institutions_get_by_id() -> ResponseReturnValue:
        given = body("institution_id", "country_codes")
        bank = banks.bank(given["institution_id"])
        if bank is None:
            raise PlaidError("INVALID_INSTITUTION")
        shown = views.institution(bank, given.get("options") or {})
        return answer(world, institution=shown)

    @api.post("/institutions/search")
    def institutions_search() -> ResponseReturnValue:
        given = body("query", "country_codes")
        wanted = set(given.get("products") or [])
        found = [bank for bank in banks.search(given["query"]) if wanted <= {*banks.products(bank)}]
        options = given.get("options") or {}
        return answer(world, institutions=[views.institution(bank, options) for bank in found[:10]])

    @api.post("/institutions/get")
    def institutions_get() -> ResponseReturnValue:
        given = body("count", "country_codes")
        start = int(given.get("offset") or 0)
        options = given.get("options") or {}
        found = banks.BANKS[start : start + int(given["count"])]
        shown = [views.institution(bank, options) for bank in found]
        return answer(world, institutions=shown, total=len(banks.BANKS))


def _accounts(api: Blueprint, world: World) -> None:
    calls: dict[str, deque[float]] = {}

    def ask(product: str | None = None) -> tuple[Row, list[Row]]:
        given = body("access_token")
        item = items.healthy(world, given["access_token"])
        if product:
            _offered(item, product)
        wanted = (given.get("options") or {}).get("account_ids")
        return item, items.accounts(item, wanted)

    @api.post("/accounts/get")
    def accounts_get() -> ResponseReturnValue:
        item, rows = ask()
        return answer(world, accounts=_shown(world, rows), item=views.item(item))

    @api.post("/accounts/balance/get")
    def accounts_balance_get() -> ResponseReturnValue:
        item, rows = ask()
        recent = calls.setdefault(item["item_id"], deque(maxlen=BALANCE_CALLS_A_MINUTE))
        if len(recent) == BALANCE_CALLS_A_MINUTE and time.monotonic() - recent[0] < 60:
            raise PlaidError("BALANCE_LIMIT")
        recent.append(time.monotonic())
        return answer(world, accounts=_shown(world, rows), item=views.item(item))

    @api.post("/identity/get")
    def identity_get() -> ResponseReturnValue:
        item, rows = ask("identity")
        shown = [{**row, "owners": [views.owner(item)]} for row in _shown(world, rows)]
        return answer(world, accounts=shown, item=views.item(item))

    @api.post("/auth/get")
    def auth_get() -> ResponseReturnValue:
        item, rows = ask("auth")
        rows = [row for row in rows if banks.NEEDS["auth"](row)]
        if not rows:
            raise PlaidError("NO_AUTH_ACCOUNTS")
        numbers = {
            "ach": [views.ach(item, row) for row in rows],
            "eft": [],
            "international": [],
            "bacs": [],
        }
        return answer(world, accounts=_shown(world, rows), numbers=numbers, item=views.item(item))


def _products(api: Blueprint, world: World) -> None:
    def ask(product: str, refusal: str) -> tuple[Row, list[Row]]:
        given = body("access_token")
        item = items.healthy(world, given["access_token"])
        _offered(item, product)
        wanted = (given.get("options") or {}).get("account_ids")
        rows = [row for row in items.accounts(item, wanted) if banks.NEEDS[product](row)]
        if not rows:
            raise PlaidError(refusal)
        return item, rows

    @api.post("/investments/holdings/get")
    def investments_holdings_get() -> ResponseReturnValue:
        item, rows = ask("investments", "NO_INVESTMENT_ACCOUNTS")
        held, securities = views.holdings(world, rows)
        return answer(
            world,
            accounts=_shown(world, rows),
            holdings=held,
            securities=securities,
            item=views.item(item),
        )

    @api.post("/investments/transactions/get")
    def investments_transactions_get() -> ResponseReturnValue:
        given = body("start_date", "end_date")
        item, rows = ask("investments", "NO_INVESTMENT_ACCOUNTS")
        try:
            found = views.investment_transactions(
                world, rows, str(given["start_date"]), str(given["end_date"])
            )
        except ValueError as error:
            raise PlaidError("INVALID_FIELD", "start_date and end_date must be dates") from error
        options = given.get("options") or {}
        start = int(options.get("offset") or 0)
        shown = found[start : start + int(options.get("count") or 100)]
        _, securities = views.holdings(world, rows)
        return answer(
            world,
            accounts=_shown(world, rows),
            investment_transactions=shown,
            securities=securities,
            total_investment_transactions=len(found),
            item=views.item(item),
        )

    @api.post("/liabilities/get")
    def liabilities_get() -> ResponseReturnValue:
        item, rows = ask("liabilities", "NO_LIABILITY_ACCOUNTS")
        return answer(
            world,
            accounts=_shown(world, rows),
            liabilities=liabilities.liabilities(world, item, rows),
            item=views.item(item),
        )


def _shown(world: World, rows: list[Row]) -> list[Row]:
    return [views.account(world, row) for row in rows]


def _offered(item: Row, product: str) -> None:
    """Plaid adds a product to an item when it is first used, if the bank has it."""
    bank = banks.bank(item["institution_id"])
    if bank is None or product not in banks.products(bank):
        raise PlaidError("PRODUCTS_NOT_SUPPORTED", product)
    if product not in item["products"]:
        item["products"].append(product)


def _sandbox(api: Blueprint, world: World) -> None:
    @api.post("/sandbox/public_token/create")
    def sandbox_public_token_create() -> ResponseReturnValue:
        given = body("institution_id", "initial_products")
        bank = banks.bank(given["institution_id"])
        if bank is None:
            raise PlaidError("INVALID_INSTITUTION")
        wanted = list(given["initial_products"])
        lacking = [name for name in wanted if name not in banks.products(bank)]
        if lacking:
            raise PlaidError("PRODUCTS_NOT_SUPPORTED", ", ".join(lacking))
        options = given.get("options") or {}
        user = options.get("override_username") or banks.USER
        password = options.get("override_password") or banks.PASSWORD
        banks.sign_in(bank, user, password)
        accounts = banks.accounts(bank, user, password)
        if not accounts:
            raise PlaidError("NO_ACCOUNTS")
        token = items.make_public_token(
            world,
            bank=bank,
            accounts=accounts,
            products=wanted,
            webhook=options.get("webhook"),
            fixed=user == banks.CUSTOM_USER,
            anyones=True,
        )
        return answer(world, public_token=token)

    @api.post("/sandbox/item/reset_login")
    def sandbox_item_reset_login() -> ResponseReturnValue:
        items.require_login(world, items.find(world, body("access_token")["access_token"]))
        return answer(world, reset_login=True)

    @api.post("/sandbox/item/fire_webhook")
    def sandbox_item_fire_webhook() -> ResponseReturnValue:
        given = body("access_token", "webhook_code")
        item = items.find(world, given["access_token"])
        code = given["webhook_code"]
        kind = given.get("webhook_type") or next(
            (name for name, codes in FIRES.items() if code in codes and name == "ITEM"),
            "TRANSACTIONS",
        )
        product = OF_PRODUCT.get(kind)
        if code not in FIRES.get(kind, ()) or (product and product not in item["products"]):
            raise PlaidError("SANDBOX_WEBHOOK_INVALID", code)
        return answer(world, webhook_fired=_fire(world, item, kind, code))

    @api.post("/sandbox/item/set_verification_status")
    def sandbox_item_set_verification_status() -> ResponseReturnValue:
        given = body("access_token", "account_id", "verification_status")
        item = items.find(world, given["access_token"])
        [row] = items.accounts(item, [given["account_id"]])
        row["verification_status"] = given["verification_status"]
        code = str(given["verification_status"]).upper()
        items.tell(world, item, "AUTH", code, account_id=row["account_id"])
        return answer(world)


def _fire(world: World, item: Row, kind: str, code: str) -> bool:
    if kind == "HOLDINGS":
        return items.tell_holdings(world, item)
    more: Row = {"error": None}
    if code == "ERROR":
        more = {"error": PlaidError("ITEM_LOGIN_REQUIRED").report()}
    elif code == "PENDING_EXPIRATION":
        ends = item["consent_ends_at"] or world.clock.now() + items.CONSENT_WARNING
        more = {"consent_expiration_time": views.stamp(ends)}
    elif code == "PENDING_DISCONNECT":
        more = {"reason": "INSTITUTION_MIGRATION"}
    elif code == "LOGIN_REPAIRED":
        more = {}
    return items.tell(world, item, kind, code, **more)


def _control(app: Flask, world: World) -> None:
    """What no client of Plaid could do: change an item's fate, retire the signing key."""

    @app.get("/_sandbox/plaid/items")
    def control_plaid_items() -> ResponseReturnValue:
        """Plaid items: sign-ins at banks that partners hold themselves."""
        return {
            "items": [
                {
                    "item_id": row["item_id"],
                    "institution_id": row["institution_id"],
                    "products": row["products"],
                    "error": row["error"],
                    "webhook": row["webhook"],
                }
                for row in world.table(items.ITEMS).values()
            ]
        }

    @app.post("/_sandbox/plaid/items/<item_id>/<what>")
    def control_plaid_item(item_id: str, what: str) -> ResponseReturnValue:
        """Let an item `break` (sign-in needed), `lock` (locked at the bank) or `repair` itself."""
        item = world.table(items.ITEMS).get(item_id)
        acts: dict[str, Callable[[Row], object]] = {
            "break": lambda row: items.require_login(world, row),
            "lock": lambda row: items.require_login(world, row, "ITEM_LOCKED"),
            "repair": lambda row: items.repair(world, row, by_update_mode=False),
        }
        if item is None or what not in acts:
            raise PlaidError("NOT_FOUND")
        acts[what](item)
        return {"item_id": item_id, "error": item["error"]}

    @app.post("/_sandbox/plaid/rotate-key")
    def control_plaid_rotate_key() -> ResponseReturnValue:
        """Retire the key that signs Plaid's webhooks; another one signs from now on."""
        return {"kid": webhooks.rotate(world)["kid"]}

    @app.get("/_sandbox/plaid/deliveries")
    def control_plaid_deliveries() -> ResponseReturnValue:
        """Plaid's webhooks, newest first."""
        rows = reversed(world.table(webhooks.TABLE).values())
        return {"deliveries": list(rows)}
