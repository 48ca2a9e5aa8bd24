"""The regulation as data (F70): a pydantic type whose defaults are the default regulation of procedures.md.

A unit stores only what it changes; the merge down the tree is `merge`. Nothing here reads a database or a clock.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Field

from organisation.rules.routine import CommitmentRules, RoutineRules
from organisation.rules.section import Section
from organisation.rules.truth import TruthRules

SCHEMA_VERSION = 1


class Rung(Section):
    """One step of the ladder: from which count on, who, what, on which paper, within how many school days."""

    from_count: int = Field(ge=1)
    owner: Literal["class_teacher", "grade_head", "head_of_teaching", "principal"]
    measures: tuple[str, ...] = Field(min_length=1)
    document: str
    due_days: int = Field(ge=1, le=30)


class Weights(Section):
    """What counts towards the ladder; lateness and conduct weigh 0 because discipline must be proportionate (P18)."""

    truant_day: Decimal = Decimal(1)
    late: Decimal = Decimal(0)
    early_leave: Decimal = Decimal(0)
    incident: Decimal = Decimal(0)


class Ladder(Section):
    counting_period: Literal["semester", "school_year"] = "semester"
    weights: Weights = Weights()
    rungs: tuple[Rung, ...] = (
        Rung(
            from_count=1,
            owner="class_teacher",
            measures=("verbal_warning", "guardians_told"),
            document="谈话记录",
            due_days=1,
        ),
        Rung(
            from_count=2,
            owner="class_teacher",
            measures=("written_warning", "individual_talk", "guardians_told"),
            document="书面警告及家长回执",
            due_days=2,
        ),
        Rung(
            from_count=3,
            owner="grade_head",
            measures=("criticism", "class_talk", "guardians_told"),
            document="谈话记录",
            due_days=3,
        ),
        Rung(
            from_count=4,
            owner="principal",
            measures=("discipline", "one_to_one_talk", "home_visit"),
            document="处理决定、家访记录",
            due_days=5,
        ),
    )


class RollRules(Section):
    """Cut-offs and terms of the roll (procedures §1); days are school days of the class."""

    am_by: time = time(9, 0)
    pm_by: time = time(15, 0)
    evening_by: time = time(20, 0)
    first_submission_days: int = 1
    change_days: int = 1
    find_out_by: time = time(12, 0)
    slip_days_class_teacher: int = 3
    slip_days_head_of_teaching: int = 7
    certificate_over_days: int = 3
    sick_alert_same_day: int = 3
    sick_alert_window_days: int = 3
    sick_alert_in_window: int = 5

    def cut_off(self, session: str) -> time:
        return {"am": self.am_by, "pm": self.pm_by, "evening": self.evening_by}[session]


class DutyRules(Section):
    """Reminders and leads of duties (procedures §7), in school days (townships and bureaus: working days) late."""

    remind_holder_days: int = 1
    remind_next_days: int = 3
    lead_days: int = 7
    screening_days: int = 5
    grounds: dict[str, str] = {
        "call_roll": "G3",
        "find_out": "G4",
        "escalation": "G4",
        "tell_guardians": "G4",
        "sick_alert": "G3",
        "slip": "G3",
        "screen_lead": "G2",
        "finding_screen": "G2",
        "finding_team": "G2",
        "finding_decide": "G2",
        "finding_serve": "G2",
        "finding_answer": "G2",
        "case_call": "G4",
        "case_first_visit": "G4",
        "case_settle": "G3",
        "case_persuade": "G4",
        "case_visits": "G4",
        "case_report": "G3",
        "case_forward": "G3",
        "case_notice": "G2",
        "case_enforce": "G2",
        "case_step": "G2",
        "case_follow_up": "G4",
        "case_ask_close": "G3",
        "case_decide_close": "G2",
        "case_decide_clear": "G2",
        "case_reopen": "G3",
        "transfer": "G3",
        "ratio": "G4",
        "inquiry_group": "G3",
        "inquiry_evidence": "G3",
        "inquiry_summons": "G3",
        "inquiry_interview": "G4",
        "inquiry_tutoring": "G4",
        "inquiry_answer": "G2",
        "appeal_committee": "G3",
        "appeal_answer": "G3",
        "appeal_review": "G2",
        "warning_talk": "G4",
        "warning_conference": "G4",
        "conference_hold": "G4",
        "support_plan": "G4",
        "plan_measure": "G4",
        "plan_review": "G4",
        "letter_reply": "G4",
        "letter_serve": "G4",
        "field_check": "G2",
        "elsewhere_again": "G2",
        "labour_refer": "G4",
        "labour_outcome": "G2",
        "labour_inspection": "G2",
        "restricted_refer": "G4",
        "term_contact": "G4",
        "truth_look": "G2",
        "complaint_accept": "G2",
        "complaint_answer": "G2",
        "commitments": "G2",
        "commitment_sign": "G2",
        "commitment_gaps": "G3",
        "activity_class_meeting": "G3",
        "activity_guardians_meeting": "G3",
        "activity_group_meeting": "G3",
        "activity_consultation": "G3",
        "activity_publicity": "G1",
        "activity_guardians_opinion": "G3",
        "activity_experience": "G3",
        "activity_motivation": "G3",
        "activity_mental_health": "G3",
        "activity_training": "G3",
        "activity_study_exchange": "G3",
        "leading_group": "G3",
        "year_plan": "G3",
        "plan_item": "G3",
        "awareness": "G1",
        "awareness_raise": "G1",
        "self_inspection": "G3",
        "deficiency_correct": "G3",
        "deficiency_check": "G3",
        "home_contacts": "G4",
        "orange_contact": "G4",
    }


class Thresholds(Section):
    """Limits in permille of the opening (figures.md): the national ones, and the province's own where it has them."""

    formula: Literal["dropout_rate", "dropout_rate_gross"] = "dropout_rate"
    primary_permille: Decimal = Decimal(6)
    junior_permille: Decimal = Decimal(18)
    retention_permille: Decimal = Decimal(950)
    provincial_primary_permille: Decimal | None = None
    provincial_junior_permille: Decimal | None = None
    near_percent: int = 80
    source: str = "两基及控辍保学目标要求:小学 0.6%、初中 1.8%,九年义务教育巩固率 95%"

    def permille(self, stage: str) -> Decimal:
        """The limit that binds: the province's own where it set one, else the national one."""
        own = {"primary": self.provincial_primary_permille, "junior": self.provincial_junior_permille}[stage]
        national = {"primary": self.primary_permille, "junior": self.junior_permille}[stage]
        return national if own is None else own


class RatioRules(Section):
    """F11, in percent of expected sessions without excuse."""

    year_percent: int = 5
    semester_percent: int = 5
    semesters: int = 2
    of_last: int = 4
    one_semester_percent: int = 10
    least_sessions: int = 40
    due_days: int = 5


class TruancyRules(Section):
    """F12, P16: serious truancy, in truant days of the last school days, and its clocks."""

    days: int = 5
    within: int = 20
    group_days: int = 3
    evidence_days: int = 5
    summons_ahead_days: int = 3
    second_summons_days: int = 5
    bureau_answer_days: int = 10


class PointStep(Section):
    """From which value on a signal gives how many points; the highest step that is reached counts."""

    at_least: int = Field(ge=1)
    points: int = Field(ge=0, le=10)


def _steps(*steps: tuple[int, int]) -> tuple[PointStep, ...]:
    return tuple(PointStep(at_least=at_least, points=points) for at_least, points in steps)


class WarningPoints(Section):
    """The table of points (procedures §5): open to everybody, and the same for every child.

    Sex, ethnicity, poverty, left-behind, special family and disability are not in it: they say which support is due.
    """

    truant_days: tuple[PointStep, ...] = _steps((1, 1), (2, 2), (4, 4))
    absence_percent: tuple[PointStep, ...] = _steps((10, 2), (20, 4))
    first_month_days: tuple[PointStep, ...] = _steps((2, 1), (5, 2))
    absence_rise: int = Field(1, ge=0, le=10)
    late_and_early: tuple[PointStep, ...] = _steps((5, 1))
    marks_down: tuple[PointStep, ...] = _steps((2, 1))
    failing_core: tuple[PointStep, ...] = _steps((2, 2))
    incidents: tuple[PointStep, ...] = _steps((3, 1))
    earlier_dropout: int = Field(3, ge=0, le=10)
    sibling_dropout: int = Field(1, ge=0, le=10)
    over_age: tuple[PointStep, ...] = _steps((2, 1))
    slip_overrun: int = Field(2, ge=0, le=10)
    report_least: int = Field(2, ge=0, le=10)
    report_most: int = Field(5, ge=0, le=10)


class WarningRules(Section):
    """F20: points and tiers of the risk warning, its conference, and how many a class teacher can follow.

    Days are school days, except `earlier_within_days` and `first_month_calendar_days`.
    """

    points: WarningPoints = WarningPoints()
    window_days: int = 20
    first_month_calendar_days: int = 30
    absence_least_sessions: int = 10  # a share of a handful of sessions says nothing yet
    rise_percent: int = 150
    rise_least_percent: int = 5
    back_by_term_day: int = 3
    earlier_within_days: int = 365
    report_window_days: int = 20
    plan_days: int = 3
    measure_days: int = 5
    yellow_points: int = 3
    orange_points: int = 6
    red_days_in_a_row: int = 3
    orange_days_in_a_row: int = 2
    talk_days: int = 5
    orange_conference_days: int = 5
    red_conference_days: int = 2
    below_yellow_days: int = 20
    shown_per_class_teacher: int = 5
    contact_before_term_days: int = Field(7, ge=1, le=30)


class BacktestRules(Section):
    """F25: how the warning is tried on a unit's own past. The horizon is in calendar days, steps are in school days."""

    horizon_days: int = Field(60, ge=7, le=180)
    first_school_day: int = Field(10, ge=1, le=60)
    every_school_days: int = Field(10, ge=1, le=60)
    small_group: int = Field(30, ge=1)
    small_left: int = Field(5, ge=1)


class AppealRules(Section):
    """F15, P20: working days to file and to answer at school; the bureau answers in calendar days."""

    file_days: int = 15
    answer_days: int = 15
    review_file_days: int = 15
    review_answer_days: int = 30
    committee_members: int = 5


class MarkRules(Section):
    """F06: from which share of the full marks on, in percent, a number becomes which band; only bands are kept (P5)."""

    excellent_from: int = 85
    good_from: int = 75
    pass_from: int = 60


class CaseRules(Section):
    """F30–F36: clocks of the way back to school, in days as named."""

    suspected_after_school_days: int = 3
    arrival_working_days: int = 10
    first_visit_days: int = 1
    settle_suspicion_school_days: int = 3
    arrival_by_term_day: int = 5
    persuasion_first_visit_days: int = 3
    visit_every_days: int = 7
    persuasion_calendar_days: int = 7
    report_days: int = 1
    notice_days: int = 5
    notice_term_days: int = 7
    enforce_days: int = 5
    serve_days: int = 7
    demand_days: int = 10
    court_months: int = 3
    follow_up_days: tuple[int, ...] = (3, 10, 30, 60)
    attended_days_to_close: int = 20
    ask_close_days: int = 3
    decide_days: int = 5
    relapse_within_days: int = 365


class LetterRules(Section):
    """F13: how many calendar days a guardian's signed link stays open; what follows from answers and failed messages."""

    link_days: int = Field(default=14, ge=1, le=60)
    reply_days: int = Field(default=2, ge=1, le=30)
    unserved_days: int = Field(default=2, ge=1, le=30)


class CompareRules(Section):
    """F68, P15: school age on 31 August of the school year, 在籍不在校 in school days, clocks of the bureau in working days."""

    age_from: int = Field(6, ge=4, le=8)
    age_to: int = Field(15, ge=13, le=18)
    away_school_days: int = Field(10, ge=3, le=40)
    field_check_days: int = 20
    elsewhere_again_days: int = 20


class LabourRules(Section):
    """F34, P17: below which age work is child labour, in hazardous work too; clocks in working days."""

    under_age: int = 16
    hazardous_under_age: int = 18
    refer_days: int = 3
    outcome_days: int = 15


class AccountabilityRules(Section):
    """F50–F58, in months, in calendar days (`review_…`, `appeal_…`) and in working days (all other clocks).

    `local_grounds` are grounds of the unit's own beside the ten: {"L1": "……"}.
    """

    talk_months: int = 6
    warning_months: int = 6
    demerit_months: int = 12
    major_demerit_months: int = 18
    lowered_post_months: int = 24
    downgrade_months: int = 24
    removal_months: int = 24
    investigators: int = Field(2, ge=2, le=9)
    team_days: int = Field(3, ge=1, le=30)
    investigation_days: int = Field(30, ge=1, le=180)
    defence_days: int = Field(5, ge=3, le=30)
    answer_days: int = Field(5, ge=1, le=30)
    decide_days: int = Field(10, ge=1, le=60)
    serve_days: int = Field(5, ge=1, le=30)
    review_days: int = 30
    appeal_days: int = 30
    review_answer_days: int = Field(30, ge=1, le=90)
    appeal_answer_days: int = Field(60, ge=1, le=120)
    awareness_percent: int = 90
    complaint_accept_days: int = Field(5, ge=1, le=60)
    complaint_answer_days: int = Field(20, ge=1, le=90)
    local_grounds: dict[str, str] = {}


class ReturnRules(Section):
    """F62: the day of the next month by which the school monthly return is due."""

    monthly_due_day: int = 5


class Rules(Section):
    """Everything that a regulation says."""

    schema_version: int = SCHEMA_VERSION
    roll: RollRules = RollRules()
    ladder: Ladder = Ladder()
    ratio: RatioRules = RatioRules()
    truancy: TruancyRules = TruancyRules()
    warning: WarningRules = WarningRules()
    backtest: BacktestRules = BacktestRules()
    marks: MarkRules = MarkRules()
    case: CaseRules = CaseRules()
    compare: CompareRules = CompareRules()
    labour: LabourRules = LabourRules()
    appeal: AppealRules = AppealRules()
    letter: LetterRules = LetterRules()
    duty: DutyRules = DutyRules()
    accountability: AccountabilityRules = AccountabilityRules()
    thresholds: Thresholds = Thresholds()
    truth: TruthRules = TruthRules()
    returns: ReturnRules = ReturnRules()
    commitment: CommitmentRules = CommitmentRules()
    routine: RoutineRules = RoutineRules()

    @cached_property
    def digest(self) -> str:
        """Names exactly what was in force: the same rules have the same digest."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def merge(layers: Iterable[Mapping]) -> Rules:
    """The rules in force where `layers` (from the top of the tree down) each hold only what they change."""
    merged: dict = {}
    for layer in layers:
        _lay_over(merged, layer)
    return Rules.model_validate(merged)


def _lay_over(under: dict, over: Mapping):
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(under.get(key, {}), dict):
            _lay_over(under.setdefault(key, {}), value)
        else:
            under[key] = value
