"""Two files of one child become one (P1)."""

from datetime import date

import pytest

from organisation.errors import Malformed, NotYours, Refused
from organisation.models import FactChange
from students.actions.merge import merge_pupils
from students.actions.register import change_register
from students.actions.roster import import_roster
from students.actions.timeline import record
from students.models import Enrolment, LeaveSlip, Mark, Pupil, PupilAlias, PupilGrant
from students.tests.factories import make_guardian, make_pupil, make_roll, make_spell, moment
from students.tests.test_rosters import identity, line, roster  # noqa: F401

SPLIT, DAY = date(2026, 10, 12), date(2026, 11, 23)


@pytest.fixture
def other(class_b):
    """The earlier file, without papers, at school B until the child moved."""
    pupil = make_pupil(class_b, "马小龙", number="pother0000", registry_number="L00000000000000001", identity_type="无")
    Enrolment.objects.filter(pupil=pupil).update(ends=SPLIT)
    return pupil


@pytest.fixture
def kept(class_a):
    number = identity(1)
    fields = {"identity_number": number, "registry_number": f"G{number}"}
    return make_pupil(class_a, "马小龙", number="pkept00000", starts=SPLIT, **fields)


def test_everything_follows_to_the_kept_file(kept, other, class_b, county_clerk, stranger, school_b):
    make_roll(class_b, date(2026, 9, 7), by=stranger, marks={other: "truant"})
    record(other, "talk", "谈话", by=stranger, on=date(2026, 9, 8))
    make_guardian(other, "奶奶", relation="祖母")
    make_guardian(kept, "父亲")
    PupilGrant.objects.create(pupil=other, post_kind="counsellor", unit=school_b, reason="转介", first_day=DAY)
    LeaveSlip.objects.create(
        pupil=other, path=other.path, kind="sick", first_day=SPLIT, last_day=SPLIT, applied_by="奶奶", reason="发烧",
        entered_by=stranger, entered_at=moment(SPLIT),
    )  # fmt: skip
    change_register(kept, "suspend", date=DAY, until=date(2027, 3, 1), reason="病", by=county_clerk)
    merge_pupils(kept, other, by=county_clerk, reason="重复建档")
    kept.refresh_from_db()
    assert not Pupil.objects.filter(number="pother0000").exists()
    assert [spell.status for spell in kept.enrolments.all()] == ["in_school", "in_school", "suspended"]
    assert [(g.order, g.name) for g in kept.guardians.all()] == [(1, "父亲"), (2, "奶奶")]
    counts = [kept.marks.count(), kept.slips.count(), kept.grants.count(), kept.timeline.count()]
    assert counts == [1, 1, 1, 3]
    assert kept.timeline.filter(text__startswith="合并档案:编号 pother0000").exists()
    assert Pupil.history.filter(number="pother0000", history_type="-").get().history_user == county_clerk
    assert FactChange.objects.filter(kind="enrolment", pupils=[kept.pk], since=date(2026, 9, 1)).exists()


def test_the_others_address_and_numbers_lead_to_the_kept_file(as_, kept, other, county_clerk):
    merge_pupils(kept, other, by=county_clerk, reason="重复建档")
    client = as_(county_clerk)
    assert client.get("/students/pother0000/").headers["Location"] == "/students/pkept00000/"
    assert client.get("/api/v1/students/pother0000/").json()["number"] == "pkept00000"
    body = {"registry_number": "l00000000000000001"}
    found = client.post("/api/v1/students/search/", body, content_type="application/json").json()["results"]
    assert [pupil["number"] for pupil in found] == ["pkept00000"]


def test_a_stranger_is_not_led_anywhere(as_, kept, other, county_clerk, other_clerk):
    merge_pupils(kept, other, by=county_clerk, reason="重复建档")
    assert as_(other_clerk).get("/students/pother0000/").status_code == 404


def test_the_kept_file_takes_over_the_numbers_it_lacks(kept, other, county_clerk):
    number = kept.identity_number
    merge_pupils(other, kept, by=county_clerk, reason="重复建档")
    other.refresh_from_db()
    assert (other.identity_number, other.registry_number) == (number, f"G{number}")
    assert other.identity_type == "居民身份证"
    assert PupilAlias.objects.get().registry_number == "L00000000000000001"
    assert other.school_class == Enrolment.objects.get(pupil=other, ends=None).school_class


def test_files_of_one_class_at_the_same_time_become_one_spell(class_a, registrar, class_teacher):
    one, two = make_pupil(class_a, "甲"), make_pupil(class_a, "甲", starts=date(2026, 9, 10))
    make_roll(class_a, date(2026, 9, 14), by=class_teacher, marks={one: "late", two: "truant"})
    make_roll(class_a, date(2026, 9, 15), by=class_teacher, marks={two: "truant"})
    merge_pupils(one, two, by=registrar, reason="重复建档")
    spell = one.enrolments.get()
    assert (spell.starts, spell.ends) == (date(2026, 9, 1), None)
    assert sorted(Mark.objects.filter(pupil=one).values_list("kind", flat=True)) == ["late", "truant"]


def test_two_places_at_once_are_no_child(kept, other, class_b, county_clerk):
    make_spell(other, class_b, starts=date(2026, 11, 2))
    with pytest.raises(Refused) as refused:
        merge_pupils(kept, other, by=county_clerk, reason="重复建档")
    assert refused.value.code == "two_places"
    assert Pupil.objects.filter(number="pother0000").exists()


def test_a_file_is_not_merged_into_itself_nor_without_a_reason(kept, other, county_clerk):
    for first, second, reason in ((kept, kept, "重复建档"), (kept, other, " ")):
        with pytest.raises(Malformed):
            merge_pupils(first, second, by=county_clerk, reason=reason)


def test_a_registrar_merges_within_the_school_only(kept, other, registrar, class_a, class_teacher):
    with pytest.raises(NotYours):
        merge_pupils(kept, other, by=registrar, reason="重复建档")
    second = make_pupil(class_a, "甲", starts=DAY)
    with pytest.raises(NotYours):
        merge_pupils(kept, second, by=class_teacher, reason="重复建档")
    assert merge_pupils(kept, make_pupil(class_a, "乙"), by=registrar, reason="重复建档") == kept


def test_a_roster_with_the_former_number_means_the_kept_file(kept, other, county_clerk, roster):  # noqa: F811
    merge_pupils(kept, other, by=county_clerk, reason="重复建档")
    cells = {"姓名": "马小龙", "身份证件类型": "无", "身份证件号": "", "学籍号": "L00000000000000001"}
    plan = import_roster(roster(line(1, **cells)), since=DAY)
    kept.refresh_from_db()
    assert (plan.created, plan.updated, kept.registry_number) == (0, 1, f"G{identity(1)}")


def test_the_page_shows_both_files_before_it_merges_them(as_, kept, other, county_clerk, registrar, class_teacher):
    url = "/students/pkept00000/merge/"
    assert as_(class_teacher).get(url).status_code == 403
    client = as_(registrar)
    assert "没有找到" in client.post(url, {"other": "L00000000000000001", "verb": "look"}).content.decode()
    client = as_(county_clerk)
    assert "pother0000" in client.get(url).content.decode()
    shown = client.post(url, {"other": "L00000000000000001", "verb": "look"})
    assert "请核对是同一个孩子" in shown.content.decode()
    assert client.post(url, {"other": "pother0000", "verb": "merge", "reason": ""}).status_code == 400
    done = client.post(url, {"other": "pother0000", "verb": "merge", "reason": "重复建档"})
    assert done.headers["Location"] == "/students/pkept00000/"
