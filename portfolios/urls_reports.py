"""Looking back: performance, each holding, rebalancing, documents."""

from django.urls import path

from portfolios.views import assistant, documents, holdings, ledger, performance, rebalance

urlpatterns = [
    path("portfolio/performance/", performance.performance, name="performance"),
    path("portfolio/performance.csv", performance.performance_csv, name="performance-csv"),
    path("portfolio/history/", ledger.rebalancing, name="portfolio-rebalancing"),
    path("portfolio/rebalancing/", rebalance.rebalance, name="portfolio-rebalance"),
    path("portfolio/<str:symbol>/", holdings.holding, name="portfolio-holding"),
    path("assistant/", assistant.conversation, name="assistant"),
    path("assistant/ask/", assistant.ask, name="assistant-ask"),
    path("assistant/<int:pk>/", assistant.exchange, name="assistant-exchange"),
    path("assistant/<int:pk>/take-back/", assistant.take_back, name="assistant-take-back"),
    path("documents/", documents.documents, name="documents"),
    path("documents/reports/<int:pk>/", documents.report, name="report"),
    path("documents/reports/<int:pk>/status/", documents.report_status, name="report-status"),
    path("documents/signed/<int:pk>/pdf/", documents.signed_pdf, name="signed-pdf"),
    path("documents/statements/", documents.statement_ask, name="statement-ask"),
    path("documents/reports/<int:pk>/pdf/", documents.report_pdf, name="report-pdf"),
    path("documents/reports/<int:pk>/file/", documents.report_file, name="report-file"),
]
