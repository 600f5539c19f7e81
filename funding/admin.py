"""What advisors see of banks, cash, deposits and schedules."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.decorators import display

from accounts.models import Account
from funding import closing as closings
from funding import flows as flows  # the front page's figures
from funding import rates as rates  # the front page's gauges
from funding import rhythm, services
from funding.models import (
    Authorization,
    BankAccount,
    Closing,
    Deposit,
    Dividends,
    Ledger,
    Movement,
    Schedule,
    ScheduledRun,
    TransferEvent,
    Wallet,
    Withdrawal,
)
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.rows import LABELS, ClientRows, OfClient, QueueFilter, when
from robo.ui import words

FAILED_RECENTLY = timedelta(days=30)


class TransferRows(ClientRows):
    """What deposits and withdrawals have in common."""

    @display(description="Reference")  # type: ignore[untyped-decorator]
    def reference(self, row: Deposit | Withdrawal) -> str:
        return row.reference

    @display(description="Timeline")  # type: ignore[untyped-decorator]
    def timeline(self, row: Deposit | Withdrawal) -> str:
        lines = format_html_join(
            "",
            "<li>{} <span>{}</span></li>",
            ((capfirst(e.status), when(e.at)) for e in row.events.all()),
        )
        return format_html('<ol class="events">{}</ol>', lines)


@admin.register(Deposit)
class DepositAdmin(TransferRows):
    list_display = ("created_at", "client", "dollars", "bank", "state", "failure_reason", "motion")
    list_filter = (QueueFilter, "status")
    list_select_related = ("account", "bank")
    search_fields = ("account__name__istartswith", "bluum_id__exact")
    search_help_text = "Start of a client’s name, or Bluum’s id"
    fields = (
        "client",
        "dollars",
        "bank",
        "schedule",
        "status",
        "failure_reason",
        "reference",
        "bluum_id",
        "created_at",
        "expected_on",
        "completed_at",
        "settled_at",
        "timeline",
        "motion_in_words",
        "error_in_words",
    )


@admin.register(Withdrawal)
class WithdrawalAdmin(TransferRows):
    list_display = ("created_at", "client", "dollars", "bank", "state", "failure_reason", "motion")
    list_filter = (QueueFilter, "status")
    list_select_related = ("account", "bank")
    search_fields = ("account__name__istartswith", "bluum_id__exact")
    search_help_text = "Start of a client’s name, or Bluum’s id"
    fields = (
        "client",
        "dollars",
        "bank",
        "status",
        "failure_reason",
        "reference",
        "bluum_id",
        "may_sell",
        "sales",
        "told",
        "created_at",
        "expected_on",
        "sold_at",
        "submitted_at",
        "completed_at",
        "settled_at",
        "timeline",
        "motion_in_words",
        "error_in_words",
    )


@admin.register(Schedule)
class ScheduleAdmin(ClientRows):
    list_display = (
        "called",
        "client",
        "bank",
        "state",
        "wanted",
        "next_execution",
        "motion",
    )
    list_filter = ("status", "frequency")
    list_select_related = ("account", "bank")
    fields = (
        "client",
        "called",
        "bank",
        "name_at_bluum",
        "start_date",
        "paused_until",
        "least",
        "raised",
        "raise_on",
        "raise_told_at",
        "status",
        "wanted",
        "next_execution",
        "refusal",
        "bluum_id",
        "created_at",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Schedule", ordering="amount")  # type: ignore[untyped-decorator]
    def called(self, row: Schedule) -> str:
        return row.rhythm

    @display(description="Left at the bank")  # type: ignore[untyped-decorator]
    def least(self, row: Schedule) -> str:
        return f"At least {words.money(row.buffer)}" if row.buffer else "No limit"

    @display(description="Raised")  # type: ignore[untyped-decorator]
    def raised(self, row: Schedule) -> str:
        return capfirst(rhythm.raise_words(row)) or "Never"

    @display(description="Name at Bluum")  # type: ignore[untyped-decorator]
    def name_at_bluum(self, row: Schedule) -> str:
        return row.name


@admin.register(Authorization)
class AuthorizationAdmin(ClientRows):
    """What clients allowed us to pull, word for word."""

    actions = ()  # nothing here is in motion
    list_display = ("agreed_at", "client", "dollars", "kind", "bank", "ended_at")
    list_filter = ("kind",)
    list_select_related = ("account", "bank")
    fields = (
        "client",
        "dollars",
        "kind",
        "bank",
        "text",
        "sha256",
        "ip",
        "user_agent",
        "agreed_at",
        "ended_at",
    )


@admin.register(ScheduledRun)
class ScheduledRunAdmin(ClientRows):
    list_display = ("day", "client", "dollars", "schedule", "state", "balance", "told_at", "motion")
    list_filter = ("status",)
    list_select_related = ("account", "schedule")
    fields = (
        "client",
        "schedule",
        "named",
        "day",
        "dollars",
        "status",
        "told_at",
        "balance",
        "balance_at",
        "deposit",
        "answer",
        "motion_in_words",
        "error_in_words",
    )


@admin.register(Dividends)
class DividendsAdmin(ClientRows):
    list_display = ("client", "enabled", "rule", "sweep", "keep_cash", "refreshed_at", "motion")
    list_filter = ("enabled", "rule")
    list_select_related = ("account",)
    fields = (
        "client",
        "enabled",
        "rule",
        "minimum",
        "sweep",
        "keep_cash",
        "wanted",
        "before",
        "changed_at",
        "refusal",
        "refreshed_at",
        "motion_in_words",
        "error_in_words",
    )


@admin.register(Closing)
class ClosingAdmin(ClientRows):
    list_display = ("created_at", "client", "bank", "state", "problem", "reviewed_at", "motion")
    list_filter = (QueueFilter, "status")
    list_select_related = ("account", "bank")
    actions = ("go_on", "mark_ended")
    fields = (
        "client",
        "bank",
        "status",
        "problem",
        "told",
        "signature",
        "sells_at",
        "expected_on",
        "sales",
        "sold_at",
        "rounds",
        "paid",
        "created_at",
        "selling_at",
        "paying_at",
        "closed_at",
        "stopped_at",
        "reviewed_at",
        "motion_in_words",
        "error_in_words",
    )

    @admin.action(description="Go on: what held it up is mended", permissions=["act"])
    def go_on(self, request: HttpRequest, rows: QuerySet[Closing]) -> None:
        for row in rows:
            closings.go_on(closing=row, request=request)

    @admin.action(description="Ended at the custodian", permissions=["act"])
    def mark_ended(self, request: HttpRequest, rows: QuerySet[Closing]) -> None:
        for row in rows.filter(status=Closing.Status.CLOSED, reviewed_at=None):
            closings.mark_ended(closing=row, request=request)


@admin.register(BankAccount)
class BankAccountAdmin(ClientRows):
    list_display = ("bank", "client", "institution", "state", "why", "created_at", "motion")
    list_filter = (QueueFilter, "status", "stopped_code")
    actions = (*ClientRows.actions, "lift_stop")
    fields = (
        "client",
        "institution",
        "name",
        "mask",
        "type",
        "status",
        "stopped_at",
        "stopped_code",
        "why",
        "ach_status",
        "unlink_asked_at",
        "mended_at",
        "created_at",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Account")  # type: ignore[untyped-decorator]
    def bank(self, row: BankAccount) -> str:
        return str(row)

    @display(description="Why nothing is pulled")  # type: ignore[untyped-decorator]
    def why(self, row: BankAccount) -> str:
        return row.why_stopped

    @admin.action(
        description="Pull from it again: the bank has confirmed that it may be", permissions=["act"]
    )
    def lift_stop(self, request: HttpRequest, rows: QuerySet[BankAccount]) -> None:
        for bank in rows.exclude(stopped_at=None):
            services.lift_stop(bank=bank, request=request)


@admin.register(Ledger)
class LedgerAdmin(ClientRows):
    """Whether a client's movements add up to the cash at Bluum."""

    list_display = ("client", "cash_held", "read_at", "off_since", "motion")
    fields = (
        "client",
        "cash_held",
        "read_at",
        "read_all_at",
        "off_since",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Cash at Bluum", ordering="balance")  # type: ignore[untyped-decorator]
    def cash_held(self, row: Ledger) -> str:
        return words.money(row.balance)


@admin.register(Movement)
class MovementAdmin(OfClient):
    """The ledger's lines, as clients see them."""

    list_display = ("day", "client", "kind", "dollars", "cash_after", "symbol", "words")
    list_filter = ("kind",)
    search_fields = ("account__name__istartswith", "order_id__exact")
    search_help_text = "Start of a client’s name, or Bluum’s id of an order"
    fields = (
        "client",
        "day",
        "kind",
        "dollars",
        "cash_after",
        "symbol",
        "quantity",
        "price",
        "words",
        "order_id",
        "deposit",
        "withdrawal",
        "run",
        "corrected_at",
    )

    @display(description="Amount", ordering="amount")  # type: ignore[untyped-decorator]
    def dollars(self, row: Movement) -> str:
        return words.money_signed(row.amount)

    @display(description="Cash after")  # type: ignore[untyped-decorator]
    def cash_after(self, row: Movement) -> str:
        return words.money(row.balance)


def _rows_of_money(account: Account) -> dict[str, Some]:
    newest = Deposit.objects.filter(account=account)[:8]
    return {
        "wallet": Some(Wallet.objects.filter(account=account)),
        "banks": Some(BankAccount.objects.filter(account=account)),
        "deposits": Some(newest, beside=("bank",)),
        "events": Some(TransferEvent.objects.filter(deposit__in=newest.values("pk"))),
        "withdrawals": Some(Withdrawal.objects.filter(account=account)[:8], beside=("bank",)),
        "schedules": Some(Schedule.objects.filter(account=account), beside=("bank",)),
    }


@client.section("money", "Money", order=60, rows=_rows_of_money)
def money(
    account: Account, user: Any, wallet: list[Wallet], events: list[TransferEvent], **rows: Any
) -> dict[str, Any]:
    listed = {
        name: [{"row": row, "tone": LABELS.get(row.status, "")} for row in found]
        for name, found in rows.items()
    }
    for item in listed["deposits"]:
        item["events"] = [event for event in events if event.deposit_id == item["row"].pk]
    return {"wallet": next(iter(wallet), None), **listed}


queues.announce(
    queues.Queue(
        "closing-held",
        "Closings that need a hand",
        Closing,
        lambda rows: rows.filter(status=Closing.Status.HELD),
        since="created_at",
        order=37,
        help="The sale or the transfer didn’t go through; mend it, then let it go on",
    )
)
queues.announce(
    queues.Queue(
        "closing-ended",
        "Accounts to end at the custodian",
        Closing,
        lambda rows: rows.filter(status=Closing.Status.CLOSED, reviewed_at=None),
        since="closed_at",
        order=38,
        help="Empty and closed here; Bluum has no call for it, so someone asks its support",
    )
)
queues.announce(
    queues.Queue(
        "failed",
        "Failed deposits",
        Deposit,
        lambda rows: rows.filter(
            Q(status__in=[Deposit.Status.FAILED, Deposit.Status.REFUSED, Deposit.Status.EXPIRED]),
            created_at__gt=timezone.now() - FAILED_RECENTLY,
        ),
        since="created_at",
        order=40,
        help="Failed, refused or expired; asked for in the past 30 days",
    )
)
queues.announce(
    queues.Queue(
        "failed-withdrawals",
        "Failed withdrawals",
        Withdrawal,
        lambda rows: rows.filter(
            status__in=[Withdrawal.Status.FAILED, Withdrawal.Status.REFUSED],
            created_at__gt=timezone.now() - FAILED_RECENTLY,
        ),
        since="created_at",
        order=39,
        help="Failed, sent back or not possible; asked for in the past 30 days",
    )
)
queues.announce(
    queues.Queue(
        "repair",
        "Banks to repair",
        BankAccount,
        lambda rows: rows.filter(status=BankAccount.Status.ERROR),
        since="created_at",
        order=41,
        help="The client has to sign in at the bank again",
    )
)
