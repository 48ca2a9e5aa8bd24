"""Whom a change of points would move, seen before anybody decides (F20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from casework.enums import HEIGHTS, Tier
from casework.queries.risk import Child, risks_of
from casework.rules.signals import signals_of
from casework.rules.warnings import Assessment, assess
from organisation.rules.regulation import merge
from students.enums import EnrolmentStatus
from students.models import Enrolment

CHUNK = 2000


@dataclass(frozen=True)
class Moved:
    """A pupil whose tier would be another: before, after, and the reasons as they would then stand."""

    pupil: Child
    before: Assessment
    after: Assessment

    @property
    def is_higher(self) -> bool:
        return HEIGHTS[self.after.tier] > HEIGHTS[self.before.tier]


@dataclass(frozen=True)
class Preview:
    moved: list[Moved]
    before: dict[Tier, int]
    after: dict[Tier, int]


def preview_points(unit, changes: Mapping, on: date) -> Preview:
    """What `changes` of the warning's section of the regulation would do to every pupil in school below a unit.

    A fixed number of statements for each chunk of pupils; nothing is written.
    """
    spells = Enrolment.objects.current(on=on).below(unit.path).with_status(EnrolmentStatus.IN_SCHOOL)
    keys = list(spells.order_by("path", "pupil").values_list("pupil", flat=True))
    preview = Preview([], dict.fromkeys(Tier, 0), dict.fromkeys(Tier, 0))
    other: dict = {}
    for start in range(0, len(keys), CHUNK):
        for risk in risks_of(keys[start : start + CHUNK], on=on).values():
            rules = risk.rules
            if id(rules) not in other:
                other[id(rules)] = merge([rules.model_dump(mode="json"), {"warning": changes}]).warning
            before, after = _assess(risk, rules.warning), _assess(risk, other[id(rules)])
            preview.before[before.tier] += 1
            preview.after[after.tier] += 1
            if before.tier != after.tier:
                preview.moved.append(Moved(risk.pupil, before, after))
    return preview


def _assess(risk, rules) -> Assessment:
    return assess(signals_of(risk.facts, risk.period, rules), rules, has_case=risk.has_case, has_left=risk.has_left)
