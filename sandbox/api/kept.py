"""Things a client writes down and Bluum keeps: create, list, read, change, archive.

Goals, life events, external accounts and dependents all work this way. An update changes only the
fields that are sent; deleting archives, and a list without `status` leaves the archived out.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import web
from sandbox.errors import ApiError, invalid
from sandbox.world import Row, World

TOO_MUCH = Decimal(10) ** 15
View = Callable[[World, Row], Row]


@dataclass(frozen=True)
class Kept:
    """One kind of thing: where it is, how its id is called, what an empty one has.

    Fields are those that are `required` and those that have a default; others are ignored. `money`
    are dollars, kept with cents.
    """

    path: str
    table: str
    id_name: str
    list_name: str
    name: str
    required: tuple[str, ...]
    defaults: Row
    statuses: tuple[str, ...] = ("active", "completed", "archived")
    archived: str = "archived"
    money: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    check: Callable[[World, str, Row], None] = field(default=lambda world, account_id, given: None)
    view: View = field(default=lambda world, row: row)


def check_links(world: World, account_id: str, given: Row) -> None:
    """Raise ApiError 404-001 for a link to a goal or portfolio that is not the account's."""
    for name, table in (("portfolio_id", "portfolios"), ("linked_goal_id", "goals")):
        linked = given.get(name)
        if linked and world.table(table).get(linked, {}).get("account_id") != account_id:
            message = f"{name}: names nothing in this account"
            raise ApiError(404, "BLUM-404-001", message, field=name, reason="not found")


def check(world: World, kind: Kept, account_id: str, given: Row) -> None:
    """Raise ApiError 404-001 for a link to nothing, 400-004 for a status, 400-005 for an amount."""
    kind.check(world, account_id, given)
    for name in kind.money:
        check_amount(name, given.get(name))
    if given.get("status", "active") not in kind.statuses:
        raise invalid("status", f"must be one of {', '.join(kind.statuses)}", "BLUM-400-004")


def check_amount(name: str, value: str | None) -> None:
    """Raise ApiError 400-005 for more dollars than there are to keep."""
    if value is not None and abs(Decimal(value)) >= TOO_MUCH:
        raise invalid(name, "must be less than 1,000,000,000,000,000", "BLUM-400-005")


def create(world: World, kind: Kept, account_id: str, given: Row) -> Row:
    """Keep a new one. Returns its row."""
    check(world, kind, account_id, given)
    now = world.clock.now()
    row = {
        kind.id_name: world.new_id(),
        "account_id": account_id,
        **copy.deepcopy(kind.defaults),
        **_fields(kind, given),
        "status": "active",
        "created_at": now,
        "updated_at": now,
    }
    world.table(kind.table)[row[kind.id_name]] = row
    return row


def update(world: World, kind: Kept, row: Row, given: Row) -> Row:
    """Change the fields that are given. Returns the row."""
    check(world, kind, row["account_id"], given)
    row.update(_fields(kind, given))
    if "status" in given:
        row["status"] = given["status"]
    row["updated_at"] = world.clock.now()
    return row


def _fields(kind: Kept, given: Row) -> Row:
    known = (*kind.required, *kind.defaults)
    return {
        name: f"{Decimal(value):.2f}" if name in kind.money and value is not None else value
        for name, value in given.items()
        if name in known
    }


def living(world: World, kind: Kept, account_id: str) -> list[Row]:
    """The account's, without the archived, oldest first."""
    rows = world.table(kind.table).of(account_id)
    return [row for row in rows if row["status"] != kind.archived]


def routes(api: Blueprint, world: World, kind: Kept) -> None:
    """Register the five endpoints of one kind."""
    base = f"/wealth/accounts/<account_id>/{kind.path}"

    def many(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        rows = living(world, kind, account_id)
        wanted = request.args.get("status")
        if wanted:
            every = world.table(kind.table).of(account_id)
            rows = [row for row in every if row["status"] == wanted]
        for name in kind.filters:
            if name in request.args:
                asked = request.args[name]
                rows = [row for row in rows if _text(row.get(name)) == asked]
        rows = list(reversed(rows))
        return {
            kind.list_name: [kind.view(world, row) for row in rows],
            "total_count": len(rows),
        }

    def make(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        return kind.view(world, create(world, kind, account_id, web.body())), 201

    def one(account_id: str, **ids: str) -> ResponseReturnValue:
        return kind.view(world, _find(account_id, ids))

    def change(account_id: str, **ids: str) -> ResponseReturnValue:
        return kind.view(world, update(world, kind, _find(account_id, ids), web.body()))

    def archive(account_id: str, **ids: str) -> ResponseReturnValue:
        row = _find(account_id, ids)
        row.update(status=kind.archived, updated_at=world.clock.now())
        return "", 204

    def _find(account_id: str, ids: dict[str, str]) -> Row:
        web.advised_account(world, account_id)
        return web.owned(world, kind.table, account_id, ids[kind.id_name], kind.name)

    item = f"{base}/<{kind.id_name}>"
    for method, path, function in (
        ("GET", base, many),
        ("POST", base, make),
        ("GET", item, one),
        ("PUT", item, change),
        ("DELETE", item, archive),
    ):
        endpoint = f"{kind.table}_{function.__name__}"
        api.add_url_rule(path, endpoint, function, methods=[method])


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
