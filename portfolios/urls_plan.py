"""The plan's pages and the documents to keep; part of `portfolios.urls`."""

from django.urls import path

from portfolios.views import plan
from portfolios.views.policy import policy_download

urlpatterns = [
    path("financial-plan/", plan.plan, name="plan"),
    path("financial-plan/make/", plan.plan_make, name="plan-make"),
    path("financial-plan/versions/", plan.plan_versions, name="plan-versions"),
    path("financial-plan/<int:pk>/", plan.plan_version, name="plan-version"),
    path("financial-plan/<int:pk>/pdf/", plan.plan_download, name="plan-pdf"),
    path("policy/<int:pk>/pdf/", policy_download, name="policy-pdf"),
]
