from funding.views.activity import activity, activity_csv, activity_ofx, money
from funding.views.authorizations import authorization, authorization_revoke, authorizations
from funding.views.banks import bank_repair, banks, link, link_return, link_status, unlink
from funding.views.by_hand import instructions_pdf, transfer
from funding.views.closing import (
    closing,
    closing_letter,
    closing_money,
    closing_sign,
    closing_status,
    closing_stop,
)
from funding.views.deposits import deposit, deposit_cancel, deposit_status
from funding.views.dividends import dividends, dividends_undo
from funding.views.schedules import (
    schedule,
    schedule_catch_up,
    schedule_end,
    schedule_new,
    schedule_pause,
    schedule_preview,
    schedule_rest,
    schedule_resume,
    schedule_skip,
    schedule_undo,
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
    "closing",
    "closing_letter",
    "closing_money",
    "closing_sign",
    "closing_status",
    "closing_stop",
    "deposit",
    "deposit_cancel",
    "deposit_status",
    "dividends",
    "dividends_undo",
    "instructions_pdf",
    "link",
    "link_return",
    "link_status",
    "money",
    "schedule",
    "schedule_catch_up",
    "schedule_end",
    "schedule_new",
    "schedule_pause",
    "schedule_preview",
    "schedule_rest",
    "schedule_resume",
    "schedule_skip",
    "schedule_undo",
    "schedules",
    "transfer",
    "unlink",
    "withdraw",
    "withdrawal_cancel",
    "withdrawal_status",
]
