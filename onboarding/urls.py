from django.urls import path

from onboarding.views import application, first_plan_rest, kind, links, risk, risk_result
from onboarding.views import picture as pages

app_name = "onboarding"

urlpatterns = [
    path("", application.start, name="start"),
    path("kind/", kind.kind, name="kind"),
    path("risk/", risk.begin, name="risk"),
    path("risk/rest/", first_plan_rest.rest, name="risk-rest"),
    path("risk/check/", risk.check, name="risk-check"),
    path("risk/answer/", risk.answer, name="risk-answer"),
    path("risk/again/", risk.again, name="risk-again"),
    path("risk/result/", risk_result.result, name="risk-result"),
    path("risk/levels/", risk_result.levels, name="risk-levels"),
    path("risk/levels/<int:level>/", risk_result.choose, name="risk-choose"),
    path("risk/confirm/", risk_result.confirm, name="risk-confirm"),
    path("risk/right/", risk_result.right, name="risk-right"),
    path("risk/history/", risk_result.history, name="risk-history"),
    path("risk/<int:n>/", risk.question, name="risk-question"),
    path("<slug:slug>/", application.step, name="step"),
]

picture = (
    [
        path("", pages.overview, name="overview"),
        path("check/", pages.check, name="check"),
        path("about/<slug:slug>/", pages.section, name="section"),
        path("people/new/", pages.person_new, name="person-new"),
        path("people/<int:pk>/", pages.person, name="person"),
        path("people/<int:pk>/remove/", pages.person_remove, name="person-remove"),
        path("people/<int:pk>/restore/", pages.person_restore, name="person-restore"),
        path("held/new/", pages.holding_new, name="holding-new"),
        path("held/<int:pk>/", pages.holding, name="holding"),
        path("held/<int:pk>/remove/", pages.holding_remove, name="holding-remove"),
        path("held/<int:pk>/restore/", pages.holding_restore, name="holding-restore"),
        path("banks/connect/", links.connect, name="connect"),
        path("banks/<uuid:key>/", links.link, name="link"),
        path("banks/<uuid:key>/back/", links.link_back, name="link-back"),
        path("banks/<uuid:key>/mend/", links.mend, name="mend"),
        path("banks/<uuid:key>/disconnect/", links.disconnect, name="disconnect"),
    ],
    "picture",
)
"""Included at /picture/."""
