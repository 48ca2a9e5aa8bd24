"""What each floor shows on shared pages: navigation, the home page, a child's file. Filled in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

HOME, PUPIL, SETTINGS = "home", "pupil", "settings"


@dataclass(frozen=True)
class NavItem:
    """One entry of the left navigation. `shown` and `badge` take (person, on)."""

    key: str
    label: str
    url_name: str
    order: int
    shown: Callable
    badge: Callable | None = None

    @property
    def counts(self) -> bool:
        """Whether a number stands beside the entry."""
        return self.badge is not None


@dataclass(frozen=True)
class Panel:
    """A part of a shared page. `build(request, subject, on)` gives the template's context, or None to stay away."""

    place: str
    order: int
    template: str
    build: Callable
    column: str = "main"


_navigation: dict[str, NavItem] = {}
_panels: dict[tuple[str, str], Panel] = {}


def register_nav(item: NavItem):
    _navigation[item.key] = item
    _roots.cache_clear()


def register_panel(panel: Panel):
    _panels[panel.place, panel.template] = panel


def navigation_for(person, *, on):
    """The navigation entries that the person's posts allow, in order."""
    items = sorted(_navigation.values(), key=lambda item: item.order)
    return [item for item in items if item.shown(person, on)]


def badges_for(person, *, on):
    """{key: number} of the entries that have something waiting; pages load them after they are shown."""
    return {item.key: item.badge(person, on) for item in navigation_for(person, on=on) if item.badge}


def panels_for(place, request, subject, *, on):
    """(panel, context) for every panel of a place that has something to say."""
    panels = sorted((panel for panel in _panels.values() if panel.place == place), key=lambda panel: panel.order)
    built = ((panel, panel.build(request, subject, on)) for panel in panels)
    return [(panel, context) for panel, context in built if context is not None]


@cache
def _roots() -> list[tuple[str, str]]:
    """(address, key) of every entry; they are registered at start-up and asked for on every page."""
    return [(reverse(item.url_name), item.key) for item in _navigation.values()]


def section_of(path) -> str:
    """The key of the navigation entry that a page belongs to; empty where it is none's."""
    found = [(root, key) for root, key in _roots() if path == root or (root != "/" and path.startswith(root))]
    return max(found, default=("", ""))[1]
