"""Naming the two lines of many cases at once (P12): looked at first, then done."""

from dataclasses import dataclass

from django.db import transaction

from casework.actions.cases.moves import locked
from casework.models import Case
from casework.permissions import may_assign
from organisation import clock
from organisation.errors import Malformed, NotYours
from organisation.models import Person
from students.actions.timeline import record

LINES = {"education_line": "教育线", "government_line": "政府线"}


@dataclass(frozen=True)
class Assignment:
    """What would change on one case; `refusal` says why it would not."""

    case: Case
    before: Person | None
    refusal: str = ""

    @property
    def changes(self) -> bool:
        return not self.refusal


def preview_assignment(cases, line: str, person: Person, *, by) -> list[Assignment]:
    """What naming `person` for a line of these cases would change, and where it may not be done."""
    if line not in LINES:
        raise Malformed("unknown_line", "请选择教育线或政府线。")
    today, found = clock.today(), []
    for case in cases:
        before, refusal = getattr(case, line), ""
        if not may_assign(by, case, on=today):
            refusal = "不由您指定"
        elif not any(post.unit.path[:12] == case.path[:12] for post in person.posts_on(today)):
            refusal = f"{person.name}不在本县任职"
        elif before is not None and before.pk == person.pk:
            refusal = "已是责任人"
        found.append(Assignment(case, before, refusal))
    return found


@transaction.atomic
def assign_line(case: Case, line: str, person: Person, *, by) -> Case:
    """Name the person of one line of a case. Raises NotYours, Malformed."""
    case = locked(case)
    (looked,) = preview_assignment([case], line, person, by=by)
    if looked.refusal == "不由您指定":
        raise NotYours("permission_denied", "由学校负责人、乡镇或教育局指定责任人。")
    if looked.refusal:
        raise Malformed("bad_person", f"{looked.refusal}。", fields={"person": [looked.refusal]})
    setattr(case, line, person)
    case.save()
    record(case.pupil, "case", f"{LINES[line]}责任人:{person.name}", by=by, on=clock.today(), link=f"/cases/{case.pk}/")
    return case
