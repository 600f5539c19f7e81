"""Deposits and withdrawals on their way, and what happens to the wallet.

Known: the states and their order; a withdrawal's amount is reserved at once; a manual deposit may
be canceled from processing too. Our choice: the amounts of `sandbox.magic`; limits; the times; a
wire deposit waits for its money as a manual one does; a wire withdrawal without a bank goes to the
one on file; an expiry is announced as a failure. A return after completion is modelled as `failed`
with a reversing movement. Money is `Decimal` dollars.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from sandbox import ledger, magic
from sandbox.api import funding
from sandbox.banking import banking_moment
from sandbox.errors import ApiError, invalid, wrong_state
from sandbox.nacha import RETURN_CODES as RETURN_CODES
from sandbox.nacha import failure_reason
from sandbox.web import approved_account
from sandbox.world import Row, World, job

SMALLEST = Decimal("1.00")
LARGEST = Decimal("50000.00")
MANUAL_LIVES = timedelta(days=7)

STEPS = {
    "deposit": ["pending", "processing", "received", "completed"],
    "withdrawal": ["pending", "processing", "submitted", "completed"],
}
OPEN = ("pending", "processing", "received", "submitted")
FAST_SECONDS = {"pending": 4.0, "processing": 3.0, "received": 2.0, "submitted": 2.0}
BANKING_DAYS = {"pending": 0, "processing": 1, "received": 1, "submitted": 1}
WIRE_DAYS = dict.fromkeys(BANKING_DAYS, 0)
RETURN_SECONDS = 4.0
RETURN_BANKING_DAYS = 2
LATE_RETURN_BANKING_DAYS = 5

PROVIDER_STATES = {
    "pending": "QUEUED",
    "processing": "PENDING",
    "received": "SENT_TO_CLEARING",
    "submitted": "SENT_TO_CLEARING",
    "completed": "COMPLETE",
    "canceled": "CANCELED",
    "failed": "REJECTED",
    "returned": "RETURNED",
}
"""`alpacaStatus` by our state; after Alpaca's documentation of ACH transfers."""

NO_ACH_LINK = "The bank's ACH link was never set up. Link the bank again."
"""Known of Bluum: linking does not fail over this, the transfer does. The words are ours."""

CUSTODY_BANK = {
    "bankName": "Sandbox Custody Bank",
    "bankAddress": "1 Sandbox Way, Wilmington, DE 19801",
    "accountName": "Client Funds",
    "accountNumber": "000123456789",
    "accountKind": "checking",
    "routingNumber": "011000015",
    "swiftCode": "SNDBUS33",
    "beneficiaryAddress": "1 Sandbox Way, Wilmington, DE 19801",
}
"""Where manual deposits and wires go. Invented."""


def start_deposit(
    world: World,
    account_id: str,
    *,
    amount: Decimal,
    method: str = "ach",
    funding_source_id: str | None = None,
    plaid_options: Row | None = None,
    currency: str = "USD",
    description: str | None = None,
    metadata: Row | None = None,
) -> Row:
    """Begin a deposit. Returns its row (`deposit_id`, `status`, `amount`, `metadata`, ...).

    Listen to `deposit.completed`, `deposit.failed`, `deposit.canceled`. Raises ApiError 403-002,
    400-005 (limits), 400 about the funding source.
    """
    approved_account(world, account_id)
    _check_currency(currency)
    if not SMALLEST <= amount <= LARGEST:
        raise invalid("amount", f"must be from {SMALLEST} to {LARGEST:,}", "BLUM-400-005")
    now = world.clock.now()
    deposit_id = world.new_id()
    source_id = None
    details: Row
    if method == "ach":
        source, bank_account = funding.usable(
            world,
            account_id,
            {"funding_source_id": funding_source_id, "plaid_options": plaid_options},
        )
        source_id = source["id"]
        details = {
            "providerName": "alpaca",
            "method": "ach",
            "transferId": f"tr_{world.new_id()[:12]}",
            "alpacaStatus": PROVIDER_STATES["pending"],
            "bankName": source["institution_name"],
            "accountMask": bank_account["mask"],
        }
    else:
        details = _bank_details(world, deposit_id, method, now)
    deposit: Row = {
        "deposit_id": deposit_id,
        "account_id": account_id,
        "wallet_id": ledger.wallet(world, account_id)["wallet_id"],
        "method": method,
        "status": "pending",
        "amount": ledger.cents(amount),
        "currency": currency,
        "description": description,
        "method_details": details,
        "initiated_at": now,
        "received_at": None,
        "completed_at": None,
        "failed_at": None,
        "expires_at": None if method == "ach" else now + MANUAL_LIVES,
        "failure_reason": None,
        "metadata": metadata or {},
        "source_id": source_id,
        "created_at": now,
    }
    world.table("deposits")[deposit_id] = deposit
    announce(world, "deposit", deposit, "initiated")
    if method == "ach":
        _schedule(world, "deposit", deposit)
    else:
        world.schedule(deposit["expires_at"], "transfer.expire", transfer_id=deposit_id)
    return deposit


def start_withdrawal(
    world: World,
    account_id: str,
    *,
    amount: Decimal,
    method: str = "ach",
    funding_source_id: str | None = None,
    plaid_options: Row | None = None,
    currency: str = "USD",
    description: str | None = None,
) -> Row:
    """Begin a withdrawal and hold its money. Returns its row.

    Raises ApiError 403-002, 400-005 (too small), 422-005 (over the limit), 422-001 (not enough),
    400 about the funding source.
    """
    approved_account(world, account_id)
    _check_currency(currency)
    if amount < SMALLEST:
        raise invalid("amount", f"must be at least {SMALLEST}", "BLUM-400-005")
    if amount > LARGEST:
        raise ApiError(422, "BLUM-422-005", f"At most {LARGEST:,} per withdrawal.")
    destination, source_id = _destination(
        world, account_id, method, funding_source_id=funding_source_id, plaid_options=plaid_options
    )
    withdrawal_id = world.new_id()
    hold_id = ledger.reserve(world, account_id, amount, withdrawal_id)
    now = world.clock.now()
    transfer_id = f"tr_{world.new_id()[:12]}"
    withdrawal: Row = {
        "withdrawal_id": withdrawal_id,
        "account_id": account_id,
        "wallet_id": ledger.wallet(world, account_id)["wallet_id"],
        "method": method,
        "status": "pending",
        "amount": ledger.cents(amount),
        "currency": currency,
        "description": description,
        "method_details": {
            "providerTransferId": transfer_id,
            "providerReference": f"WD{world.sequence():08}",
            "providerName": "alpaca",
            "method": method,
            "transferId": transfer_id,
            "alpacaStatus": PROVIDER_STATES["pending"],
        },
        "destination_details": destination,
        "initiated_at": now,
        "submitted_at": None,
        "completed_at": None,
        "failed_at": None,
        "failure_reason": None,
        "hold_id": hold_id,
        "source_id": source_id,
        "created_at": now,
    }
    world.table("withdrawals")[withdrawal_id] = withdrawal
    announce(world, "withdrawal", withdrawal, "initiated")
    _schedule(world, "withdrawal", withdrawal)
    return withdrawal


def kind_of(world: World, transfer_id: str) -> tuple[str, Row]:
    """("deposit" or "withdrawal", its row). Raises ApiError 404-001."""
    for kind in STEPS:
        if transfer_id in world.table(f"{kind}s"):
            return kind, world.table(f"{kind}s")[transfer_id]
    raise ApiError(404, "BLUM-404-001", "Transfer not found.")


def cancel(world: World, transfer_id: str) -> Row:
    """Take back a transfer that has not begun; a deposit by hand until its money has arrived.

    Raises ApiError 409-003 when it is too late.
    """
    kind, row = kind_of(world, transfer_id)
    by_hand = kind == "deposit" and row["method"] != "ach"
    if row["status"] != "pending" and not (by_hand and row["status"] == "processing"):
        raise wrong_state(f"The {kind} is {row['status']} and can't be canceled.")
    _enter(row, "canceled")
    if kind == "withdrawal":
        ledger.release(world, row["hold_id"])
    world.tell(f"{kind}.canceled", row)
    return row


def arrive(world: World, transfer_id: str) -> Row:
    """The money of a deposit by hand shows up: `processing`, and on from there by itself.

    Raises ApiError 409-003 unless it is a pending one.
    """
    kind, row = kind_of(world, transfer_id)
    if row["status"] != "pending" or kind != "deposit" or row["method"] == "ach":
        raise wrong_state("Only a pending deposit by hand waits for its money.")
    _step(world, kind, row)
    _schedule(world, kind, row)
    return row


def settle(world: World, transfer_id: str) -> Row:
    """Complete an open transfer now. Raises ApiError 409-003 if it has ended."""
    kind, row = kind_of(world, transfer_id)
    if row["status"] not in OPEN:
        raise wrong_state(f"The {kind} is {row['status']}.")
    while row["status"] != "completed":
        _step(world, kind, row)
    return row


def fail(world: World, transfer_id: str, code: str = "R01", reason: str | None = None) -> Row:
    """Let an open transfer fail, for the reason of the code unless there is another.

    Raises ApiError 409-003 if it has ended, 400-004 for an unknown code.
    """
    kind, row = kind_of(world, transfer_id)
    reason = reason or failure_reason(code)
    if row["status"] not in OPEN:
        raise wrong_state(f"The {kind} is {row['status']}.")
    if kind == "withdrawal":
        ledger.release(world, row["hold_id"])
    _failed(world, kind, row, reason)
    world.tell(f"{kind}.failed", row)
    return row


def give_back(world: World, transfer_id: str, code: str = "R01") -> Row:
    """Return a completed transfer: `failed`, and the money goes back where it came from.

    Raises ApiError 409-003 unless it is completed.
    """
    kind, row = kind_of(world, transfer_id)
    reason = failure_reason(code)
    if row["status"] != "completed":
        raise wrong_state(f"The {kind} is {row['status']}, only a completed one can be returned.")
    if kind == "deposit":
        ledger.take_back(world, row["account_id"], "deposit_return", row["amount"], transfer_id)
    else:
        ledger.post(world, row["account_id"], "withdrawal_return", row["amount"], transfer_id)
    _failed(world, kind, row, reason, "returned")
    world.tell(f"{kind}.returned", row)
    return row


def announce(world: World, kind: str, row: Row, what: str) -> None:
    """Send a transfer event."""
    world.emit(
        f"transfer.{kind}.{what}",
        row["account_id"],
        {
            "id": row[f"{kind}_id"],
            "status": row["status"],
            "amount": row["amount"],
            "currency": row["currency"],
            "method": row["method"],
            "failure_reason": row["failure_reason"],
        },
    )


@job("transfer.advance")
def advance(world: World, transfer_id: str, status: str) -> None:
    """One step on, if the transfer is still where it was when this was planned."""
    kind, row = kind_of(world, transfer_id)
    if row["status"] != status:
        return
    story, code = magic.of_amount(row["amount"])
    if status == "processing" and not funding.has_ach_link(world, row.get("source_id")):
        fail(world, transfer_id, reason=NO_ACH_LINK)
        return
    if status == "processing" and story == "fail":
        fail(world, transfer_id, code)
        return
    _step(world, kind, row)
    if row["status"] != "completed":
        _schedule(world, kind, row)
    elif story in ("return", "return_late"):
        late = story == "return_late"
        world.schedule(
            _return_at(world, late=late), "transfer.return", transfer_id=transfer_id, code=code
        )


@job("transfer.return")
def return_by_itself(world: World, transfer_id: str, code: str = "R01") -> None:
    """The bank takes the money back."""
    _, row = kind_of(world, transfer_id)
    if row["status"] == "completed":
        give_back(world, transfer_id, code)


@job("transfer.expire")
def expire(world: World, transfer_id: str) -> None:
    """Nothing arrived in time."""
    kind, row = kind_of(world, transfer_id)
    if row["status"] == "pending":
        _enter(row, "expired")
        row["failure_reason"] = "The money did not arrive in time."
        announce(world, kind, row, "failed")
        world.tell(f"{kind}.failed", row)


def _step(world: World, kind: str, row: Row) -> None:
    steps = STEPS[kind]
    _enter(row, steps[steps.index(row["status"]) + 1])
    now = world.clock.now()
    if row["status"] in ("received", "submitted"):
        row[f"{row['status']}_at"] = now
    if row["status"] != "completed":
        return
    row["completed_at"] = now
    if kind == "deposit":
        ledger.post(world, row["account_id"], "deposit", row["amount"], row["deposit_id"])
    else:
        ledger.capture(world, row["hold_id"], "withdrawal")
    announce(world, kind, row, "completed")
    world.tell(f"{kind}.completed", row)


def _enter(row: Row, status: str, provider_state: str | None = None) -> None:
    """Move a transfer to another state, in the provider's words too."""
    row["status"] = status
    if "alpacaStatus" in row["method_details"]:
        row["method_details"]["alpacaStatus"] = PROVIDER_STATES[provider_state or status]


def _failed(world: World, kind: str, row: Row, reason: str, provider_state: str = "failed") -> None:
    _enter(row, "failed", provider_state)
    row["failure_reason"] = reason
    row["failed_at"] = world.clock.now()
    announce(world, kind, row, "failed")


def _schedule(world: World, kind: str, row: Row) -> None:
    status = row["status"]
    if status == "pending" and magic.of_amount(row["amount"])[0] == "stay":
        return
    if world.pace == "fast":
        at = world.soon(FAST_SECONDS[status])
    else:
        days = WIRE_DAYS if row["method"] == "wire" else BANKING_DAYS
        at = banking_moment(world.clock.now(), days[status])
    world.schedule(at, "transfer.advance", transfer_id=row[f"{kind}_id"], status=status)


def _return_at(world: World, *, late: bool) -> datetime:
    if late:
        return banking_moment(world.clock.now(), LATE_RETURN_BANKING_DAYS)
    if world.pace == "fast":
        return world.soon(RETURN_SECONDS)
    return banking_moment(world.clock.now(), RETURN_BANKING_DAYS)


def _destination(
    world: World, account_id: str, method: str, **given: str | Row | None
) -> tuple[Row, str | None]:
    """The bank a withdrawal goes to, and its source's id. Raises what `funding.usable` raises."""
    named = given["funding_source_id"] or given["plaid_options"]
    if method == "wire" and not named and not funding.has_one(world, account_id):
        return {"bankName": "Bank on file", "accountMask": "****0000"}, None
    source, bank_account = funding.usable(world, account_id, given)
    destination = {
        "bankName": source["institution_name"],
        "accountMask": f"****{bank_account['mask']}",
    }
    return destination, source["id"]


def _check_currency(currency: str) -> None:
    if currency != "USD":
        raise invalid("currency", "must be USD", "BLUM-400-004")


def _bank_details(world: World, deposit_id: str, method: str, now: datetime) -> Row:
    reference = f"BLM{world.rng('reference', deposit_id).randrange(10**7, 10**8)}"
    details: Row = {
        "referenceCode": reference,
        "bankDetails": {
            **CUSTODY_BANK,
            "instructions": f"Write {reference} in the memo of the transfer.",
        },
        "expiresAt": now + MANUAL_LIVES,
    }
    if method == "wire":
        details["providerName"] = "alpaca"
        details["fundingDetails"] = [
            {
                "payment_type": "wire",
                "currency": "USD",
                "account_number": CUSTODY_BANK["accountNumber"],
                "routing_code": CUSTODY_BANK["routingNumber"],
                "bank_name": CUSTODY_BANK["bankName"],
            }
        ]
    return details
