from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.settings, name="settings"),
    path("you/", views.you, name="you"),
    path("you/change/<slug:kind>/", views.change, name="change"),
    path("you/changes/<int:pk>/take-back/", views.take_back, name="take-back"),
    path("you/trusted/", views.trusted, name="trusted"),
    path("security/", views.security, name="security"),
    path("security/devices/<int:pk>/end/", views.end_device, name="end-device"),
    path("security/devices/end-others/", views.end_others, name="end-others"),
    path("security/not-me/", views.was_not_me, name="was-not-me"),
    path("not-me/<str:token>/", views.not_me, name="not-me"),
    path("notifications/", views.notifications, name="notifications"),
    path("fewer/<str:token>/", views.fewer, name="fewer"),
    path("preferences/", views.preferences, name="preferences"),
    path("data/", views.export, name="export"),
    path("data/<int:pk>/", views.export_file, name="export-file"),
    path("status/", views.status, name="status"),
    path("status/restart/", views.restart, name="restart"),
    path("documents/", views.documents, name="documents"),
    path("agreements/", views.agreements, name="agreements"),
    path("agreements/<int:pk>/", views.agreement, name="agreement"),
    path("write/", views.write, name="write"),
    path("notices/", views.notices, name="notices"),
    path("notices/<int:pk>/", views.notice, name="notice"),
]
