from datetime import date

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from organisation.enums import PostKind
from organisation.models.unit import Unit
from organisation.rules.paths import at_or_below


class PersonQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Oneself, and whoever holds a post at or below one's own; to who runs the accounts, everybody."""
        if person.is_active and person.is_staff:
            return self.all()
        posts = Post.objects.visible_to(person, on=on)
        return self.filter(Q(pk=person.pk) | Q(pk__in=posts.values("person")))


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    def create_user(self, login, password=None, **fields):
        person = self.model(login=login, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, login, password=None, **fields):
        return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. What a person sees and does follows from the posts held, never from the person."""

    login = models.CharField("登录名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=60)
    phone = models.CharField("手机", max_length=20, blank=True)
    staff_number = models.CharField("工号", max_length=30, null=True, blank=True, unique=True)
    is_staff = models.BooleanField("管理员", default=False)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=False)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["pk"]

    def __str__(self):
        return self.name

    def get_full_name(self):
        return self.name

    get_short_name = get_full_name

    def posts_on(self, on: date) -> list["Post"]:
        """The posts held on that day with their units, read once per object and day."""
        cache = self.__dict__.setdefault("_posts_on", {})
        if on not in cache:
            held = Post.objects.held(on=on).filter(person_id=self.pk) if self.is_active else Post.objects.none()
            cache[on] = list(held.select_related("unit").order_by("unit__path", "pk"))
        return cache[on]

    def paths(self, *, on: date, kinds=None) -> list[str]:
        """Paths of the units where the person holds a post (of one of `kinds`) on that day."""
        return [post.unit.path for post in self.posts_on(on) if kinds is None or post.kind in kinds]

    def holds(self, *kinds: str, at: str, on: date) -> bool:
        """Whether the person holds a post of one of `kinds` at the path `at` or above it on that day."""
        return any(at.startswith(path) for path in self.paths(on=on, kinds=kinds))


class PostQuerySet(models.QuerySet):
    def held(self, *, on):
        """Posts that are held on that day by people who can sign in."""
        until = Q(last_day__isnull=True) | Q(last_day__gte=on)
        return self.filter(until, first_day__lte=on, person__is_active=True)

    def visible_to(self, person, *, on):
        """Posts at or below any unit where `person` holds one."""
        return self.filter(at_or_below("unit__path", person.paths(on=on)))


class Post(models.Model):
    """A post held by a person at a unit from the first day to the last, both included; open-ended without a last."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts", verbose_name="人员")
    kind = models.CharField("岗位", max_length=20, choices=PostKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts", verbose_name="单位")
    first_day = models.DateField("起")
    last_day = models.DateField("止", null=True, blank=True)
    is_substitute = models.BooleanField("代理", default=False)

    objects = PostQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "岗位"
        ordering = ["unit", "kind", "first_day"]
        indexes = [models.Index(fields=["kind", "unit", "first_day"])]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "unit", "first_day"], name="a_post_is_entered_once"),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="a_post_ends_after_it_began",
            ),
        ]

    def __str__(self):
        return f"{self.unit.name} {self.get_kind_display()}"
