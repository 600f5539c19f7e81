"""Registering webhooks. Sending them is in `sandbox.deliveries`.

Known: the reference's names, and others in the notes of Bluum's example application
(`webhook_id`, `created_at`, `updated_at`). Both are answered.
"""

import uuid
from fnmatch import fnmatchcase

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sandbox import web
from sandbox.errors import invalid, not_found
from sandbox.world import Row, World

EVENTS = {
    "account.created": "An account was created",
    "account.updated": "An account or its verification changed",
    "order.accepted": "An order was accepted",
    "order.filled": "An order was filled",
    "order.partially_filled": "A part of an order was filled",
    "order.canceled": "An order was canceled",
    "order.rejected": "An order was rejected",
    "transfer.deposit.initiated": "A deposit was started",
    "transfer.deposit.completed": "A deposit is in the wallet",
    "transfer.deposit.failed": "A deposit failed or was returned",
    "transfer.withdrawal.initiated": "A withdrawal was started",
    "transfer.withdrawal.completed": "A withdrawal is at the bank",
    "transfer.withdrawal.failed": "A withdrawal failed or was returned",
    "document.approved": "A document was approved",
    "document.rejected": "A document was rejected",
}
"""The documented events."""

TYPES = [
    {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "name": name,
        "category": name.split(".")[0],
        "description": description,
        "displayName": name.replace(".", " ").replace("_", " ").capitalize(),
        "version": "1",
    }
    for name, description in EVENTS.items()
]


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/webhooks/event-types")
    def list_event_types() -> ResponseReturnValue:
        return web.success({"eventTypes": TYPES})

    @api.get("/webhooks")
    def list_webhooks() -> ResponseReturnValue:
        newest_first = reversed(world.table("webhooks").values())
        return web.success({"webhooks": [view(webhook) for webhook in newest_first]})

    @api.post("/webhooks")
    def create_webhook() -> ResponseReturnValue:
        given = web.body()
        _check(given)
        now = world.clock.now()
        webhook_id = world.new_id()
        webhook: Row = {
            "id": webhook_id,
            "name": given["name"],
            "url": given["url"],
            "description": given.get("description"),
            "status": "ACTIVE",
            "eventTypeNames": given["eventTypeNames"],
            "secret": f"whsec_{world.rng('webhook', webhook_id).getrandbits(192):048x}",
            "createdAt": now,
            "updatedAt": now,
        }
        world.table("webhooks")[webhook_id] = webhook
        shown = {**view(webhook), "secret": webhook["secret"]}
        return web.success({"webhook": shown}, "Webhook created"), 201

    @api.patch("/webhooks/<webhook_id>")
    def update_webhook(webhook_id: str) -> ResponseReturnValue:
        webhook = find(world, webhook_id)
        given = web.body()
        _check(given)
        for key in ("name", "url", "description", "status", "eventTypeNames"):
            if key in given:
                webhook[key] = given[key]
        webhook["updatedAt"] = world.clock.now()
        return web.success({"webhook": view(webhook)}, "Webhook updated")

    @api.delete("/webhooks/<webhook_id>")
    def delete_webhook(webhook_id: str) -> ResponseReturnValue:
        del world.table("webhooks")[find(world, webhook_id)["id"]]
        return {"status": "success", "message": "Webhook deleted"}


def find(world: World, webhook_id: str) -> Row:
    """The webhook's row. Raises 404-001."""
    webhook = world.table("webhooks").get(webhook_id)
    if webhook is None:
        raise not_found("Webhook not found.")
    return webhook


def view(webhook: Row) -> Row:
    """The webhook as the API shows it; the secret is shown at creation only."""
    names = webhook["eventTypeNames"]
    return {
        **{key: value for key, value in webhook.items() if key != "secret"},
        "eventTypes": [
            known for known in TYPES if any(fnmatchcase(known["name"], name) for name in names)
        ],
        "webhook_id": webhook["id"],
        "created_at": webhook["createdAt"],
        "updated_at": webhook["updatedAt"],
    }


def _check(given: Row) -> None:
    if "url" in given and not given["url"].startswith(("http://", "https://")):
        raise invalid("url", "must begin with https:// or http://", "BLUM-400-003")
