"""Before a term starts every child in orange or red is contacted (P8)."""

from datetime import date

import pytest

from casework.actions.warnings.term_contacts import coming_term, open_term_contacts
from casework.enums import Tier, WarningState
from casework.models import Duty, RiskWarning
from organisation import clock
from organisation.rules.calendar import SchoolCalendar

CALENDAR = SchoolCalendar({})


@pytest.mark.parametrize(
    ("today", "begins"),
    [
        (date(2026, 8, 24), None),  # eight days before
        (date(2026, 8, 25), date(2026, 9, 1)),
        (date(2026, 8, 31), date(2026, 9, 1)),
        (date(2026, 9, 1), None),  # it has begun
        (date(2027, 2, 12), None),
        (date(2027, 2, 13), date(2027, 2, 20)),
    ],
)
def test_a_term_is_coming_in_the_last_seven_calendar_days_before_it(today, begins):
    term = coming_term(CALENDAR, today, within=7)
    assert (term.first_day if term else None) == begins


@pytest.fixture
def warn(pupils_a):
    def make(child, tier, **fields):
        days = {"opened_on": date(2027, 1, 4), "risen_on": date(2027, 1, 4)}
        return RiskWarning.objects.create(pupil=child, path=child.path, tier=tier, digest="x", **days, **fields)

    return make


def test_class_teachers_contact_orange_and_red_children_before_term(
    settings, pupils_a, warn, as_, class_teacher, stranger, class_a
):
    orange, red = warn(pupils_a[0], Tier.ORANGE), warn(pupils_a[1], Tier.RED, state=WarningState.CASE)
    warn(pupils_a[2], Tier.YELLOW)
    settings.KONGCHUO_TODAY = "2027-02-12"
    assert open_term_contacts() == {"opened": 0, "cancelled": 0}
    settings.KONGCHUO_TODAY = "2027-02-13"
    assert open_term_contacts() == {"opened": 2, "cancelled": 0}
    assert open_term_contacts() == {"opened": 0, "cancelled": 0}
    first, second = Duty.objects.filter(kind="term_contact").order_by("pupil")
    assert (first.post_kind, first.chair_path, first.about) == ("class_teacher", class_a.path, orange.pk)
    assert first.due_at == clock.end_of(date(2027, 2, 19))
    assert (second.pupil, second.about) == (pupils_a[1], red.pk)

    said = {"text": "电话联系家长,按时返校"}
    assert as_(stranger).post(f"/duties/{first.pk}/", said).status_code == 404
    as_(class_teacher).post(f"/duties/{first.pk}/", said)
    first.refresh_from_db()
    assert (first.state, first.text, first.done_by) == ("done", said["text"], class_teacher)

    red.tier = Tier.YELLOW
    red.save()
    assert open_term_contacts() == {"opened": 0, "cancelled": 1}
    second.refresh_from_db()
    assert second.state == "cancelled"
    red.tier = Tier.ORANGE
    red.save()
    assert open_term_contacts() == {"opened": 1, "cancelled": 0}  # the same duty, open again; what is done stays done
    assert Duty.objects.filter(kind="term_contact").count() == 2
    settings.KONGCHUO_TODAY = "2027-02-21"
    open_term_contacts()
    second.refresh_from_db()
    assert second.state == "open"  # not done before term: late, not forgotten
