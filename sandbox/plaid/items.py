"""Items: a person's sign-in at a bank, given to one client, and the tokens that stand for it.

A public token is good for 30 minutes and one exchange. Access tokens don't expire. An item whose
sign-in has changed (`ITEM_LOGIN_REQUIRED`) answers no question until update mode is done. Our
choices: items with an investment product get HOLDINGS DEFAULT_UPDATE each weekday evening,
consent given to an OAuth bank ends after a year, PENDING_EXPIRATION comes seven days before.
"""

import string
from datetime import datetime, timedelta
from typing import Any

from sandbox.plaid import banks, webhooks
from sandbox.plaid.errors import PlaidError
from sandbox.world import Row, World, job

ITEMS, ACCESS, PUBLIC = "plaid_items", "plaid_access_tokens", "public_tokens"
PUBLIC_TOKEN_LIVES = timedelta(minutes=30)
CONSENT_LIVES = timedelta(days=365)
CONSENT_WARNING = timedelta(days=7)
EVENING = 22
"""Hour in UTC, after New York's close."""

NAMES = ("Alberta Charleson", "Rosa Delgado", "Tom Whitaker", "Priya Raman", "Ellis Monroe")
STREETS = ("2992 Cameron Road", "14 Alder Street", "807 Mill Lane", "51 Orchard Way")
TOWNS = (
    ("Malakoff", "NY", "14236"),
    ("Madison", "WI", "53703"),
    ("Portland", "ME", "04101"),
    ("Boise", "ID", "83702"),
)


def opaque(world: World, length: int = 37) -> str:
    """An id in Plaid's manner: letters and digits, case matters."""
    chance = world.rng("plaid/id", world.new_id())
    return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


def make_public_token(
    world: World,
    *,
    bank: banks.Bank,
    accounts: list[banks.BankAccount],
    products: list[str],
    webhook: str | None = None,
    user: Row | None = None,
    fixed: bool = False,
    anyones: bool = False,
) -> str:
    """What the partner's own Link hands over when someone has chosen accounts.

    `user` is what the link token said about the person; `fixed` keeps balances where they are;
    `anyones` lets Bluum take the token too, as both know the same banks.
    """
    token = f"public-sandbox-{world.new_id()}"
    world.table(PUBLIC)[token] = {
        "account_id": None if anyones else "",
        "institution": {"id": bank["id"], "name": bank["name"]},
        "accounts": [{**row, "account_id": opaque(world)} for row in accounts],
        "source_id": None,
        "expires_at": world.clock.now() + PUBLIC_TOKEN_LIVES,
        "plaid": {
            "products": products,
            "webhook": webhook,
            "user": user or {},
            "fixed": fixed,
            "item_id": None,
        },
    }
    return token


def exchange(world: World, public_token: str) -> tuple[str, Row]:
    """Trade a public token for an access token and its item, once. Raises PlaidError."""
    row = world.table(PUBLIC).get(public_token)
    plaid = (row or {}).get("plaid")
    if (
        row is None
        or plaid is None
        or plaid["item_id"] is not None
        or row["source_id"] is not None
        or world.clock.now() >= row["expires_at"]
    ):
        raise PlaidError("INVALID_PUBLIC_TOKEN")
    item = _make(world, row, plaid)
    plaid["item_id"] = item["item_id"]
    token = f"access-sandbox-{world.new_id()}"
    world.table(ACCESS)[token] = {"item_id": item["item_id"]}
    return token, item


def _make(world: World, row: Row, plaid: Row) -> Row:
    now = world.clock.now()
    bank_id = row["institution"]["id"]
    bank = banks.bank(bank_id)
    person = _owner(world, bank_id, plaid["user"])
    item: Row = {
        "item_id": opaque(world),
        "institution_id": bank_id,
        "client_user_id": plaid["user"].get("client_user_id"),
        "products": plaid["products"],
        "webhook": plaid["webhook"],
        "error": None,
        "created_at": now,
        "consent_ends_at": now + CONSENT_LIVES if bank and bank["oauth"] else None,
        "owner": person,
        "accounts": [
            _account(world, bank_id, account, fixed=plaid["fixed"]) for account in row["accounts"]
        ],
        "last_webhook": None,
    }
    world.table(ITEMS)[item["item_id"]] = item
    if item["consent_ends_at"]:
        _plan_end_of_consent(world, item)
    if "investments" in item["products"]:
        _plan_holdings(world, item, now)
    return item


def _persistent(world: World, bank_id: str, key: str) -> str:
    chance = world.rng("plaid/persistent", bank_id, key)
    return f"{chance.getrandbits(256):064x}"


def _owner(world: World, bank_id: str, user: Row) -> Row:
    """The person of the link token, else someone invented per bank; the address is invented."""
    chance = world.rng("plaid/owner", bank_id)
    given: Any = user.get("name") or {}
    name = user.get("legal_name") or " ".join(
        str(given[part]) for part in ("given_name", "family_name") if given.get(part)
    )
    name = name or chance.choice(NAMES)
    town, region, code = chance.choice(TOWNS)
    return {
        "name": name,
        "email": user.get("email_address") or f"{name.split()[0].lower()}@mail.test",
        "phone": user.get("phone_number") or "+12025550142",
        "address": {
            "street": chance.choice(STREETS),
            "city": town,
            "region": region,
            "postal_code": code,
            "country": "US",
        },
    }


def find(world: World, access_token: str) -> Row:
    """The item of an access token, whatever state it is in. Raises PlaidError."""
    row = world.table(ACCESS).get(access_token)
    if row is None:
        raise PlaidError("INVALID_ACCESS_TOKEN")
    return world.table(ITEMS)[row["item_id"]]


def healthy(world: World, access_token: str) -> Row:
    """The item, if it can be asked now. Raises PlaidError with what it needs."""
    item = find(world, access_token)
    if item["error"]:
        raise PlaidError(item["error"])
    bank = banks.bank(item["institution_id"])
    if bank and bank["down"]:
        raise PlaidError("INSTITUTION_DOWN")
    return item


def accounts(item: Row, wanted: list[str] | None = None) -> list[Row]:
    """The item's accounts, or those asked for. Raises PlaidError for one it doesn't have."""
    rows: list[Row] = item["accounts"]
    if not wanted:
        return rows
    if set(wanted) - {row["account_id"] for row in rows}:
        raise PlaidError("INVALID_ACCOUNT_ID")
    return [row for row in rows if row["account_id"] in wanted]


def remove(world: World, item: Row) -> None:
    """Forget the item; its tokens are worth nothing from now on."""
    tokens = world.table(ACCESS)
    for token in [key for key, row in tokens.items() if row["item_id"] == item["item_id"]]:
        del tokens[token]
    world.table(ITEMS).pop(item["item_id"], None)


def tell(world: World, item: Row, kind: str, code: str, **more: Any) -> bool:
    """Send a webhook about the item. Returns whether it has an address to send to."""
    body = {"webhook_type": kind, "webhook_code": code, "item_id": item["item_id"], **more}
    sent = webhooks.queue(world, item["webhook"], body)
    if sent:
        item["last_webhook"] = {"code": code, "at": world.clock.now()}
    return sent is not None


def require_login(world: World, item: Row, code: str = "ITEM_LOGIN_REQUIRED") -> None:
    """The sign-in stops working; whoever owns the item is told."""
    item["error"] = code
    tell(world, item, "ITEM", "ERROR", error=PlaidError(code).report())


def repair(world: World, item: Row, *, by_update_mode: bool) -> None:
    """The person has signed in again.

    As Plaid describes LOGIN_REPAIRED, it isn't sent for the item that went through update mode, but
    for other items of that person at the bank, which are well again too.
    """
    item["error"] = None
    if item["consent_ends_at"]:
        item["consent_ends_at"] = world.clock.now() + CONSENT_LIVES
        _plan_end_of_consent(world, item)
    if not by_update_mode:
        tell(world, item, "ITEM", "LOGIN_REPAIRED")
        return
    for other in list(world.table(ITEMS).values()):
        same = all(other[key] == item[key] for key in ("institution_id", "client_user_id"))
        if same and other["client_user_id"] and other["error"] == "ITEM_LOGIN_REQUIRED":
            other["error"] = None
            tell(world, other, "ITEM", "LOGIN_REPAIRED")


def _plan_end_of_consent(world: World, item: Row) -> None:
    ends = item["consent_ends_at"]
    world.schedule(ends - CONSENT_WARNING, "plaid.consent_ending", item_id=item["item_id"])
    world.schedule(ends, "plaid.consent_ended", item_id=item["item_id"])


@job("plaid.consent_ending")
def _consent_ending(world: World, item_id: str) -> None:
    item = world.table(ITEMS).get(item_id)
    if item and item["consent_ends_at"] - world.clock.now() <= CONSENT_WARNING:
        ends = item["consent_ends_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
        tell(world, item, "ITEM", "PENDING_EXPIRATION", consent_expiration_time=ends)


@job("plaid.consent_ended")
def _consent_ended(world: World, item_id: str) -> None:
    item = world.table(ITEMS).get(item_id)
    if item and item["consent_ends_at"] <= world.clock.now():
        require_login(world, item)


def _plan_holdings(world: World, item: Row, after: datetime) -> None:
    evening = after.replace(hour=EVENING, minute=0, second=0, microsecond=0)
    while evening <= after or evening.weekday() > 4:
        evening += timedelta(days=1)
    world.schedule(evening, "plaid.holdings", item_id=item["item_id"])


@job("plaid.holdings")
def _holdings(world: World, item_id: str) -> None:
    item = world.table(ITEMS).get(item_id)
    if item:
        if not item["error"]:
            tell_holdings(world, item)
        _plan_holdings(world, item, world.clock.now())


def tell_holdings(world: World, item: Row) -> bool:
    """Positions have new prices."""
    return tell(
        world, item, "HOLDINGS", "DEFAULT_UPDATE", error=None, new_holdings=0, updated_holdings=1
    )


def choose(world: World, item: Row, chosen: list[banks.BankAccount]) -> None:
    """Share these accounts from now on; those shared before keep their ids."""
    known = {row["id"]: row for row in item["accounts"]}
    item["accounts"] = [
        known.get(row["id"]) or _account(world, item["institution_id"], dict(row), fixed=False)
        for row in chosen
    ]


def _account(world: World, bank_id: str, row: Row, *, fixed: bool) -> Row:
    return {
        **row,
        "account_id": row.get("account_id") or opaque(world),
        "persistent_account_id": _persistent(world, bank_id, row["id"]),
        "fixed": fixed,
    }
