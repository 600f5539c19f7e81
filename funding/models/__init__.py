"""What the funding app keeps: money in and money out."""

from funding.models.incoming import (
    MANUAL,
    Authorization,
    BankAccount,
    BankAccountQuerySet,
    BankLink,
    Deposit,
    DepositQuerySet,
    Schedule,
    ScheduleQuerySet,
    TransferEvent,
    Wallet,
)
from funding.models.outgoing import (
    SecurityHold,
    Withdrawal,
    WithdrawalEvent,
    WithdrawalQuerySet,
)

__all__ = [
    "MANUAL",
    "Authorization",
    "BankAccount",
    "BankAccountQuerySet",
    "BankLink",
    "Deposit",
    "DepositQuerySet",
    "Schedule",
    "ScheduleQuerySet",
    "SecurityHold",
    "TransferEvent",
    "Wallet",
    "Withdrawal",
    "WithdrawalEvent",
    "WithdrawalQuerySet",
]
