"""The signals of the risk warning (F20, procedures §5): each a small function from facts to points and a sentence. Pure.

A day or session on which no roll was called is unknown: no signal counts it, for the child or against. Sex, ethnicity,
poverty, left-behind, special family and disability are not among the facts, so that no signal can weigh them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from casework.enums import SignalKey, Tier
from casework.rules.away import RollDay
from organisation.rules.regulation import PointStep, WarningRules
from students.enums import MarkKind, Subject

LATE_OR_EARLY = (MarkKind.LATE, MarkKind.EARLY_LEAVE)
ENTRY_AGE = 6
SHOWN_DAYS = 12


@dataclass(frozen=True)
class Called:
    """The days on which rolls attest a pupil, in order, and how many sessions each; pupils of a class share one."""

    days: Sequence[date] = ()
    upto: Sequence[int] = (0,)  # sessions called before the n-th of the days

    @classmethod
    def of(cls, sessions: Mapping[date, int]) -> "Called":
        days, upto = sorted(sessions), [0]
        for day in days:
            upto.append(upto[-1] + sessions[day])
        return cls(days, upto)

    def sessions(self, first: date, last: date) -> int:
        """Sessions called between two days, both included."""
        return self.upto[bisect_right(self.days, last)] - self.upto[bisect_left(self.days, first)]

    def between(self, first: date, last: date) -> Sequence[date]:
        return self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]


@dataclass(frozen=True)
class Period:
    """The days that the signals look at, the same for all pupils of a calendar."""

    on: date
    window_from: date  # the first of the last `window_days` school days
    report_from: date
    term_from: date
    term_days: Sequence[date]  # the first school days of the term, as many as "back by day n" asks for
    before_from: date
    before_last: date


@dataclass(frozen=True)
class Report:
    points: int
    on: date
    reason: str


@dataclass(frozen=True)
class PupilFacts:
    """What is known of a pupil on a day. `marked` holds only days with a mark; other called days were attended."""

    marked: Mapping[date, RollDay] = field(default_factory=dict)
    called: Called = Called()
    absent_before: int = 0
    called_before: int = 0
    down: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    incidents: tuple[date, ...] = ()
    earlier: tuple[date, ...] = ()
    siblings_out: int = 0
    over_age: int = 0
    slip_until: date | None = None
    reports: tuple[Report, ...] = ()
    case_since: date | None = None
    is_lost: bool = False
    is_expected: bool = True

    @property
    def is_blank(self) -> bool:
        """Nothing that any signal could name: attended days alone are none."""
        said = self.marked or self.down or self.failing or self.incidents or self.earlier or self.reports
        return not (said or self.siblings_out or self.over_age or self.slip_until or self.case_since or self.is_lost)


@dataclass(frozen=True)
class Found:
    """A signal that holds: its points, or the tier that it makes by itself; why; and what would take it away."""

    key: SignalKey
    text: str
    points: int = 0
    tier: str = ""
    lower: str = ""


def signals_of(facts: PupilFacts, period: Period, rules: WarningRules) -> list[Found]:
    """Every signal that holds, in the order of the table; of whom nothing is known, none."""
    if facts.is_blank:
        return []
    found = (signal(facts, period, rules) for signal in SIGNALS)
    return [one for one in found if one is not None and (one.points or one.tier)]


def points_for(value: int, steps: Iterable[PointStep]) -> int:
    """The points of the highest step that a value reaches."""
    return max((step for step in steps if step.at_least <= value), key=lambda step: step.at_least, default=ZERO).points


ZERO = PointStep(at_least=1, points=0)


def days_in_words(days: Sequence[date]) -> str:
    """11月3、4、9、17日; the last ones where there are many."""
    shown = sorted(days)[-SHOWN_DAYS:]
    months = groupby(shown, key=lambda day: (day.year, day.month))
    text = "、".join(f"{month}月{'、'.join(str(day.day) for day in of_month)}日" for (_, month), of_month in months)
    return f"{text}等" if len(days) > SHOWN_DAYS else text


def _named(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f}".rstrip("0").rstrip(".") + "%"


def run_away(facts: PupilFacts, period: Period) -> list[date]:
    """The last run of days away without slip; a day without a roll neither lengthens nor breaks it."""
    run: list[date] = []
    for day in reversed(facts.called.between(min(period.term_from, period.window_from), period.on)):
        marked = facts.marked.get(day)
        if marked is None or not marked.is_away_without_slip:
            break
        run.append(day)
    return run[::-1]


def _marked(facts: PupilFacts, first: date, last: date) -> list[RollDay]:
    return sorted((day for on, day in facts.marked.items() if first <= on <= last), key=lambda day: day.day)


def days_in_a_row(facts, period, rules):
    """Two days in a row make orange, three make red."""
    run = run_away(facts, period) if facts.is_expected else []
    tier = Tier.RED if len(run) >= rules.red_days_in_a_row else Tier.ORANGE
    if len(run) < rules.orange_days_in_a_row:
        return None
    text = f"连续 {len(run)} 个上课日无假未到:{days_in_words(run)}"
    return Found(SignalKey.DAYS_IN_A_ROW, text, tier=tier, lower="到校一天,或补办请假")


def not_back(facts, period, rules):
    """Not seen since the term began, once its third day has come; of first days on which nobody called it says nothing."""
    if not facts.is_expected or len(period.term_days) < rules.back_by_term_day:
        return None
    called = facts.called.between(period.term_from, period.on)
    if not called or called[0] > period.term_days[-1]:
        return None
    if not all(day in facts.marked and facts.marked[day].is_away_without_slip for day in called):
        return None
    text = f"{_named(period.term_from)}开学,至第 {rules.back_by_term_day} 个上课日仍未到校"
    return Found(SignalKey.NOT_BACK, text, tier=Tier.RED, lower="到校报到")


def lost(facts, period, rules):
    if not facts.is_lost:
        return None
    return Found(SignalKey.LOST, "去向不明", tier=Tier.RED, lower="查明去向并登记走访")


def open_case(facts, period, rules):
    if facts.case_since is None:
        return None
    text = f"{_named(facts.case_since)}起有进行中的劝返个案"
    return Found(SignalKey.OPEN_CASE, text, tier=Tier.RED, lower="个案销号或排除")


def truant_days(facts, period, rules):
    days = [day.day for day in _marked(facts, period.window_from, period.on) if MarkKind.TRUANT in day.kinds]
    points = points_for(len(days), rules.points.truant_days)
    if not points:
        return None
    text = f"近 {rules.window_days} 个上课日旷课 {len(days)} 天:{days_in_words(days)}"
    lower = f"不再旷课;{_named(days[0])}满 {rules.window_days} 个上课日后不再计入"
    return Found(SignalKey.TRUANT_DAYS, text, points, lower=lower)


def _absent_sessions(days: Iterable[RollDay]) -> int:
    return sum(day.absent_sessions for day in days)


def absence_share(facts, period, rules):
    """All causes count, excused ones too: a risk, never a discipline."""
    called = facts.called.sessions(period.term_from, period.on)
    absent = _absent_sessions(_marked(facts, period.term_from, period.on))
    if called < rules.absence_least_sessions:
        return None
    points = _points_of_share(absent, called, rules.points.absence_percent)
    if not points:
        return None
    text = f"本学期缺勤 {absent}/{called} 节({_percent(absent, called)}),含病事假"
    return Found(SignalKey.ABSENCE_SHARE, text, points, lower="坚持到校,缺勤比例会逐日下降;因病的请落实补课")


def _points_of_share(part, whole, steps) -> int:
    reached = [step for step in steps if part * 100 >= step.at_least * whole]
    return max(reached, key=lambda step: step.at_least, default=ZERO).points


def first_month(facts, period, rules):
    last = min(period.on, period.term_from + timedelta(days=rules.first_month_calendar_days - 1))
    days = [day.day for day in _marked(facts, period.term_from, last) if day.is_away]
    points = points_for(len(days), rules.points.first_month_days)
    if not points:
        return None
    text = f"开学 {rules.first_month_calendar_days} 天内全天未到 {len(days)} 天:{days_in_words(days)}"
    return Found(SignalKey.FIRST_MONTH, text, points, lower="下学期重新计算")


def absence_rise(facts, period, rules):
    """The share of absence is up by half on last term's."""
    called = facts.called.sessions(period.term_from, period.on)
    absent = _absent_sessions(_marked(facts, period.term_from, period.on))
    if called < rules.absence_least_sessions or not (absent and facts.absent_before and facts.called_before):
        return None
    is_up = absent * facts.called_before * 100 >= facts.absent_before * called * rules.rise_percent
    if not is_up or absent * 100 < rules.rise_least_percent * called:
        return None
    text = f"缺勤比例由上学期 {_percent(facts.absent_before, facts.called_before)} 升到 {_percent(absent, called)}"
    return Found(SignalKey.ABSENCE_RISE, text, rules.points.absence_rise, lower="坚持到校,比例回落到上学期水平")


def late_and_early(facts, period, rules):
    days = _marked(facts, period.window_from, period.on)
    times = [day.day for day in days for kind in day.kinds if kind in LATE_OR_EARLY]
    points = points_for(len(times), rules.points.late_and_early)
    if not points:
        return None
    text = f"近 {rules.window_days} 个上课日迟到早退 {len(times)} 次:{days_in_words(sorted({*times}))}"
    return Found(SignalKey.LATE_AND_EARLY, text, points, lower="按时到校,早的几次会逐日移出")


def marks_down(facts, period, rules):
    points = points_for(len(facts.down), rules.points.marks_down)
    if not points:
        return None
    return Found(
        SignalKey.MARKS_DOWN, f"{_subjects(facts.down)}比上学期降等", points, lower="落实学业辅导,下学期重新比较"
    )


def failing_core(facts, period, rules):
    points = points_for(len(facts.failing), rules.points.failing_core)
    if not points:
        return None
    return Found(
        SignalKey.FAILING_CORE, f"{_subjects(facts.failing)}不合格", points, lower="落实学业辅导,下学期重新评定"
    )


def _subjects(keys) -> str:
    return "、".join(Subject(key).label for key in keys)


def incidents(facts, period, rules):
    points = points_for(len(facts.incidents), rules.points.incidents)
    if not points:
        return None
    text = f"本学期违纪 {len(facts.incidents)} 次:{days_in_words(sorted({*facts.incidents}))}"
    return Found(SignalKey.INCIDENTS, text, points, lower="下学期重新计算;了解冲突和课堂困难的原因")


def earlier_dropout(facts, period, rules):
    days = [day for day in facts.earlier if day > period.on - timedelta(days=rules.earlier_within_days)]
    if not days:
        return None
    last = max(days)
    text = f"一年内曾辍学或劝返复学({last.year}年{_named(last)})"
    return Found(SignalKey.EARLIER_DROPOUT, text, rules.points.earlier_dropout, lower="复学满一年")


def sibling(facts, period, rules):
    if not facts.siblings_out:
        return None
    text = f"同一监护人的兄弟姐妹有 {facts.siblings_out} 人辍学"
    return Found(SignalKey.SIBLING, text, rules.points.sibling_dropout, lower="兄弟姐妹返校")


def over_age(facts, period, rules):
    points = points_for(facts.over_age, rules.points.over_age)
    if not points:
        return None
    return Found(
        SignalKey.OVER_AGE, f"超过年级适龄 {facts.over_age} 岁", points, lower="不会因年龄改变,请关注同伴关系和升学"
    )


def slip_overrun(facts, period, rules):
    """The leave has ended, rolls were called since, and the child was on none of them."""
    if facts.slip_until is None or not facts.is_expected:
        return None
    since = facts.called.between(facts.slip_until + timedelta(days=1), period.on)
    if not since or not all(day in facts.marked and facts.marked[day].is_away_without_slip for day in since):
        return None
    text = f"请假到 {_named(facts.slip_until)},假满后 {len(since)} 个上课日未返校:{days_in_words(since)}"
    return Found(SignalKey.SLIP_OVERRUN, text, rules.points.slip_overrun, lower="到校一天,或续假")


def report(facts, period, rules):
    """The most worried teacher counts; two who see the same do not add up."""
    held = [one for one in facts.reports if one.on >= period.report_from]
    if not held:
        return None
    found = max(held, key=lambda one: (one.points, one.on))
    points = min(max(found.points, rules.points.report_least), rules.points.report_most)
    text = f"{_named(found.on)}教师报告:{found.reason}"
    lower = f"{rules.report_window_days} 个上课日内没有新的报告"
    return Found(SignalKey.REPORT, text[:300], points, lower=lower)


SIGNALS: tuple[Callable[[PupilFacts, Period, WarningRules], Found | None], ...] = (
    days_in_a_row,
    not_back,
    lost,
    open_case,
    truant_days,
    absence_share,
    first_month,
    absence_rise,
    late_and_early,
    marks_down,
    failing_core,
    incidents,
    earlier_dropout,
    sibling,
    over_age,
    slip_overrun,
    report,
)
