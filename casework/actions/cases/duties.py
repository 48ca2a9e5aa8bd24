"""The duties of a case reconciled: what its facts want is open, what is done is done, what is no longer owed is cancelled."""

from casework.actions.cases.referral_duties import settle_referral_duties
from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.models import Case, Duty
from casework.queries.cases import chair_for, facts_of
from casework.rules.cases import wanted_duties
from organisation import clock
from organisation.queries.edition import rule_book

TITLES = {
    "case_call": "当天电话联系{name}家长",
    "case_first_visit": "家访{name}:核实是否离校",
    "case_settle": "确认或排除{name}疑似辍学",
    "case_persuade": "开始劝返{name}:指定两条线责任人",
    "case_visits": "劝返走访{name}",
    "case_report": "填报{name}辍学报告单",
    "case_forward": "向乡镇和教育局报送{name}辍学报告",
    "case_notice": "向{name}监护人送达返校通知书",
    "case_enforce": "{name}通知期满,依法督促",
    "case_step": "{name}:下一法律步骤",
    "case_follow_up": "回访{name}(返校后第{part}天)",
    "case_ask_close": "{name}到校满天数,申请销号",
    "case_decide_close": "审批{name}销号",
    "case_decide_clear": "审批{name}排除",
    "case_reopen": "{name}返校后又未到校,请核实并重新劝返",
}


def settle_duties(case: Case, *, by=None, done=()):
    """Bring the duties of a case in line with its facts; a second run changes nothing.

    Duties of the kinds `done` were fulfilled by what `by` just did; others that are no longer owed are cancelled.
    """
    today = clock.today()
    book = rule_book(case.path)
    wanted = wanted_duties(
        facts_of(case, on=today), rules=book.rules(case.path, on=today).case, calendar=book.calendar(case.path)
    )
    prefix = f"case:{case.pk}:"
    keys = {f"{prefix}{case.episode.number}:{one.kind}:{one.part}": one for one in wanted}
    for duty in Duty.objects.open().filter(key__startswith=prefix).exclude(key__in=keys):
        if duty.kind in done:
            close_duty(duty, by=by, text=f"个案:{case.get_state_display()}")
        else:
            cancel_duty(duty, text="个案已有进展,不再需要")
    for key, one in keys.items():
        open_duty(
            one.kind,
            key,
            title=TITLES[one.kind].format(name=case.pupil.name, part=one.part),
            chair=chair_for(case, one.post),
            path=case.path,
            due_at=clock.end_of(one.due_on),
            pupil=case.pupil_id,
            about=case.pk,
        )
    settle_referral_duties(case, by=by)
