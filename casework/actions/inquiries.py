"""Serious truancy looked into (F12, P16): report, group, evidence, summons, interview, tutoring, or word to the bureau."""

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from casework.actions.batches import in_batches
from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.actions.ladder import chair_of
from casework.actions.letters import issue_letter
from casework.enums import LetterKind
from casework.enums.truancy import INQUIRY_MOVES, Appearance, InquirySource, InquiryState
from casework.models import Duty, InquiryMember, Letter, Summons, TruancyInquiry
from casework.permissions import may_handle_inquiry, may_lead_inquiry, may_report_truancy
from casework.queries.conduct import RollFacts, school_path
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from organisation.rules.paths import STEP
from students.actions.timeline import record
from students.models import Pupil

_I = InquiryState
LEADERS = (PostKind.PRINCIPAL, PostKind.DEPUTY_PRINCIPAL, PostKind.HEAD_OF_TEACHING)


def rules_of(path):
    return rule_book(path).rules(path, on=clock.today()).truancy


def report_truancy(pupil: Pupil, *, source, text, by) -> TruancyInquiry:
    """A pupil, a parent, a teacher or the hotline reports serious truancy. Raises NotYours, Malformed, Refused."""
    if not may_report_truancy(by, pupil, on=clock.today()):
        raise NotYours("permission_denied", "严重逃学由本校教师和负责人登记。")
    if source not in InquirySource.values or source == InquirySource.ROLLS:
        raise Malformed("unknown_source", "请选择来源。", fields={"source": ["必选"]})
    if not text.strip():
        raise Malformed("missing", "请写明情况。", fields={"text": ["必填"]})
    if TruancyInquiry.objects.live().filter(pupil=pupil).exists():
        raise Refused("inquiry_exists", f"{pupil.name}已有进行中的调查。")
    return open_inquiry(pupil, source=source, text=text, by=by)


@transaction.atomic
def open_inquiry(pupil: Pupil, *, source, text, by=None) -> TruancyInquiry:
    """An inquiry, or the live one that there is; the principal forms its group."""
    pupil = Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    live = TruancyInquiry.objects.live().filter(pupil=pupil).first()
    if live is not None:
        return live
    inquiry = TruancyInquiry.objects.create(
        pupil=pupil, path=pupil.path, source=source, text=text.strip(), reported_by=by, reported_on=clock.today()
    )
    _tell(inquiry, f"严重逃学调查:{InquirySource(source).label}", by=by)
    _owe(inquiry, "inquiry_group", PostKind.PRINCIPAL, rules_of(pupil.path).group_days, "成立调查小组")
    return inquiry


def detect_serious_truancy(pupil_ids) -> int:
    """Five truant days in twenty open an inquiry; days that an earlier one looked at do not count again."""
    return in_batches(pupil_ids, open_inquiries)["inquiries"]


def open_inquiries(facts: RollFacts) -> Counter:
    heavy = {}
    for pupil, conduct in facts.conduct.items():
        days = sorted(one.day for one in conduct if one.truant)
        if len(days) >= facts.rules(facts.paths[pupil]).truancy.days:
            heavy[pupil] = days
    earlier = {}
    for inquiry in TruancyInquiry.objects.filter(pupil__in=heavy).order_by("reported_on"):
        earlier[inquiry.pupil_id] = inquiry
    opened = sum(_look_into(facts, pupil, days, earlier.get(pupil)) for pupil, days in heavy.items())
    return Counter(inquiries=opened)


def _look_into(facts, pupil, days, earlier) -> bool:
    if earlier and earlier.ended_on is None:
        return False
    path = facts.paths[pupil]
    rules, calendar = facts.rules(path).truancy, facts.calendar(path)
    first = calendar.add_school_days_back(calendar.last_school_day(facts.on), rules.within - 1)
    since = max(first, earlier.reported_on + timedelta(days=1)) if earlier else first
    days = [day for day in days if day >= since]
    if len(days) < rules.days:
        return False
    dates = "、".join(f"{day.month}月{day.day}日" for day in days)
    text = f"近 {rules.within} 个上课日旷课 {len(days)} 天:{dates}"
    open_inquiry(facts.pupils[pupil], source=InquirySource.ROLLS, text=text)
    return True


def _locked(inquiry):
    return TruancyInquiry.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=inquiry.pk)


def _move(inquiry, state, *, text, by, papers=(), done=(), **dates):
    require_move(_I(inquiry.state), state, INQUIRY_MOVES)
    inquiry.state = state
    for name, value in dates.items():
        setattr(inquiry, name, value)
    inquiry.save()
    entry = inquiry.entries.create(
        state=state, on=clock.today(), text=text.strip() or state.label, by=by, at=clock.now()
    )
    entry.papers.set(papers)
    _tell(inquiry, f"严重逃学调查:{state.label}", by=by)
    for duty in Duty.objects.open().filter(key__startswith=f"inquiry:{inquiry.pk}:"):
        if duty.kind in done:
            close_duty(duty, by=by, text=state.label)
        else:
            cancel_duty(duty, text=f"调查{state.label}")
    return inquiry


def _tell(inquiry, text, *, by):
    record(inquiry.pupil, "inquiry", text, by=by, on=clock.today(), link=f"/inquiries/{inquiry.pk}/")


def _owe(inquiry, kind, post, days, what, part=""):
    calendar = rule_book(inquiry.path).calendar(inquiry.path)
    working = post == PostKind.COUNTY_CLERK
    due = calendar.add_working_days(clock.today(), days) if working else calendar.add_school_days(clock.today(), days)
    chair = Chair(post, inquiry.path[: 3 * STEP]) if working else chair_of(post, inquiry.path)
    open_duty(
        kind,
        f"inquiry:{inquiry.pk}:{kind}:{part}",
        title=f"{inquiry.pupil.name}严重逃学:{what}",
        chair=chair,
        path=inquiry.path,
        due_at=clock.end_of(due),
        pupil=inquiry.pupil_id,
        about=inquiry.pk,
    )


@transaction.atomic
def form_group(inquiry: TruancyInquiry, people, *, by) -> TruancyInquiry:
    """At least two people, one of them a school leader. Raises NotYours, Malformed (`small_group`, `no_leader`)."""
    inquiry = _locked(inquiry)
    if not may_lead_inquiry(by, inquiry, on=clock.today()):
        raise NotYours("permission_denied", "调查小组由校长(副校长)成立。")
    require_move(_I(inquiry.state), _I.GROUP_FORMED, INQUIRY_MOVES)
    people, on, school = {*people}, clock.today(), school_path(inquiry.path)
    if len(people) < 2:
        raise Malformed("small_group", "调查小组至少两人。", fields={"people": ["至少两人"]})
    leaders = {person for person in people if person.holds(*LEADERS, at=school, on=on)}
    if not leaders:
        raise Malformed("no_leader", "小组里要有一名校领导。", fields={"people": ["要有校领导"]})
    if any(not path.startswith(school) for person in people for path in person.paths(on=on)[:1]):
        raise Malformed("other_school", "小组成员应为本校人员。", fields={"people": ["不是本校人员"]})
    InquiryMember.objects.bulk_create(
        InquiryMember(inquiry=inquiry, person=person, is_leader=person in leaders)
        for person in sorted(people, key=lambda p: p.pk)
    )
    names = "、".join(sorted(person.name for person in people))
    _move(inquiry, _I.GROUP_FORMED, text=names, by=by, done=("inquiry_group",), formed_on=clock.today())
    _owe(inquiry, "inquiry_evidence", PostKind.HEAD_OF_TEACHING, rules_of(inquiry.path).evidence_days, "取证")
    return inquiry


def _require_member(inquiry, by):
    if not may_handle_inquiry(by, inquiry, on=clock.today()):
        raise NotYours("permission_denied", "由调查小组成员办理。")


@transaction.atomic
def take_evidence(inquiry: TruancyInquiry, *, text, by, papers=()) -> TruancyInquiry:
    """What the group found: rolls, talks, statements."""
    inquiry = _locked(inquiry)
    _require_member(inquiry, by)
    if not text.strip():
        raise Malformed("missing", "请写明取证情况。", fields={"text": ["必填"]})
    _move(inquiry, _I.EVIDENCE, text=text, by=by, papers=papers, done=("inquiry_evidence",), evidence_on=clock.today())
    _owe(inquiry, "inquiry_summons", PostKind.HEAD_OF_TEACHING, rules_of(inquiry.path).evidence_days, "发约谈通知")
    return inquiry


@transaction.atomic
def summon_guardians(inquiry: TruancyInquiry, *, appointed_at: datetime, place, by) -> Summons:
    """A numbered letter to the guardians, at least three days ahead; a second one after a no-show."""
    inquiry = _locked(inquiry)
    _require_member(inquiry, by)
    require_move(_I(inquiry.state), _I.SUMMONED, INQUIRY_MOVES)
    rules = rules_of(inquiry.path)
    last = inquiry.summonses.last()
    if last is not None and last.appearance == Appearance.WAITING:
        raise Refused("wrong_state", "上一次约谈还没有登记结果。")
    if timezone.localdate(appointed_at) < clock.today() + timedelta(days=rules.summons_ahead_days):
        raise Malformed(
            "too_soon", f"约谈时间至少在 {rules.summons_ahead_days} 天以后。", fields={"appointed_at": ["太近"]}
        )
    if not place.strip():
        raise Malformed("missing", "请写明地点。", fields={"place": ["必填"]})
    letter = issue_letter(
        LetterKind.SUMMONS,
        inquiry.pupil,
        by=by,
        about_kind="inquiry",
        about=inquiry.pk,
        reason="多次旷课",
        appointed=f"{timezone.localtime(appointed_at):%Y年%m月%d日 %H:%M}",
        where=place.strip(),
    )
    summons = inquiry.summonses.create(letter=letter, appointed_at=appointed_at, place=place.strip()[:100])
    _move(inquiry, _I.SUMMONED, text=letter.number, by=by, done=("inquiry_summons",))
    ahead = (timezone.localdate(appointed_at) - clock.today()).days
    _owe(inquiry, "inquiry_interview", PostKind.HEAD_OF_TEACHING, max(ahead, 1), "约谈家长", str(summons.pk))
    return summons


@transaction.atomic
def note_appearance(inquiry: TruancyInquiry, *, appearance, text, by, papers=()) -> TruancyInquiry:
    """What came of the summons: the interview, a no-show (summoned again), or word to the bureau after the second one."""
    inquiry = _locked(inquiry)
    _require_member(inquiry, by)
    summons = inquiry.summonses.filter(appearance=Appearance.WAITING).last()
    if summons is None:
        raise Refused("wrong_state", "没有等待登记的约谈。")
    if appearance not in (Appearance.CAME, Appearance.NO_SHOW, Appearance.REFUSED) or not text.strip():
        raise Malformed("missing", "请选择到场情况并写明经过。", fields={"appearance": ["必选"], "text": ["必填"]})
    summons.appearance, summons.note = appearance, text.strip()[:300]
    summons.save()
    if appearance == Appearance.CAME:
        _move(
            inquiry,
            _I.INTERVIEWED,
            text=text,
            by=by,
            papers=papers,
            done=("inquiry_interview",),
            interviewed_on=clock.today(),
        )
        _owe(inquiry, "inquiry_tutoring", PostKind.CLASS_TEACHER, rules_of(inquiry.path).evidence_days, "签辅导协议")
        return inquiry
    missed = inquiry.summonses.filter(appearance__in=[Appearance.NO_SHOW, Appearance.REFUSED]).count()
    if appearance == Appearance.REFUSED or missed >= 2:
        return _refer(inquiry, text, by=by)
    inquiry.entries.create(state=inquiry.state, on=clock.today(), text=f"未到:{text.strip()}", by=by, at=clock.now())
    for duty in Duty.objects.open().filter(key__startswith=f"inquiry:{inquiry.pk}:"):
        close_duty(duty, by=by, text="监护人未到")
    days = rules_of(inquiry.path).second_summons_days
    _owe(inquiry, "inquiry_summons", PostKind.HEAD_OF_TEACHING, days, "第二次约谈通知", "second")
    return inquiry


def _refer(inquiry, text, *, by):
    """Guardians refuse, or failed to appear twice: the county bureau is told, and answers."""
    county = Unit.objects.get(path=inquiry.path[: 3 * STEP])
    issue_letter(
        LetterKind.REFERRAL,
        inquiry.pupil,
        by=by,
        about_kind="inquiry",
        about=inquiry.pk,
        addressee=f"{county.name}教育局",
        text=f"监护人拒绝或两次未到约谈。{text.strip()}",
    )
    _move(inquiry, _I.REFERRED, text=text, by=by, done=("inquiry_interview",), referred_on=clock.today())
    _owe(inquiry, "inquiry_answer", PostKind.COUNTY_CLERK, rules_of(inquiry.path).bureau_answer_days, "答复学校")
    return inquiry


@transaction.atomic
def begin_tutoring(inquiry: TruancyInquiry, *, school_part, family_part, until, by) -> Letter:
    """What school and family agreed to, in writing."""
    inquiry = _locked(inquiry)
    _require_member(inquiry, by)
    if not school_part.strip() or not family_part.strip():
        raise Malformed(
            "missing", "学校安排和家长配合都要写明。", fields={"school_part": ["必填"], "family_part": ["必填"]}
        )
    _move(inquiry, _I.TUTORING, text=school_part, by=by, done=("inquiry_tutoring",))
    return issue_letter(
        LetterKind.TUTORING,
        inquiry.pupil,
        by=by,
        about_kind="inquiry",
        about=inquiry.pk,
        school_part=school_part.strip(),
        family_part=family_part.strip(),
        since=f"{clock.today():%Y年%m月%d日}",
        until=f"{until:%Y年%m月%d日}",
    )


@transaction.atomic
def answer_referral(inquiry: TruancyInquiry, *, text, by) -> TruancyInquiry:
    """The bureau's answer to the school."""
    inquiry = _locked(inquiry)
    if not by.holds(PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, at=inquiry.path, on=clock.today()):
        raise NotYours("permission_denied", "由教育局答复。")
    if inquiry.state != _I.REFERRED or inquiry.bureau_answer:
        raise Refused("wrong_state", "没有等待答复的报告。")
    if not text.strip():
        raise Malformed("missing", "请写明答复。", fields={"text": ["必填"]})
    inquiry.bureau_answer = text.strip()
    inquiry.save()
    for duty in Duty.objects.open().filter(key__startswith=f"inquiry:{inquiry.pk}:inquiry_answer"):
        close_duty(duty, by=by, text="已答复")
    _tell(inquiry, "教育局已答复严重逃学报告", by=by)
    return inquiry


@transaction.atomic
def end_inquiry(inquiry: TruancyInquiry, *, founded: bool, text, by) -> TruancyInquiry:
    """Settled with its outcome, or found to be unfounded."""
    inquiry = _locked(inquiry)
    if founded:
        _require_member(inquiry, by)
    elif not may_lead_inquiry(by, inquiry, on=clock.today()):
        raise NotYours("permission_denied", "不属实由校长(副校长)认定。")
    if not text.strip():
        raise Malformed("missing", "请写明结果。", fields={"text": ["必填"]})
    if founded and inquiry.state == _I.REFERRED and not inquiry.bureau_answer:
        raise Refused("wrong_state", "教育局还没有答复。")
    state = _I.SETTLED if founded else _I.UNFOUNDED
    return _move(
        inquiry, state, text=text, by=by, done=("inquiry_tutoring",), ended_on=clock.today(), outcome=text.strip()
    )
