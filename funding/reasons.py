"""Why something didn't work, in words a person can act on. Bluum's raw words stay in the row."""

import re
from dataclasses import dataclass
from enum import StrEnum

from robo.bluum import Refused


@dataclass(frozen=True, slots=True)
class Reason:
    sentence: str
    next_step: str


# ACH return codes (Nacha operating rules), for those an investor can do something about.
_RETURNS = {
    "R01": Reason(
        "Your bank says there wasn’t enough money in the account.",
        "When it’s there, you can ask for the deposit again.",
    ),
    "R02": Reason("Your bank says this account is closed.", "Link another bank account."),
    "R03": Reason("Your bank couldn’t find this account.", "Link the bank again."),
    "R04": Reason("Your bank says the account number isn’t valid.", "Link the bank again."),
    "R07": Reason(
        "Your bank says the permission for this transfer was withdrawn.",
        "If that wasn’t you, call us.",
    ),
    "R08": Reason(
        "Your bank was asked to stop this payment.", "If that wasn’t you, call your bank."
    ),
    "R10": Reason(
        "Your bank was told that this transfer wasn’t authorized.",
        "If you did ask for it, call us, so that we can sort it out together.",
    ),
    "R14": Reason(
        "Your bank says that someone this account belongs to has died.",
        "We’re sorry. Please call us; nothing more is pulled from it.",
    ),
    "R16": Reason(
        "Your bank says this account is frozen.",
        "Please talk to your bank. When it’s free again, call us, or link another account.",
    ),
    "R20": Reason(
        "Your bank doesn’t allow transfers from this kind of account.",
        "Link a checking account instead.",
    ),
    "R29": Reason(
        "Your bank was told that this transfer wasn’t authorized.",
        "Business accounts often block transfers; please talk to your bank.",
    ),
}
_RETURNS |= {
    "R05": _RETURNS["R10"],
    "R09": Reason(
        "Your bank says the money is there but not free to use yet.",
        "In a few days you can ask for the deposit again.",
    ),
    "R11": Reason(
        "Your bank was told that this transfer isn’t what was authorized.",
        "If you did ask for it, call us, so that we can sort it out together.",
    ),
    "R12": Reason("Your account has moved to another bank.", "Link it again at the new bank."),
    "R13": Reason("The routing number isn’t valid any more.", "Link the bank again."),
    "R15": _RETURNS["R14"],
    "R06": Reason(
        "The bank that sent the request asked for the money to be sent back.",
        "You can ask for the deposit again, or call us.",
    ),
    "R17": Reason(
        "Your bank couldn’t read a part of the request.",
        "That’s on our side. You can ask for the deposit again.",
    ),
    "R21": Reason(
        "Your bank didn’t recognize who was asking.",
        "That’s on our side. You can ask for the deposit again, or call us.",
    ),
    "R23": Reason("Your bank turned the transfer away.", "Please talk to your bank."),
    "R24": Reason(
        "Your bank took it for the same transfer twice.",
        "Look whether the first one arrived before you ask again.",
    ),
    "R31": Reason(
        "Your bank sent the money back late, as it may between banks.",
        "You can ask for the deposit again, or call us.",
    ),
    "LINK": Reason(
        "Your bank is linked, but its connection for transfers wasn’t set up. That’s not your "
        "fault, and nothing was taken.",
        "Link the same account again; that sets it up anew.",
    ),
}
_RETURNS |= {"R22": _RETURNS["R21"], "R33": _RETURNS["R31"]}


class Rule(StrEnum):
    """What may follow a return (Nacha, Return Reason Codes, and its rule on reinitiation)."""

    TRY_AGAIN = "try_again"  # for want of funds: twice more within 180 days
    MEND = "mend"  # not from this account before it's linked again
    NEVER = "never"  # not without a new authorization
    STOP = "stop"  # the bank, or the law, holds the account
    ASK_AGAIN = "ask_again"  # nothing forbids it


RULES = (
    dict.fromkeys(("R01", "R09"), Rule.TRY_AGAIN)
    | dict.fromkeys(("R02", "R03", "R04", "R12", "R13", "R20", "LINK"), Rule.MEND)
    | dict.fromkeys(("R05", "R07", "R08", "R10", "R11", "R29"), Rule.NEVER)
    | dict.fromkeys(("R14", "R15", "R16"), Rule.STOP)
)

UNAUTHORIZED = ("R05", "R07", "R10", "R11", "R29")
ADMINISTRATIVE = ("R02", "R03", "R04")
"""The kinds of returns that Nacha sets rates for (Operating Rules, ODFI return rate reporting)."""


def code_of(raw: str) -> str:
    """R10 and the like; LINK for the missing ACH link, which has no code; else empty."""
    if found := re.match(r"\s*(R\d\d)\b", raw):
        return found[1]
    return "LINK" if re.search(r"\blink|relationship", raw, re.IGNORECASE) else ""


def rule_of(raw: str) -> Rule:
    return RULES.get(code_of(raw), Rule.ASK_AGAIN)


def of_stop(code: str) -> Reason:
    """Why a bank isn't pulled from, and what mends it."""
    known = _RETURNS.get(code, UNKNOWN)
    if RULES.get(code) == Rule.NEVER:
        mended = (
            "Nothing more is pulled from it. If that was a mistake, link it again; each deposit "
            "and auto-invest then needs your agreement anew."
        )
        return Reason(known.sentence, mended)
    if RULES.get(code) == Rule.TRY_AGAIN:
        return Reason(
            "Three deposits in a row came back for want of funds.",
            "To use it again, link it once more, when the money is there.",
        )
    return known


UNKNOWN = Reason("Your bank didn’t tell us why.", "You can ask for the deposit again, or call us.")


def of_failure(raw: str) -> Reason:
    """What Bluum's `failure_reason` means for the person."""
    return _RETURNS.get(code_of(raw), UNKNOWN)


_PAYOUTS = {
    "R02": Reason("Your bank says this account is closed.", "Link another bank account."),
    "R03": Reason("Your bank couldn’t find this account.", "Link the bank again, then try anew."),
    "R04": Reason("Your bank says the account number isn’t valid.", "Link the bank again."),
    "R16": Reason("Your bank says this account is frozen.", "Please talk to your bank."),
    "R20": Reason(
        "Your bank doesn’t take transfers into this kind of account.",
        "Choose a checking account instead.",
    ),
    "R23": Reason("Your bank turned the money away.", "Please talk to your bank."),
}


def of_failed_payout(raw: str) -> Reason:
    """What Bluum's `failure_reason` of a withdrawal means for the person."""
    found = re.match(r"\s*(R\d\d)\b", raw)
    unknown = Reason("Your bank didn’t tell us why.", "You can ask for it again, or call us.")
    return _PAYOUTS.get(found[1], unknown) if found else unknown


def of_refusal(problem: Refused) -> str:
    """One sentence for a request that Bluum said no to. Never Bluum's own: it may name someone."""
    field = str(problem.details.get("field", ""))
    code = problem.code or ""
    if "funding_source" in field:
        return "This bank account can’t be used any more. Link it again, or choose another."
    if "public_token" in field:
        return "The sign-in at your bank has expired. Please link the bank again."
    if code in {"BLUM-400-005", "BLUM-422-005"} or "amount" in field:
        return "The amount is outside what can be moved in one transfer."
    if code in {"BLUM-403-002", "BLUM-403-004"}:
        return "Your account can’t move money at the moment. We’ve been told; please call us."
    if "day_of" in field or "schedule" in field or "start_date" in field:
        return "That day doesn’t work for a schedule. Choose another one."
    return "It couldn’t be accepted as it was. Please call us, and we’ll sort it out."
