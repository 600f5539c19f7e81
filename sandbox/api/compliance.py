"""Verification: a workflow with four checks that settle by themselves within seconds.

Known: the checks, their states and the workflow's. Our choice: last name `Reject` fails identity
the first time, `Review` waits for a person, `Document` waits for an identity document. A person
decides through `decide`. `account.updated` is sent whenever the workflow's state changes.
"""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sandbox import web
from sandbox.errors import invalid, wrong_state
from sandbox.world import Row, World, job

PROVIDERS = {
    "identity_verification": "persona-identity",
    "tax_id_verification": "persona-taxid",
    "screening": "persona-screening",
    "risk_assessment": None,
}
SECONDS = {
    "fast": [1.0, 1.5, 2.0, 2.5],
    "real": [40.0, 60.0, 90.0, 120.0],
}
"""After how long each check settles, in the order of PROVIDERS."""

RESULTS = {
    "approved": "clear",
    "clear": "clear",
    "completed": "clear",
    "passed": "clear",
    "failed": "failed",
    "declined": "failed",
    "rejected": "failed",
    "needs_review": "review_required",
    "review_required": "review_required",
}
"""What a provider's `status` in a submitted payload means for the check."""


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/accounts/<account_id>/compliance")
    def get_compliance(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        workflow = latest(world, account_id)
        return web.success(
            {
                "account_id": account_id,
                "workflow_status": workflow["status"],
                "workflow_type": "kyc",
                "risk_level": workflow["risk_level"],
                "checks": [
                    {
                        "type": check["check_type"],
                        "status": check["status"],
                        "completed_at": check["completed_at"],
                    }
                    for check in workflow["checks"]
                ],
                "created_at": workflow["created_at"],
                "updated_at": workflow["updated_at"],
            }
        )

    @api.post("/accounts/<account_id>/compliance/submit")
    def submit_compliance_check(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        given = web.body()
        workflow = web.owned(world, "workflows", account_id, given["workflow_id"], "Workflow")
        check = _check(workflow, given["check_type"])
        if check is None:
            raise invalid("check_type", "is not part of this workflow")
        if workflow["status"] != "in_progress" or check["status"] != "pending":
            raise wrong_state("The check is not pending any more.")
        result = RESULTS.get(str(given["provider_payload"].get("status", "")).lower())
        if result is None:
            raise invalid("provider_payload.status", "is not known", "BLUM-400-004")
        _settle(world, workflow, check, result)
        return next(
            handoff
            for handoff in handoffs(workflow)
            if handoff["check_type"] == check["check_type"]
        )

    @api.post("/accounts/<account_id>/compliance/restart")
    def restart_compliance(account_id: str) -> ResponseReturnValue:
        account = web.get_account(world, account_id)
        if latest(world, account_id)["status"] not in ("rejected", "expired"):
            raise wrong_state("Verification can be restarted after a rejection only.")
        account["status"] = "PENDING"
        workflow = start(world, account)
        _announce(world, workflow)
        return {
            "workflowId": workflow["id"],
            "status": "IN_PROGRESS",
            "complianceChecks": [
                {
                    "checkType": check["check_type"],
                    "status": check["status"],
                    "provider": check["provider"],
                    "externalId": check["external_id"],
                    "verificationUrl": None,
                    "verificationToken": None,
                }
                for check in workflow["checks"]
            ],
        }

    @api.get("/accounts/<account_id>/compliance/workflows/<workflow_id>")
    def get_compliance_workflow(account_id: str, workflow_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        workflow = web.owned(world, "workflows", account_id, workflow_id, "Workflow")
        return {key: value for key, value in workflow.items() if key != "account_id"}


def latest(world: World, account_id: str) -> Row:
    """The account's newest workflow; every account has one."""
    own = (row for row in world.table("workflows").values() if row["account_id"] == account_id)
    return max(own, key=lambda row: str(row["created_at"]) + f"{row['number']:06}")


def handoffs(workflow: Row) -> list[Row]:
    """The checks as account creation shows them. None needs the investor's help here."""
    return [
        {
            "workflow_id": workflow["id"],
            "check_type": check["check_type"],
            "status": check["status"],
            "provider": check["provider"],
            "external_id": check["external_id"],
            "verification_url": None,
            "verification_token": None,
        }
        for check in workflow["checks"]
    ]


def start(world: World, account: Row) -> Row:
    """Open a workflow; its checks settle one after the other."""
    now = world.clock.now()
    earlier = [w for w in world.table("workflows").values() if w["account_id"] == account["id"]]
    workflow: Row = {
        "id": world.new_id(),
        "account_id": account["id"],
        "number": len(earlier) + 1,
        "status": "in_progress",
        "risk_level": None,
        "checks": [
            {
                "check_type": check_type,
                "status": "pending",
                "provider": provider,
                "external_id": f"inq_{world.new_id()[:8]}" if provider else None,
                "started_at": now,
                "completed_at": None,
            }
            for check_type, provider in PROVIDERS.items()
        ],
        "created_at": now,
        "updated_at": now,
    }
    world.table("workflows")[workflow["id"]] = workflow
    for check_type, seconds in zip(PROVIDERS, SECONDS[world.pace], strict=True):
        world.schedule(
            world.soon(seconds),
            "compliance.check",
            workflow_id=workflow["id"],
            check_type=check_type,
        )
    return workflow


@job("compliance.check")
def settle_check(world: World, workflow_id: str, check_type: str) -> None:
    """A provider has come to a result about one check."""
    workflow = world.table("workflows").get(workflow_id)
    if workflow is None or workflow["status"] != "in_progress":
        return
    check = _check(workflow, check_type)
    if check is not None and check["status"] == "pending":
        account = world.table("accounts")[workflow["account_id"]]
        story = account["identity"]["last_name"].strip().casefold()
        result = "clear"
        if check_type == "identity_verification":
            if story == "reject" and workflow["number"] == 1:
                result = "failed"
            elif story == "document" and not _has_identity_document(world, account["id"]):
                result = "review_required"
        elif check_type == "screening" and story == "review":
            result = "review_required"
        _settle(world, workflow, check, result)


def decide(world: World, account_id: str, decision: str) -> Row:
    """A person decides: `approve`, `reject` or `document` (ask for an identity document).

    Returns the workflow. Raises ApiError 409-003 if it is decided already.
    """
    workflow = latest(world, account_id)
    if workflow["status"] not in ("in_progress", "pending_review"):
        raise wrong_state("The verification is decided.")
    identity = _check(workflow, "identity_verification")
    assert identity is not None
    now = world.clock.now()
    if decision == "approve":
        for check in workflow["checks"]:
            if check["status"] != "clear":
                check.update(status="clear", completed_at=now)
    elif decision == "reject":
        identity.update(status="failed", completed_at=now)
    elif decision == "document":
        identity.update(status="review_required", completed_at=None)
        for check in workflow["checks"]:
            if check["status"] == "pending":
                check.update(status="clear", completed_at=now)
    else:
        raise invalid("decision", "must be approve or reject or document", "BLUM-400-004")
    _conclude(world, workflow)
    return workflow


def document_approved(world: World, account_id: str, document_type: str) -> None:
    """An identity document lifts an identity check out of review."""
    workflow = latest(world, account_id)
    check = _check(workflow, "identity_verification")
    if (
        document_type == "id_verification"
        and workflow["status"] in ("in_progress", "pending_review")
        and check is not None
        and check["status"] == "review_required"
    ):
        _settle(world, workflow, check, "clear")


def _has_identity_document(world: World, account_id: str) -> bool:
    return any(
        row["account_id"] == account_id
        and row["document_type"] == "id_verification"
        and row["upload_status"] == "approved"
        for row in world.table("documents").values()
    )


def _check(workflow: Row, check_type: str) -> Row | None:
    return next((c for c in workflow["checks"] if c["check_type"] == check_type), None)


def _settle(world: World, workflow: Row, check: Row, status: str) -> None:
    check["status"] = status
    check["completed_at"] = world.clock.now()
    workflow["updated_at"] = world.clock.now()
    _conclude(world, workflow)


def _conclude(world: World, workflow: Row) -> None:
    """Draw the workflow's state from its checks, and the account's from the workflow."""
    states = [check["status"] for check in workflow["checks"]]
    before = workflow["status"]
    if "failed" in states:
        workflow["status"] = "rejected"
    elif "pending" in states:
        return
    elif "review_required" in states:
        workflow["status"] = "pending_review"
    else:
        workflow["status"] = "approved"
    review = _check(workflow, "screening")
    high = review is not None and review["status"] == "review_required"
    workflow["risk_level"] = "high" if high else "low"
    workflow["updated_at"] = world.clock.now()
    if workflow["status"] == before:
        return
    account = world.table("accounts")[workflow["account_id"]]
    if workflow["status"] == "approved" and account["status"] == "PENDING":
        account["status"] = "ACTIVE"
        number = world.rng("account number", account["id"]).randrange(10**8, 10**9)
        account["account_number"] = str(number)
        world.tell("account.approved", account)
    elif workflow["status"] == "rejected":
        account["status"] = "REJECTED"
    _announce(world, workflow)


def _announce(world: World, workflow: Row) -> None:
    account = world.table("accounts")[workflow["account_id"]]
    world.emit("account.updated", account["id"], {"id": account["id"], "status": account["status"]})
