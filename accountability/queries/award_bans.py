"""Award bans (F53, P24): computed from decisions in force and from classes over their target, never typed.

A decision that a review or an appeal revokes is in force no more, and so is the ban.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accountability.enums import IN_FORCE, BanReason, Form
from accountability.models import Finding
from accountability.queries.class_targets import ClassYear, class_years, year_ends
from accountability.rules.awards import is_barred_in
from organisation.enums import PostKind
from organisation.models import Person, Post, Unit
from organisation.queries.units import names_of
from organisation.rules.grades import school_year_start
from organisation.rules.paths import at_or_below
from organisation.templatetags.chinese import day

OF_CLASS = (PostKind.CLASS_TEACHER, PostKind.SUBJECT_TEACHER)


@dataclass(frozen=True)
class Ban:
    """Who is barred in a school year, and why in a sentence."""

    subject: Person | Unit
    reason: BanReason
    text: str

    @property
    def is_person(self) -> bool:
        return isinstance(self.subject, Person)

    @property
    def key(self) -> tuple[str, int]:
        return key_of(self.subject)


def key_of(subject) -> tuple[str, int]:
    return ("person" if isinstance(subject, Person) else "unit", subject.pk)


def bans_in(paths, year: int, *, on: date) -> list[Ban]:
    """All bans of people and units at or below these units, or who held posts there in the year."""
    held = posts_in_year(year).filter(at_or_below("unit__path", paths))
    there = Q(subject_person__in=held.values("person")) | at_or_below("subject_unit__path", paths)
    return _of_findings(there, year, on) + _of_classes(class_years(paths, year, on=on), year, on)


def bans_of(subjects, year: int, *, on: date) -> dict[tuple[str, int], list[Ban]]:
    """{key: bans} of these people and units, wherever the people taught in the year."""
    people = [one for one in subjects if isinstance(one, Person)]
    units = [one for one in subjects if not isinstance(one, Person)]
    taught = posts_in_year(year).filter(person__in=people, kind__in=OF_CLASS)
    paths = {*taught.values_list("unit__path", flat=True), *(unit.path for unit in units if unit.kind == "class")}
    bans = _of_findings(Q(subject_person__in=people) | Q(subject_unit__in=units), year, on)
    bans += _of_classes(class_years(paths, year, on=on), year, on) if paths else []
    wanted = {key_of(subject) for subject in subjects}
    found = defaultdict(list)
    for ban in bans:
        if ban.key in wanted:
            found[ban.key].append(ban)
    return found


def posts_in_year(year: int):
    """Posts that were held at any time of the school year."""
    first, after = school_year_start(year), school_year_start(year + 1)
    return Post.objects.filter(Q(last_day__isnull=True) | Q(last_day__gte=first), first_day__lt=after)


def _of_findings(there, year, on) -> list[Ban]:
    """Decisions in force; being exempted is not being held to account (F52)."""
    rows = Finding.objects.filter(there, state__in=IN_FORCE, in_force_from__lte=year_ends(year, on))
    rows = (
        rows.exclude(form=Form.EXEMPT).select_related("subject_person", "subject_unit").order_by("in_force_from", "pk")
    )
    found = []
    for one in rows:
        if is_barred_in(year, one.in_force_from, one.expires_on, is_sanction=one.form == Form.SANCTION):
            what = one.get_sanction_display() or one.get_form_display()
            text = f"{day(one.in_force_from)}起{what}生效,{year}—{year + 1} 学年不得评优评先"
            found.append(Ban(one.subject_person or one.subject_unit, BanReason.FINDING, text))
    return found


def _of_classes(classes: list[ClassYear], year, on) -> list[Ban]:
    """Each class over its target, and who taught it when its children went: not who took it over later."""
    barred = [one for one in classes if one.is_barred]
    if not barred:
        return []
    names = names_of({one.unit.path for one in barred}, on=year_ends(year, on))
    posts = defaultdict(list)
    held = posts_in_year(year).filter(unit__in=[one.unit.pk for one in barred], kind__in=OF_CLASS)
    for post in held.select_related("person").order_by("kind", "pk"):
        posts[post.unit_id].append(post)
    found = []
    for one in barred:
        said = f"辍学 {len(one.losses)} 人,控制目标 {one.most} 人,未能全部按时报告并劝返"
        found.append(Ban(one.unit, BanReason.CLASS_TARGET, f"{year}—{year + 1} 学年{said}"))
        gone = [loss.since for loss in one.losses if not loss.is_excused]
        seen = set()
        for post in posts[one.unit.pk]:
            taught = any(
                post.first_day <= gone_on and (post.last_day is None or post.last_day >= gone_on) for gone_on in gone
            )
            if taught and post.person_id not in seen:
                seen.add(post.person_id)
                text = f"任{names[one.unit.path]}{post.get_kind_display()},该班{said}"
                found.append(Ban(post.person, BanReason.CLASS_TARGET, text))
    return found
