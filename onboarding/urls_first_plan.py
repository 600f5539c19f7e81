from django.urls import path

from onboarding.views import first_plan

urlpatterns = [
    path("", first_plan.begin, name="first-plan-begin"),
    path("result/", first_plan.result, name="first-plan-result"),
    path("<slug:slug>/", first_plan.question, name="first-plan"),
]
