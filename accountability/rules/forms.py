"""Forms of accountability: how heavy, how long, for whom, in whose hand (P22, P23, procedures §8). Pure."""

from datetime import date

from accountability.enums import Form, Sanction, Scope
from organisation.enums import PostKind, UnitKind
from organisation.errors import Malformed, Refused

S = Sanction
ORDER = {form: number * 10 for number, form in enumerate(Form)}
WITHIN = {
    S.WARNING: 0,
    S.DEMERIT: 1,
    S.MAJOR_DEMERIT: 2,
    S.LOWERED_POST: 3,
    S.DOWNGRADE: 3,
    S.DEMOTION: 3,
    S.REMOVAL: 4,
    S.OFF_POST: 4,
    S.DISMISSAL: 5,
}
OF_UNITS = (Form.EXEMPT, Form.CRITICISM, Form.CIRCULAR)
OF_TEACHERS = (S.WARNING, S.DEMERIT, S.LOWERED_POST, S.DISMISSAL)
MONTHS = {
    S.WARNING: "warning_months",
    S.DEMERIT: "demerit_months",
    S.MAJOR_DEMERIT: "major_demerit_months",
    S.LOWERED_POST: "lowered_post_months",
    S.DOWNGRADE: "downgrade_months",
    S.REMOVAL: "removal_months",
}
TEACHING_POSTS = (
    PostKind.CLASS_TEACHER,
    PostKind.SUBJECT_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.COUNSELLOR,
    PostKind.REGISTRAR,
    PostKind.DROPOUT_OFFICER,
)
SCOPES = {
    UnitKind.SCHOOL: (Scope.SCHOOL,),
    UnitKind.TOWNSHIP: (Scope.SCHOOL, Scope.TOWNSHIP),
    UnitKind.COUNTY: (Scope.SCHOOL, Scope.TOWNSHIP, Scope.COUNTY),
    UnitKind.PREFECTURE: tuple(Scope),
    UnitKind.PROVINCE: tuple(Scope),
}


def weight(form: str, sanction: str = "") -> int:
    """How heavy: the later form in the list is the heavier, within 纪律处分 the later kind."""
    return ORDER[Form(form)] + (WITHIN[S(sanction)] if sanction else 0)


def sanctions_for(post: str) -> tuple[Sanction, ...]:
    """Which 纪律处分 there are for who holds such a post: managers also 记大过, 降级, 撤职, leaders 降职, 免职."""
    return OF_TEACHERS if post in TEACHING_POSTS else tuple(Sanction)


def forms_for(post: str) -> tuple[Form, ...]:
    """The forms for a person of that post; without one, for a unit."""
    return tuple(Form) if post else OF_UNITS


def check_form(form: str, sanction: str, post: str):
    """Refuse a form that there is not, or not for this subject. Raises Malformed (`unknown_form`), Refused (`not_for_subject`)."""
    if form not in Form.values or bool(sanction) != (form == Form.SANCTION):
        raise Malformed("unknown_form", "请选择追究形式;纪律处分还要选处分种类。", fields={"form": ["请选择"]})
    if sanction and sanction not in Sanction.values:
        raise Malformed("unknown_form", "没有这种处分。", fields={"sanction": ["请选择"]})
    if form not in forms_for(post):
        raise Refused("not_for_subject", f"“{Form(form).label}”不适用于单位。")
    if sanction and sanction not in sanctions_for(post):
        raise Refused(
            "not_for_subject",
            f"“{S(sanction).label}”不适用于教师。",
            article="事业单位人事管理条例第二十九条",
        )


def months_of(form: str, sanction: str, rules) -> int:
    """How many months the form stays in force; 0 where it has no time."""
    if form == Form.ADMONITION:
        return rules.talk_months
    return getattr(rules, MONTHS[S(sanction)]) if sanction in MONTHS else 0


def months_after(on: date, months: int) -> date:
    """The same day so many months later; the month's last where it has no such day."""
    year, month = divmod(on.month - 1 + months, 12)
    year, month = on.year + year, month + 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    last = (first_of_next - date.resolution).day
    return date(year, month, min(on.day, last))


def next_heavier(form: str, sanction: str, post: str) -> tuple[Form, str]:
    """The form to propose where an order to correct was not followed (F58): the next one up, else the same."""
    found = [(one, "") for one in forms_for(post) if one != Form.SANCTION]
    found += [(Form.SANCTION, kind) for kind in sanctions_for(post)] if post else []
    heavier = [pair for pair in found if weight(*pair) > weight(form, sanction)]
    return min(heavier, key=lambda pair: weight(*pair), default=(Form(form), sanction))


def name_of(form: str, sanction: str = "") -> str:
    """诫勉谈话; 纪律处分(记过)."""
    return f"{Form(form).label}({S(sanction).label})" if sanction else Form(form).label


def is_within(scope: str, of_decision: str) -> bool:
    """Whether something may be made known in `scope`: no further than decided (F58)."""
    order = list(Scope)
    return order.index(Scope(scope)) <= order.index(Scope(of_decision))
