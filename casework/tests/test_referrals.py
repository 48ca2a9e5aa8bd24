"""Children at work before the labour authority, suspected harm before the police: who may, who sees, what is owed (F34, P13)."""

from datetime import date

import pytest

from casework.actions.cases.duties import settle_duties
from casework.actions.cases.opening import suspect
from casework.actions.cases.verbs import set_causes
from casework.actions.county import open_county_duties
from casework.actions.referrals import close_referral, enter_outcome, refer_labour, refer_restricted
from casework.enums import CaseState
from casework.models import Duty, LabourInspection, LabourReferral, Letter
from casework.tests.test_case_pages import put_in
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import NotYours, Refused
from organisation.tests.factories import make_holder
from students.models import TimelineEntry
from students.tests.factories import make_pupil

MONDAY = date(2026, 11, 16)
GIVEN = {"employer": "某鞋厂", "place": "浙江温州", "text": "同乡看见在流水线"}


@pytest.fixture
def labour_officer(county):
    return make_holder(PostKind.LABOUR_OFFICER, county, "人社员")


@pytest.fixture
def case(class_a):
    return suspect(make_pupil(class_a, "马打工"), source="days_away", away_since=MONDAY)


def give_cause(case, *causes, by):
    set_causes(case, causes, by=by)
    settle_duties(case)


def test_a_child_at_work_goes_to_the_labour_officer_and_comes_back(
    as_, case, principal, labour_officer, subject_teacher
):
    with pytest.raises(Refused) as refusal:
        refer_labour(case, by=principal, **GIVEN)
    assert refusal.value.code == "not_working"
    give_cause(case, "work", by=principal)
    owed = Duty.objects.get(kind="labour_refer")
    with pytest.raises(NotYours):
        refer_labour(case, by=subject_teacher, **GIVEN)
    assert as_(principal).post(f"/referrals/new/{case.pk}/", GIVEN).status_code == 302
    referral = LabourReferral.objects.get()
    owed.refresh_from_db()
    assert (owed.state, referral.letter.addressee) == ("done", "县520502人力资源和社会保障局")
    assert (Duty.objects.get(kind="labour_outcome").post_kind, Duty.objects.get(kind="labour_outcome").state) == (
        "labour_officer", "open"
    )  # fmt: skip
    client = as_(labour_officer)
    assert "马打工" in client.get("/referrals/").content.decode()
    assert client.get(f"/cases/{case.pk}/").status_code == 404
    assert client.get(f"/students/{case.pupil.number}/").status_code == 404
    said = {"verb": "outcome", "outcome-kind": "sent_home", "outcome-on": "2026-11-23", "outcome-text": "已由父亲接回"}
    assert client.post(f"/referrals/{referral.pk}/", said).status_code == 302
    assert Duty.objects.get(kind="labour_outcome").state == "done"
    assert "送回监护人" in as_(principal).get(f"/cases/{case.pk}/").content.decode()
    assert as_(principal).post(f"/referrals/{referral.pk}/", said).status_code == 403
    client = as_(labour_officer)
    assert client.post(f"/referrals/{referral.pk}/", {"verb": "close"}).status_code == 302
    assert client.get(f"/referrals/{referral.pk}/").status_code == 404
    assert "马打工" not in client.get("/referrals/").content.decode()


def test_over_sixteen_only_hazardous_work_is_referred_and_only_once(case, principal):
    case.pupil.born_on = date(2010, 1, 1)
    case.pupil.save()
    give_cause(case, "work", by=principal)
    assert not Duty.objects.filter(kind="labour_refer").exists()
    with pytest.raises(Refused) as refusal:
        refer_labour(case, by=principal, **GIVEN)
    assert refusal.value.code == "too_old"
    refer_labour(case, by=principal, is_hazardous=True, **GIVEN)
    with pytest.raises(Refused) as again:
        refer_labour(case, by=principal, is_hazardous=True, **GIVEN)
    assert again.value.code == "already_referred"


@pytest.mark.parametrize("state", ["closed", "cleared"])
def test_an_ended_case_is_not_referred_to_the_labour_authority(case, principal, state):
    give_cause(case, "work", by=principal)
    with pytest.raises(Refused) as refusal:
        refer_labour(put_in(case, state), by=principal, **GIVEN)
    assert refusal.value.code == "wrong_state"


def test_a_referral_closes_only_with_an_outcome_after_its_day(case, principal, labour_officer):
    give_cause(case, "work", by=principal)
    referral = refer_labour(case, by=principal, **GIVEN)
    with pytest.raises(Refused) as without:
        close_referral(referral, by=labour_officer)
    with pytest.raises(Refused) as early:
        enter_outcome(referral, by=labour_officer, kind="fine", on=MONDAY, text="罚款")
    assert (without.value.code, early.value.code) == ("no_outcome", "future_date")


HARM = {"harm": "missing", "authority": "police", "addressee": "县公安局", "text": "三天联系不上,手机停机"}


@pytest.mark.parametrize("state", CaseState.values)
def test_suspected_harm_is_referred_in_whatever_state_the_case_stands(case, principal, state):
    made = refer_restricted(put_in(case, state), by=principal, **HARM)
    assert made.letter.kind == "referral"


def test_suspected_harm_is_owed_at_once_and_read_only_by_who_is_in_charge(
    as_, case, principal, county_clerk, class_teacher, township_officer, registrar, head_of_teaching
):
    give_cause(case, "lost", by=principal)
    owed = Duty.objects.get(kind="restricted_refer")
    assert (owed.due_at, owed.post_kind) == (clock.end_of(clock.today()), "dropout_officer")
    assert "未成年人保护法第十一条" in as_(principal).get(f"/cases/{case.pk}/").content.decode()
    assert as_(class_teacher).post(f"/referrals/restricted/new/{case.pk}/", HARM).status_code == 403
    assert as_(principal).post(f"/referrals/restricted/new/{case.pk}/", HARM).status_code == 302
    owed.refresh_from_db()
    made = case.restricted_referrals.get()
    assert owed.state == "done"
    today = clock.today()
    for person, sees in (
        (principal, True), (county_clerk, True), (class_teacher, False), (township_officer, False), (registrar, False),
        (head_of_teaching, False),
    ):  # fmt: skip
        client = as_(person)
        assert client.get(f"/referrals/restricted/{made.pk}/").status_code == (200 if sees else 404)
        assert Letter.objects.visible_to(person, on=today).filter(pk=made.letter_id).exists() is sees
        assert (HARM["addressee"] in client.get(f"/cases/{case.pk}/").content.decode()) is False
    entries = TimelineEntry.objects.visible_to(registrar, on=today).filter(text__contains="移送函")
    assert not entries.exists()
    answer = {"on": "2026-11-23", "text": "已立案查找"}
    assert as_(county_clerk).post(f"/referrals/restricted/{made.pk}/", answer).status_code == 302
    assert "已立案查找" in as_(principal).get(f"/referrals/restricted/{made.pk}/").content.decode()
    assert as_(principal).post(f"/referrals/restricted/{made.pk}/", answer).status_code == 409


def test_the_labour_officer_owes_two_inspections_a_year(as_, county, labour_officer, class_teacher, settings):
    open_county_duties()
    open_county_duties()
    duty = Duty.objects.get(kind="labour_inspection")
    assert duty.due_at == clock.end_of(date(2026, 12, 31))
    body = {"on": "2026-11-20", "places": "沙石厂、砖厂", "children_found": 1}
    assert as_(class_teacher).post("/referrals/inspections/new/", body).status_code == 403
    assert as_(labour_officer).post("/referrals/inspections/new/", body).status_code == 302
    duty.refresh_from_db()
    assert (duty.state, LabourInspection.objects.get().half) == ("done", "2026-H2")
    settings.KONGCHUO_TODAY = "2027-01-04"
    open_county_duties()
    assert Duty.objects.open().get(kind="labour_inspection").key.endswith("2027-H1")
