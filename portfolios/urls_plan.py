"""The plan's pages; part of `portfolios.urls`."""

from django.urls import path

from portfolios.views import plan

urlpatterns = [
    path("financial-plan/", plan.plan, name="plan"),
    path("financial-plan/make/", plan.plan_make, name="plan-make"),
    path("financial-plan/versions/", plan.plan_versions, name="plan-versions"),
    path("financial-plan/<int:pk>/", plan.plan_version, name="plan-version"),
    path("financial-plan/<int:pk>/pdf/", plan.plan_download, name="plan-pdf"),
]
