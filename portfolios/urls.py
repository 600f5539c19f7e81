from django.urls import include, path

from portfolios import views

app_name = "portfolios"
urlpatterns = [
    path("", include("portfolios.urls_plan")),
    path("", include("portfolios.urls_reports")),
    path("goals/", views.goals, name="goals"),
    path("goals/new/", views.goal_new, name="goal-new"),
    path("goals/new/planned/", views.goal_planned, name="goal-planned"),
    path("goals/split/", views.goal_split, name="goal-split"),
    path("goals/budget/", views.budget, name="budget"),
    path("goals/events/", views.events, name="events"),
    path("goals/events/new/", views.event_new, name="event-new"),
    path("goals/events/<int:pk>/", views.event_edit, name="event-edit"),
    path("goals/events/<int:pk>/archive/", views.event_archive, name="event-archive"),
    path("goals/<int:pk>/", views.goal, name="goal"),
    path("goals/<int:pk>/edit/", views.goal_edit, name="goal-edit"),
    path("goals/<int:pk>/keep/", views.goal_keep, name="goal-keep"),
    path("goals/<int:pk>/undo/", views.goal_undo, name="goal-undo"),
    path("goals/<int:pk>/futures.csv", views.goal_futures, name="goal-futures"),
    path("goals/<int:pk>/income/", views.goal_income, name="goal-income"),
    path("goals/<int:pk>/archive/", views.goal_archive, name="goal-archive"),
    path("policy/", views.policy, name="policy"),
    path("policy/propose/", views.policy_propose, name="policy-propose"),
    path("policy/versions/", views.policy_versions, name="policy-versions"),
    path("policy/<int:pk>/", views.policy_version, name="policy-version"),
    path("policy/<int:pk>/accept/", views.policy_accept, name="policy-accept"),
    path("policy/<int:pk>/check/", views.policy_check, name="policy-check"),
    path("portfolio/", views.portfolio, name="portfolio"),
    path("insights/", views.insights, name="insights"),
    path("insights/<int:pk>/dismiss/", views.insight_dismiss, name="insight-dismiss"),
    path("insights/<int:pk>/restore/", views.insight_restore, name="insight-restore"),
]
