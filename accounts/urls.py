from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.settings, name="settings"),
    path("status/", views.status, name="status"),
    path("status/restart/", views.restart, name="restart"),
    path("documents/", views.documents, name="documents"),
    path("agreements/", views.agreements, name="agreements"),
    path("agreements/<int:pk>/", views.agreement, name="agreement"),
    path("notices/", views.notices, name="notices"),
]
