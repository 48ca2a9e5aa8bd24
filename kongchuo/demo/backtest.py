"""A back-test of the warning in the demo: what the principal asked for, with its figures."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from casework.actions.warnings.backtest import backtest_warnings
from casework.views.backtest import KIND
from organisation.enums import JobState
from organisation.models import Job, Person, Unit


def fill(built, today):
    """The main school on its own past, as the job would have it."""
    principal = Person.objects.filter(login="xiaozhang").first()
    school = Unit.objects.filter(path=built.main_class.path[:-8]).first()
    if principal is None or school is None:
        return
    tried, now = backtest_warnings(school, as_of=today), timezone.now()
    job = Job.objects.create(
        kind=KIND,
        title=f"检验预警 {school.name} 截止 {today:%Y年%m月%d日}",
        unit=school,
        asked_by=principal,
        params={"as_of": today.isoformat()},
        state=JobState.DONE,
        done=1,
        total=1,
        message="\n".join([f"{len(tried['days'])} 个评估日,{tried['figures']['n']} 人次。", *tried["notes"]]),
        started_at=now,
        finished_at=now,
        sent_at=now,
        expires_on=today + timedelta(days=30),
    )
    job.result = {**tried, "next_url": f"{reverse('warning_backtest')}?job={job.pk}", "next_label": "查看结果"}
    job.save()
