from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "robo.ui"
    label = "ui"
