"""The ratio rules (F11, procedures §3): which limits an unexcused share of sessions has passed. Pure, exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casework.enums.truancy import RatioRule
from organisation.rules.regulation import RatioRules


@dataclass(frozen=True)
class Share:
    """Unexcused sessions of the expected ones, in sessions of submitted rolls, in one semester or year."""

    period: str
    unexcused: int
    expected: int

    def over(self, percent: int, least: int) -> bool:
        """Over the limit, once enough sessions were called for a share to mean anything."""
        return self.expected >= least and self.unexcused * 100 > percent * self.expected


@dataclass(frozen=True)
class Passed:
    """A limit that was passed, and by which share."""

    rule: RatioRule
    share: Share


def limits_passed(year: Share, semesters: Sequence[Share], rules: RatioRules) -> list[Passed]:
    """`semesters` are the last ones up to the present, in order; the present one is the last."""
    found = []
    if year.over(rules.year_percent, rules.least_sessions):
        found.append(Passed(RatioRule.YEAR, year))
    if not semesters:
        return found
    now = semesters[-1]
    if now.over(rules.one_semester_percent, rules.least_sessions):
        found.append(Passed(RatioRule.SEMESTER, now))
    heavy = [one for one in semesters[-rules.of_last :] if one.over(rules.semester_percent, rules.least_sessions)]
    if len(heavy) >= rules.semesters and heavy[-1] == now:
        found.append(Passed(RatioRule.SEMESTERS, now))
    return found


def may_be_over(unexcused: Iterable[int], rules: RatioRules) -> bool:
    """Whether a share can be over any limit, however few sessions were called; `unexcused` says how many by semester."""
    percent = min(rules.year_percent, rules.semester_percent, rules.one_semester_percent)
    return sum(unexcused) * 100 > percent * rules.least_sessions
