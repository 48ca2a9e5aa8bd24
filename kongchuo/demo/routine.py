"""The demo's commitments and routine work: most signed, some not; meetings, publicity, a self-inspection with its faults."""

from datetime import timedelta
from random import Random

from accountability.actions.activities import record_activity
from accountability.actions.commitments.making import make_commitments
from accountability.actions.inspections import Finding, correct_deficiency, inspect_school
from accountability.actions.plans import add_item, form_group, make_plan, open_item_duties
from accountability.actions.routine import open_routine_duties
from accountability.actions.surveys import enter_counts
from accountability.enums import (
    ActivityKind,
    Audience,
    CommitmentKind,
    CommitmentState,
    GroupKind,
    InspectionResult,
    SignedHow,
)
from accountability.models import Commitment, Deficiency, HomeContact
from accountability.queries.groups import SUGGESTED, Seat, candidates
from kongchuo.demo.pupils import moment
from organisation.actions.bulk import create_with_history, update_with_history
from organisation.enums import PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.posts import Chair, PostBook
from organisation.rules.routine import CHECKLIST
from students.models import Enrolment

K = CommitmentKind
KINDS = [K.BUREAU_PRINCIPAL, K.PRINCIPAL_CLASS_TEACHER, K.PRINCIPAL_TEACHER, K.TEACHER_GUARDIAN]
ITEMS = (
    ("开学初核对名单,逐一联系未报到学生", PostKind.REGISTRAR, 5),
    ("组织教师家访,重点走访留守儿童", PostKind.HEAD_OF_TEACHING, 20),
    ("法律宣传周:入户宣传和主题班会", PostKind.DROPOUT_OFFICER, 12),
)


def fill(random: Random, built, today):
    """By the product's own actions, for the main school in full and for the others in part."""
    county = Unit.objects.get(pk=built.county.pk)
    book = PostBook([county.path], on=today)
    clerk = book.holder(Chair(PostKind.COUNTY_CLERK, county.path)).person
    make_commitments(county, KINDS, by=clerk)
    _sign(random, today)
    _contact(random, county, book, today)
    make_plan(county, goals="全县小学辍学率控制在 0.6% 以内,初中 1.8% 以内;疑似辍学 3 天内核实。", by=clerk)
    for number, school in enumerate(Unit.objects.below(county).of_kind(UnitKind.SCHOOL)):
        _school(random, school, book, today, in_full=number == 0 or school.pk == built.schools[0].pk)
    open_routine_duties()
    open_item_duties()


def _sign(random, today):
    """Six of seven have signed by link in the demo: no photo stands for a signature that nobody gave."""
    signed = [
        sheet for sheet in Commitment.objects.filter(pupil__isnull=False).order_by("pk") if random.random() < 0.85
    ]
    for sheet in signed:
        sheet.state, sheet.signed_on, sheet.signed_how = CommitmentState.SIGNED, today, SignedHow.LINK
        sheet.signed_by = sheet.party_b.split("、")[0][:80]
    update_with_history(Commitment, signed, ["state", "signed_on", "signed_how", "signed_by"])


def _contact(random, county, book, today):
    spells = Enrolment.objects.current(on=today).below(county.path).select_related("pupil").order_by("pk")
    rows = []
    for spell in spells:
        holder = book.holder(Chair(PostKind.CLASS_TEACHER, spell.path))
        if holder is None or random.random() > 0.55:
            continue
        on = today - timedelta(days=random.randrange(1, 75))
        said = random.choice(("孩子在家表现正常,家长支持上学。", "父母在外务工,由祖父母照看,嘱咐保持电话畅通。"))
        given = {"whom": "监护人", "text": said, "by": holder.person, "at": moment(on, 18)}
        kind = random.choice(("visit", "call", "video"))
        rows.append(HomeContact(pupil=spell.pupil, path=spell.path, kind=kind, on=on, **given))
    create_with_history(HomeContact, rows)


def _school(random, school, book, today, *, in_full):
    principal = book.own_holder(Chair(PostKind.PRINCIPAL, school.path))
    if principal is None:
        return
    by = principal.person
    if in_full or random.random() < 0.7:
        plan = make_plan(school, goals="一名不少:疑似辍学当天家访,每名学生每学年联系一次家庭。", by=by)
        for title, post, days in ITEMS:
            add_item(plan, title=title, post_kind=post, due_on=today + timedelta(days=days), by=by)
        _group(school, by, today)
    if in_full or random.random() < 0.6:
        text = "在校门口和村委会发放《义务教育法》宣传单,讲解辍学的法律责任。"
        record_activity(
            school, ActivityKind.PUBLICITY, on=today - timedelta(days=9), text=text, by=by, topic="法律进村"
        )
        aware = random.randrange(34, 49)
        enter_counts(school, Audience.PUPILS, asked=50, answered=50, aware=aware, by=by)
    if in_full:
        _classes(random, school, book, today)
        _inspect(school, by, today)


def _group(school, by, today):
    seats, heads = [], 0
    for post in candidates(school, on=today):
        role = SUGGESTED.get(PostKind(post.kind))
        if role and not (role == "head" and heads):
            heads += role == "head"
            seats.append(Seat(post.person_id, post.kind, role))
    if heads and len(seats) >= 3:
        form_group(school, GroupKind.LEADING, seats[:9], by=by, on=today)


def _classes(random, school, book, today):
    for unit in Unit.objects.below(school).of_kind(UnitKind.CLASS):
        holder = book.own_holder(Chair(PostKind.CLASS_TEACHER, unit.path))
        if holder is None or random.random() < 0.3:
            continue
        record_activity(
            unit, ActivityKind.CLASS_MEETING, on=today, text="总结上周到校情况,讲防溺水和交通安全。", by=holder.person,
            topic="按时到校", place="本班教室",
        )  # fmt: skip
        pupils = list(Enrolment.objects.current(on=today).filter(school_class=unit, status="in_school")[:40])
        if random.random() < 0.6:
            absent = [spell.pupil_id for spell in pupils if random.random() < 0.1]
            record_activity(
                unit, ActivityKind.GUARDIANS_MEETING, on=today - timedelta(days=4), text="通报学习情况,宣讲控辍保学要求。",
                by=holder.person, topic="期中家长会", absent=absent,
            )  # fmt: skip


def _inspect(school, by, today):
    found = {item.key: Finding(InspectionResult.FINE) for item in CHECKLIST}
    for key, note, post in (
        ("full_curriculum", "七年级音乐课被占用,两周没有上", PostKind.HEAD_OF_TEACHING),
        ("support", "两名留守儿童没有结对教师", PostKind.DROPOUT_OFFICER),
    ):
        found[key] = Finding(InspectionResult.NOT, note, post, today + timedelta(days=7))
    inspect_school(school, found, on=today - timedelta(days=3), who="校长、教导主任、年级组长", by=by)
    first = Deficiency.objects.filter(path=school.path).order_by("pk").first()
    correct_deficiency(first, text="课表已恢复,教导处每天巡课。", by=by)
