"""What goes wrong on purpose: presets, one by one, and how often it has."""

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import faults
from sandbox.console import show
from sandbox.world import Row, World

KINDS = {
    "latency": "Slow: waits, then answers as usual",
    "status": "An error answer, such as 503 or 429",
    "reset": "The connection is reset, no answer",
    "timeout_before": "Time-out, nothing is done",
    "timeout_after": "Time-out, though the work is done",
    "malformed": "JSON that breaks off",
    "truncated": "An answer that is cut off on the line",
    "html": "A page instead of JSON",
    "empty": "The right status without a body",
    "wrong_type": "The right body as plain text",
    "webhook_lost": "A webhook never comes",
    "webhook_doubled": "A webhook comes twice",
    "webhook_delayed": "A webhook comes late",
    "webhook_reordered": "A webhook comes after the next one",
    "webhook_bad_signature": "A webhook's signature is wrong",
    "webhook_stale": "A webhook's signature is old",
    "webhook_altered": "A webhook's body is not what was signed",
}


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/faults")
    def console_faults() -> ResponseReturnValue:
        return render_template(
            "console/faults.html",
            faults=active(world),
            presets=[(name, about) for name, (about, _) in faults.PRESETS.items()],
            running={row["preset"] for row in world.table("faults").values()},
            requests=[(kind, KINDS[kind]) for kind in faults.REQUEST_KINDS],
            webhooks=[(kind, KINDS[kind]) for kind in faults.WEBHOOK_KINDS],
        )

    @app.post("/faults")
    def console_add_fault() -> ResponseReturnValue:
        given: Row = {
            key: value.strip()
            for key, value in request.form.items()
            if key in faults.FIELDS and value.strip()
        }

        def add() -> str:
            return f"From now on: {sentence(faults.add(world, given))}."

        return show.act(app, add, "/faults", "")

    @app.post("/faults/preset/<name>")
    def console_preset(name: str) -> ResponseReturnValue:
        if name not in faults.PRESETS:
            raise NotFound("There is no such preset.")
        words = f"“{show.words(name).capitalize()}” is on. {faults.PRESETS[name][0]}"
        back = show.way_back("/faults")
        return show.act(app, lambda: faults.add_preset(world, name), back, words)

    @app.post("/faults/preset/<name>/off")
    def console_preset_off(name: str) -> ResponseReturnValue:
        words = f"“{show.words(name).capitalize()}” is off."
        return show.act(app, lambda: faults.clear(world, name), show.way_back("/faults"), words)

    @app.post("/faults/<fault_id>/off")
    def console_fault_off(fault_id: str) -> ResponseReturnValue:
        words = "The fault is off."
        back = show.way_back("/faults")
        return show.act(app, lambda: world.table("faults").pop(fault_id, None), back, words)

    @app.post("/faults/clear")
    def console_clear_faults() -> ResponseReturnValue:
        words = "All faults are off. Nothing goes wrong on purpose."
        return show.act(app, lambda: faults.clear(world), show.way_back("/faults"), words)


def active(world: World) -> list[Row]:
    """Faults that may strike, those of a preset as one: name, words, counts, where to end it."""
    found: dict[str, Row] = {}
    for fault in world.table("faults").values():
        name = fault["preset"] or fault["id"]
        if name not in found:
            found[name] = {
                "words": (
                    f"{show.words(name).capitalize()}: {faults.PRESETS[name][0]}"
                    if fault["preset"]
                    else sentence(fault)
                ),
                "off": f"/faults/preset/{name}/off" if fault["preset"] else f"/faults/{name}/off",
                "met": 0,
                "happened": 0,
                "left": fault["count"],
            }
        found[name]["met"] = max(found[name]["met"], fault["met"])
        found[name]["happened"] += fault["happened"]
    return list(found.values())[::-1]


def sentence(fault: Row) -> str:
    """One fault in words: `503 for POST /v1/accounts/*, one time in ten`."""
    kind = fault["kind"]
    about = KINDS[kind]
    if kind in ("status", "html"):
        about = f"{fault['status']} {'as a page' if kind == 'html' else 'as an error answer'}"
    hook = kind in faults.WEBHOOK_KINDS
    methods = "" if fault["method"] == "*" else f"{fault['method']} "
    where = f"events {fault['event']}" if hook else f"{methods}{fault['route']}"
    chance = "" if fault["rate"] == 1 else f", {fault['rate'] * 100:g} % of the time"
    timed = kind in ("latency", "timeout_before", "timeout_after", *faults.SECONDS)
    wait = f", {fault['seconds']:g} s" if timed else ""
    return f"{about}, for {where}{wait}{chance}"
