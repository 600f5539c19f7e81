from django.urls import path

from funding import views
from funding.closing import while_open

app_name = "funding"
urlpatterns = [
    path("", views.money, name="money"),
    path("activity/", views.activity, name="activity"),
    path("activity.csv", views.activity_csv, name="activity-csv"),
    path("activity.ofx", views.activity_ofx, name="activity-ofx"),
    path("banks/", views.banks, name="banks"),
    path("banks/link/", views.link, name="link"),
    path("banks/link/<uuid:key>/", views.link_return, name="link-return"),
    path("banks/link/<uuid:key>/status/", views.link_status, name="link-status"),
    path("banks/<int:pk>/repair/", views.bank_repair, name="bank-repair"),
    path("banks/<int:pk>/unlink/", views.unlink, name="unlink"),
    path("deposit/", while_open(views.deposit), name="deposit"),
    path("deposit/transfer/", while_open(views.transfer), name="transfer"),
    path("authorizations/", views.authorizations, name="authorizations"),
    path("authorizations/<int:pk>/", views.authorization, name="authorization"),
    path(
        "authorizations/<int:pk>/revoke/", views.authorization_revoke, name="authorization-revoke"
    ),
    path("deposits/<int:pk>/instructions.pdf", views.instructions_pdf, name="instructions-pdf"),
    path("deposits/<int:pk>/", views.deposit_status, name="deposit-status"),
    path("deposits/<int:pk>/cancel/", views.deposit_cancel, name="deposit-cancel"),
    path("withdraw/", while_open(views.withdraw), name="withdraw"),
    path("withdrawals/<int:pk>/", views.withdrawal_status, name="withdrawal-status"),
    path("withdrawals/<int:pk>/cancel/", views.withdrawal_cancel, name="withdrawal-cancel"),
    path("dividends/", while_open(views.dividends), name="dividends"),
    path("dividends/undo/", while_open(views.dividends_undo), name="dividends-undo"),
    path("closing/", views.closing, name="closing"),
    path("closing/money/", views.closing_money, name="closing-money"),
    path("closing/sign/", views.closing_sign, name="closing-sign"),
    path("closing/status/", views.closing_status, name="closing-status"),
    path("closing/stop/", views.closing_stop, name="closing-stop"),
    path("closing/letter.pdf", views.closing_letter, name="closing-letter"),
    path("auto-invest/", views.schedules, name="schedules"),
    path("auto-invest/new/", while_open(views.schedule_new), name="schedule-new"),
    path("auto-invest/new/dates/", views.schedule_preview, name="schedule-preview"),
    path("auto-invest/<int:pk>/", views.schedule, name="schedule"),
    path("auto-invest/<int:pk>/pause/", views.schedule_pause, name="schedule-pause"),
    path("auto-invest/<int:pk>/resume/", while_open(views.schedule_resume), name="schedule-resume"),
    path("auto-invest/<int:pk>/skip/", while_open(views.schedule_skip), name="schedule-skip"),
    path("auto-invest/<int:pk>/rest/", while_open(views.schedule_rest), name="schedule-rest"),
    path(
        "auto-invest/<int:pk>/runs/<int:run>/undo/",
        while_open(views.schedule_undo),
        name="schedule-undo",
    ),
    path(
        "auto-invest/<int:pk>/runs/<int:run>/answer/",
        while_open(views.schedule_catch_up),
        name="schedule-catch-up",
    ),
    path("auto-invest/<int:pk>/end/", views.schedule_end, name="schedule-end"),
]
