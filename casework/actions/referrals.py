"""Referrals of a case: to the labour authority (F34, P17), and restricted ones to police and civil affairs (P13)."""

from django.db import transaction

from casework.actions.cases.moves import locked
from casework.actions.cases.referral_duties import settle_referral_duties
from casework.actions.duties import close_duty, open_duty
from casework.actions.letters import issue_letter
from casework.enums import LIVE_CASES, Cause, LetterKind
from casework.enums.referrals import Authority, Harm, LabourOutcomeKind
from casework.models import Case, Duty, LabourOutcome, LabourReferral, RestrictedReferral
from casework.models.letter import RESTRICTED
from casework.permissions import may_enter_outcome, may_refer_labour, may_refer_restricted
from casework.queries.cases import COUNTY_DEPTH
from casework.rules.referrals import is_child_labour
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from students.actions.timeline import record
from students.enums import Audience


@transaction.atomic
def refer_labour(case: Case, *, by, employer, place, text, is_hazardous=False) -> LabourReferral:
    """Put a child at work before the county's labour officer, who sees this referral and nothing else of the child.

    Raises NotYours, Malformed (`missing`), Refused (`wrong_state`, `not_working`, `too_old`, `already_referred`).
    """
    case, today = locked(case), clock.today()
    if not may_refer_labour(by, case, on=today):
        raise NotYours("permission_denied", "由学校负责人、控辍专干、乡镇或教育局移送。")
    _need(employer=employer, place=place, text=text)
    if case.state not in LIVE_CASES:
        raise Refused("wrong_state", f"个案{case.get_state_display()},不再移送。")
    if not case.causes.filter(cause=Cause.WORK).exists():
        raise Refused("not_working", "个案原因中没有“外出务工”,请先在走访中登记原因。")
    rules = rule_book(case.path).rules(case.path, on=today).labour
    if not is_child_labour(case.pupil.born_on, today, rules, is_hazardous=is_hazardous):
        raise Refused(
            "too_old",
            f"已满 {rules.under_age} 周岁,只有从事有毒有害、危险作业的才移送。",
            article="禁止使用童工规定第二条",
        )
    if case.labour_referrals.open().exists():
        raise Refused("already_referred", "已经移送,人社部门正在办理。")
    county = Unit.objects.get(path=case.path[:COUNTY_DEPTH])
    letter = issue_letter(
        LetterKind.REFERRAL,
        case.pupil,
        by=by,
        issuer=_office(by, case, today),
        about_kind="labour",
        about=case.pk,
        addressee=f"{county.name}人力资源和社会保障局",
        text=f"在{place.strip()}的{employer.strip()}务工。{text.strip()}",
    )
    referral = LabourReferral.objects.create(
        case=case,
        path=case.path,
        county=county,
        employer=employer.strip()[:120],
        place=place.strip()[:120],
        is_hazardous=is_hazardous,
        text=text.strip(),
        letter=letter,
        by=by,
        at=clock.now(),
        on=today,
    )
    due = rule_book(case.path).calendar(county.path).add_working_days(today, rules.outcome_days)
    open_duty(
        "labour_outcome",
        f"labour:{referral.pk}",
        title=f"查处 {referral.employer}:{case.pupil.name}",
        chair=Chair(PostKind.LABOUR_OFFICER, county.path),
        path=county.path,
        due_at=clock.end_of(due),
        pupil=case.pupil_id,
        about=referral.pk,
    )
    record(case.pupil, "case", "移送人社部门查处", by=by, on=today, link=f"/cases/{case.pk}/")
    settle_referral_duties(case, by=by)
    return referral


def _need(**given):
    lacking = [name for name, value in given.items() if not value.strip()]
    if lacking:
        raise Malformed("missing", "请填写完整。", fields={name: ["必填"] for name in lacking})


def _office(person, case, on) -> Unit:
    """The unit in whose name the person writes: the nearest of the person's own that has the case."""
    own = [post.unit for post in person.posts_on(on) if case.path.startswith(post.unit.path)]
    return own[-1] if own else case.township


@transaction.atomic
def enter_outcome(referral: LabourReferral, *, by, kind, on, text) -> LabourOutcome:
    """What the labour authority did; a child sent home shows on the case (P17). Entered twice it stands once.

    Raises NotYours, Malformed (`missing`, `unknown_kind`), Refused (`wrong_state`, `future_date`).
    """
    referral = (
        LabourReferral.objects.select_for_update(of=("self",))
        .select_related("county", "case__pupil")
        .get(pk=referral.pk)
    )
    today = clock.today()
    if not may_enter_outcome(by, referral, on=today):
        raise NotYours("permission_denied", "查处结果由人社专员登记。")
    _need(text=text)
    if kind not in LabourOutcomeKind.values:
        raise Malformed("unknown_kind", "没有这种结果。", fields={"kind": LabourOutcomeKind.labels})
    if referral.closed_on:
        raise Refused("wrong_state", "已经办结。")
    if on > today or on < referral.on:
        raise Refused("future_date", f"日期应在移送({referral.on:%Y-%m-%d})之后,不能晚于今天。")
    outcome, made = LabourOutcome.objects.get_or_create(
        referral=referral, kind=kind, on=on, defaults={"text": text.strip()[:300], "by": by, "at": clock.now()}
    )
    if made:
        told = f"人社部门:{outcome.get_kind_display()}"
        record(referral.case.pupil, "case", told, by=by, on=on, link=f"/cases/{referral.case_id}/")
    for duty in Duty.objects.open().filter(key=f"labour:{referral.pk}"):
        close_duty(duty, by=by, text=outcome.get_kind_display())
    return outcome


@transaction.atomic
def close_referral(referral: LabourReferral, *, by) -> LabourReferral:
    """The labour authority is done; its officer's sight of the child ends here. Raises NotYours, Refused (`no_outcome`)."""
    referral = LabourReferral.objects.select_for_update(of=("self",)).select_related("county").get(pk=referral.pk)
    if not may_enter_outcome(by, referral, on=clock.today()):
        raise NotYours("permission_denied", "由人社专员办结。")
    if referral.closed_on:
        raise Refused("wrong_state", "已经办结。")
    if not referral.outcomes.exists():
        raise Refused("no_outcome", "请先登记查处结果。")
    referral.closed_on = clock.today()
    referral.save()
    return referral


@transaction.atomic
def refer_restricted(case: Case, *, by, harm, authority, addressee, text) -> RestrictedReferral:
    """Suspected harm to a child goes to police or civil affairs at once, whatever the case's state (未成年人保护法 11).

    Raises NotYours, Malformed (`missing`, `unknown_kind`).
    """
    case, today = locked(case), clock.today()
    if not may_refer_restricted(by, case, on=today):
        raise NotYours("permission_denied", "由校长、控辍专干或教育局移送。")
    _need(addressee=addressee, text=text)
    if harm not in Harm.values or authority not in Authority.values:
        raise Malformed(
            "unknown_kind", "请选择情形和机关。", fields={"harm": Harm.labels, "authority": Authority.labels}
        )
    letter = issue_letter(
        LetterKind.REFERRAL,
        case.pupil,
        by=by,
        issuer=_office(by, case, today),
        about_kind=RESTRICTED,
        about=case.pk,
        audience=Audience.CHARGE,
        addressee=addressee.strip(),
        text=text.strip(),
    )
    made = RestrictedReferral.objects.create(
        case=case,
        harm=harm,
        authority=authority,
        addressee=addressee.strip()[:120],
        text=text.strip(),
        letter=letter,
        by=by,
        at=clock.now(),
    )
    settle_referral_duties(case, by=by)
    return made


@transaction.atomic
def answer_restricted(referral: RestrictedReferral, *, by, on, text) -> RestrictedReferral:
    """What the authority answered. Raises NotYours, Malformed (`missing`), Refused (`wrong_state`, `future_date`)."""
    referral = (
        RestrictedReferral.objects.select_for_update(of=("self",)).select_related("case__pupil").get(pk=referral.pk)
    )
    if not may_refer_restricted(by, referral.case, on=clock.today()):
        raise NotYours("permission_denied", "由个案负责人登记答复。")
    _need(text=text)
    if referral.answered_on:
        raise Refused("wrong_state", "答复已登记。")
    if on > clock.today():
        raise Refused("future_date", "日期不能晚于今天。")
    referral.answered_on, referral.answer, referral.answered_by = on, text.strip(), by
    referral.save()
    pupil = referral.case.pupil
    record(pupil, "case", f"{referral.addressee}已答复移送函", by=by, on=on, audience=Audience.CHARGE)
    return referral
