from casework.actions.cases.opening import suspect
from reports.queries.monthly import fill
from students.tests.factories import make_pupil


def test_the_monthly_return_counts_who_was_suspected_at_its_end(class_a, school_a, school_day):
    suspect(make_pupil(class_a), source="days_away", away_since=school_day)
    rows = {(row.stage, row.group): row.cells["疑似辍学"] for row in fill(school_a, "2026-11").rows}
    assert (rows["合计", "全体"], rows["初中", "全体"], rows["小学", "全体"], rows["初中", "女生"]) == (1, 1, 0, 0)
