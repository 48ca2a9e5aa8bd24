"""The pupils of the register whom the rows of a roster may mean (F03)."""

from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from organisation.rules.paths import at_or_below
from students.enums import ChangeKind
from students.models import Enrolment, Guardian, Pupil, PupilAlias

FINISHED = (ChangeKind.GRADUATE, ChangeKind.COMPLETE)


@dataclass
class Known:
    """The pupils whom the rows may mean, with their open spells and guardians."""

    by_identity: dict[str, Pupil] = field(default_factory=dict)
    by_registry: dict[str, Pupil] = field(default_factory=dict)
    without_papers: dict[tuple, list[Pupil]] = field(default_factory=dict)
    spells: dict[int, Enrolment] = field(default_factory=dict)
    finished: dict[int, date] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)  # indexes of numbers that a merged file had
    guardians: dict[int, dict[int, Guardian]] = field(default_factory=dict)


def known_pupils(checked, schools) -> Known:
    """Of a batch of rows; by number, and by name and birth where a row says none."""
    known = Known()
    paperless = [row for row in (one.row for one in checked) if says_no_number(row) and row.school_code in schools]
    if paperless:
        paths = {schools[row.school_code].path for row in paperless}
        found = Pupil.objects.filter(at_or_below("path", paths), identity_index=None)
        found = found.filter(name__in={row.values["name"] for row in paperless})
        for pupil in found.select_related("residence", "school_class"):
            key = (pupil.school_class.school_code, pupil.name, pupil.sex, pupil.born_on)
            known.without_papers.setdefault(key, []).append(pupil)
        _know_more(known, [pupil.pk for pupils in known.without_papers.values() for pupil in pupils])
    identities = {one.identity for one in checked} - {None}
    registries = {one.registry for one in checked} - {None}
    pupils = list(Pupil.objects.filter(pk__in=_keys(Pupil, identities, registries)).select_related("residence"))
    known.by_identity = {pupil.identity_index: pupil for pupil in pupils if pupil.identity_index}
    known.by_registry = {pupil.registry_index: pupil for pupil in pupils if pupil.registry_index}
    former = PupilAlias.objects.filter(pk__in=_keys(PupilAlias, identities, registries))
    for alias in former.select_related("pupil__residence"):
        pupils.append(alias.pupil)
        known.by_identity.setdefault(alias.identity_index, alias.pupil)
        known.by_registry.setdefault(alias.registry_index, alias.pupil)
        known.former |= {alias.identity_index, alias.registry_index} - {None}
    _know_more(known, [pupil.pk for pupil in pupils])
    return known


def _keys(model, identities, registries) -> set[int]:
    """Whose number is one of these. Said straight to the database: most of a county's first roster is nobody yet."""
    found = set()
    with connection.cursor() as cursor:
        for column, marks in (("identity_index", identities), ("registry_index", registries)):
            if marks:
                places = ", ".join(["%s"] * len(marks))
                statement = f"SELECT id FROM {model._meta.db_table} WHERE {column} IN ({places})"
                cursor.execute(statement, [*marks])
                found |= {row[0] for row in cursor.fetchall()}
    return found


def says_no_number(row) -> bool:
    """Neither an identity number nor a 学籍号: found by name, sex and birth in its own school alone."""
    return bool(row.values["name"]) and not row.values["identity_number"] and not row.values["registry_number"]


def _know_more(known, keys):
    if not keys:
        return
    open_spells = Enrolment.objects.filter(pupil__in=keys, ends__isnull=True).select_related("school_class")
    known.spells |= {spell.pupil_id: spell for spell in open_spells}
    ended = Enrolment.objects.filter(pupil__in=keys, ended_by__kind__in=FINISHED).order_by("starts")
    known.finished |= dict(ended.values_list("pupil", "ends"))
    for guardian in Guardian.objects.filter(pupil__in=keys):
        known.guardians.setdefault(guardian.pupil_id, {})[guardian.order] = guardian
