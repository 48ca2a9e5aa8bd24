from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from organisation.chain import guard, seal_rows
from organisation.enums import CALENDAR_POSTS, SEAL_POSTS
from organisation.guards import set_guards
from organisation.registry import NavItem, register_nav


class OrganisationConfig(AppConfig):
    name = "organisation"
    verbose_name = "组织机构"

    def ready(self):
        import_module("organisation.accounts")  # listens for chosen passwords
        self._seal()
        register_nav(NavItem("home", "今日", "home", 10, lambda person, on: True))
        register_nav(NavItem("regulation", "制度", "regulation", 70, lambda person, on: bool(person.posts_on(on))))
        register_nav(NavItem("history", "校验", "history", 75, keeps_digests))
        register_nav(NavItem("settings", "设置", "settings", 80, has_settings))

    def _seal(self):
        entries, stones, seals = (self.get_model(name) for name in ("AccessEntry", "Tombstone", "Seal"))
        seal_rows(entries, place="path")
        seal_rows(stones, place="county")
        for model in (entries, stones, seals):
            guard(model)
        post_migrate.connect(set_guards, sender=self)


def keeps_digests(person, on) -> bool:
    """Who keeps the digests of sealed history elsewhere."""
    return bool(person.paths(on=on, kinds=SEAL_POSTS))


def has_settings(person, on) -> bool:
    """Whether there is anything for the person to set."""
    heads = any(post.kind in CALENDAR_POSTS.get(post.unit.kind, ()) for post in person.posts_on(on))
    return heads or person.is_staff
