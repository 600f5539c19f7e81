"""API keys on the control API: a second pair for rotation, and pairs that are refused.

All ours. States: active; inactive (401-004); expired (401-005); read_only (403-001 on a write);
unverified (the tenant's own verification is not complete: 403-003).
"""

from flask import Flask, request
from flask.typing import ResponseReturnValue

from sandbox.auth import TABLE
from sandbox.errors import invalid, not_found
from sandbox.world import World

STATES = ("active", "inactive", "expired", "read_only", "unverified")


def routes(app: Flask, world: World) -> None:
    """Register the endpoints."""

    @app.get("/_sandbox/keys")
    def list_keys() -> ResponseReturnValue:
        rows = world.table(TABLE).values()
        return {"keys": [{"key": row["key"], "state": row["state"]} for row in rows]}

    @app.post("/_sandbox/keys")
    def put_key() -> ResponseReturnValue:
        given = request.get_json(force=True, silent=True)
        given = given if isinstance(given, dict) else {}
        key = given.get("key")
        if not isinstance(key, str) or not key:
            raise invalid("key", "must be a name", "BLUM-400-002")
        gateway = app.gateway  # type: ignore[attr-defined]
        known = world.table(TABLE).get(key, {})
        known = known or ({"secret": gateway.secret} if key == gateway.key else {})
        secret = given.get("secret", known.get("secret"))
        if not isinstance(secret, str) or not secret:
            raise invalid("secret", "must be text", "BLUM-400-002")
        state = given.get("state", "active")
        if state not in STATES:
            raise invalid("state", "must be " + " or ".join(STATES), "BLUM-400-004")
        world.table(TABLE)[key] = {"key": key, "secret": secret, "state": state}
        return {"key": key, "state": state}, 201

    @app.delete("/_sandbox/keys/<key>")
    def delete_key(key: str) -> ResponseReturnValue:
        if world.table(TABLE).pop(key, None) is None:
            raise not_found("Key not found.")
        return "", 204
