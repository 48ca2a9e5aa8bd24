"""The regulation in force for a unit on a day (F70): the default one, changed down the tree."""

from functools import lru_cache

from django.db.models import Q

from organisation.models import Regulation
from organisation.rules.paths import ancestors, at_or_below
from organisation.rules.regulation import Rules, merge


class RegulationBook:
    """The regulations at, above and below `path` on any day, in one statement."""

    def __init__(self, path: str):
        rows = Regulation.objects.filter(at_or_below("unit__path", [path]) | Q(unit__path__in=ancestors(path)))
        self._layers: dict[str, list[Regulation]] = {}
        for row in rows.filter(state__in=["approved", "filed"]).select_related("unit"):
            self._layers.setdefault(row.unit.path, []).append(row)
        self._rules = lru_cache(maxsize=None)(self._merged)

    def layers(self, path: str, *, on) -> list[Regulation]:
        """The regulation of each unit from the top down that is in force at `path` on that day."""
        found = []
        for above in ancestors(path):
            effective = [row for row in self._layers.get(above, ()) if row.effective_from <= on]
            if effective:
                found.append(max(effective, key=lambda row: (row.effective_from, row.version)))
        return found

    def of(self, path: str, *, on) -> Rules:
        return self._rules(tuple(self.layers(path, on=on)))

    def _merged(self, layers) -> Rules:
        return merge(layer.rules for layer in layers)


def regulation_for(path: str, *, on) -> Rules:
    """What the regulation says at `path` on that day; for many units take one `RegulationBook`."""
    return RegulationBook(path).of(path, on=on)
