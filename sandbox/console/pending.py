"""What waits for somebody's decision, and how that is decided."""

from sandbox import transfers
from sandbox.api import compliance
from sandbox.console import show
from sandbox.world import Row, World

DECISIONS = {
    "approve": ("Approve", "The verification is approved; the account is active."),
    "reject": ("Reject", "The verification is rejected."),
    "document": ("Ask for a document", "The investor is asked for an identity document."),
    "suspend": ("Suspend", "The account is suspended."),
    "reinstate": ("Reinstate", "The account is active again."),
    "expire": ("Let it expire", "The verification has expired; the account is inactive."),
}
"""What a person may decide: the button, and the sentence afterwards."""

SHOWN = 12


def workflows(world: World) -> list[Row]:
    """Verifications that are not decided, those a person is asked about first."""
    newest = {row["account_id"]: row for row in world.table("workflows").values()}
    waiting = [row for row in newest.values() if row["status"] in compliance.OPEN]
    return sorted(waiting, key=lambda row: row["status"] != "pending_review")


def documents(world: World) -> list[Row]:
    """Documents nobody has decided about."""
    rows = world.table("documents").values()
    return [row for row in rows if row["upload_status"] == "processing"]


def moving(world: World) -> list[Row]:
    """Transfers on their way, newest first."""
    return [row for row in transfer_rows(world) if row["status"] in transfers.OPEN]


def transfer_rows(world: World, account_id: str | None = None) -> list[Row]:
    """Deposits and withdrawals, newest first, with `kind`, `id` and `who`."""
    found = [
        {
            **row,
            "kind": kind,
            "id": row[f"{kind}_id"],
            "who": show.name_of(world, row["account_id"]),
        }
        for kind in transfers.STEPS
        for row in (
            world.table(f"{kind}s").values()
            if account_id is None
            else world.table(f"{kind}s").of(account_id)
        )
    ]
    return show.newest_first(found)


def open_orders(world: World) -> list[Row]:
    """Orders that wait to be filled, newest first, with `who`."""
    ids = reversed(world.table("open_orders"))
    rows = (world.table("orders")[order_id] for order_id in ids)
    return [{**row, "who": show.name_of(world, row["account_id"])} for row in rows]


def broken_banks(world: World) -> list[Row]:
    """Linked banks that must be linked again."""
    rows = world.table("funding_sources").values()
    return [
        {**row, "who": show.name_of(world, row["account_id"])}
        for row in rows
        if row["status"] == "ERROR"
    ]


def decisions(workflow: Row) -> list[tuple[str, str]]:
    """The decisions that a verification's state allows: value and words of the button."""
    return [
        (name, DECISIONS[name][0])
        for name, states in compliance.ALLOWED_IN.items()
        if workflow["status"] in states
    ]
