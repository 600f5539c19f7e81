from celery import shared_task

from funding.models import (
    BankAccount,
    BankLink,
    Closing,
    Deposit,
    Dividends,
    Ledger,
    Schedule,
    ScheduledRun,
    Wallet,
    Withdrawal,
)
from funding.sync import (
    banks,
    closings,
    deposits,
    dividends,
    ledger,
    runs,
    schedules,
    wallets,
    withdrawals,
)
from robo import work


@shared_task
def advance_bank_link(pk: int) -> None:
    work.take(BankLink, pk, banks.advance_bank_link)


@shared_task
def advance_bank_account(pk: int) -> None:
    work.take(BankAccount, pk, banks.advance_bank_account)


@shared_task
def advance_deposit(pk: int) -> None:
    work.take(Deposit, pk, deposits.advance_deposit)


@shared_task
def advance_withdrawal(pk: int) -> None:
    work.take(Withdrawal, pk, withdrawals.advance_withdrawal)


@shared_task
def advance_schedule(pk: int) -> None:
    work.take(Schedule, pk, schedules.advance_schedule)


@shared_task
def advance_run(pk: int) -> None:
    work.take(ScheduledRun, pk, runs.advance_run)


@shared_task
def advance_wallet(pk: int) -> None:
    work.take(Wallet, pk, wallets.advance_wallet)


@shared_task
def advance_ledger(pk: int) -> None:
    work.take(Ledger, pk, ledger.advance_ledger)


@shared_task
def advance_closing(pk: int) -> None:
    work.take(Closing, pk, closings.advance_closing)


@shared_task
def advance_dividends(pk: int) -> None:
    work.take(Dividends, pk, dividends.advance_dividends)
