"""What happened to an account, in one list."""

from datetime import datetime
from typing import NamedTuple

from sandbox import transfers
from sandbox.console.show import money, signed, words
from sandbox.world import Row, World


class Event(NamedTuple):
    """One thing that happened: when, what about, and what."""

    at: datetime
    subject: str
    words: str


def story(world: World, account: Row) -> list[Event]:
    """Everything, newest first."""
    events = [Event(account["created_at"], "Account", "Opened")]
    for part in (_verification, _banks, _transfers, _investing, _wealth):
        events += part(world, account["id"])
    return sorted(events, key=lambda event: event.at, reverse=True)


def _verification(world: World, own: str) -> list[Event]:
    events = []
    for row in world.table("workflows").of(own):
        name = "Verification" if row["number"] == 1 else f"Verification {row['number']}"
        events.append(Event(row["created_at"], "Verification", f"{name} started"))
        for check in row["checks"]:
            if check["completed_at"]:
                said = f"{words(check['check_type']).capitalize()}: {words(check['status'])}"
                events.append(Event(check["completed_at"], "Verification", said))
        if row["status"] != "in_progress":
            said = f"{name}: {words(row['status'])}"
            events.append(Event(row["updated_at"], "Verification", said))
    for row in world.table("documents").of(own):
        said = f"{words(row['document_type']).capitalize()} sent, now {row['upload_status']}"
        events.append(Event(row["uploaded_at"], "Document", said))
    return events


def _banks(world: World, own: str) -> list[Event]:
    events = []
    for row in world.table("funding_sources").of(own):
        events.append(Event(row["created_at"], "Bank", f"{row['institution_name']} linked"))
        if row["updated_at"] != row["created_at"]:
            said = f"{row['institution_name']} is {row['status'].lower()}"
            events.append(Event(row["updated_at"], "Bank", said))
    return events


def _transfers(world: World, own: str) -> list[Event]:
    events = []
    for kind in transfers.STEPS:
        for row in world.table(f"{kind}s").of(own):
            name = f"{kind.capitalize()} of {money(row['amount'])}"
            events.append(Event(row["created_at"], kind.capitalize(), f"{name} asked for"))
            ended = row["failed_at"] or row["completed_at"]
            why = f" ({row['failure_reason']})" if row["failure_reason"] else ""
            if ended or row["status"] not in ("pending",):
                said = f"{name}: {row['status']}{why}"
                events.append(Event(ended or row["created_at"], kind.capitalize(), said))
    return events


def _investing(world: World, own: str) -> list[Event]:
    events = []
    for row in world.table("orders").of(own):
        why = f" ({row['reason']})" if row.get("reason") else ""
        ended = row["filled_at"] or row["canceled_at"] or row["submitted_at"]
        said = f"Order to {row['side']} {row['symbol']}: {words(row['status'])}{why}"
        events.append(Event(ended, "Order", said))
    for row in world.table("movements").of(own):
        if row["kind"] not in ("buy", "sell"):
            said = f"{words(row['kind']).capitalize()} {signed(row['amount'])}"
            said += f", then {money(row['balance_after'])} in the wallet"
            events.append(Event(row["at"], "Wallet", said))
    for row in world.table("rebalances").of(own):
        said = f"Rebalancing, {len(row['orders'])} orders: {words(row['status'])}"
        events.append(Event(row["created_at"], "Portfolio", said))
    return events


def _wealth(world: World, own: str) -> list[Event]:
    events = []
    for row in world.table("policies").get(own, {"versions": []})["versions"]:
        events.append(Event(row["created_at"], "Policy", f"Version {row['version']} signed"))
    for row in world.table("goals").of(own):
        said = f"“{row['name']}” set at {money(row['target_amount'])}"
        events.append(Event(row["created_at"], "Goal", said))
    for row in world.table("schedules").of(own):
        said = f"{money(row['amount'])} {words(row['frequency'])}, now {row['status']}"
        events.append(Event(row["created_at"], "Schedule", said))
    return events
