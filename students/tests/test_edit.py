"""Correcting a child's file (P3), and telling children of one name apart (P2)."""

from datetime import date

import pytest

from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from students.actions.edit import edit_pupil
from students.queries.rolls import sheet_for
from students.tests.factories import make_guardian, make_pupil
from students.tests.test_rosters import identity

DAY = date(2026, 11, 23)


@pytest.fixture
def pupil(class_a):
    number = identity(1)
    return make_pupil(class_a, "马小龙", identity_number=number, registry_number=f"G{number}", health="哮喘")


def test_the_registrar_corrects_identity_and_it_stands_in_history(pupil, registrar):
    edit_pupil(pupil, by=registrar, name="马 晓龙", ethnicity="回", carer="奶奶", is_left_behind=True)
    pupil.refresh_from_db()
    assert (pupil.name, pupil.initials, pupil.ethnicity, pupil.carer) == ("马晓龙", "mxl", "回族", "奶奶")
    assert pupil.history.first().history_user == registrar
    assert pupil.timeline.get().text == "更正档案:姓名、民族、实际照护人、留守儿童"


def test_the_same_again_changes_nothing(pupil, registrar):
    edit_pupil(pupil, by=registrar, carer="奶奶")
    edit_pupil(pupil, by=registrar, carer="奶奶")
    assert (pupil.history.count(), pupil.timeline.count()) == (2, 1)


def test_guardians_are_kept_in_their_order(pupil, class_teacher):
    make_guardian(pupil, "父亲", phone="13900001111")
    said = {"name": "父亲", "relation": "父亲", "phone": None, "lives_with": False}
    edit_pupil(
        pupil, by=class_teacher, guardians=[said, {"name": "奶 奶", "relation": "祖母", "phone": "1391111 2222"}]
    )
    rows = pupil.guardians.values_list("order", "name", "phone", "lives_with")
    assert list(rows) == [(1, "父亲", "13900001111", False), (2, "奶奶", "13911112222", None)]
    edit_pupil(pupil, by=class_teacher, guardians=[{"name": "奶奶", "relation": "祖母", "phone": "13911112222"}])
    assert [guardian.name for guardian in pupil.guardians.all()] == ["奶奶"]


@pytest.mark.parametrize(
    ("who", "wanted", "allowed"),
    [
        ("class_teacher", {"address": "大坝组"}, True),
        ("class_teacher", {"name": "别名"}, False),
        ("class_teacher", {"health": "好"}, False),
        ("registrar", {"health": "好"}, False),
        ("principal", {"health": "好"}, True),
        ("principal", {"is_in_justice": True}, True),
        ("grade_head", {"address": "大坝组"}, False),
        ("subject_teacher", {"address": "大坝组"}, False),
    ],
)
def test_who_may_correct_what(request, pupil, registrar, who, wanted, allowed):
    person = request.getfixturevalue(who)
    if allowed:
        assert edit_pupil(pupil, by=person, **wanted)
    else:
        with pytest.raises(NotYours):
            edit_pupil(pupil, by=person, **wanted)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"identity_number": identity(1)[:-1] + "A"}, "bad_id_checksum"),
        ({"born_on": date(2013, 4, 2)}, "id_birth_mismatch"),
        ({"sex": "female"}, "id_sex_mismatch"),
        ({"born_on": date(2030, 1, 1)}, "bad_date"),
        ({"ethnicity": "火星族"}, "unknown_ethnicity"),
        ({"name": " "}, "missing"),
        ({"path": "0001"}, "unknown_field"),
    ],
)
def test_what_a_roster_refuses_is_refused_here_too(pupil, registrar, wanted, code):
    with pytest.raises(Malformed) as refused:
        edit_pupil(pupil, by=registrar, **wanted)
    assert refused.value.code == code


def test_a_number_of_another_file_is_refused(pupil, registrar, class_a):
    make_pupil(class_a, identity_number=identity(3), registry_number="G3")
    with pytest.raises(Refused) as refused:
        edit_pupil(pupil, by=registrar, registry_number="g3")
    assert refused.value.code == "duplicate_id"


def test_the_page_corrects_and_shows_only_what_the_post_may_see(
    as_, pupil, registrar, class_teacher, principal, stranger, grade_head
):
    url = f"/students/{pupil.number}/edit/"
    assert as_(stranger).get(url).status_code == 404
    assert as_(grade_head).get(url).status_code == 403
    page = as_(class_teacher).get(url).content.decode()
    assert 'name="address"' in page
    assert 'name="name"' not in page
    assert "哮喘" not in page
    form = {"address": "大坝组", "g1-name": "父亲", "g1-relation": "父亲", "g1-phone": "13900001111"}
    assert as_(class_teacher).post(url, form).headers["Location"] == f"/students/{pupil.number}/"
    pupil.refresh_from_db()
    assert (pupil.address, pupil.identity_number, pupil.health) == ("大坝组", identity(1), "哮喘")
    assert pupil.guardians.get().name == "父亲"
    named = {
        "name": "马晓龙",
        "sex": "male",
        "born_on": "2013-04-01",
        "ethnicity": "汉族",
        "identity_type": "居民身份证",
    }
    bad = as_(registrar).post(url, named | {"identity_number": "123", "g1-name": "父亲", "g1-relation": "父亲"})
    assert bad.status_code == 400
    assert "校验位不对" in bad.content.decode()
    done = as_(registrar).post(url, named | {"g1-name": "父亲", "g1-relation": "父亲"})
    assert done.status_code == 302
    pupil.refresh_from_db()
    assert (pupil.name, pupil.registry_number) == ("马晓龙", f"G{identity(1)}")


def test_restricted_fields_and_their_history_are_for_those_in_charge(as_, pupil, principal, class_teacher):
    edit_pupil(pupil, by=principal, health="白血病")
    url = f"/students/{pupil.number}/"
    assert "白血病" not in as_(class_teacher).get(url).content.decode()
    assert "白血病" in as_(principal).get(url).content.decode()


def test_children_of_one_name_show_birth_date_and_last_digits(as_, class_a, class_teacher):
    for serial in (1, 3):
        make_pupil(class_a, "王芳", registry_number=f"G{identity(serial)}")
    make_pupil(class_a, "李明", registry_number="G9")
    sheet = sheet_for(Unit.objects.get(pk=class_a.pk), DAY, "am")
    assert [p.apart for p in sheet.listed if p.name == "王芳"] == [f"2013-04-01 尾号{identity(n)[-4:]}" for n in (1, 3)]
    assert [p.apart for p in sheet.listed if p.name == "李明"] == [""]
    for page in ("/students/", f"/rolls/{class_a.code}/{DAY}/am/", f"/slips/new/?class={class_a.code}"):
        shown = as_(class_teacher).get(page).content.decode()
        assert f"尾号{identity(1)[-4:]}" in shown, page
        assert "尾号G9" not in shown
