"""The banks of Plaid's own sandbox, and the one person who banks there."""

from typing import TypedDict


class Bank(TypedDict):
    """An institution as Plaid names it."""

    id: str
    name: str
    url: str


class BankAccount(TypedDict):
    """An account of the person behind `user_good`."""

    id: str
    name: str
    subtype: str
    mask: str


BANKS: list[Bank] = [
    {"id": "ins_109508", "name": "First Platypus Bank", "url": "platypus.test"},
    {"id": "ins_109509", "name": "First Gingham Credit Union", "url": "gingham.test"},
    {"id": "ins_109510", "name": "Tattersall Federal Credit Union", "url": "tattersall.test"},
    {"id": "ins_109511", "name": "Tartan Bank", "url": "tartan.test"},
    {"id": "ins_109512", "name": "Houndstooth Bank", "url": "houndstooth.test"},
]

ACCOUNTS: list[BankAccount] = [
    {"id": "checking", "name": "Plaid Checking", "subtype": "checking", "mask": "0000"},
    {"id": "savings", "name": "Plaid Saving", "subtype": "savings", "mask": "1111"},
]

USER, PASSWORD = "user_good", "pass_good"
LOCKED_USER = "user_locked"


def bank(bank_id: str) -> Bank | None:
    """The bank with this id."""
    return next((each for each in BANKS if each["id"] == bank_id), None)


def search(words: str) -> list[Bank]:
    """Banks whose name has all the words."""
    wanted = words.casefold().split()
    return [each for each in BANKS if all(word in each["name"].casefold() for word in wanted)]
