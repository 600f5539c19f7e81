"""Verification: a workflow whose checks settle by themselves within seconds.

Known: the checks, their states and the workflow's, risk level high leading to a person and
prohibited to a refusal, 409 for a result that comes too late. Our choice: the last names of
`sandbox.magic`, what a person may decide (`decide`), that a verification which waits for the
investor may be started again, and that it expires after a week. `account.updated` is sent whenever
the workflow's state changes.
"""

from collections.abc import Sequence
from datetime import timedelta

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
    "business_verification": "persona-business",
}
"""Who does each check. Business verification is for companies only."""

SECONDS = {
    "fast": {
        "identity_verification": 1.0,
        "tax_id_verification": 1.5,
        "screening": 2.0,
        "risk_assessment": 2.5,
        "business_verification": 2.5,
    },
    "real": {
        "identity_verification": 40.0,
        "tax_id_verification": 60.0,
        "screening": 90.0,
        "risk_assessment": 120.0,
        "business_verification": 600.0,
    },
}
"""After how long each check settles, by the world's pace."""

INVESTOR_HAS = timedelta(days=7)
"""How long a verification waits for the investor before it expires."""

CLEAR = ("approved", "clear", "completed", "complete", "passed", "success", "verified")
FAILED = ("failed", "declined", "rejected", "denied")
"""What a provider's `status` in a submitted payload means for the check; else it is for review."""


OPEN = ("in_progress", "pending_review")
ALLOWED_IN = {
    "approve": OPEN,
    "reject": OPEN,
    "document": OPEN,
    "suspend": ("approved",),
    "reinstate": ("suspended",),
    "expire": (*OPEN, "approved", "suspended"),
}
"""What a person may decide, and in which states of the workflow."""

TURNS = {
    "suspend": ("suspended", "SUSPENDED"),
    "reinstate": ("approved", "ACTIVE"),
    "expire": ("expired", "INACTIVE"),
}
"""Decisions that don't touch the checks: the workflow's state and the account's."""

RISKS = {"review": "high", "prohibited": "prohibited"}
"""Last names and their risk level; everyone else's is low."""


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/accounts/<account_id>/compliance")
    def get_compliance(account_id: str) -> ResponseReturnValue:
        account = web.get_account(world, account_id)
        workflow = latest(world, account_id)
        return web.success(
            {
                "account_id": account_id,
                "workflow_status": workflow["status"],
                "workflow_type": "kyb" if _is_company(account) else "kyc",
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
        _settle(world, workflow, check, _reading(given["provider_payload"]))
        return next(
            handoff
            for handoff in handoffs(workflow)
            if handoff["check_type"] == check["check_type"]
        )

    @api.post("/accounts/<account_id>/compliance/restart")
    def restart_compliance(account_id: str) -> ResponseReturnValue:
        account = web.get_account(world, account_id)
        workflow = latest(world, account_id)
        if workflow["status"] not in ("rejected", "expired") and not waits_for_investor(workflow):
            raise wrong_state("Verification can be restarted after a rejection only.")
        if workflow["status"] == "in_progress":
            workflow.update(status="expired", updated_at=world.clock.now())
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
                    "verificationUrl": check["verification_url"],
                    "verificationToken": check["verification_token"],
                }
                for check in handoffs(workflow)
            ],
        }

    @api.get("/accounts/<account_id>/compliance/workflows/<workflow_id>")
    def get_compliance_workflow(account_id: str, workflow_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        workflow = web.owned(world, "workflows", account_id, workflow_id, "Workflow")
        shown = {key: workflow[key] for key in ("id", "status", "risk_level")}
        checks = [
            {key: value for key, value in check.items() if key != "hosted"}
            for check in workflow["checks"]
        ]
        dates = {key: workflow[key] for key in ("created_at", "updated_at")}
        return {**shown, "checks": checks, **dates}


def latest(world: World, account_id: str) -> Row:
    """The account's newest workflow; every account has one."""
    return world.table("workflows").of(account_id)[-1]


def handoffs(workflow: Row) -> list[Row]:
    """The checks as account creation shows them; `verification_url` where the investor is needed.

    Needs a request, for the address of the page.
    """
    return [
        {
            "workflow_id": workflow["id"],
            "check_type": check["check_type"],
            "status": check["status"],
            "provider": check["provider"],
            "external_id": check["external_id"],
            "verification_url": f"{web.home()}/verify/{check['external_id']}"
            if check.get("hosted") and check["status"] == "pending"
            else None,
            "verification_token": None,
        }
        for check in workflow["checks"]
    ]


def waits_for_investor(workflow: Row) -> bool:
    """Whether nothing goes on until the investor has been to a check's page."""
    return workflow["status"] == "in_progress" and any(
        check.get("hosted") and check["status"] == "pending" for check in workflow["checks"]
    )


def start(world: World, account: Row, doubts: Sequence[str] = ()) -> Row:
    """Open a workflow; its checks settle one after the other, those in `doubts` as failed."""
    now = world.clock.now()
    earlier = world.table("workflows").of(account["id"])
    kinds = [k for k in PROVIDERS if _is_company(account) or k != "business_verification"]
    hosted = _story(account) == "verify"
    workflow: Row = {
        "id": world.new_id(),
        "account_id": account["id"],
        "number": len(earlier) + 1,
        "status": "in_progress",
        "risk_level": None,
        "doubts": list(doubts),
        "checks": [
            {
                "check_type": kind,
                "status": "pending",
                "provider": PROVIDERS[kind],
                "external_id": f"inq_{world.new_id()[:8]}" if PROVIDERS[kind] else None,
                "started_at": now,
                "completed_at": None,
                "hosted": hosted and kind == "identity_verification",
            }
            for kind in kinds
        ],
        "created_at": now,
        "updated_at": now,
    }
    world.table("workflows")[workflow["id"]] = workflow
    for check in workflow["checks"]:
        if not check["hosted"]:
            kind = check["check_type"]
            at = world.soon(SECONDS[world.pace][kind])
            world.schedule(at, "compliance.check", workflow_id=workflow["id"], check_type=kind)
    if hosted:
        world.schedule(now + INVESTOR_HAS, "compliance.expire", workflow_id=workflow["id"])
    return workflow


@job("compliance.check")
def settle_check(world: World, workflow_id: str, check_type: str) -> None:
    """A provider has come to a result about one check."""
    workflow = world.table("workflows").get(workflow_id)
    if workflow is None or workflow["status"] != "in_progress":
        return
    check = _check(workflow, check_type)
    if check is None or check["status"] != "pending":
        return
    account = world.table("accounts")[workflow["account_id"]]
    if check_type == "risk_assessment":
        workflow["risk_level"] = RISKS.get(_story(account), "low")
    _settle(world, workflow, check, _result(world, workflow, account, check_type))


def _result(world: World, workflow: Row, account: Row, check_type: str) -> str:
    """What the provider finds: `clear`, unless the last name asks for something else."""
    if check_type in workflow.get("doubts", []):
        return "failed"
    match check_type, _story(account):
        case "identity_verification", "reject" if workflow["number"] == 1:
            return "failed"
        case "identity_verification", "error":
            return "error"
        case "identity_verification", "document":
            seen = _has_identity_document(world, account["id"])
            return "clear" if seen else "review_required"
        case "screening", "review":
            return "review_required"
        case "risk_assessment", "prohibited":
            return "failed"
    return "clear"


@job("compliance.expire")
def expire(world: World, workflow_id: str) -> None:
    """The investor never came to the check's page."""
    workflow = world.table("workflows").get(workflow_id)
    if workflow is not None and waits_for_investor(workflow):
        _turn(world, workflow, "expired", "INACTIVE")


def hosted_check(world: World, external_id: str) -> tuple[Row, Row] | None:
    """The workflow and the check behind a `verification_url`; None for an unknown one."""
    for workflow in world.table("workflows").values():
        for check in workflow["checks"]:
            if check.get("hosted") and check["external_id"] == external_id:
                return workflow, check
    return None


def finish_hosted(world: World, workflow: Row, check: Row, result: str) -> None:
    """The investor has been to the page: `clear`, `failed` or `review_required`.

    Raises ApiError 409-003 if the check has a result or the workflow has ended.
    """
    if workflow["status"] != "in_progress" or check["status"] != "pending":
        raise wrong_state("This check is finished.")
    _settle(world, workflow, check, result)


def decide(world: World, account_id: str, decision: str) -> Row:
    """A person decides about the newest workflow. Returns it.

    `approve`, `reject` or `document` (ask for an identity document) while it is open; `suspend` an
    approved one and `reinstate` it; `expire` one that is approved or open. Raises ApiError 409-003
    if it is not in a state for that, 400-004 for another word.
    """
    workflow = latest(world, account_id)
    if decision not in ALLOWED_IN:
        raise invalid("decision", "must be " + " or ".join(ALLOWED_IN), "BLUM-400-004")
    if workflow["status"] not in ALLOWED_IN[decision]:
        words = workflow["status"].replace("_", " ")
        decided = "not decided yet" if workflow["status"] in OPEN else f"decided: {words}"
        raise wrong_state(f"The verification is {decided}.")
    if decision in TURNS:
        _turn(world, workflow, *TURNS[decision])
        return workflow
    identity = _check(workflow, "identity_verification")
    assert identity is not None
    now = world.clock.now()
    if decision == "reject":
        identity.update(status="failed", completed_at=now)
    for check in workflow["checks"]:
        settled = check["status"] == "clear" or decision == "reject"
        if not settled and (decision == "approve" or check["status"] == "pending"):
            check.update(status="clear", completed_at=now)
    if decision == "document":
        identity.update(status="review_required", completed_at=None)
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
        row["document_type"] == "id_verification" and row["upload_status"] == "approved"
        for row in world.table("documents").of(account_id)
    )


def _is_company(account: Row) -> bool:
    return bool(account["account_type"] == "corporate")


def _story(account: Row) -> str:
    return str(account["identity"]["last_name"]).strip().casefold()


def _reading(payload: Row) -> str:
    """What a provider's payload says about the check: its `status`, or the end of its event."""
    word = str(payload.get("status") or payload.get("event_type", "")).lower().rpartition(".")[2]
    if word in CLEAR:
        return "clear"
    return "failed" if word in FAILED else "review_required"


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
    workflow["updated_at"] = world.clock.now()
    if "failed" in states:
        _turn(world, workflow, "rejected", "REJECTED")
    elif "pending" in states:
        return
    elif "review_required" in states or "error" in states:
        if workflow["status"] != "pending_review":
            _turn(world, workflow, "pending_review", None)
    else:
        workflow["risk_level"] = workflow["risk_level"] or "low"
        _turn(world, workflow, "approved", "ACTIVE")


def _turn(world: World, workflow: Row, status: str, account_status: str | None) -> None:
    """Move the workflow and, unless None, the account to another state, and tell."""
    workflow.update(status=status, updated_at=world.clock.now())
    account = world.table("accounts")[workflow["account_id"]]
    fresh = account["status"] == "PENDING"
    if account_status is not None:
        account["status"] = account_status
    if fresh and account_status == "ACTIVE":
        number = world.rng("account number", account["id"]).randrange(10**8, 10**9)
        account["account_number"] = str(number)
        world.tell("account.approved", account)
    _announce(world, workflow)


def _announce(world: World, workflow: Row) -> None:
    account = world.table("accounts")[workflow["account_id"]]
    world.emit("account.updated", account["id"], {"id": account["id"], "status": account["status"]})
