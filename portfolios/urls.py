from django.urls import path

from portfolios import views

app_name = "portfolios"
urlpatterns = [
    path("goals/", views.goals, name="goals"),
    path("goals/new/", views.goal_new, name="goal-new"),
    path("goals/split/", views.goal_split, name="goal-split"),
    path("goals/<int:pk>/", views.goal, name="goal"),
    path("goals/<int:pk>/edit/", views.goal_edit, name="goal-edit"),
    path("goals/<int:pk>/keep/", views.goal_keep, name="goal-keep"),
    path("goals/<int:pk>/archive/", views.goal_archive, name="goal-archive"),
    path("policy/", views.policy, name="policy"),
    path("policy/propose/", views.policy_propose, name="policy-propose"),
    path("policy/versions/", views.policy_versions, name="policy-versions"),
    path("policy/<int:pk>/", views.policy_version, name="policy-version"),
    path("policy/<int:pk>/accept/", views.policy_accept, name="policy-accept"),
    path("policy/<int:pk>/check/", views.policy_check, name="policy-check"),
    path("portfolio/", views.portfolio, name="portfolio"),
]
