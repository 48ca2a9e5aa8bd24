from importlib import import_module

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "指标与报表"

    def ready(self):
        import_module("reports.panels").register()
