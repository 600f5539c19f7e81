"""Things a client writes down and Bluum keeps: create, list, read, change, archive.

Goals, life events, external accounts and dependents all work this way. An update changes only the
fields that are sent; deleting archives, and a list without `status` leaves the archived out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import web
from sandbox.errors import ApiError
from sandbox.world import Row, World

View = Callable[[World, Row], Row]


@dataclass(frozen=True)
class Kept:
    """One kind of thing: where it is, how its id is called, what an empty one has."""

    path: str
    table: str
    id_name: str
    list_name: str
    name: str
    defaults: Row
    archived: str = "archived"
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


def create(world: World, kind: Kept, account_id: str, given: Row) -> Row:
    """Keep a new one. Returns its row."""
    kind.check(world, account_id, given)
    now = world.clock.now()
    row = {
        kind.id_name: world.new_id(),
        "account_id": account_id,
        **kind.defaults,
        **given,
        "status": "active",
        "created_at": now,
        "updated_at": now,
    }
    world.table(kind.table)[row[kind.id_name]] = row
    return row


def update(world: World, kind: Kept, row: Row, given: Row) -> Row:
    """Change the fields that are given. Returns the row."""
    kind.check(world, row["account_id"], given)
    own = (kind.id_name, "account_id", "created_at", "updated_at")
    row.update({name: value for name, value in given.items() if name not in own})
    row["updated_at"] = world.clock.now()
    return row


def living(world: World, kind: Kept, account_id: str) -> list[Row]:
    """The account's, without the archived, oldest first."""
    rows = world.table(kind.table).values()
    return [r for r in rows if r["account_id"] == account_id and r["status"] != kind.archived]


def routes(api: Blueprint, world: World, kind: Kept) -> None:
    """Register the five endpoints of one kind."""
    base = f"/wealth/accounts/<account_id>/{kind.path}"

    def many(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        rows = living(world, kind, account_id)
        wanted = request.args.get("status")
        if wanted:
            every = world.table(kind.table).values()
            rows = [r for r in every if r["account_id"] == account_id and r["status"] == wanted]
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
