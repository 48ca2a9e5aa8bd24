"""What a county's offices owe by the calendar (P14, P15, F34): field checks and proofs at each term's start, inspections
each half-year. Opened each night under a key of their own, so that a second run changes nothing."""

from django.db import transaction

from casework.actions.duties import close_duty, open_duty
from casework.enums.household import RowEntryKind
from casework.models import Duty, HouseholdRow, LabourInspection
from casework.permissions import may_inspect
from casework.rules.half_years import end_of_half, half_of
from organisation import clock
from organisation.enums import PostKind, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair


def open_county_duties() -> int:
    """The duties of every county that today's term and half-year ask for; returns how many were looked at."""
    counties = list(Unit.objects.of_kind(UnitKind.COUNTY).open())
    for county in counties:
        open_field_check(county)
        settle_proofs(county)
        open_inspection(county)
    return len(counties)


def open_field_check(county: Unit):
    """At each term's start the bureau goes and looks (P15); ticked off by hand, with what was found."""
    today, book = clock.today(), rule_book(county.path)
    calendar = book.calendar(county.path)
    term = calendar.term_of(today)
    if term is None:
        return
    days = book.rules(county.path, on=today).compare.field_check_days
    _open(county, f"field_check:{county.code}:{term.key}", "field_check", PostKind.COUNTY_CLERK,
          f"{term.name}开学实地核查:走访乡镇、学校,核对名单、学籍和点名",
          calendar.add_working_days(term.first_day, days))  # fmt: skip


def stale_proofs(county: Unit):
    """Rows whose proof of attending elsewhere is of an earlier term."""
    term = rule_book(county.path).calendar(county.path).semester_of(clock.today()).key
    rows = HouseholdRow.objects.current().filter(path=county.path, decision=RowEntryKind.ELSEWHERE)
    return rows.exclude(proved_term=term)


def settle_proofs(county: Unit):
    """One duty a term while proofs of attending elsewhere are of an earlier one (P14); done with the last of them."""
    today, book = clock.today(), rule_book(county.path)
    calendar = book.calendar(county.path)
    term, number = calendar.semester_of(today), stale_proofs(county).count()
    key = f"elsewhere_again:{county.code}:{term.key}"
    if not number:
        for duty in Duty.objects.open().filter(key=key):
            close_duty(duty, text="本学期就读证明已齐")
        return
    days = book.rules(county.path, on=today).compare.elsewhere_again_days
    due = calendar.add_working_days(term.first_day, days)
    _open(county, key, "elsewhere_again", PostKind.COUNTY_CLERK, f"{number} 名在他处就读的孩子,本学期重新取证", due)


def open_inspection(county: Unit):
    """Two inspections a year by the labour authority (F34), unless this half's was made."""
    today = clock.today()
    half = half_of(today)
    if not LabourInspection.objects.filter(county=county, half=half).exists():
        title = f"{half[:4]}年{'上' if half.endswith('1') else '下'}半年用工检查"
        _open(county, f"labour_inspection:{county.code}:{half}", "labour_inspection", PostKind.LABOUR_OFFICER, title,
              end_of_half(today))  # fmt: skip


def _open(county, key, kind, post, title, due_on):
    open_duty(
        kind,
        key,
        title=title,
        chair=Chair(post, county.path),
        path=county.path,
        due_at=clock.end_of(due_on),
        about=county.pk,
    )


@transaction.atomic
def record_inspection(county: Unit, *, by, on, places, children_found, text="") -> LabourInspection:
    """An inspection: where, and how many children were found at work (F34). Raises NotYours, Malformed, Refused."""
    if not may_inspect(by, county.path, on=clock.today()):
        raise NotYours("permission_denied", "用工检查由人社专员登记。")
    if not places.strip():
        raise Malformed("missing", "请写明检查了哪些单位。", fields={"places": ["必填"]})
    if on > clock.today():
        raise Refused("future_date", "日期不能晚于今天。")
    made = LabourInspection.objects.create(
        county=county,
        half=half_of(on),
        on=on,
        places=places.strip(),
        children_found=children_found,
        text=text.strip(),
        by=by,
        at=clock.now(),
    )
    for duty in Duty.objects.open().filter(key=f"labour_inspection:{county.code}:{made.half}"):
        close_duty(duty, by=by, text=f"检查 {on:%Y-%m-%d},发现童工 {children_found} 人")
    return made
