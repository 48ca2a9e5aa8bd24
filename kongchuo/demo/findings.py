"""A few matters of accountability in the demo, each in another state, walked there by the product's own verbs."""

from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings

from accountability.actions.findings.deciding import decide_matter, serve_decision
from accountability.actions.findings.hearing import hear_defence, notify_subject, state_defence
from accountability.actions.findings.opening import dismiss_matter, put_matter, screen_matter
from accountability.actions.findings.reviewing import ask_review
from accountability.actions.findings.team import add_evidence, name_team
from organisation.errors import Refused
from organisation.models import Person, Post, Unit

LATE_VISIT = {"code": "G4", "act": "omitted", "text": "接到连续三天未到校的报告后,十天没有家访,也没有联系家长"}
FALSE_ROLL = {"code": "G8", "act": "false", "text": "检查前一天补填五天点名,把四名缺勤学生记为到校"}
LATE_RETURN = {"code": "G3", "act": "late", "text": "连续两个月没有按时报送月报,催报后仍未报送"}
DRIVEN_OUT = {"code": "G5", "act": "wrongful", "text": "三次在课上对成绩差的学生说不要再来上课,其中一名次日未到校"}
BASIS = "《控辍保学责任追究办法》第三条、第五条"


@contextmanager
def on_day(day):
    """The product stands on an earlier day: the verbs take no dates that are not theirs."""
    before, settings.KONGCHUO_TODAY = settings.KONGCHUO_TODAY, day.isoformat()
    try:
        yield
    finally:
        settings.KONGCHUO_TODAY = before


def fill(today):
    """Matters before the principal of the main school and before the bureau head; none where these posts are missing."""
    people = {one.login: one for one in Person.objects.all()}
    principal, bureau = people["xiaozhang"], people["juzhang"]
    school = principal.posts.first().unit
    held = Post.objects.held(on=today).select_related("person", "unit").order_by("pk")
    teachers = held.filter(kind="class_teacher", unit__path__startswith=school.path)
    principals = held.filter(kind="principal").exclude(unit=school)
    staff = [people[login] for login in ("fuxiaozhang", "jiaodao")]
    office = [people[login] for login in ("dudao", "jiaoyuju")]
    plans = [
        (principal, staff, {"subject_person": people["renke"]}, DRIVEN_OUT, "notified", 4),
        (principal, staff, {"subject_person": teachers[1].person}, LATE_VISIT, "served", 40),
        (bureau, office, {"subject_person": principals[0].person}, FALSE_ROLL, "heard", 20),
        (bureau, office, {"subject_person": principals[1].person}, LATE_RETURN, "investigating", 9),
        (bureau, office, {"subject_unit": principals[2].unit}, LATE_RETURN, "decided", 30),
        (bureau, office, {"subject_unit": Unit.objects.get(pk=school.pk)}, LATE_RETURN, "dismissed", 25),
        (bureau, office, {"subject_person": principals[0].person}, LATE_RETURN, "screening", 2),
    ]
    for plan in plans:
        try:
            _walk(today, *plan)
        except Refused:  # a small demo may have nobody who is free to handle it: then there is one matter less
            continue


def _walk(today, decider, team, subject, ground, to, days_ago):
    def day(n):
        return on_day(min(today, today - timedelta(days=days_ago) + timedelta(days=n)))

    with day(0):
        finding = put_matter(by=decider, grounds=[ground], text="督导检查中发现。", **subject)
    if to == "screening":
        return
    if to == "dismissed":
        with day(2):
            dismiss_matter(finding, text="经核查,当月已书面报送,系统登记有误。", by=decider)
        return
    with day(1):
        screen_matter(finding, text="有具体的行为,应当调查。", by=decider)
        name_team(finding, team, by=decider)
    with day(2):
        for one in finding.grounds.all():
            add_evidence(finding, one, title="登记簿和谈话笔录", text="与系统记录一致,当事人承认。", by=team[0])
    if to == "investigating":
        return
    form = "criticism" if "subject_unit" in subject else "admonition"
    with day(3):
        notify_subject(finding, facts=ground["text"] + "。", basis=BASIS, form=form, by=team[0])
    if to == "notified":
        return
    with day(5):
        if "subject_person" in subject:
            state_defence(finding, text="当时在外培训,没有委托他人,愿意改正。", by=subject["subject_person"])
        hear_defence(
            finding, text="已听取。", answer="培训属实,但应当委托他人,部分采纳。", outcome="partly", by=team[0]
        )
    if to == "heard":
        return
    with day(8):
        decide_matter(finding, form=form, reasons="没有造成严重后果,态度端正。", by=decider)
    if to == "decided":
        return
    with day(10):
        serve_decision(finding, received_by=finding.subject.name, by=team[0])
    with day(20):
        ask_review(finding, text="认为当时的情况没有充分考虑。", by=subject["subject_person"])
