"""From school to school without a gap (F04), and nobody who left for another is forgotten (F30, P6)."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.tests.factories import make_class as new_class
from organisation.tests.factories import make_county, make_holder, make_school, make_township
from students.actions.arrivals import change_destination, confirm_arrival
from students.actions.attachments import store_attachment
from students.actions.register import change_register
from students.actions.transfers import accept_transfer, offer_transfer, refuse_transfer, withdraw_transfer
from students.models import ArrivalExpectation, Enrolment, Pupil, PupilGrant, Transfer
from students.tests.factories import make_pupil

DAY = date(2026, 11, 23)


@pytest.fixture
def pupil(class_a):
    return make_pupil(class_a, "马小龙")


@pytest.fixture
def paper(registrar, school_a, tmp_path):
    path = tmp_path / "申请.png"
    Image.new("RGB", (4, 4)).save(path)
    return store_attachment(SimpleUploadedFile("申请.png", path.read_bytes()), by=registrar, path=school_a.path)


@pytest.fixture
def far_class(db):
    """A class of another county."""
    school = make_school(make_township(make_county("520523"), "520523101"), "2152000901")
    return new_class(school)


@pytest.fixture
def far_registrar(far_class):
    return make_holder(PostKind.REGISTRAR, far_class.get_parent().get_parent(), "外县学籍员")


@pytest.fixture
def offered(pupil, far_class, registrar, paper):
    school = far_class.get_parent().get_parent()
    return offer_transfer(pupil, school, on=DAY, reason="随父母迁居", papers=[paper], by=registrar)


def test_until_it_is_accepted_the_pupil_stays_where_it_is(offered, pupil, class_a):
    spell = Enrolment.objects.get(pupil=pupil)
    assert (spell.school_class, spell.ends, offered.state) == (class_a, None, "offered")


def test_accepted_both_changes_happen_on_one_day_across_counties(offered, pupil, far_class, far_registrar, class_a):
    accept_transfer(offered, far_class, on=DAY, by=far_registrar)
    out, into = Enrolment.objects.filter(pupil=pupil).order_by("starts")
    assert (out.school_class, out.ends, into.school_class, into.starts) == (class_a, DAY, far_class, DAY)
    assert ArrivalExpectation.objects.get().state == "arrived"
    pupil.refresh_from_db()
    assert pupil.path == far_class.path


def test_a_refused_or_withdrawn_offer_moves_nobody(offered, pupil, far_registrar, registrar, class_a):
    with pytest.raises(Malformed):
        refuse_transfer(offered, remark=" ", by=far_registrar)
    assert refuse_transfer(offered, remark="学位已满", by=far_registrar).state == "refused"
    with pytest.raises(Refused):
        withdraw_transfer(offered, remark="", by=registrar)
    assert Enrolment.objects.get(pupil=pupil).school_class == class_a


def test_each_side_does_its_own(offered, far_class, registrar, far_registrar, stranger):
    with pytest.raises(NotYours):
        accept_transfer(offered, far_class, on=DAY, by=registrar)
    with pytest.raises(NotYours):
        withdraw_transfer(offered, remark="", by=far_registrar)
    assert Transfer.objects.visible_to(far_registrar, on=DAY).count() == 1
    assert not Transfer.objects.visible_to(stranger, on=DAY).exists()


def test_no_offer_without_papers_nor_twice(offered, pupil, far_class, registrar, paper, class_b):
    school = class_b.get_parent().get_parent()
    for papers, code in (([], "papers_missing"), ([paper], "transfer_exists")):
        with pytest.raises(Refused) as refusal:
            offer_transfer(pupil, school, on=DAY, reason="搬家", papers=papers, by=registrar)
        assert refusal.value.code == code


def test_who_is_transferred_out_is_awaited_for_ten_working_days(pupil, registrar):
    change_register(pupil, "transfer_out", date=date(2026, 11, 9), to_school="浙江某校", by=registrar)
    expected = ArrivalExpectation.objects.get()
    assert (expected.to_unit, expected.due_on) == (None, DAY)
    assert not ArrivalExpectation.objects.overdue(on=DAY).exists()
    assert ArrivalExpectation.objects.overdue(on=DAY + timedelta(days=1)).exists()


def test_the_school_that_expects_a_child_may_take_it_in(pupil, registrar, far_class, far_registrar):
    school = far_class.get_parent().get_parent()
    change_register(pupil, "transfer_out", date=DAY, to_school=school.code, by=registrar)
    assert Pupil.objects.visible_to(far_registrar, on=DAY).get() == pupil
    change_register(pupil, "transfer_in", date=DAY, to_class=far_class, by=far_registrar)
    assert ArrivalExpectation.objects.get().state == "arrived"
    assert PupilGrant.objects.get().last_day == DAY


def test_a_corrected_transfer_awaits_nobody(pupil, registrar):
    change_register(pupil, "transfer_out", date=date(2026, 11, 9), to_school="某校", by=registrar)
    change_register(pupil, "correct", date=DAY, reason="弄错了人", by=registrar)
    assert ArrivalExpectation.objects.get().state == "withdrawn"


def test_an_arrival_elsewhere_wants_a_paper(pupil, registrar, class_teacher, paper):
    change_register(pupil, "transfer_out", date=date(2026, 11, 9), to_school="某校", by=registrar)
    expected = ArrivalExpectation.objects.get()
    with pytest.raises(NotYours):
        confirm_arrival(expected, on=DAY, note="来函", proof=paper, by=class_teacher)
    with pytest.raises(Malformed):
        confirm_arrival(expected, on=DAY, note="来函", by=registrar)
    assert confirm_arrival(expected, on=DAY, note="来函", proof=paper, by=registrar).state == "arrived"
    with pytest.raises(Refused):
        change_destination(expected, to_school="别处", by=registrar)


def test_a_primary_leaver_is_due_at_the_junior_school_by_day_five_of_term(primary_class, registrar, settings):
    settings.KONGCHUO_TODAY = "2027-07-10"
    pupil = make_pupil(primary_class)
    change_register(pupil, "graduate", date=date(2027, 7, 10), by=registrar)
    expected = ArrivalExpectation.objects.get()
    assert (expected.to_unit.code, expected.first_day) == ("2152000123", date(2027, 9, 1))
    assert expected.due_on == date(2027, 9, 7)


def test_the_pages_walk_through_a_transfer(as_, pupil, registrar, far_class, far_registrar, stranger, tmp_path):
    picture = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(picture)
    school = far_class.get_parent().get_parent()
    upload = SimpleUploadedFile("a.png", picture.read_bytes())
    sent = {"to_school": school.code, "on": f"{DAY}", "reason": "迁居", "paper": upload}
    page = as_(registrar).post(f"/students/{pupil.number}/transfer/", sent).headers["Location"]
    assert as_(stranger).get(page).status_code == 404
    accept = {"verb": "accept", "to_class": far_class.pk, "on": f"{DAY}"}
    assert as_(registrar).post(page, accept).status_code == 404
    assert as_(far_registrar).post(page, accept).status_code == 302
    assert Transfer.objects.get().state == "accepted"
    for address in (
        "/transfers/?state=all",
        "/arrivals/?state=all",
        f"/arrivals/{ArrivalExpectation.objects.get().pk}/",
    ):
        assert "马小龙" in as_(registrar).get(address).content.decode()
