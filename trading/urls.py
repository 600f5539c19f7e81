from django.urls import path

from trading import views

app_name = "trading"
urlpatterns = [
    path("", views.search, name="search"),
    path("disclosure/", views.disclosure, name="disclosure"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/cancel/", views.order_cancel, name="order-cancel"),
    path("<str:symbol>/", views.quote, name="quote"),
    path("<str:symbol>/order/", views.ticket, name="ticket"),
]
"""Included at /trade/; found only with a self-directed account."""
