"""Every return code a bank may send: what the person reads, what may follow, how it is lifted."""

import pytest

from funding import reasons
from funding.reasons import Rule
from sandbox.nacha import RETURN_CODES

TRY, MEND, NEVER, STOP, ASK = (
    Rule.TRY_AGAIN, Rule.MEND, Rule.NEVER, Rule.STOP, Rule.ASK_AGAIN,
)  # fmt: skip

CODES = [
    ("R01", TRY, "enough money", "ask for the deposit again"),
    ("R02", MEND, "closed", "Link another"),
    ("R03", MEND, "couldn’t find this account", "Link the bank again"),
    ("R04", MEND, "number isn’t valid", "Link the bank again"),
    ("R05", NEVER, "wasn’t authorized", "call us"),
    ("R06", ASK, "asked for the money to be sent back", "ask for the deposit again"),
    ("R07", NEVER, "permission", "call us"),
    ("R08", NEVER, "stop this payment", "call your bank"),
    ("R09", TRY, "not free to use yet", "In a few days"),
    ("R10", NEVER, "wasn’t authorized", "call us"),
    ("R11", NEVER, "isn’t what was authorized", "call us"),
    ("R12", MEND, "moved to another bank", "new bank"),
    ("R13", MEND, "routing number", "Link the bank again"),
    ("R14", STOP, "has died", "call us"),
    ("R15", STOP, "has died", "call us"),
    ("R16", STOP, "frozen", "talk to your bank"),
    ("R17", ASK, "couldn’t read", "on our side"),
    ("R20", MEND, "this kind of account", "checking"),
    ("R21", ASK, "who was asking", "on our side"),
    ("R22", ASK, "who was asking", "on our side"),
    ("R23", ASK, "turned the transfer away", "talk to your bank"),
    ("R24", ASK, "same transfer twice", "before you ask again"),
    ("R29", NEVER, "wasn’t authorized", "talk to your bank"),
    ("R31", ASK, "late", "ask for the deposit again"),
    ("R33", ASK, "late", "ask for the deposit again"),
]


@pytest.mark.parametrize(("code", "rule", "why", "what_next"), CODES)
def test_each_code_has_its_words_and_its_rule(
    code: str, rule: Rule, why: str, what_next: str
) -> None:
    raw = f"{code}: {RETURN_CODES[code]}"
    found = reasons.of_failure(raw)
    assert reasons.rule_of(raw) is rule
    assert why in found.sentence
    assert what_next in found.next_step
    assert code not in found.sentence + found.next_step
    assert "!" not in found.sentence + found.next_step


def test_no_code_is_left_out_and_rates_count_what_nacha_counts() -> None:
    assert [code for code, *_ in CODES] == list(RETURN_CODES)
    rules = {code: rule for code, rule, *_ in CODES}
    assert all(rules[code] is NEVER for code in reasons.UNAUTHORIZED)
    assert all(rules[code] is MEND for code in reasons.ADMINISTRATIVE)
