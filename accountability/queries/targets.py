"""Targets of units and where they stand (F40): the opening of the year and the children out by now, three statements."""

from collections import Counter

from accountability.rules.targets import Progress, read
from organisation.models import Unit
from organisation.queries.edition import rule_books
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import ancestors
from students.queries.figures import dropouts, openings


class Counts:
    """Openings and dropouts of the school year for every unit at, above and below a path, added up once."""

    def __init__(self, path: str, *, on):
        census = school_year_start(school_year(on))
        due = openings(path, census=census, as_of=on)
        out = Counter(one.school_class for one in dropouts(path, as_of=on) if one.still_out)
        units = Unit.objects.filter(pk__in={*due, *out}).order_by().values_list("pk", "path", "stage")
        self._openings: Counter = Counter()
        self._out: Counter = Counter()
        for pk, where, stage in units:
            for above in ancestors(where):
                self._openings[above, stage] += due[pk]
                self._out[above, stage] += out[pk]

    def openings(self, path: str) -> dict[str, int]:
        """{stage: pupils due on the census date}"""
        return {stage: self._openings[path, stage] for stage in ("primary", "junior") if self._openings[path, stage]}

    def out(self, path: str, stage: str) -> int:
        """Who dropped out this school year and is not back."""
        return self._out[path, stage]


def progress_of(sheets, counts: Counts, *, on) -> dict[int, list[Progress]]:
    """{sheet: where each of its own targets stands now}"""
    books = rule_books({sheet.path for sheet in sheets})
    found = {}
    for sheet in sheets:
        near = books[sheet.path].rules(sheet.path, on=on).thresholds.near_percent
        opened = counts.openings(sheet.path)
        found[sheet.pk] = [
            Progress(target, counts.out(sheet.path, target.stage), opened.get(target.stage, 0), near)
            for target in read(sheet.targets)
        ]
    return found
