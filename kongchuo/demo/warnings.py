"""Marks, incidents, reports and support in the demo, and the warnings that follow from them and from the rolls."""

from datetime import timedelta
from random import Random

from casework.actions.warnings.following import follow_all_warnings
from casework.actions.warnings.support import add_support, call_conference
from casework.enums import Tier
from casework.models import RiskWarning, TeacherReport
from kongchuo.demo.pupils import moment
from organisation.actions.bulk import create_with_history
from organisation.enums import Stage
from organisation.models import Post
from organisation.queries.posts import Chair, PostBook
from students.enums import Band, IncidentKind, Subject
from students.models import Enrolment, Incident, TermMark
from students.queries.learning import terms_for

SUBJECTS = (Subject.CHINESE, Subject.MATHS, Subject.ENGLISH, Subject.ATTITUDE)
BANDS = (Band.EXCELLENT, Band.GOOD, Band.PASS, Band.FAIL)
USUAL, STRUGGLING = (30, 40, 25, 5), (5, 20, 40, 35)
SAID = ("上课常睡觉,说晚上照看弟弟妹妹", "近来不与同学说话", "说想跟亲戚去打工", "作业连续一周没有交")
DONE = ("谈话了解到家里农活忙,约定放学后补课", "家访,与祖父母商定每日接送", "与学习委员结对,每天对作业")


def fill(random: Random, built, today):
    """Bands of the last two terms for the main school, incidents, reports and support here and there; then warnings."""
    spells = (
        Enrolment.objects.current(on=today)
        .filter(status="in_school")
        .order_by("pk")
        .select_related("pupil__school_class")
    )
    pupils = [spell.pupil for spell in spells]
    book = PostBook({pupil.path for pupil in pupils}, on=today)
    teachers = {path: _teacher(book, path) for path in {pupil.path for pupil in pupils}}
    school = built.main_class.path[:-8]
    _bands(random, [pupil for pupil in pupils if pupil.path.startswith(school)], teachers, today)
    chosen = random.sample(pupils, min(len(pupils), max(5, len(pupils) // 60)))
    incidents, reports = [], []
    for pupil in chosen:
        by, on = teachers[pupil.path], today - timedelta(days=random.randrange(1, 25))
        base = {"pupil": pupil, "path": pupil.path, "on": on}
        if random.random() < 0.7:
            kind = random.choice((IncidentKind.CLASS_DISCIPLINE, IncidentKind.LATE))
            incidents.append(Incident(**base, kind=kind, text="课堂上提醒后改正", entered_by=by, entered_at=moment(on)))
        else:
            reason = random.choice(SAID)
            reports.append(
                TeacherReport(**base, points=random.randrange(2, 6), reason=reason, by=by, at=moment(on, 17))
            )
    create_with_history(Incident, incidents)
    TeacherReport.objects.bulk_create(reports)
    follow_all_warnings()
    standing = RiskWarning.objects.raised().filter(state="open").exclude(tier=Tier.RED).select_related("pupil")
    for warning in standing.filter(tier=Tier.ORANGE).order_by("pk")[:3]:
        at = moment(today + timedelta(days=1), 16)
        call_conference(warning, at=at, place="学校会议室", invited="任课教师、年级组长", by=teachers[warning.path])
    for warning in standing.order_by("pk"):
        if random.random() < 0.4:
            kind = random.choice(("talk", "home_visit", "tutoring"))
            add_support(warning.pupil, kind=kind, on=today, text=random.choice(DONE), by=teachers[warning.path])


def _teacher(book, path):
    held = book.holder(Chair("class_teacher", path)) or Post.objects.select_related("person").first()
    return held.person


def _bands(random, pupils, teachers, today):
    rows = []
    terms = terms_of(pupils[0], today) if pupils else []
    for pupil in pupils:
        weights = STRUGGLING if pupil.has_learning_difficulty else USUAL
        for term in terms:
            for subject in SUBJECTS:
                if subject == Subject.ENGLISH and pupil.school_class.stage == Stage.PRIMARY:
                    continue
                band = random.choices(BANDS, weights)[0]
                by, at = teachers[pupil.path], moment(min(term.last_day, today), 17)
                rows.append(
                    TermMark(
                        pupil=pupil,
                        path=pupil.path,
                        year=term.year,
                        term=term.number,
                        subject=subject,
                        band=band,
                        entered_by=by,
                        entered_at=at,
                    )
                )
    create_with_history(TermMark, rows)


def terms_of(pupil, today):
    """The last term and the one before it: the present one's marks are not known yet."""
    _, last = terms_for(pupil.path, on=today)
    return [last, *terms_for(pupil.path, on=last.first_day)[1:]]
