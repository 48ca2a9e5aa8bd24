"""The duties to sign (F40): one for each class, school or township and batch of sheets; done when no sheet waits."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accountability.actions.opening import open_many
from accountability.enums import CommitmentKind
from accountability.models import Commitment
from casework.actions.duties import cancel_duty, close_duty
from casework.models import Duty
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.edition import rule_books
from organisation.queries.posts import Chair
from organisation.rules.grades import school_year
from organisation.rules.paths import at_or_below

K = CommitmentKind
# Whoever signs alone has the duty; where several sign for one unit, who had the sheets made sees to it.
OWES = {
    K.COUNTY_TOWNSHIP: ("commitment_sign", PostKind.TOWNSHIP_OFFICER, "签订县与乡镇责任书"),
    K.TOWNSHIP_VILLAGE: ("commitment_gaps", PostKind.TOWNSHIP_OFFICER, "与村干部签订责任书"),
    K.BUREAU_PRINCIPAL: ("commitment_sign", PostKind.PRINCIPAL, "与教育局签订责任书"),
    K.PRINCIPAL_CLASS_TEACHER: ("commitment_sign", PostKind.CLASS_TEACHER, "与校长签订责任书"),
    K.PRINCIPAL_TEACHER: ("commitment_gaps", PostKind.PRINCIPAL, "与任课教师签订责任书"),
    K.TEACHER_GUARDIAN: ("commitment_gaps", PostKind.CLASS_TEACHER, "与家长签订责任书"),
}


@dataclass(frozen=True)
class Batch:
    """Sheets of a kind made for a unit on a day: new pupils have a batch, and a term, of their own."""

    kind: str
    unit: Unit
    dated: date

    @property
    def key(self) -> str:
        return f"{OWES[K(self.kind)][0]}:{self.kind}:{self.unit.code}:{self.dated.isoformat()}"


def batch_of(sheet: Commitment) -> Batch:
    return Batch(sheet.kind, sheet.unit, sheet.dated)


@transaction.atomic
def settle_commitments(unit: Unit) -> int:
    """Open what is owed for the sheets that wait at and below a unit, close what is done; again changes nothing."""
    year = school_year(clock.today())
    waiting = Commitment.objects.below(unit).waiting().filter(year=year).order_by()
    rows = waiting.values_list("kind", "unit", "dated").distinct()
    units = {one.pk: one for one in Unit.objects.filter(pk__in={pk for _, pk, _ in rows})}
    batches = [Batch(kind, units[pk], dated) for kind, pk, dated in rows]
    books = rule_books({batch.unit.path for batch in batches})
    wanted = {batch.key: _fields(batch, books[batch.unit.path]) for batch in batches}
    kinds = {kind for kind, _, _ in OWES.values()}
    stale = Duty.objects.open().filter(at_or_below("path", [unit.path]), kind__in=kinds)
    for duty in stale:
        if duty.key not in wanted:
            close_settled(duty)
    return open_many(wanted)


def _fields(batch: Batch, book) -> dict:
    kind, post, title = OWES[K(batch.kind)]
    path, today = batch.unit.path, clock.today()
    rules, calendar = book.rules(path, on=today).commitment, book.calendar(path)
    days = rules.guardian_sign_days if batch.kind == K.TEACHER_GUARDIAN else rules.staff_sign_days
    add = calendar.add_school_days if post in SCHOOL_POSTS else calendar.add_working_days
    return {
        "kind": kind,
        "title": f"{batch.unit.label(on=today)}:{title}",
        "chair": Chair(post, path),
        "path": path,
        "due_at": clock.end_of(add(batch.dated, days)),
        "about": batch.unit.pk,
    }


def close_settled(duty: Duty, *, by=None):
    """Done where its sheets were signed; cancelled where they were voided, or their year is over."""
    _, kind, code, dated = duty.key.split(":")
    sheets = Commitment.objects.filter(kind=kind, unit__code=code, dated=dated).standing()
    if sheets.exists() and not sheets.waiting().exists():
        close_duty(duty, by=by, text="责任书已签订")
    elif not sheets.waiting().filter(year=school_year(clock.today())).exists():
        cancel_duty(duty, text="没有待签的责任书")


def settle_batch(sheet: Commitment, *, by):
    """After a signature: the duty of its batch, where no sheet of it waits."""
    if Commitment.objects.waiting().filter(kind=sheet.kind, unit=sheet.unit, dated=sheet.dated).exists():
        return
    for duty in Duty.objects.select_for_update().open().filter(key=batch_of(sheet).key):
        close_settled(duty, by=by)


def settle_all_commitments():
    """Every county's, each night."""
    for county in Unit.objects.of_kind(UnitKind.COUNTY).open():
        settle_commitments(county)
