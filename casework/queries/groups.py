"""The special groups with their measures on file, or missing (F23)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery

from casework.enums import Tier
from casework.models import PlanMeasure, RiskWarning, SupportEntry
from casework.rules.support_due import GROUPS, groups_of
from organisation.enums import PUPIL_POSTS
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import at_or_below
from students.enums import TAUGHT
from students.models import Enrolment, Pupil, StudyPlan


def special_pupils(person, *, on: date, path="", group="", missing=False):
    """Pupils in school who belong to a group, with what is on file this school year: `measures`, `last_on`, `tier`."""
    paths = person.paths(on=on, kinds=PUPIL_POSTS)
    spells = Enrolment.objects.current(on=on).filter(pupil=OuterRef("pk"), status__in=TAUGHT)
    pupils = Pupil.objects.filter(at_or_below("path", paths)).filter(Exists(spells))
    if path:
        pupils = pupils.filter(at_or_below("path", [path]))
    flags = [group] if group in GROUPS else [*GROUPS]
    in_group = Q()
    for flag in flags:
        in_group |= Q(**{flag: True})
    since = school_year_start(school_year(on))
    entries = SupportEntry.objects.filter(pupil=OuterRef("pk"), on__gte=since).order_by().values("pupil")
    measures = PlanMeasure.objects.filter(plan__pupil=OuterRef("pk"), plan__made_on__gte=since)
    plans = StudyPlan.objects.filter(pupil=OuterRef("pk"), year=school_year(on))
    standing = RiskWarning.objects.raised().filter(pupil=OuterRef("pk"))
    pupils = pupils.filter(in_group).annotate(
        entries=Subquery(entries.annotate(number=Count("pk")).values("number")),
        last_on=Subquery(entries.annotate(last=Max("on")).values("last")),
        has_measures=Exists(measures),
        has_study_plan=Exists(plans),
        tier=Subquery(standing.values("tier")[:1]),
    )
    if missing:
        pupils = pupils.filter(entries__isnull=True, has_measures=False, has_study_plan=False)
    return pupils.order_by("path", "sort_key", "pk")


@dataclass(frozen=True)
class OnFile:
    """A line of the list."""

    pupil: Pupil
    groups: list[str]
    measures: list[str]

    @property
    def tier_label(self) -> str:
        return Tier(self.pupil.tier).label if self.pupil.tier else ""

    @property
    def is_missing(self) -> bool:
        return not self.measures


def on_file(pupil) -> OnFile:
    measures = [f"帮扶记录 {pupil.entries} 次"] if pupil.entries else []
    measures += ["帮扶计划"] if pupil.has_measures else []
    measures += ["学习计划"] if pupil.has_study_plan else []
    return OnFile(pupil, groups_of(pupil), measures)


def counted(pupils) -> tuple[int, int]:
    """(how many, how many of them with nothing on file), in one statement."""
    nothing = Q(entries__isnull=True, has_measures=False, has_study_plan=False)
    found = pupils.order_by().aggregate(all=Count("pk"), missing=Count("pk", filter=nothing))
    return found["all"], found["missing"]
