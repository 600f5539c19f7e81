"""Document uploads. Known: JPEG, PNG or PDF up to 10 MB, any number of tries, then a decision.

Our choice: a file is approved after two seconds unless its name says otherwise (`sandbox.magic`).
One of another media type is refused; one that is not what it says it is gets rejected.
The file itself is not kept, nor its name.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import magic, web
from sandbox.api import compliance
from sandbox.errors import ApiError, invalid, not_found, wrong_state
from sandbox.world import Row, World, job

LARGEST_FILE = 10 * 1024 * 1024
MEDIA_TYPES = ("image/jpeg", "image/png", "application/pdf")
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-")
UNREADABLE = "The file can't be opened. Send a JPEG, PNG or PDF file."
SECONDS = {"fast": 2.0, "real": 90.0}


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.post("/documents/accounts/<account_id>/upload")
    def upload_document(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        if "file" not in request.files:
            raise invalid("file", "required", "BLUM-400-002")
        file = request.files["file"]
        content = file.stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ApiError(400, "BLUM-400-008", field="file", reason="must have at most 10 MB")
        readable = content.startswith(BEGINNINGS)
        if not readable and file.mimetype not in MEDIA_TYPES:
            raise invalid("file", "must be a JPEG, PNG or PDF file", "BLUM-400-003")
        document: Row = {
            "document_id": world.new_id(),
            "account_id": account_id,
            "document_type": request.form["document_type"],
            "upload_status": "processing",
            "uploaded_at": world.clock.now(),
            "rejection_reason": None,
            "unusable": magic.of_file(file.filename or "") if readable else UNREADABLE,
        }
        world.table("documents")[document["document_id"]] = document
        world.schedule(
            world.soon(SECONDS[world.pace]), "documents.decide", document_id=document["document_id"]
        )
        return view(document), 201

    @api.get("/documents/accounts/<account_id>/upload")
    def list_documents(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        kind, status = request.args.get("document_type"), request.args.get("status")
        return [
            view(document)
            for document in reversed(world.table("documents").of(account_id))
            if kind in (None, document["document_type"])
            and status in (None, document["upload_status"])
        ]

    @api.get("/documents/<document_id>")
    def get_document(document_id: str) -> ResponseReturnValue:
        return view(find(world, document_id))

    @api.delete("/documents/<document_id>")
    def delete_document(document_id: str) -> ResponseReturnValue:
        del world.table("documents")[find(world, document_id)["document_id"]]
        return "", 204


def find(world: World, document_id: str) -> Row:
    """The document's row. Raises 404-001."""
    document = world.table("documents").get(document_id)
    if document is None:
        raise not_found("Document not found.")
    return document


def view(document: Row) -> Row:
    """The document as the API shows it."""
    return {key: value for key, value in document.items() if key != "unusable"}


@job("documents.decide")
def decide_by_itself(world: World, document_id: str) -> None:
    """The reader of documents has come to a result."""
    document = world.table("documents").get(document_id)
    if document is not None and document["upload_status"] == "processing":
        reason = document["unusable"]
        decide(world, document_id, "reject" if reason else "approve", reason)


def decide(world: World, document_id: str, decision: str, reason: str | None = None) -> Row:
    """`approve` or `reject` a document, once. Raises ApiError 404-001, 409-003."""
    document = find(world, document_id)
    if document["upload_status"] != "processing":
        raise wrong_state("The document is decided.")
    if decision not in ("approve", "reject"):
        raise invalid("decision", "must be approve or reject", "BLUM-400-004")
    approved = decision == "approve"
    document["upload_status"] = "approved" if approved else "rejected"
    document["rejection_reason"] = None if approved else reason or magic.UNUSABLE_FILES["blurry"]
    world.emit(
        "document.approved" if approved else "document.rejected",
        document["account_id"],
        {
            "id": document_id,
            "document_type": document["document_type"],
            "upload_status": document["upload_status"],
            "rejection_reason": document["rejection_reason"],
        },
    )
    if approved:
        compliance.document_approved(world, document["account_id"], document["document_type"])
    return document
