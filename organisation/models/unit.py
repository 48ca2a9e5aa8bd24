from datetime import date

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from organisation.enums import SchoolKind, SchoolSystem, Stage, UnitKind
from organisation.rules.grades import LAST_GRADE, class_name, grade_name, last_grade, school_year
from organisation.rules.paths import STEP, ancestors, at_or_below


class UnitQuerySet(MP_NodeQuerySet):
    def below(self, unit):
        """`unit` and all under it, by an index range."""
        return self.filter(at_or_below("path", [unit.path]))

    def above(self, path):
        """The units from the root down to `path` itself."""
        return self.filter(path__in=ancestors(path))

    def of_kind(self, *kinds):
        return self.filter(kind__in=kinds)

    def open(self):
        return self.filter(closed_on__isnull=True)

    def visible_to(self, person, *, on):
        """Units at or below any unit where `person` holds a post on that day."""
        return self.filter(at_or_below("path", person.paths(on=on)))


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):
    def get_queryset(self):
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class Unit(MP_Node):
    """One node of the tree from province to class (F01). Codes last, units are closed and never deleted.

    A cohort is a year of entry at one stage of one school and moves up through the grades; a class hangs under it.
    `stage`, `system`, `entry_year` and `first_grade` stand on both, so that a grade needs no join.
    """

    code = models.CharField("代码", max_length=24, unique=True)
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类别", max_length=10, choices=UnitKind)
    school_kind = models.CharField("学校类别", max_length=14, choices=SchoolKind, blank=True)
    system = models.CharField("学制", max_length=3, choices=SchoolSystem, blank=True)
    is_boarding = models.BooleanField("寄宿制", default=False)
    stage = models.CharField("学段", max_length=7, choices=Stage, blank=True)
    entry_year = models.PositiveSmallIntegerField("入学年份", null=True, blank=True)
    first_grade = models.PositiveSmallIntegerField("起始年级", null=True, blank=True)
    number = models.PositiveSmallIntegerField("班号", null=True, blank=True)
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    steplen = STEP
    node_order_by: list[str] = []
    objects = UnitManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=UnitKind.SCHOOL) | (~Q(school_kind="") & ~Q(system="")),
                name="a_school_has_a_kind_and_a_system",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[UnitKind.COHORT, UnitKind.CLASS])
                | (~Q(stage="") & ~Q(system="") & Q(entry_year__isnull=False) & Q(first_grade__isnull=False)),
                name="a_cohort_and_its_classes_have_stage_and_entry_year",
            ),
            models.CheckConstraint(
                condition=~Q(kind=UnitKind.CLASS) | Q(number__isnull=False), name="a_class_has_its_number"
            ),
        ]

    def __str__(self):
        return self.name

    def grade(self, *, on: date) -> int:
        """The grade of a cohort or class on a day; above the stage's last grade once it has left."""
        return school_year(on) - self.entry_year + self.first_grade

    def is_at_stage(self, *, on: date) -> bool:
        """Whether a cohort or class is in one of its stage's grades on that day."""
        return self.first_grade <= self.grade(on=on) <= last_grade(Stage(self.stage), self.system)

    def is_compulsory(self, *, on: date) -> bool:
        """Whether its children are due in school on that day, here or, past its last grade, at the next stage."""
        return self.first_grade <= self.grade(on=on) <= LAST_GRADE

    def label(self, *, on: date) -> str:
        """What people call the unit on a day: 七(3)班, 七年级, or its name."""
        if self.kind == UnitKind.CLASS:
            return class_name(self.grade(on=on), self.number)
        if self.kind == UnitKind.COHORT:
            return grade_name(self.grade(on=on))
        return self.name

    @property
    def county_path(self) -> str:
        """The path of the county that the unit lies in; its own where it lies above one."""
        return self.path[: 3 * STEP]

    @property
    def school_code(self) -> str:
        """The school of a cohort or class is the head of its code."""
        return self.code.split("-")[0]
