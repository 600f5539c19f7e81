"""What every endpoint needs: the account by its id, paging, Bluum's way to write JSON."""

from collections.abc import Sequence
from typing import Any, TypeVar

from flask import current_app, request

from sandbox.errors import ApiError, not_found
from sandbox.world import Row, World

Item = TypeVar("Item")


def get_account(world: World, account_id: str) -> Row:
    """The account's row. Raises 404-001."""
    account = world.table("accounts").get(account_id)
    if account is None:
        raise not_found("Account not found.")
    return account


def advised_account(world: World, account_id: str) -> Row:
    """The row of an advised account. Raises 404-001, and 403-004 for a self-directed one."""
    account = get_account(world, account_id)
    if account["management_type"] != "advised":
        raise ApiError(403, "BLUM-403-004", "This account is not an advised account.")
    return account


def approved_account(world: World, account_id: str, *, advised: bool = False) -> Row:
    """The row of an account whose verification is complete. Raises 404-001, 403-004, 403-002."""
    find = advised_account if advised else get_account
    account = find(world, account_id)
    if account["status"] in ("PENDING", "REJECTED"):
        raise ApiError(403, "BLUM-403-002")
    if account["status"] != "ACTIVE":
        raise ApiError(403, "BLUM-403-004")
    return account


def owned(world: World, table: str, account_id: str, row_id: str, name: str = "Object") -> Row:
    """A row that belongs to the account, by its `account_id`. Raises 404-001."""
    row = world.table(table).get(row_id)
    if row is None or row.get("account_id") != account_id:
        raise not_found(f"{name} not found.")
    return row


def page(items: Sequence[Item], default: int = 50) -> Sequence[Item]:
    """The part that `limit` and `offset` ask for. The request was validated before."""
    limit = int(request.args.get("limit", default))
    offset = int(request.args.get("offset", 0))
    return items[offset : offset + limit]


def success(data: Any, message: str | None = None) -> Row:
    """The `{status: "success", data}` envelope."""
    body: Row = {"status": "success", "data": data}
    if message is not None:
        body["message"] = message
    return body


def body() -> Row:
    """The validated JSON body."""
    found: Row = request.get_json(force=True)
    return found


def home() -> str:
    """Where browsers find this program, without a slash at the end."""
    return str(current_app.config["PUBLIC_URL"] or request.host_url).rstrip("/")
