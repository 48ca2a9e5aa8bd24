import hashlib
import secrets
import string

from django.db import models
from django.db.models import Exists, OuterRef, Q
from simple_history.models import HistoricalRecords

from organisation.enums import PUPIL_POSTS, PostKind
from organisation.fields import SealedField
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from organisation.sealing import blind_index, masked
from students.enums import EnrolmentStatus, Sex

ALPHABET = string.ascii_lowercase + string.digits
PAIRS = [one + other for one in ALPHABET for other in ALPHABET]
NUMBER_LENGTH = 10
IDENTITY = "pupil.identity_number"
REGISTRY = "pupil.registry_number"
PHONE = "guardian.phone"
# For the people in charge of a case only (roles.md): not even that they changed is shown to others.


def new_number() -> str:
    """A random public key: it says nothing about the child."""
    drawn = secrets.randbelow(len(PAIRS) ** (NUMBER_LENGTH // 2))
    number = ""
    for _ in range(NUMBER_LENGTH // 2):
        drawn, place = divmod(drawn, len(PAIRS))
        number += PAIRS[place]
    return number


def fingerprint_of(number: str) -> int:
    """40 bits whose sum over a group of pupils tells whether it is still the same group (figures.md)."""
    return int.from_bytes(hashlib.blake2b(number.encode(), digest_size=5).digest(), "big")


class PupilQuerySet(models.QuerySet):
    def below(self, path):
        return self.filter(at_or_below("path", [path]))

    def known_as(self, number):
        """The file with that public key, or into which the file that had it was merged."""
        merged = PupilAlias.objects.filter(number=number)
        return self.filter(Q(number=number) | Q(pk__in=merged.values("pupil")))

    def visible_to(self, person, *, on):
        """Pupils at or below the person's posts; beyond the tree those a grant opens; to a township who dropped out."""
        own = at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS))
        held = [(post.kind, post.unit_id) for post in person.posts_on(on)]
        granted = Q(pk__in=[])
        for kind, unit in held:
            open_now = PupilGrant.objects.open(on=on).filter(post_kind=kind, unit=unit, pupil=OuterRef("pk"))
            granted |= Q(Exists(open_now))
        townships = person.paths(on=on, kinds=(PostKind.TOWNSHIP_OFFICER,))
        if townships:
            out = self.model.enrolments.rel.related_model.objects.current(on=on).filter(
                at_or_below("path", townships), status=EnrolmentStatus.DROPPED_OUT, pupil=OuterRef("pk")
            )
            granted |= Q(Exists(out))
        return self.filter(own | granted)


class PupilData(models.Model):
    """What is known of a child, in columns. Numbers are sealed; `path` is the present or last class's."""

    number = models.CharField("编号", max_length=10, default=new_number, editable=False)
    fingerprint = models.BigIntegerField(editable=False)
    name = models.CharField("姓名", max_length=80)
    initials = models.CharField("拼音首字母", max_length=60)
    sort_key = models.CharField(max_length=120)
    sex = models.CharField("性别", max_length=6, choices=Sex)
    born_on = models.DateField("出生日期")
    ethnicity = models.CharField("民族", max_length=20)
    identity_type = models.CharField("身份证件类型", max_length=30)
    identity_number = SealedField(
        "身份证件号", column=IDENTITY, indexed_in="identity_index", indexed_as=IDENTITY, blank=True
    )
    identity_index = models.CharField(max_length=40, null=True, editable=False)
    registry_number = SealedField(
        "学籍号", column=REGISTRY, indexed_in="registry_index", indexed_as=REGISTRY, blank=True
    )
    registry_index = models.CharField(max_length=40, null=True, editable=False)
    school_class = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="班级")
    path = models.CharField(max_length=255)
    residence = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="居住乡镇"
    )
    address = models.CharField("家庭住址", max_length=200, blank=True)
    household_place = models.CharField("户籍所在地", max_length=200, blank=True)
    village = models.CharField("行政村/组", max_length=80, blank=True)
    carer = models.CharField("实际照护人", max_length=80, blank=True)
    parents_work_place = models.CharField("父母务工地", max_length=120, blank=True)
    entered_on = models.DateField("入学年月", null=True, blank=True)
    is_boarder = models.BooleanField("住校", default=False)
    is_left_behind = models.BooleanField("留守儿童", default=False)
    is_migrant = models.BooleanField("随迁子女", default=False)
    is_orphan = models.BooleanField("孤儿", default=False)
    is_unsupported = models.BooleanField("事实无人抚养", default=False)
    is_in_hardship = models.BooleanField("困境儿童", default=False)
    is_disabled = models.BooleanField("残疾", default=False)
    is_poor = models.BooleanField("脱贫户或监测户", default=False)
    is_special_family = models.BooleanField("特殊家庭", default=False)
    has_learning_difficulty = models.BooleanField("学困生", default=False)
    is_in_justice = models.BooleanField("涉案(限制查看)", default=False)
    health = models.CharField("健康状况(限制查看)", max_length=80, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    class Meta:
        abstract = True

    def prepare(self):
        """Fill what follows from other columns; bulk writers call it themselves."""
        self.fingerprint = fingerprint_of(self.number)
        self.identity_index = identity_index(self.identity_number)
        self.registry_index = registry_index(self.registry_number)


class Pupil(PupilData):
    """A child on the register, or who was on it (F02)."""

    number = models.CharField("编号", max_length=10, unique=True, default=new_number, editable=False)
    identity_index = models.CharField(max_length=40, null=True, unique=True, editable=False)
    registry_index = models.CharField(max_length=40, null=True, unique=True, editable=False)
    path = models.CharField(max_length=255, db_index=True)

    objects = PupilQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学生"
        ordering = ["sort_key", "pk"]

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        self.prepare()
        super().save(**kwargs)

    @property
    def masked_identity_number(self):
        return masked(self.identity_number)

    @property
    def masked_registry_number(self):
        return masked(self.registry_number)

    @property
    def told_apart(self):
        """What tells the pupil from another of the same name: birth date and last digits (P2)."""
        last = (self.registry_number or self.identity_number)[-4:]
        return f"{self.born_on:%Y-%m-%d}{f' 尾号{last}' if last else ''}"

    @property
    def has_no_identity_number(self):
        """A gap to close: a child without papers is a child (P1)."""
        return not self.identity_number


def identity_index(number: str) -> str | None:
    return blind_index(number, column=IDENTITY) if number else None


def registry_index(number: str) -> str | None:
    return blind_index(number, column=REGISTRY) if number else None


class PupilAlias(models.Model):
    """What a second file of the same child was known by (P1): its address leads to the file that was kept, its numbers find it."""

    number = models.CharField("编号", max_length=10, unique=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="aliases", verbose_name="并入的档案")
    name = models.CharField("姓名", max_length=80)
    identity_number = SealedField(
        "身份证件号", column=IDENTITY, indexed_in="identity_index", indexed_as=IDENTITY, blank=True
    )
    identity_index = models.CharField(max_length=40, null=True, db_index=True, editable=False)
    registry_number = SealedField(
        "学籍号", column=REGISTRY, indexed_in="registry_index", indexed_as=REGISTRY, blank=True
    )
    registry_index = models.CharField(max_length=40, null=True, db_index=True, editable=False)
    reason = models.CharField("原因", max_length=200)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("合并时间")

    class Meta:
        verbose_name = verbose_name_plural = "合并的档案"
        ordering = ["-at"]

    def __str__(self):
        return f"{self.name} {self.number}"

    @property
    def masked_registry_number(self):
        return masked(self.registry_number)


class GuardianQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """A child's guardians are seen by who sees the child."""
        return self.filter(pupil__in=Pupil.objects.visible_to(person, on=on))


def phone_index(number: str) -> str | None:
    return blind_index(number, column=PHONE) if number else None


class Guardian(models.Model):
    """A guardian of a pupil; the first in order is told first."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="guardians")
    order = models.PositiveSmallIntegerField("次序", default=1)
    name = models.CharField("监护人姓名", max_length=80)
    relation = models.CharField("关系", max_length=30)
    phone = SealedField("电话", column=PHONE, indexed_in="phone_index", indexed_as=PHONE, blank=True)
    phone_index = models.CharField(max_length=40, null=True, editable=False, db_index=True)
    lives_with = models.BooleanField("共同居住", null=True)

    objects = GuardianQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "监护人"
        ordering = ["pupil", "order"]
        constraints = [models.UniqueConstraint(fields=["pupil", "order"], name="a_pupils_guardians_are_numbered")]

    def __str__(self):
        return f"{self.name}({self.relation})"

    def save(self, **kwargs):
        self.prepare()
        super().save(**kwargs)

    def prepare(self):
        """Fill what follows from other columns; bulk writers call it themselves."""
        self.phone_index = phone_index(self.phone)

    @property
    def masked_phone(self):
        return masked(self.phone)


class PupilGrantQuerySet(models.QuerySet):
    def open(self, *, on):
        return self.filter(Q(last_day__isnull=True) | Q(last_day__gte=on), first_day__lte=on)

    def visible_to(self, person, *, on):
        """To whom a child was opened is seen by the people in charge of the child, and by who was let in."""
        own = Q(pk__in=[])
        for post in person.posts_on(on):
            own |= Q(post_kind=post.kind, unit=post.unit_id)
        in_charge = at_or_below("pupil__path", person.paths(on=on, kinds=PUPIL_POSTS))
        return self.filter(in_charge | own)


class PupilGrant(models.Model):
    """Opens one child beyond the tree to a post, for a reason and a time (roles.md)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="grants")
    post_kind = models.CharField("岗位", max_length=20, choices=PostKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField("可见内容", default=list)
    reason = models.CharField("事由", max_length=200)
    first_day = models.DateField("起")
    last_day = models.DateField("止", null=True, blank=True)

    objects = PupilGrantQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "个别授权"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["post_kind", "unit"])]

    def __str__(self):
        return f"{self.pupil} → {self.unit} {self.get_post_kind_display()}"
