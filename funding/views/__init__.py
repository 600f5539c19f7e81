from funding.views.activity import activity, activity_csv, activity_ofx, money
from funding.views.authorizations import authorization, authorization_revoke, authorizations
from funding.views.banks import bank_repair, banks, link, link_return, link_status, unlink
from funding.views.by_hand import instructions_pdf, transfer
from funding.views.deposits import deposit, deposit_cancel, deposit_status
from funding.views.schedules import (
    schedule,
    schedule_end,
    schedule_new,
    schedule_pause,
    schedule_preview,
    schedule_resume,
    schedules,
)
from funding.views.withdrawals import withdraw, withdrawal_cancel, withdrawal_status

__all__ = [
    "activity",
    "activity_csv",
    "activity_ofx",
    "authorization",
    "authorization_revoke",
    "authorizations",
    "bank_repair",
    "banks",
    "deposit",
    "deposit_cancel",
    "deposit_status",
    "instructions_pdf",
    "link",
    "link_return",
    "link_status",
    "money",
    "schedule",
    "schedule_end",
    "schedule_new",
    "schedule_pause",
    "schedule_preview",
    "schedule_resume",
    "schedules",
    "transfer",
    "unlink",
    "withdraw",
    "withdrawal_cancel",
    "withdrawal_status",
]
