"""A list costs as many statements for three rows as for one; the roll costs the same whatever the class."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accountability.enums import Ground
from accountability.models import Lead, SpotCount
from accountability.tests import matters
from casework.models import Duty, Escalation, Lapse, Measure, Reminder
from kongchuo.tests.test_matrix import PAGES
from kongchuo.tests.world import Place, fill_accountable, fill_followed, fill_moved, fill_routine, make_hit
from organisation.actions.access import log_access
from organisation.enums import PostKind, UnitKind
from organisation.models import Job, SchoolDay, Unit
from organisation.rules.paths import ancestors
from organisation.tests.factories import make_class, make_holder, make_person
from reports.models import MonthlyReturn, Snapshot, SnapshotPupil
from students.actions.register import change_register
from students.actions.rolls import submit_roll
from students.models import LeaveSlip, RegisterChange, Roll, TimelineEntry
from students.queries.rolls import sheet_for
from students.tests.factories import make_guardian, make_pupil, make_roll, make_spell, moment

DAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 20)


@pytest.fixture
def offices(county, school_a, class_a, class_teacher, grade_head, principal, county_clerk, administrator):
    """Whoever looks at the lists: a clerk above, a principal, and who runs the accounts."""
    administrator.is_staff = True
    return {"principal": principal, "county_clerk": county_clerk, "administrator": administrator}


def row(number, school, teacher, asking):
    """One more of everything: a class with its teacher, a child with all that can happen to a child."""
    school_class = make_class(school, number=number + 10)
    own_teacher = make_holder(PostKind.CLASS_TEACHER, school_class)
    pupil = make_pupil(school_class)
    make_guardian(pupil)
    make_spell(pupil, school_class, starts=date(2025, 9, 1), ends=date(2026, 9, 1))
    roll = make_roll(school_class, FRIDAY, by=own_teacher, marks={pupil: "unverified"})
    make_roll(school_class, DAY, by=own_teacher, marks={pupil: "truant"})
    path = school_class.path
    LeaveSlip.objects.create(
        pupil=pupil, path=path, kind="sick", first_day=DAY + timedelta(days=7), last_day=DAY + timedelta(days=8),
        applied_by="母亲", reason="住院", entered_by=own_teacher, entered_at=moment(DAY),
    )  # fmt: skip
    RegisterChange.objects.create(
        pupil=pupil,
        kind="enrol",
        date=FRIDAY,
        effective_on=FRIDAY,
        to_class=school_class,
        at=moment(FRIDAY),
        by=teacher,
    )
    TimelineEntry.objects.create(pupil=pupil, on=DAY, at=moment(DAY), kind="slip", text="请假", by=own_teacher)
    log_access(own_teacher, "view", what="pupil", key=pupil.number, path=path)
    _duties(number, school_class, pupil, roll, own_teacher, asking)
    _figures(number, school, school_class, pupil, asking)
    SchoolDay.objects.create(unit=school, date=date(2027, 1, number + 1), is_open=False)
    _followed(number, school, school_class, pupil, own_teacher, asking)
    return pupil


def _followed(number, school, school_class, pupil, teacher, asking):
    """What follows an absence, and who moved, as in the world of the matrix."""
    county = Unit.objects.above(school_class.path).get(kind=UnitKind.COUNTY)
    staff = {PostKind.CLASS_TEACHER: teacher, PostKind.PRINCIPAL: asking[0], PostKind.REGISTRAR: asking[0]}
    place = Place(school_class, school, county, staff, pupil, code=f"21520007{number:02}")
    place.gone = make_pupil(school_class, starts=date(2025, 9, 1))
    change_register(place.gone, "drop_out", date=date(2026, 10, 9), reason="外出务工", by=None)
    place.escalation = Escalation.objects.get(pupil=pupil)
    make_hit(place, Roll.objects.filter(school_class=school_class).first(), teacher)
    count = SpotCount.objects.create(
        school_class=school_class, path=school_class.path, date=FRIDAY, session="am", counted=1, by=teacher,
        at=moment(FRIDAY),
    )  # fmt: skip
    count.absent.add(pupil)
    fill_followed(place, teacher, school_class.path)
    fill_moved(place, teacher, school_class.path)
    fill_routine(place, teacher, school_class.path)
    fill_accountable(place, asking[0])


def _duties(number, school_class, pupil, roll, teacher, asking):
    path = school_class.path
    chairs = [(PostKind.CLASS_TEACHER, path), (PostKind.PRINCIPAL, ancestors(path)[-3])]
    chairs += [(PostKind.COUNTY_CLERK, path[:12])]
    kinds = {
        "call_roll": (f"call_roll:{school_class.pk}:2026-11-23:am", school_class.pk),
        "find_out": (f"find_out:{roll.pk}:{pupil.pk}", roll.pk),
        "tell_guardians": (f"tell:{pupil.pk}", None),
    }
    for kind, (key, about) in kinds.items():
        for chair, (post_kind, chair_path) in enumerate(chairs):
            place = {"post_kind": post_kind, "chair_path": chair_path, "path": path}
            when = {"due_at": moment(date(2026, 11, 9)), "opened_at": moment(date(2026, 11, 6))}
            key_of = key if chair == 0 or kind != "tell_guardians" else f"{key}:{chair}"
            if chair and kind != "tell_guardians":
                continue
            duty = Duty.objects.create(kind=kind, key=key_of, about=about, title=kind, pupil=pupil, **place, **when)
            Lapse.objects.create(duty=duty, person=teacher, post_kind=post_kind, since=FRIDAY)
            for person in asking:
                Reminder.objects.create(duty=duty, stage="next_post", person=person, at=moment(FRIDAY))
    done = {"state": "done", "done_at": moment(FRIDAY), "done_by": teacher}
    Duty.objects.filter(kind="tell_guardians", post_kind=PostKind.CLASS_TEACHER, pupil=pupil).update(**done)
    step = Escalation.objects.create(
        pupil=pupil, path=path, day=FRIDAY, period="2026-1", count=1, count_now=1, level=1, owner=PostKind.CLASS_TEACHER,
        document="谈话记录", due_at=moment(DAY, 23), created_at=moment(FRIDAY),
    )  # fmt: skip
    Measure.objects.create(escalation=step, kind="verbal_warning")
    matters.put(asking[0], subject_person=teacher)
    Lead.objects.create(
        lapse=Lapse.objects.filter(duty__pupil=pupil).first(), subject=teacher, subject_post=PostKind.CLASS_TEACHER,
        path=path, ground=Ground.G2, evidence={"title": "逾期", "late_days": 9}, screener_kind=PostKind.PRINCIPAL,
        screener_path=ancestors(path)[-3], opened_at=moment(DAY),
    )  # fmt: skip


def _figures(number, school, school_class, pupil, asking):
    figure = {"school_year": 2026, "as_of": DAY, "numerator": 1, "denominator": 9, "computed_at": moment(DAY)}
    for unit in (school, school_class):
        for stage in ("junior", "all"):
            Snapshot.objects.get_or_create(
                unit=unit, path=unit.path, stage=stage, formula="dropout_rate", defaults=figure, as_of=DAY
            )
    SnapshotPupil.objects.create(
        as_of=DAY, formula="dropout_rate", stage="junior", path=school_class.path, pupil=pupil, since=FRIDAY
    )
    MonthlyReturn.objects.create(
        unit=school, path=school.path, period=f"2026-0{number + 1}", cells=[], digest="", made_at=moment(DAY),
        made_by=asking[0],
    )  # fmt: skip
    for person in asking:
        Job.objects.create(kind="students.export_roster", title="导出名册", asked_by=person, unit=school)


LISTS = [
    ("principal", "/"),
    ("principal", "/badges/"),
    ("principal", "/rolls/day/?day=2026-11-20"),
    ("principal", "/students/"),
    ("county_clerk", "/students/?q=xs&status="),
    ("principal", "/slips/"),
    ("principal", "/duties/"),
    ("principal", "/duties/?view=below"),
    ("county_clerk", "/duties/?view=overdue"),
    ("county_clerk", "/duties/?view=done"),
    ("principal", "/escalations/"),
    ("principal", "/leads/"),
    ("principal", "/truth/"),
    ("principal", "/truth/rates/"),
    ("county_clerk", "/truth/counts/"),
    ("county_clerk", "/history/"),
    ("county_clerk", "/commitments/"),
    ("principal", "/commitments/make/"),
    ("county_clerk", "/commitments/gaps/"),
    ("principal", "/commitments/progress/"),
    ("principal", "/commitments/print/?kind=teacher_guardian"),
    ("county_clerk", "/routine/"),
    ("principal", "/routine/activities/"),
    ("principal", "/routine/surveys/"),
    ("principal", "/routine/inspections/"),
    ("principal", "/routine/plans/{school}/"),
    ("principal", "/routine/groups/{school}/"),
    ("principal", "/routine/contacts/{school}/"),
    ("county_clerk", "/complaints/"),
    ("principal", "/accountability/"),
    ("principal", "/nominations/?q=班主任"),
    ("principal", "/commendations/"),
    ("principal", "/api/v1/award-bans/"),
    ("principal", "/findings/"),
    ("principal", "/findings/?state=all"),
    ("principal", "/findings/mine/"),
    ("principal", "/api/v1/findings/"),
    ("principal", "/cases/"),
    ("county_clerk", "/cases/?state=all"),
    ("principal", "/cases/assign/"),
    ("principal", "/cases/monthly/"),
    ("principal", "/ledgers/"),
    ("county_clerk", "/ledgers/dropouts/"),
    ("county_clerk", "/compare/"),
    ("county_clerk", "/compare/away/"),
    ("principal", "/referrals/"),
    ("principal", "/ratios/"),
    ("principal", "/inquiries/"),
    ("principal", "/appeals/"),
    ("principal", "/warnings/"),
    ("county_clerk", "/warnings/groups/"),
    ("county_clerk", "/warnings/points/"),
    ("principal", "/letters/"),
    ("principal", "/letters/forms/"),
    ("principal", "/settings/letters/"),
    ("county_clerk", "/transfers/"),
    ("county_clerk", "/arrivals/"),
    ("principal", "/learning/"),
    ("principal", "/rates/"),
    ("principal", "/rates/{figure}/students/"),
    ("principal", "/returns/"),
    ("principal", "/jobs/"),
    ("principal", "/settings/calendar/"),
    ("principal", "/regulation/"),
    ("administrator", "/settings/people/"),
    ("administrator", "/admin/organisation/person/"),
    ("administrator", "/admin/organisation/post/"),
    ("administrator", "/admin/organisation/unit/"),
    ("administrator", "/admin/organisation/schoolday/"),
    ("principal", "/api/v1/units/"),
    ("principal", "/api/v1/classes/"),
    ("principal", "/api/v1/students/"),
    ("principal", "/api/v1/escalations/"),
    ("principal", "/api/v1/cases/"),
    ("principal", "/api/v1/warnings/"),
    ("principal", "/api/v1/duties/"),
    ("principal", "/api/v1/duties/?mine=1"),
    ("principal", "/api/v1/duties/?overdue=1"),
    ("principal", "/api/v1/rates/"),
    ("principal", "/api/v1/rates/{figure}/students/"),
    ("principal", "/api/v1/rates/{figure}/students/?part=denominator"),
    ("principal", "/api/v1/returns/"),
]


@pytest.mark.parametrize(("post", "page"), LISTS)
def test_a_list_costs_as_much_for_three_rows_as_for_one(as_, offices, school_a, class_teacher, connection_, post, page):
    client, asking = as_(offices[post]), (offices["principal"], offices["county_clerk"])

    def cost():
        url = page.format(figure=Snapshot.objects.get(unit=school_a, stage="all").pk, school=school_a.code)
        client.get(url)  # what is read once and kept is read now
        with CaptureQueriesContext(connection_) as statements:
            assert client.get(url).status_code == 200
        return [query["sql"] for query in statements]

    row(0, school_a, class_teacher, asking)
    for_one = cost()
    for number in (1, 2):
        row(number, school_a, class_teacher, asking)
    for_three = cost()
    assert len(for_three) == len(for_one), "\n".join(for_three)


# Forms, pages that lead elsewhere, and the description of the API list nothing.
NO_LISTS = {"finding_new", "start", "rolls", "settings", "roster_import", "roster_export", "api_schema", "api_docs"} | {
    "warning_report", "groups_export", "blank_form", "learning_import", "learning_template",
    "compare_import", "inspection_new", "warning_backtest", "lead_new", "spot_count_new",
}  # fmt: skip


def test_every_list_is_counted():
    counted = {resolve(page.format(figure=1, school=1).partition("?")[0]).url_name for _, page in LISTS}
    lists = {row.route for row in PAGES if row.method == "GET"} - NO_LISTS
    assert lists <= counted, f"Without a line in LISTS: {sorted(lists - counted)}"


CHILD = [
    "/students/{number}/",
    "/students/{number}/change/",
    "/api/v1/students/{number}/",
    "/api/v1/students/{number}/timeline/",
]


@pytest.mark.parametrize("page", CHILD)
def test_a_childs_page_costs_as_much_however_much_happened(
    as_, county_clerk, class_a, class_teacher, connection_, page
):
    pupil = make_pupil(class_a)
    client = as_(county_clerk)

    def happens(number):
        day = FRIDAY - timedelta(days=7 * number)
        make_guardian(pupil, order=number + 1)
        make_roll(class_a, day, by=class_teacher, marks={pupil: "truant"})
        TimelineEntry.objects.create(pupil=pupil, on=day, at=moment(day), kind="x", text="谈话", by=make_person())
        change = {"pupil": pupil, "kind": "enrol", "date": day, "effective_on": day, "at": moment(day)}
        RegisterChange.objects.create(**change, to_class=class_a, by=make_person())
        log_access(make_person(), "view", what="pupil", key=pupil.number, path=class_a.path)
        LeaveSlip.objects.create(
            pupil=pupil, path=class_a.path, kind="sick", first_day=day, last_day=day, applied_by="母亲", reason="住院",
            entered_by=class_teacher, entered_at=moment(day),
        )  # fmt: skip
        step = Escalation.objects.create(
            pupil=pupil, path=class_a.path, day=day, period="2026-1", count=1, count_now=1, level=1,
            owner=PostKind.CLASS_TEACHER, document="谈话记录", due_at=moment(day), created_at=moment(day),
        )  # fmt: skip
        Measure.objects.create(escalation=step, kind="verbal_warning")
        pupil.village = f"{number}组"
        pupil.save()

    def cost():
        client.get(page.format(number=pupil.number))
        with CaptureQueriesContext(connection_) as statements:
            assert client.get(page.format(number=pupil.number)).status_code == 200
        return len(statements)

    happens(0)
    for_one = cost()
    happens(1)
    happens(2)
    assert cost() == for_one


@pytest.mark.parametrize("pupils", [5, 50])
def test_a_roll_is_opened_in_8_and_saved_in_12_statements(class_a, class_teacher, connection_, pupils):
    listed = [make_pupil(class_a) for _ in range(pupils)]
    sheet_for(class_a, DAY, "am")  # the rule book is read once
    class_teacher.posts_on(DAY)

    def save(version, absent):
        marks = [{"student": pupil.number, "kind": "truant", "note": ""} for pupil in absent]
        with CaptureQueriesContext(connection_) as saving, transaction.atomic():
            submit_roll(class_a, DAY, "am", version=version, marks=marks, by=class_teacher)
        return len([query for query in saving if "SAVEPOINT" not in query["sql"]])

    with CaptureQueriesContext(connection_) as opening:
        assert len(sheet_for(class_a, DAY, "am").listed) == pupils
    assert len(opening) <= 8
    assert save(0, listed[:4]) <= 12
    assert save(1, listed[2:5]) <= 12
