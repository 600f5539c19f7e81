from django.urls import path

from onboarding.views import application, risk

app_name = "onboarding"

urlpatterns = [
    path("", application.start, name="start"),
    path("risk/", risk.begin, name="risk"),
    path("risk/check/", risk.check, name="risk-check"),
    path("risk/result/", risk.result, name="risk-result"),
    path("risk/<int:n>/", risk.question, name="risk-question"),
    path("<slug:slug>/", application.step, name="step"),
]
