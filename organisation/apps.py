from importlib import import_module

from django.apps import AppConfig

from organisation.registry import NavItem, register_nav


class OrganisationConfig(AppConfig):
    name = "organisation"
    verbose_name = "组织机构"

    def ready(self):
        import_module("organisation.accounts")  # listens for chosen passwords
        register_nav(NavItem("home", "今日", "home", 10, lambda person, on: True))
