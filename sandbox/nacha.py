"""ACH return codes: why a bank sends a transfer back.

The codes and their meaning are Nacha's (Operating Rules, "Return Reason Codes"), the words ours.
The text in front of a colon is what a client may read by machine: `R01: insufficient funds`.
"""

from sandbox.errors import invalid

RETURN_CODES = {
    "R01": "insufficient funds",
    "R02": "account closed",
    "R03": "no account, or account not found",
    "R04": "account number is not valid",
    "R05": "consumer account was debited as if it were a company's",
    "R06": "returned at the request of the sending bank",
    "R07": "customer withdrew the authorization",
    "R08": "payment stopped",
    "R09": "funds are there but not collected yet",
    "R10": "customer says it was not authorized",
    "R11": "customer says it was not what was authorized",
    "R12": "account was sold to another bank",
    "R13": "routing number is not valid",
    "R14": "person acting for the account holder has died",
    "R15": "account holder has died",
    "R16": "account frozen",
    "R17": "a field could not be processed",
    "R20": "account does not allow transfers",
    "R21": "company identification is not valid",
    "R22": "individual identification is not valid",
    "R23": "credit refused by the receiver",
    "R24": "duplicate entry",
    "R29": "corporate customer says it was not authorized",
    "R31": "bank may send the entry back late",
    "R33": "bank sent the converted check back",
}
"""What a bank says when it returns a transfer, by code."""


def failure_reason(code: str) -> str:
    """What `failure_reason` says for a code. Raises ApiError 400-004 for an unknown one."""
    if code not in RETURN_CODES:
        raise invalid("code", "must be " + " or ".join(RETURN_CODES), "BLUM-400-004")
    return f"{code}: {RETURN_CODES[code]}"
