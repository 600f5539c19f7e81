"""What the funding app keeps: money in and money out."""

from funding.models.closing import Closing
from funding.models.dividends import Dividends
from funding.models.incoming import (
    BY_HAND,
    LINK_FAILED,
    LINK_STANDS,
    MANUAL,
    WIRE,
    Authorization,
    BankAccount,
    BankAccountQuerySet,
    BankLink,
    Deposit,
    DepositQuerySet,
    TransferEvent,
    Wallet,
    to_mend,
)
from funding.models.ledger import Ledger, Movement, MovementQuerySet
from funding.models.outgoing import (
    SecurityHold,
    Withdrawal,
    WithdrawalEvent,
    WithdrawalQuerySet,
)
from funding.models.schedules import Schedule, ScheduledRun, ScheduleQuerySet

__all__ = [
    "BY_HAND",
    "LINK_FAILED",
    "LINK_STANDS",
    "MANUAL",
    "WIRE",
    "Authorization",
    "BankAccount",
    "BankAccountQuerySet",
    "BankLink",
    "Closing",
    "Deposit",
    "DepositQuerySet",
    "Dividends",
    "Ledger",
    "Movement",
    "MovementQuerySet",
    "Schedule",
    "ScheduleQuerySet",
    "ScheduledRun",
    "SecurityHold",
    "TransferEvent",
    "Wallet",
    "Withdrawal",
    "WithdrawalEvent",
    "WithdrawalQuerySet",
    "to_mend",
]
