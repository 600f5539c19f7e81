"""Institutions, the accounts people have there, and who may sign in.

The first five and the two special Platypus banks carry the ids of Plaid's own sandbox; the others
are invented. `user_good` with `pass_good`, `mfa_device` with code 1234, `user_custom` and
`error_<CODE>` are Plaid's test sign-ins; `user_locked`, `user_none` and `user_mfa` are ours.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypedDict

from sandbox.plaid.errors import CATALOGUE, PlaidError


class Bank(TypedDict):
    """An institution as Plaid names it. `keeps` are keys of TEMPLATES."""

    id: str
    name: str
    url: str
    color: str
    routing: str
    oauth: bool
    down: bool
    keeps: tuple[str, ...]


class BankAccount(TypedDict):
    """An account as its bank lists it. `id` is unique within a bank; amounts are in dollars."""

    id: str
    name: str
    official_name: str
    type: str
    subtype: str
    mask: str
    base: Decimal
    limit: Decimal | None


def _account(
    key: str, kind: str, subtype: str, mask: str, base: str, limit: str | None, official: str
) -> BankAccount:
    return {
        "id": key,
        "name": official.removeprefix("Plaid ").split(" (")[0],
        "official_name": official,
        "type": kind,
        "subtype": subtype,
        "mask": mask,
        "base": Decimal(base),
        "limit": None if limit is None else Decimal(limit),
    }


TEMPLATES: dict[str, BankAccount] = {
    row["id"]: row
    for row in (
        _account(
            "checking", "depository", "checking", "0000", "4318.42", None, "Everyday Checking"
        ),
        _account(
            "savings", "depository", "savings", "1111", "18250.00", None, "High-Yield Savings"
        ),
        _account("cd", "depository", "cd", "2222", "10000.00", None, "12-Month Certificate"),
        _account("card", "credit", "credit card", "3333", "1240.18", "12000", "Cash Back Card"),
        _account("brokerage", "investment", "brokerage", "4444", "0", None, "Individual Brokerage"),
        _account("ira", "investment", "ira", "5555", "0", None, "Traditional IRA"),
        _account("401k", "investment", "401k", "6666", "0", None, "Workplace 401(k) Plan"),
        _account("student", "loan", "student", "7777", "28400.00", None, "Student Loan"),
        _account(
            "mortgage", "loan", "mortgage", "8888", "342000.00", None, "30-Year Fixed Mortgage"
        ),
    )
}

MONEY = ("checking", "savings")
BORROWING = ("card", "student", "mortgage")
EVERYTHING = tuple(TEMPLATES)


def _bank(
    number: int,
    name: str,
    url: str,
    color: str,
    keeps: tuple[str, ...],
    *,
    oauth: bool = False,
    down: bool = False,
) -> Bank:
    return {
        "id": f"ins_{number}",
        "name": name,
        "url": url,
        "color": color,
        "routing": _routing(number),
        "oauth": oauth,
        "down": down,
        "keeps": keeps,
    }


def _routing(number: int) -> str:
    """Nine digits whose check digit is right, in a range that no real bank has (90 and up)."""
    eight = f"90{number % 1_000_000:06d}"
    total = sum(int(digit) * weight for digit, weight in zip(eight, (3, 7, 1) * 3, strict=False))
    return f"{eight}{-total % 10}"


BANKS: list[Bank] = [
    _bank(109508, "First Platypus Bank", "platypus.test", "#0f5c4d", EVERYTHING),
    _bank(109509, "First Gingham Credit Union", "gingham.test", "#9c2f4f", (*MONEY, "cd", "card")),
    _bank(109510, "Tattersall Federal Credit Union", "tattersall.test", "#2f4b9c", EVERYTHING),
    _bank(109511, "Tartan Bank", "tartan.test", "#8a2b1d", EVERYTHING),
    _bank(109512, "Houndstooth Bank", "houndstooth.test", "#33383f", (*MONEY, "card")),
    _bank(127287, "Platypus OAuth Bank", "oauth.platypus.test", "#3d2f7d", MONEY, oauth=True),
    _bank(900101, "Lakeside Bank", "lakeside.test", "#12608a", EVERYTHING),
    _bank(900108, "Evergreen National Bank", "evergreen.test", "#23603a", EVERYTHING),
    _bank(900109, "Cedar Street Bank", "cedarstreet.test", "#6a3d2a", (*MONEY, *BORROWING)),
    _bank(
        900102,
        "Copperfield Federal Credit Union",
        "copperfield.test",
        "#8c4a12",
        (*MONEY, "cd", "card"),
    ),
    _bank(900103, "Northwind Brokerage", "northwind.test", "#1b3f5c", ("brokerage", "ira")),
    _bank(900104, "Meridian Retirement", "meridian.test", "#40512a", ("401k", "ira")),
    _bank(900105, "Prairie Student Loans", "prairie.test", "#6b5310", ("student",)),
    _bank(900106, "Granite Home Loans", "granite.test", "#555049", ("mortgage",)),
    _bank(900107, "Bluegrass Savings", "bluegrass.test", "#28588c", (*MONEY, "cd")),
    _bank(132361, "Unhealthy Platypus Bank", "unwell.platypus.test", "#6e1f1f", MONEY, down=True),
]

USER, PASSWORD = "user_good", "pass_good"
LOCKED_USER, EMPTY_USER, MFA_USER, CUSTOM_USER = (
    "user_locked",
    "user_none",
    "user_mfa",
    "user_custom",
)
UNLINKED_USER = "user_unlinked"
"""Links a bank that looks well, whose link for transfers was never made."""
MFA_PASSWORD, MFA_CODE = "mfa_device", "1234"
USERS = (USER, EMPTY_USER, MFA_USER, CUSTOM_USER, UNLINKED_USER, "user_transactions_dynamic")
TYPES = {"depository", "credit", "loan", "investment"}
KINDS = {"cd": "CD", "ira": "IRA", "401k": "401(k)", "roth": "Roth IRA", "student": "Student loan"}
"""Subtypes that don't read well as they are."""

PRODUCTS = ("auth", "balance", "identity", "investments", "liabilities", "transactions")
NEEDS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "auth": lambda row: row["subtype"] in ("checking", "savings"),
    "investments": lambda row: row["type"] == "investment",
    "liabilities": lambda row: row["type"] in ("credit", "loan"),
}
"""Product to what kind of account it is about; other products suit every account."""


def _named(bank: Bank, key: str) -> BankAccount:
    row: BankAccount = {**TEMPLATES[key]}
    if bank["id"] == "ins_109508":
        row["name"] = _PLATYPUS[key]
        row["official_name"] = f"Plaid {row['official_name']}"
    else:
        # Plaid's own masks stay at Plaid's own bank; elsewhere they differ from bank to bank.
        row["mask"] = f"{(int(row['mask']) * 7 + int(bank['id'][4:]) * 13) % 10_000:04d}"
    return row


_PLATYPUS = {
    "checking": "Plaid Checking",
    "savings": "Plaid Saving",
    "cd": "Plaid CD",
    "card": "Plaid Credit Card",
    "brokerage": "Plaid Brokerage",
    "ira": "Plaid IRA",
    "401k": "Plaid 401k",
    "student": "Plaid Student Loan",
    "mortgage": "Plaid Mortgage",
}


def kind(row: Mapping[str, Any]) -> str:
    """What kind of account it is, for people."""
    subtype = str(row["subtype"])
    return KINDS.get(subtype, subtype.capitalize())


def bank(bank_id: str) -> Bank | None:
    """The bank with this id."""
    return next((each for each in BANKS if each["id"] == bank_id), None)


def search(words: str) -> list[Bank]:
    """Banks whose name has all the words, those whose name begins with them first."""
    wanted = words.casefold().split()
    found = [each for each in BANKS if all(word in each["name"].casefold() for word in wanted)]
    return sorted(found, key=lambda each: not each["name"].casefold().startswith(words.casefold()))


def products(at: Bank) -> list[str]:
    """What Plaid offers for the bank, by the accounts it keeps."""
    kept = [TEMPLATES[key] for key in at["keeps"]]
    return [name for name in PRODUCTS if name not in NEEDS or any(NEEDS[name](row) for row in kept)]


def accounts(at: Bank, user: str = USER, password: str = PASSWORD) -> list[BankAccount]:
    """What the person who signed in has at the bank.

    `user_custom` describes its own accounts in the password: Plaid's JSON with
    `override_accounts: [{type, subtype, starting_balance, meta: {name, mask, limit}}]`.
    Raises PlaidError INVALID_CREDENTIALS if that can't be read.
    """
    if user == EMPTY_USER:
        return []
    if user == CUSTOM_USER and password.lstrip().startswith("{"):
        return _custom(password)
    return [_named(at, key) for key in at["keeps"]]


def _custom(text: str) -> list[BankAccount]:
    try:
        given: list[dict[str, Any]] = json.loads(text)["override_accounts"]
        made = [_custom_account(number, row) for number, row in enumerate(given[:10])]
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise PlaidError("INVALID_CREDENTIALS") from error
    amounts = [amount for row in made for amount in (row["base"], row["limit"] or Decimal(0))]
    odd = any(not amount.is_finite() or abs(amount) >= 10**12 for amount in amounts)
    if odd or any(row["type"] not in TYPES for row in made):
        raise PlaidError("INVALID_CREDENTIALS")
    return made


def _custom_account(number: int, given: dict[str, Any]) -> BankAccount:
    meta = given.get("meta") or {}
    subtype = str(given.get("subtype") or "checking")
    limit = meta.get("limit")
    return {
        "id": f"custom{number}",
        "name": str(meta.get("name") or subtype.capitalize()),
        "official_name": str(meta.get("official_name") or meta.get("name") or subtype),
        "type": str(given["type"]),
        "subtype": subtype,
        "mask": str(meta.get("mask") or f"{number:04d}")[-4:],
        "base": Decimal(str(given.get("starting_balance", 100))),
        "limit": None if limit is None else Decimal(str(limit)),
    }


def sign_in(at: Bank, user: str, password: str) -> bool:
    """Check a sign-in. Returns whether a code is asked for next. Raises PlaidError."""
    if at["down"]:
        raise PlaidError("INSTITUTION_DOWN")
    if user == LOCKED_USER:
        raise PlaidError("ITEM_LOCKED")
    if password.startswith("error_"):
        code = password.removeprefix("error_")
        raise PlaidError(code if code in CATALOGUE else "INVALID_CREDENTIALS")
    if user not in USERS:
        raise PlaidError("INVALID_CREDENTIALS")
    if user == CUSTOM_USER:
        accounts(at, user, password)
        return False
    if password == MFA_PASSWORD or (user == MFA_USER and password == PASSWORD):
        return True
    if password != PASSWORD:
        raise PlaidError("INVALID_CREDENTIALS")
    return False


def suitable(
    found: list[BankAccount], wanted: list[str], filters: dict[str, Any] | None = None
) -> list[BankAccount]:
    """The accounts that any of the products is about and that the link token's filters let pass."""
    needs = [NEEDS.get(name) for name in wanted]
    rows = found
    if needs and None not in needs:
        rows = [row for row in rows if any(need and need(row) for need in needs)]
    if filters:
        rows = [row for row in rows if _passes(row, filters)]
    return rows


def _passes(row: BankAccount, filters: dict[str, Any]) -> bool:
    given = filters.get(row["type"])
    if given is None:
        return False
    subtypes = given.get("account_subtypes") or ["all"]
    return "all" in subtypes or row["subtype"] in subtypes


ACCOUNTS: list[BankAccount] = [_named(BANKS[0], key) for key in MONEY]
"""What `user_good` may link for transfers at the first bank."""
