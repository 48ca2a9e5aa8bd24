from importlib import import_module

from django.apps import AppConfig


class KongchuoConfig(AppConfig):
    name = "kongchuo"
    verbose_name = "控辍保学"

    def ready(self):
        import_module("kongchuo.checks")
