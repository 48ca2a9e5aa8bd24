from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from organisation.enums import Session
from organisation.models.unit import Unit
from organisation.rules.calendar import TermSpan
from organisation.rules.paths import at_or_below


class StatutoryDay(models.Model):
    """A day of the statutory calendar where it differs from the weekday: public holiday or make-up working day."""

    date = models.DateField("日期", primary_key=True)
    is_workday = models.BooleanField("上班")
    name = models.CharField("说明", max_length=40, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "法定节假日与调休"
        ordering = ["date"]

    def __str__(self):
        return f"{self.date} {'上班' if self.is_workday else '休息'}"


class Term(models.Model):
    """A semester of a unit and all below it."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="terms", verbose_name="单位")
    year = models.PositiveSmallIntegerField("学年")
    number = models.PositiveSmallIntegerField("学期", choices=[(1, "第一学期"), (2, "第二学期")])
    first_day = models.DateField("开学")
    last_day = models.DateField("放假")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学期"
        ordering = ["unit", "first_day"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "number"], name="a_unit_has_each_semester_once"),
            models.CheckConstraint(condition=Q(last_day__gt=F("first_day")), name="a_term_ends_after_it_began"),
        ]

    def __str__(self):
        return self.span.name

    @property
    def span(self) -> TermSpan:
        return TermSpan(self.year, self.number, self.first_day, self.last_day)


class SchoolDayQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """What the units at or below one's posts say of their days."""
        return self.filter(at_or_below("unit__path", person.paths(on=on)))


class SchoolDay(models.Model):
    """A day, or one session of it, that a unit adds or strikes out against the statutory calendar (P8)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="school_days", verbose_name="单位")
    date = models.DateField("日期")
    session = models.CharField("时段", max_length=7, choices=[("", "全天"), *Session.choices], blank=True)
    is_open = models.BooleanField("上课")
    note = models.CharField("说明", max_length=60, blank=True)

    objects = SchoolDayQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "校历调整"
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "date", "session"], name="a_unit_says_once_whether_there_is_school")
        ]

    def __str__(self):
        return f"{self.date} {self.get_session_display()} {'上课' if self.is_open else '放假'}"
