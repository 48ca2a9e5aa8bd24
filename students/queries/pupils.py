"""Finding children: by name or pinyin initials, by class, by status; numbers only through the blind index."""

from django.db.models import Count, Exists, OuterRef, Q

from organisation.errors import NotYours
from organisation.rules.cells import code_of
from organisation.rules.paths import at_or_below
from students.models import Enrolment, Pupil, PupilAlias
from students.models.pupil import identity_index, registry_index
from students.permissions import may_see_files
from students.rules.roster import name_of

SHOWN = 80


def find_pupils(person, *, on, q="", path="", status=""):
    """The pupils that the person may see and that match; nothing matches what is no name."""
    if not may_see_files(person, on=on):
        raise NotYours("permission_denied", "您的岗位不查看学生档案。")
    pupils = Pupil.objects.visible_to(person, on=on).select_related("school_class")
    q = name_of(q)[:SHOWN]
    if q:
        lower = q.lower().replace(" ", "")
        pupils = pupils.filter(Q(name__contains=q) | Q(initials__startswith=lower) | Q(initials__contains=f" {lower}"))
    if path:
        pupils = pupils.filter(at_or_below("path", [path]))
    if status == "none":
        pupils = pupils.exclude(Exists(Enrolment.objects.current(on=on).filter(pupil=OuterRef("pk"))))
    elif status:
        spells = Enrolment.objects.current(on=on).filter(pupil=OuterRef("pk"), status=status)
        pupils = pupils.filter(Exists(spells))
    return pupils


def find_by_number(person, *, on, registry_number="", identity_number=""):
    """The pupil with that number, found without the number standing anywhere in clear."""
    if not may_see_files(person, on=on):
        raise NotYours("permission_denied", "您的岗位不查看学生档案。")
    pupils = Pupil.objects.visible_to(person, on=on).select_related("school_class")
    column = "registry_index" if registry_number else "identity_index"
    index = registry_index(code_of(registry_number).upper()) or identity_index(code_of(identity_number).upper())
    if index is None:
        return pupils.none()
    merged = PupilAlias.objects.filter(**{column: index})
    return pupils.filter(Q(**{column: index}) | Q(pk__in=merged.values("pupil")))


def others_like(person, pupil, *, on):
    """Files that may be a second one of the same child: of the same name, in the person's scope."""
    seen = Pupil.objects.visible_to(person, on=on).exclude(pk=pupil.pk).select_related("school_class")
    return seen.filter(name=pupil.name).order_by("sort_key", "pk")[:20]


def tell_apart(pupils):
    """Give each pupil `apart`: birth date and last digits where another of the same class has the same name (P2)."""
    pupils = list(pupils)
    alike = Pupil.objects.filter(path__in={one.path for one in pupils}, name__in={one.name for one in pupils})
    groups = alike.order_by().values("path", "name").annotate(number_of=Count("pk")).filter(number_of__gt=1)
    shared = set(groups.values_list("path", "name")) if pupils else set()
    for pupil in pupils:
        pupil.apart = pupil.told_apart if (pupil.path, pupil.name) in shared else ""
