"""The demo's children who vanished: noticed, visited, confirmed, reported, some of them back, by the product's own actions."""

from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

from django.conf import settings
from django.utils import timezone

from casework.actions.cases.opening import suspect
from casework.actions.cases.verbs import (
    bring_back,
    close_case,
    confirm_case,
    enforce_case,
    forward_report,
    make_follow_up,
    report_case,
    serve_notice,
    start_persuasion,
)
from casework.actions.cases.visits import record_visit
from casework.enums import CaseSource, CaseState
from casework.models import Case, CaseMove, Visit
from casework.queries.cases import chair_for
from kongchuo.demo.pupils import moment
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Refused
from organisation.queries.posts import PostBook
from students.enums import ChangeKind
from students.models import Enrolment, Pupil, RegisterChange

CAUSES = (
    ("work", "外出务工", "working", "跟亲戚到广东务工"),
    ("study", "厌学", "home", "在家"),
    ("moved", "随父母", "with_parents", "随父母在浙江"),
)


@contextmanager
def standing_on(day: date):
    """Act as if it were that day."""
    now, settings.KONGCHUO_TODAY = settings.KONGCHUO_TODAY, day.isoformat()
    try:
        yield day
    finally:
        settings.KONGCHUO_TODAY = now


class Story:
    """One child's absence, told step by step as far as the demo's today allows."""

    def __init__(self, random: Random, pupil: Pupil, gone: date, days: list[date], today: date):
        self.random, self.pupil, self.today = random, pupil, today
        self.away = [day for day in days if day >= gone]
        self.last = max(day for day in days if day < gone)
        self.cause, _, self.whereabouts, self.where = random.choice(CAUSES)
        self.comes_back = random.random() < 0.4

    def tell(self):
        gone = self.away[0]
        with standing_on(self.away[2]):
            dates = "、".join(f"{day.month}月{day.day}日" for day in self.away[:3])
            self.case = suspect(self.pupil, source=CaseSource.DAYS_AWAY, away_since=gone, text=f"{dates}无假未到校")
        if len(self.away) > 3:
            self._visit(self.away[3], "到家中走访,家人说孩子已经离开,联系后再答复。", people=2)
        if len(self.away) > 5:
            with standing_on(self.away[5]):
                principal = self._who(PostKind.PRINCIPAL)
                confirm_case(self.case, by=principal, last_attended=self.last, causes=[self.cause])
                officer = self._who(PostKind.TOWNSHIP_OFFICER)
                start_persuasion(self._now(), by=self._who(PostKind.CLASS_TEACHER), government_line=officer)
            self._persuade()

    def _persuade(self):
        day = self.away[5] + timedelta(days=2)
        back_on = self.away[12] if self.comes_back and len(self.away) > 12 else None
        for number in range(12):
            if day > self.today or (back_on and day >= back_on):
                break
            self._visit(day, "劝返走访,讲明法律责任和学校的帮扶办法,监护人表示再商量。", people=2)
            if number == 1:
                self._paper(day + timedelta(days=1))
            day += timedelta(days=self.random.choice((5, 6, 7, 7, 9)))
        if back_on:
            self._return(back_on)

    def _paper(self, day):
        if day > self.today:
            return
        with standing_on(day):
            report_case(self._now(), by=self._who(PostKind.CLASS_TEACHER))
            forward_report(self._now(), by=self._who(PostKind.PRINCIPAL))
        day += timedelta(days=4)
        if self.comes_back or day > self.today or self.random.random() < 0.2:
            return
        with standing_on(day):
            serve_notice(self._now(), by=self._who(PostKind.TOWNSHIP_OFFICER), received_by="监护人")
        day += timedelta(days=9)
        if day <= self.today and self.random.random() < 0.6:
            with standing_on(day):
                enforce_case(self._now(), by=self._who(PostKind.TOWNSHIP_OFFICER))

    def _return(self, day):
        with standing_on(day):
            bring_back(self._now(), by=self._who(PostKind.CLASS_TEACHER), on=day)
        for number in (3, 10, 30, 60):
            due = day + timedelta(days=number)
            if due < self.today:
                with standing_on(due):
                    make_follow_up(
                        self._now(), number, text="在校,与同学相处正常。", by=self._who(PostKind.CLASS_TEACHER), on=due
                    )

    def close(self):
        """Once the rolls attest enough days; the county decides."""
        case = self._now()
        if case.state != CaseState.RETURNED or self.random.random() < 0.3:
            return
        try:
            close_case(case, by=self._who(PostKind.COUNTY_CLERK), text="点名显示到校满二十天,回访正常")
        except Refused:
            return

    def _visit(self, day, text, *, people):
        if day > self.today:
            return
        with standing_on(day):
            teacher = self._who(PostKind.CLASS_TEACHER)
            record_visit(
                self._now(),
                by=teacher,
                kind="home",
                at=moment(day, 0),  # `date_back` puts it into the afternoon
                place=self.pupil.address or "学生家中",
                visitors=[teacher.name, "村干部"][:people],
                outcome="left_school",
                text=text,
                next_step="一周内再访",
                whereabouts=self.whereabouts,
                whereabouts_text=self.where,
            )

    def _now(self) -> Case:
        return Case.objects.select_related("pupil", "township").get(pk=self.case.pk)

    def _who(self, post):
        chair = chair_for(self._now(), post)
        return PostBook([chair.path], on=clock.today()).holder(chair).person


def tell_cases(random: Random, fates, days: list[date], today: date) -> list[Story]:
    """Every child who has been gone for three days or more."""
    stories = []
    for key, gone in sorted(fates.gone.items(), key=lambda item: (item[1], item[0])):
        away = [day for day in days if day >= gone]
        if len(away) < 3 or gone == days[0]:
            continue
        story = Story(random, Pupil.objects.select_related("residence").get(pk=key), gone, days, today)
        story.tell()
        stories.append(story)
    return stories


def date_rows(model, keys, **fields):
    """Give rows another moment, and say the same in their history."""
    model.objects.filter(pk__in=keys).update(**fields)
    model.history.filter(id__in=keys).update(**fields)


def date_back(stories):
    """What the demo wrote today happened on its own days."""
    for story in stories:
        for change in RegisterChange.objects.filter(pupil=story.pupil).exclude(kind=ChangeKind.ENROL):
            at = moment(change.effective_on, 7)
            began = list(change.began.values_list("pk", flat=True))
            for rows, keys, field in ((RegisterChange, [change.pk], "at"), (Enrolment, began, "recorded_at")):
                date_rows(rows, keys, **{field: at})
        for move in CaseMove.objects.filter(case=story.case):
            CaseMove.objects.filter(pk=move.pk).update(at=moment(move.on, 16))
        for visit in Visit.objects.filter(case=story.case):
            at = moment(timezone.localdate(visit.at), 16, visit.pk * 7 % 60)
            date_rows(Visit, [visit.pk], at=at, entered_at=at)
