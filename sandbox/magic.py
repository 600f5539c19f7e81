"""Magic inputs: what to type so that something particular happens. All ours, nothing is Bluum's.

Bluum's own are "in the dashboard" and documented nowhere. `TABLE` is what the documentation prints;
`sandbox.api.compliance`, `sandbox.api.documents` and `sandbox.transfers` ask the functions.
"""

from decimal import Decimal
from typing import NamedTuple

from sandbox.nacha import RETURN_CODES


class Magic(NamedTuple):
    """One magic input: what to type, where, and what happens."""

    input: str
    where: str
    effect: str


TABLE = [
    Magic("Reject", "last name", "identity fails; after a restart it succeeds"),
    Magic("Review", "last name", "screening waits until a person decides; risk level high"),
    Magic("Document", "last name", "identity waits for an approved id_verification document"),
    Magic("Verify", "last name", "identity waits until the investor has been to verification_url"),
    Magic("Prohibited", "last name", "risk level prohibited: rejected, each time again"),
    Magic("Error", "last name", "the identity provider fails: check error, a person decides"),
    Magic("000-00-0000", "tax id", "the tax id check fails; after a restart it succeeds"),
    Magic("blurry", "document's file name", "rejected: not readable"),
    Magic("expired", "document's file name", "rejected: out of date"),
    Magic("xx.01", "amount of a transfer", "fails on its way"),
    Magic("xx.02", "amount of a transfer", "completes, and is returned a little later"),
    Magic("xx.03", "amount of a transfer", "completes, and is returned five banking days later"),
    Magic("xx.04", "amount of a transfer", "stays pending until someone settles or fails it"),
    Magic("partial-...", "client_order_id of an order", "half fills, the rest waits for a hand"),
    Magic("reject-...", "client_order_id of an order", "is accepted, then rejected"),
    Magic(
        "the two digits before the point",
        "amount of a transfer that fails or is returned",
        "choose the return code: 110.01 fails with R10, 129.02 is returned with R29; R01 if there "
        "is no such code",
    ),
]

ENDINGS = {1: "fail", 2: "return", 3: "return_late", 4: "stay"}
"""What the cents of a transfer ask for."""

UNUSABLE_FILES = {
    "blurry": "The image is not readable. Take the picture again in good light.",
    "expired": "The document is out of date. Send one that is still valid.",
}
"""Words in a file's name, and why such a document is rejected."""


def of_amount(amount: Decimal) -> tuple[str, str]:
    """What an amount in dollars asks for and the return code it names.

    ("fail" | "return" | "return_late" | "stay" | "", code). Code is R01 unless the two digits
    before the point make another one.
    """
    dollars, cents = divmod(int(amount * 100), 100)
    code = f"R{dollars % 100:02}"
    return ENDINGS.get(cents, ""), code if code in RETURN_CODES else "R01"


def of_file(name: str) -> str | None:
    """Why a document with this file name is rejected; None if it isn't."""
    lower = name.lower()
    return next((why for word, why in UNUSABLE_FILES.items() if word in lower), None)
