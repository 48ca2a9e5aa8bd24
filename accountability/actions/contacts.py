"""Contacts with families (P9): each child's at least once a school year, one in orange within days."""

from datetime import date, timedelta

from django.db import transaction

from accountability.actions.opening import close_by_key, open_many
from accountability.actions.routine import key_of
from accountability.enums import ContactKind
from accountability.models import HomeContact
from accountability.permissions import may_contact
from accountability.queries.contacts import contacted_since, progress_by_class
from casework.actions.duties import cancel_duty, close_duty
from casework.enums import Tier
from casework.models import Duty, RiskWarning
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours
from organisation.queries.edition import rule_books
from organisation.queries.posts import Chair
from organisation.rules.grades import school_year
from students.actions.timeline import record
from students.models import Pupil

ORANGE = "orange_contact"
OLDEST = timedelta(days=180)


@transaction.atomic
def record_contact(pupil: Pupil, kind: ContactKind, *, on: date, whom: str, text: str, by) -> HomeContact:
    """A visit or call; written down twice alike it is one. Raises NotYours, Malformed (`missing`, `bad_time`)."""
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    if not may_contact(by, pupil.path, on=clock.today()):
        raise NotYours("permission_denied", "家访联系由班主任或学校负责人登记。")
    lacking = [label for label, value in (("见到的人", whom), ("情况", text)) if not value.strip()]
    if lacking:
        raise Malformed("missing", f"请填写{'、'.join(lacking)}。", fields={label: ["必填"] for label in lacking})
    if not clock.today() - OLDEST <= on <= clock.today():
        raise Malformed("bad_time", "日期不能晚于今天,也不能太早。", fields={"on": ["日期不对"]})
    said = {"pupil": pupil, "kind": kind, "on": on, "whom": whom.strip()[:80], "text": text.strip()[:500], "by": by}
    before = HomeContact.objects.filter(**said).first()
    if before:
        return before
    made = HomeContact.objects.create(path=pupil.path, at=clock.now(), **said)
    record(pupil, "home_contact", f"{made.get_kind_display()}({made.whom}):{made.text}", by=by, on=on)
    for duty in Duty.objects.select_for_update().open().filter(kind=ORANGE, pupil=pupil):
        close_duty(duty, by=by, text=f"{on:%Y-%m-%d} {made.get_kind_display()}")
    _settle_class(pupil, by)
    return made


def _settle_class(pupil, by):
    """With the last child of the class the year's contacts are done."""
    year = school_year(clock.today())
    reached, taught = progress_by_class(pupil.path, year=year, on=clock.today()).get(pupil.school_class_id, (0, 1))
    if reached >= taught:
        close_by_key(key_of("home_contacts", pupil.school_class.code, str(year)), by=by, text="全班已联系")


@transaction.atomic
def open_orange_contacts() -> int:
    """Who rose to orange is visited or called within days (P9); a contact since then has done it."""
    today = clock.today()
    standing = list(RiskWarning.objects.standing().filter(tier=Tier.ORANGE).select_related("pupil").order_by("pk"))
    books = rule_books({warning.path for warning in standing})
    reached = contacted_since({warning.pupil_id: warning.risen_on for warning in standing})
    wanted, settled = {}, set()
    for warning in standing:
        key = f"{ORANGE}:{warning.pk}:{warning.risen_on.isoformat()}"
        if warning.pupil_id in reached:
            settled.add(key)
            continue
        book = books[warning.path]
        days = book.rules(warning.path, on=today).routine.orange_contact_days
        wanted[key] = _fields(warning, book.calendar(warning.path), today, days)
    for duty in Duty.objects.open().filter(kind=ORANGE).exclude(key__in=wanted):
        if duty.key in settled:
            close_duty(duty, text="已联系")
        else:
            cancel_duty(duty, text="已不是橙色预警")
    return open_many(wanted)


def _fields(warning, calendar, today, days) -> dict:
    return {
        "kind": ORANGE,
        "title": f"家访或电话联系{warning.pupil.name}(橙色预警)",
        "chair": Chair(PostKind.CLASS_TEACHER, warning.path),
        "path": warning.path,
        "due_at": clock.end_of(calendar.add_school_days(warning.risen_on, days)),
        "else_due_at": clock.end_of(calendar.add_school_days(today, days)),
        "pupil": warning.pupil_id,
        "about": warning.pupil_id,
    }
