from importlib import import_module

from django.apps import AppConfig


class AccountabilityConfig(AppConfig):
    name = "accountability"
    verbose_name = "责任追究"

    def ready(self):
        import_module("accountability.panels").register()
        import_module("accountability.queries.chain").seal_accountability()
