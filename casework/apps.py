from importlib import import_module

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "casework"
    verbose_name = "控辍工作"

    def ready(self):
        import_module("casework.panels").register()
        import_module("casework.queries.chain").seal_casework()
