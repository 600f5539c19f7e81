from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

import robo.webhooks.views
from onboarding.urls import picture
from onboarding.views import landing
from robo import partner, views
from trading.views import home

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", landing, name="landing"),
    path("plan/", include("onboarding.urls_first_plan")),
    path("home/", home, name="home"),
    path("legal/<slug:slug>/", views.legal, name="legal"),
    path("brand-<str:digest>.css", partner.brand_css, name="brand_css"),
    path("sign-in/sessions/", RedirectView.as_view(pattern_name="accounts:security")),
    path("sign-in/", include("allauth.urls")),
    path("account/", include("accounts.urls")),
    path("open/", include("onboarding.urls")),
    path("picture/", include(picture)),
    path("", include("portfolios.urls")),
    path("money/", include("funding.urls")),
    path("trade/", include("trading.urls")),
    path("webhooks/bluum/", robo.webhooks.views.bluum, name="bluum_webhook"),
    path("webhooks/plaid/", robo.webhooks.views.plaid, name="plaid_webhook"),
    path("admin/", admin.site.urls),
]
