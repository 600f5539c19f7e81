"""Link tokens and the sessions in which people use them.

A row of `link_tokens` belongs to Bluum (`account_id` names the investor's account, made by
`sandbox.api.funding`) or to a partner's own use of Plaid (made here, `account_id` is None). Known:
a link token lives four hours, for update mode 30 minutes; hosted links a week unless
`url_lifetime_seconds` says otherwise, but their token expires with them here.
"""

from datetime import timedelta
from typing import Any

from sandbox.plaid import banks, items, views, webhooks
from sandbox.plaid.errors import PlaidError
from sandbox.world import Row, World

TABLE = "link_tokens"
LIVES = timedelta(hours=4)
UPDATE_LIVES = timedelta(minutes=30)
HOSTED_LIVES = timedelta(days=7)
SESSION_STAYS = timedelta(hours=6)
SUPPORTED = {"auth", "balance", "identity", "investments", "liabilities", "transactions"}

EXITS = {
    "not_now": "I’ll do this later",
    "institution_not_found": "My bank isn’t in the list",
    "requires_credentials": "I don’t have my sign-in at hand",
    "privacy": "I don’t want to share my sign-in",
    "other": "Something else",
}
"""Reasons a person may give for leaving."""


def create(world: World, given: Row) -> Row:
    """Make a partner's link token from a validated request. Raises PlaidError."""
    now = world.clock.now()
    update = None
    if given.get("access_token"):
        update = items.find(world, given["access_token"])
    products = list(given.get("products") or [])
    products += list(given.get("required_if_supported_products") or [])
    unknown = [name for name in products if name not in SUPPORTED]
    if unknown:
        raise PlaidError("PRODUCTS_NOT_SUPPORTED", ", ".join(unknown))
    if not products and update is None:
        raise PlaidError("MISSING_FIELDS", "products")
    hosted = given.get("hosted_link")
    lives = UPDATE_LIVES if update else LIVES
    if hosted is not None:
        seconds = hosted.get("url_lifetime_seconds")
        lives = timedelta(seconds=int(seconds)) if seconds else HOSTED_LIVES
    token = f"link-sandbox-{world.new_id()}"
    row: Row = {
        "account_id": None,
        "expires_at": now + lives,
        "created_at": now,
        "token": token,
        "client_name": str(given["client_name"]),
        "language": given.get("language"),
        "country_codes": given["country_codes"],
        "products": products,
        "optional_products": given.get("optional_products") or [],
        "filters": given.get("account_filters"),
        "institution_id": given.get("institution_id"),
        "user": given.get("user") or {},
        "webhook": given.get("webhook"),
        "redirect_uri_given": given.get("redirect_uri"),
        "hosted": hosted is not None,
        "completion_redirect_uri": (hosted or {}).get("completion_redirect_uri"),
        "update_item": update["item_id"] if update else None,
        "account_selection": bool((given.get("update") or {}).get("account_selection_enabled")),
        "sessions": [],
    }
    world.table(TABLE)[token] = row
    return row


def get(world: World, token: str) -> Row:
    """What /link/token/get shows of a partner's token. Raises PlaidError."""
    row = world.table(TABLE).get(token)
    if row is None or row.get("token") is None:
        raise PlaidError("INVALID_LINK_TOKEN")
    bound = world.clock.now() - SESSION_STAYS
    return {
        "link_token": token,
        "created_at": views.stamp(row["created_at"]),
        "expiration": views.stamp(row["expires_at"]),
        "metadata": {
            "initial_products": row["products"],
            "webhook": row["webhook"],
            "country_codes": row["country_codes"],
            "language": row["language"],
            "redirect_uri": row["redirect_uri_given"],
            "client_name": row["client_name"],
            **({"account_filters": row["filters"]} if row["filters"] else {}),
        },
        "link_sessions": [
            session_view(session)
            for session in row["sessions"]
            if session["finished_at"] is None or session["finished_at"] > bound
        ],
    }


def session_view(session: Row) -> Row:
    """One opening of Link, as /link/token/get tells of it."""
    shown: Row = {
        "link_session_id": session["id"],
        "started_at": views.stamp(session["started_at"]),
        "finished_at": views.stamp(session["finished_at"]) if session["finished_at"] else None,
        "events": session["events"],
    }
    if session["success"]:
        success = session["success"]
        shown["on_success"] = success
        shown["results"] = {
            "item_add_results": [
                {
                    "public_token": success["public_token"],
                    "accounts": success["metadata"]["accounts"],
                    "institution": success["metadata"]["institution"],
                }
            ],
            "cra_item_add_results": [],
            "cra_update_results": [],
            "bank_income_results": [],
            "payroll_income_results": [],
            "document_income_results": None,
        }
    if session["exit"]:
        shown["exit"] = shown["on_exit"] = session["exit"]
    return shown


def session(world: World, row: Row) -> Row:
    """The opening that is going on; a new one if there is none."""
    sessions: list[Row] = row.setdefault("sessions", [])
    if not sessions or sessions[-1]["finished_at"] is not None:
        sessions.append(
            {
                "id": world.new_id(),
                "started_at": world.clock.now(),
                "finished_at": None,
                "bank": None,
                "user": None,
                "password": None,
                "step": "consent",
                "events": [],
                "success": None,
                "exit": None,
            }
        )
        note(world, sessions[-1], "OPEN")
    return sessions[-1]


def note(world: World, session: Row, name: str, **metadata: Any) -> None:
    """Write down what the person did, as Link's `onEvent` would report it."""
    bank = banks.bank(session["bank"] or "")
    if bank:
        metadata = {"institution_id": bank["id"], "institution_name": bank["name"], **metadata}
    session["events"].append(
        {
            "event_name": name,
            "event_id": world.new_id(),
            "timestamp": views.stamp(world.clock.now()),
            "event_metadata": {**metadata, "request_id": items.opaque(world, 15)},
        }
    )


def succeed(
    world: World,
    row: Row,
    session: Row,
    *,
    bank: banks.Bank,
    public_token: str,
    accounts: list[Row],
) -> Row:
    """The person is done. Returns the metadata that `onSuccess` hands over."""
    metadata = {
        "institution": {"institution_id": bank["id"], "name": bank["name"]},
        "accounts": [
            {
                "id": account.get("account_id", account["id"]),
                "name": account["name"],
                "mask": account["mask"],
                "type": account["type"],
                "subtype": account["subtype"],
                "verification_status": None,
                "class_type": None,
            }
            for account in accounts
        ],
        "link_session_id": session["id"],
    }
    session["success"] = {"public_token": public_token, "metadata": metadata}
    note(world, session, "HANDOFF")
    _finish(world, row, session, "SUCCESS", [public_token] if public_token else [])
    return metadata


def leave(
    world: World, row: Row, session: Row, *, reason: str | None = None, error: str | None = None
) -> Row:
    """The person gives up. Returns what `onExit` hands over: `{error, metadata}`."""
    bank = banks.bank(session["bank"] or "")
    statuses = {
        "consent": "requires_credentials",
        "banks": "institution_not_found",
        "code": "requires_code",
        "accounts": "requires_account_selection",
    }
    shown: Row = {
        "error": PlaidError(error).report() if error else None,
        "metadata": {
            "institution": {"institution_id": bank["id"], "name": bank["name"]} if bank else None,
            "status": statuses.get(session["step"], "requires_credentials"),
            "link_session_id": session["id"],
            "request_id": items.opaque(world, 15),
        },
    }
    session["exit"] = {
        "error": shown["error"],
        "metadata": {key: value for key, value in shown["metadata"].items() if value is not None},
    }
    more = {"selection": reason} if reason else {}
    failed = {"error_code": error} if error else {}
    note(world, session, "EXIT", exit_status=shown["metadata"]["status"], **more, **failed)
    _finish(world, row, session, "EXITED", [])
    return shown


def _finish(world: World, row: Row, session: Row, status: str, tokens: list[str]) -> None:
    session["finished_at"] = world.clock.now()
    session["user"] = session["password"] = None
    if not row.get("hosted"):
        return
    about = {"webhook_type": "LINK", "link_session_id": session["id"], "link_token": row["token"]}
    webhooks.queue(
        world,
        row["webhook"],
        {**about, "webhook_code": "EVENTS", "events": session["events"]},
    )
    body = {
        **about,
        "webhook_code": "SESSION_FINISHED",
        "status": status,
        "public_tokens": tokens,
    }
    if tokens:
        body["public_token"] = tokens[0]
    webhooks.queue(world, row["webhook"], body)
