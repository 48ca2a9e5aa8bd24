"""Who is to sign which commitment (F40, P26): posts and children as they are on a day, a few statements a kind."""

from collections import defaultdict
from dataclasses import dataclass

from accountability.enums import CommitmentKind
from organisation.enums import PostKind, UnitKind
from organisation.models import Post, Unit
from organisation.queries.posts import Chair, PostBook
from organisation.rules.paths import ancestors, at_or_below
from students.enums import EnrolmentStatus
from students.models import Enrolment, Guardian

K = CommitmentKind
SIGNS = {
    K.COUNTY_TOWNSHIP: PostKind.TOWNSHIP_OFFICER,
    K.TOWNSHIP_VILLAGE: PostKind.VILLAGE_OFFICER,
    K.BUREAU_PRINCIPAL: PostKind.PRINCIPAL,
    K.PRINCIPAL_CLASS_TEACHER: PostKind.CLASS_TEACHER,
    K.PRINCIPAL_TEACHER: PostKind.SUBJECT_TEACHER,
}
ISSUES = {
    K.COUNTY_TOWNSHIP: (UnitKind.COUNTY, PostKind.BUREAU_HEAD),
    K.TOWNSHIP_VILLAGE: (UnitKind.TOWNSHIP, PostKind.TOWNSHIP_OFFICER),
    K.BUREAU_PRINCIPAL: (UnitKind.COUNTY, PostKind.BUREAU_HEAD),
    K.PRINCIPAL_CLASS_TEACHER: (UnitKind.SCHOOL, PostKind.PRINCIPAL),
    K.PRINCIPAL_TEACHER: (UnitKind.SCHOOL, PostKind.PRINCIPAL),
    K.TEACHER_GUARDIAN: (UnitKind.SCHOOL, PostKind.CLASS_TEACHER),
}


@dataclass(frozen=True)
class Party:
    """Somebody who is to sign: for which unit, in whose name the sheet goes out, and the names on it."""

    kind: CommitmentKind
    unit: Unit
    issuer: Unit
    party_a: str
    party_b: str
    signer: int | None = None
    pupil: int | None = None

    def key(self, year: int) -> str:
        """One sheet a year for a post of a person, and for a child at a school."""
        who = f"p{self.signer}" if self.signer else f"c{self.pupil}"
        place = self.issuer.code if self.pupil else self.unit.code
        return f"{self.kind}:{year}:{place}:{who}"


class Names:
    """The units at, above and below a path, and who issues in their name, in three statements."""

    def __init__(self, path, *, on):
        self.on = on
        around = Unit.objects.filter(at_or_below("path", [path])) | Unit.objects.filter(path__in=ancestors(path))
        self.units = {unit.path: unit for unit in around.open()}
        self.posts = PostBook([path], on=on)

    def above(self, path, kind) -> Unit | None:
        return next(
            (self.units[one] for one in ancestors(path) if one in self.units and self.units[one].kind == kind), None
        )

    def of_post(self, kind, unit: Unit) -> str:
        """八(1)班班主任 余老师; without a holder, the post alone."""
        holder = self.posts.own_holder(Chair(kind, unit.path))
        name = f" {holder.person.name}" if holder else ""
        return f"{unit.label(on=self.on)}{PostKind(kind).label}{name}"


def parties_of(kind: CommitmentKind, unit: Unit, names: Names) -> list[Party]:
    """Everybody at and below a unit who is to sign a commitment of that kind."""
    if kind == K.TEACHER_GUARDIAN:
        return _guardians(unit, names)
    rows = Post.objects.held(on=names.on).filter(at_or_below("unit__path", [unit.path]), kind=SIGNS[kind])
    posts = list(rows.filter(is_substitute=False).select_related("person", "unit").order_by("unit__path", "pk"))
    posts = [post for post in posts if post.unit.path in names.units]
    if kind == K.PRINCIPAL_TEACHER:
        return _teachers(posts, unit, names)
    if kind == K.PRINCIPAL_CLASS_TEACHER:
        posts = [post for post in posts if post.unit.is_at_stage(on=names.on)]
    return [party for post in posts if (party := _staff(kind, post.unit, post, names)) is not None]


def _staff(kind, unit, post, names) -> Party | None:
    issuer_kind, issuing_post = ISSUES[kind]
    issuer = names.above(unit.path, issuer_kind)
    if issuer is None:
        return None
    signed_as = f"{unit.label(on=names.on)}{PostKind(post.kind).label} {post.person.name}"
    return Party(kind, unit, issuer, names.of_post(issuing_post, issuer), signed_as, signer=post.person_id)


def _teachers(posts, unit, names) -> list[Party]:
    """A teacher signs once a school; who is a class teacher there signs that sheet, which says more."""
    heads = Post.objects.held(on=names.on).filter(at_or_below("unit__path", [unit.path]), kind=PostKind.CLASS_TEACHER)
    leading = {(person, path[:-8]) for person, path in heads.values_list("person", "unit__path")}
    found = {}
    for post in posts:
        school = names.above(post.unit.path, UnitKind.SCHOOL)
        if school is not None and (post.person_id, school.path) not in leading:
            found.setdefault((post.person_id, school.path), _staff(K.PRINCIPAL_TEACHER, school, post, names))
    return list(found.values())


def _guardians(unit, names) -> list[Party]:
    spells = Enrolment.objects.current(on=names.on).below(unit.path).with_status(EnrolmentStatus.IN_SCHOOL)
    rows = list(spells.order_by("path", "pupil__sort_key", "pupil").values_list("pupil", "pupil__name", "path"))
    called = defaultdict(list)
    guardians = Guardian.objects.filter(pupil__in=spells.values("pupil")).order_by("pupil", "order")
    for pupil, name in guardians.values_list("pupil", "name"):
        called[pupil].append(name)
    found, said = [], {}
    for pupil, name, path in rows:
        school_class, school = names.units.get(path), names.above(path, UnitKind.SCHOOL)
        if school_class is None or school is None:
            continue
        if path not in said:
            said[path] = f"{school.name} {names.of_post(PostKind.CLASS_TEACHER, school_class)}"
        party_b = "、".join(called[pupil]) or f"{name}的监护人"
        found.append(Party(K.TEACHER_GUARDIAN, school_class, school, said[path][:120], party_b[:160], pupil=pupil))
    return found
