"""Measuring awareness 知晓率 (F41, P22 G1): asked by a public link without names, or counted from paper; judged at its close."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q

from accountability.actions.opening import close_by_key, open_many
from accountability.actions.routine import key_of
from accountability.enums import CountSource, SurveyState
from accountability.models import AwarenessSurvey, SurveyAnswer
from accountability.permissions import may_survey
from accountability.rules.questions import needed_right, right_answers
from casework.actions.duties import close_duty
from casework.actions.letters.links import TOKEN_BYTES, hash_of, is_one_too_many
from casework.models import Duty
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from organisation.rules.grades import school_year
from organisation.sealing import blind_index

RAISE = "awareness_raise"
MOST_FROM_AN_ADDRESS = 120  # in a stretch of ten minutes: a computer room shares one
MOST_ASKED = 20_000


@transaction.atomic
def open_survey(unit: Unit, audience, *, asked: int, by) -> tuple[AwarenessSurvey, str]:
    """Open a questionnaire; returns it and the token of its link, which is never shown again.

    Raises NotYours, Malformed (`bad_count`), Refused (`already_open`).
    """
    survey = _new(unit, audience, CountSource.LINK, asked, by)
    running = AwarenessSurvey.objects.filter(unit=unit, audience=audience, state=SurveyState.OPEN)
    if running.filter(expires_at__gt=clock.now()).exists():
        raise Refused("already_open", "这一对象的问卷正在进行,先结束再开新的。")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    days = rule_book(unit.path).rules(unit.path, on=clock.today()).routine.survey_days
    survey.token_hash, survey.expires_at = hash_of(token), clock.now() + timedelta(days=days)
    survey.save()
    return survey, token


@transaction.atomic
def enter_counts(unit: Unit, audience, *, asked: int, answered: int, aware: int, by) -> AwarenessSurvey:
    """What was counted on paper, closed at once. Raises NotYours, Malformed (`bad_count`)."""
    survey = _new(unit, audience, CountSource.PAPER, asked, by)
    if not 0 < answered <= asked or not 0 <= aware <= answered:
        raise Malformed(
            "bad_count", "知晓人数不能多于作答人数,作答人数不能多于应答人数。", fields={"aware": ["请核对"]}
        )
    survey.answered, survey.aware = answered, aware
    return _close(survey, by=by)


def _new(unit, audience, source, asked, by) -> AwarenessSurvey:
    today = clock.today()
    if not may_survey(by, unit, on=today):
        raise NotYours("permission_denied", "知晓率测评由学校负责人、教导主任或控辍专干组织。")
    if not 0 < asked <= MOST_ASKED:
        raise Malformed("bad_count", f"应答人数应在 1 到 {MOST_ASKED} 之间。", fields={"asked": ["请核对"]})
    Unit.objects.select_for_update().get(pk=unit.pk)
    rules = rule_book(unit.path).rules(unit.path, on=today)
    return AwarenessSurvey(
        unit=unit,
        path=unit.path,
        year=school_year(today),
        audience=audience,
        source=source,
        asked=asked,
        aware_from=needed_right(audience, rules.routine.aware_from_percent),
        target_percent=rules.accountability.awareness_percent,
        opened_on=today,
        by=by,
    )


def find_survey(token: str) -> AwarenessSurvey | None:
    """The questionnaire of a token while it is open. A wrong and an ended one are alike."""
    rows = AwarenessSurvey.objects.filter(token_hash=hash_of(token), state=SurveyState.OPEN)
    return rows.filter(expires_at__gt=clock.now()).select_related("unit").first()


@transaction.atomic
def answer_survey(survey: AwarenessSurvey, given: dict[str, int]) -> int:
    """Take one answer; of who gave it nothing is kept. Returns how many were right. Raises Refused (`closed`, `full`)."""
    survey = AwarenessSurvey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if survey.state != SurveyState.OPEN or survey.expires_at <= clock.now():
        raise Refused("closed", "问卷已经结束。")
    if survey.answers.count() >= survey.asked:
        raise Refused("full", "答卷已收满,谢谢。")
    right = right_answers(survey.audience, given)
    SurveyAnswer.objects.create(survey=survey, right=right)
    return right


def is_answered_too_often(survey: AwarenessSurvey, address: str) -> bool:
    """An address is known for ten minutes, as an index that leads to nobody."""
    key = blind_index(f"{survey.pk} {address}", column="survey.address")
    return is_one_too_many(f"survey:{key}", MOST_FROM_AN_ADDRESS)


def counted(survey: AwarenessSurvey) -> tuple[int, int]:
    """(answered, aware) so far."""
    if survey.state == SurveyState.CLOSED:
        return survey.answered, survey.aware
    found = survey.answers.aggregate(answered=Count("pk"), aware=Count("pk", filter=Q(right__gte=survey.aware_from)))
    return found["answered"], found["aware"]


@transaction.atomic
def close_survey(survey: AwarenessSurvey, *, by) -> AwarenessSurvey:
    """End a questionnaire; what it measured stands. One that nobody answered has measured nothing, and nothing follows.

    Raises NotYours, Refused (`wrong_state`).
    """
    survey = AwarenessSurvey.objects.select_for_update(of=("self",)).select_related("unit").get(pk=survey.pk)
    if not may_survey(by, survey.unit, on=clock.today()):
        raise NotYours("permission_denied", "知晓率测评由学校负责人、教导主任或控辍专干结束。")
    if survey.state != SurveyState.OPEN:
        raise Refused("wrong_state", "这次测评已经结束。")
    survey.answered, survey.aware = counted(survey)
    return _close(survey, by=by)


def _close(survey, *, by):
    survey.state, survey.closed_on = SurveyState.CLOSED, clock.today()
    survey.save()
    if not survey.answered:
        return survey
    unit = survey.unit
    close_by_key(
        key_of("awareness", unit.code, str(survey.year)), by=by, text=f"知晓率 {survey.aware}/{survey.answered}"
    )
    if survey.reaches_target:
        for duty in Duty.objects.open().filter(key__startswith=f"{RAISE}:{unit.code}:{survey.audience}:"):
            close_duty(duty, by=by, text=f"复测达到 {survey.target_percent}%")
    else:
        _ask_to_raise(survey)
    return survey


def _ask_to_raise(survey):
    """Below the target the law is told again and measured again; one duty, however often it was missed."""
    unit, prefix = survey.unit, f"{RAISE}:{survey.unit.code}:{survey.audience}:"
    if Duty.objects.open().filter(key__startswith=prefix).exists():
        return
    book = rule_book(unit.path)
    days = book.rules(unit.path, on=clock.today()).routine.raise_awareness_days
    label = survey.get_audience_display()
    fields = {
        "kind": RAISE,
        "title": f"{label}知晓率 {survey.aware}/{survey.answered},低于 {survey.target_percent}%:再宣传并复测",
        "chair": Chair(PostKind.DROPOUT_OFFICER, unit.path),
        "path": unit.path,
        "due_at": clock.end_of(book.calendar(unit.path).add_school_days(clock.today(), days)),
        "about": survey.pk,
    }
    open_many({f"{prefix}{survey.pk}": fields})
