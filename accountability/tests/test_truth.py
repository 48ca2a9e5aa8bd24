"""Truth checks on real records: found once, put before who is no party, explained or confirmed; headcounts."""

import io
import json
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from PIL import Image

from accountability.actions.spot_counts import enter_count
from accountability.actions.truth import check_truth, decide_truth
from accountability.models import Lead, SpotCount, TruthHit
from casework.actions.follow import follow_absences
from casework.models import Case, Duty, Episode
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import AccessEntry, Post, Unit
from organisation.tests.factories import make_class, make_holder, make_post, make_school
from organisation.tests.together import at_once, shared_database
from students.actions.register import change_register
from students.actions.rolls import submit_roll
from students.models import Roll, TimelineEntry
from students.tests.factories import make_pupil, make_roll, moment

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def inspector(county):
    return make_holder(PostKind.INSPECTOR, county, "王督学")


@pytest.fixture
def roll(class_a, pupils_a, class_teacher, principal, county_clerk, bureau_head):
    return make_roll(class_a, FRIDAY, by=class_teacher, marks={pupils_a[2]: "sick"})


@pytest.fixture
def hit(roll, class_a, pupils_a, inspector):
    """Two on the roll, one in the room."""
    enter_count(class_a, day=FRIDAY, session="am", counted=1, by=inspector, absent=[pupils_a[0].number])
    return TruthHit.objects.get()


def kinds():
    return sorted(TruthHit.objects.values_list("kind", flat=True))


def make_case(pupil, *, since, confirmed=True, returned=None, state="persuading"):
    case = Case.objects.create(
        pupil=pupil, path=pupil.path, origin_path=pupil.path, state=state, source="report", opened_on=since
    )
    Episode.objects.create(
        case=case, number=1, away_since=since, suspected_on=since, confirmed_on=since if confirmed else None,
        returned_on=returned,
    )  # fmt: skip
    return case


# What is found


def test_nothing_is_found_where_everything_agrees(roll, class_a, inspector):
    enter_count(class_a, day=FRIDAY, session="am", counted=2, by=inspector)
    assert check_truth() == []
    assert not TruthHit.objects.exists()


def test_present_on_the_roll_while_the_case_says_away(roll, pupils_a):
    make_case(pupils_a[0], since=FRIDAY)
    (one,) = check_truth()
    assert (one.kind, one.pupil, one.about) == ("case_away", pupils_a[0].pk, roll.submitted_by_id)


def test_absent_on_the_roll_is_what_the_case_says(roll, pupils_a):
    make_case(pupils_a[2], since=FRIDAY)
    assert check_truth() == []


def test_entered_as_dropped_out_afterwards_it_still_stood_on_the_roll(roll, pupils_a):
    make_case(pupils_a[0], since=FRIDAY)
    change_register(pupils_a[0], "drop_out", date=FRIDAY - timedelta(days=1), reason="外出务工", by=None)
    assert [one.kind for one in check_truth()] == ["case_away"]


@pytest.mark.parametrize("back", [{"returned": FRIDAY}, {"confirmed": False, "state": "suspected"}])
def test_back_at_school_or_only_suspected_nothing_contradicts(roll, pupils_a, back):
    make_case(pupils_a[0], since=FRIDAY - timedelta(days=9), **back)
    assert check_truth() == []


def test_on_the_roll_of_a_school_that_the_register_says_it_had_left(roll, pupils_a, class_b, registrar):
    change_register(pupils_a[0], "transfer_out", date=date(2026, 11, 18), to_school="学校", reason="搬家", by=None)
    change_register(pupils_a[0], "transfer_in", date=date(2026, 11, 18), to_class=class_b, by=None)
    (one,) = check_truth()
    assert (one.kind, one.pupil) == ("elsewhere", pupils_a[0].pk)
    assert "学校2152000456" in one.title


def test_moved_within_the_school_it_is_elsewhere_nowhere(roll, pupils_a, school_a):
    other = make_class(school_a, number=2)
    change_register(pupils_a[0], "move_class", date=date(2026, 11, 18), to_class=other, by=None)
    assert check_truth() == []


def test_a_class_that_is_always_full(class_a, class_b, class_teacher, stranger, principal):
    for _ in range(40):
        make_pupil(class_a)
    ill = [make_pupil(class_b) for _ in range(10)]
    day = date(2026, 11, 23)
    for back in range(60):
        on = day - timedelta(days=back)
        if on.weekday() < 5 and on.month > 9:
            make_roll(class_a, on, by=class_teacher)
            make_roll(class_b, on, by=stranger, marks={ill[0]: "sick", ill[1]: "personal"})
    (one,) = check_truth()
    assert (one.kind, one.school_class, one.about) == ("always_full", class_a.pk, class_teacher.pk)


def test_rolls_of_past_days_filled_in_at_once(class_a, pupils_a, class_teacher, principal):
    late = moment(FRIDAY, 17)
    for number in range(5):
        day = FRIDAY - timedelta(days=number + 1)
        make_roll(class_a, day, by=class_teacher, at=late + timedelta(minutes=number))
    (one,) = check_truth()
    assert (one.kind, one.about) == ("bulk_past", class_teacher.pk)


def test_a_truancy_taken_off_after_the_step_was_due(class_a, pupils_a, class_teacher, head_of_teaching, principal):
    make_roll(class_a, date(2026, 11, 9), by=class_teacher, marks={pupils_a[0]: "truant"})
    follow_absences()
    assert check_truth() == []
    submit_roll(class_a, date(2026, 11, 9), "am", version=1, marks=[], by=head_of_teaching, reason="看错了")
    follow_absences()
    (one,) = check_truth()
    assert (one.kind, one.pupil, one.about) == ("changed_late", pupils_a[0].pk, head_of_teaching.pk)
    assert "看错了" in one.evidence[0].text


def test_found_again_it_is_the_same_hit(hit):
    for _ in range(2):
        assert len(check_truth()) == 1
    assert TruthHit.objects.count() == 1
    assert Duty.objects.filter(kind="truth_look").count() == 1


def test_another_countys_rolls_are_another_countys_matter(hit, other_clerk):
    assert check_truth(other_clerk.posts.get().unit.path) == []


def test_a_roll_called_after_the_count_is_compared_at_night(class_a, pupils_a, class_teacher, principal, inspector):
    enter_count(class_a, day=FRIDAY, session="am", counted=1, by=inspector)
    assert not TruthHit.objects.exists()
    make_roll(class_a, FRIDAY, by=class_teacher)
    check_truth()
    assert kinds() == ["headcount"]


# Before whom


def test_a_teachers_roll_lies_before_the_principal(hit, principal, school_a):
    duty = Duty.objects.get(kind="truth_look")
    assert (duty.post_kind, duty.chair_path) == (PostKind.PRINCIPAL, school_a.path)


@pytest.mark.parametrize("kind", [PostKind.PRINCIPAL, PostKind.DEPUTY_PRINCIPAL])
def test_a_heads_own_roll_lies_before_the_county(roll, class_a, school_a, county, inspector, kind):
    head = make_holder(kind, school_a, "带班校领导", first_day=date(2026, 10, 1))
    Roll.objects.update(submitted_by=head)
    enter_count(class_a, day=FRIDAY, session="am", counted=1, by=inspector)
    hit = TruthHit.objects.get()
    assert (hit.chair_kind, hit.chair_path) == (PostKind.COUNTY_CLERK, county.path)
    assert not TruthHit.objects.visible_to(head, on=FRIDAY).exists()


def test_an_empty_seat_passes_it_up(roll, class_a, principal, county, inspector):
    Post.objects.filter(person=principal).update(last_day=FRIDAY)
    enter_count(class_a, day=FRIDAY, session="am", counted=1, by=inspector)
    assert TruthHit.objects.get().chair_kind == PostKind.COUNTY_CLERK


def test_who_called_the_roll_and_comes_to_sit_there_decides_nothing(hit, class_teacher, principal, school_a):
    Post.objects.filter(person=principal).update(last_day=FRIDAY)
    make_post(class_teacher, PostKind.PRINCIPAL, school_a, first_day=FRIDAY + timedelta(days=1))
    check_truth()
    hit.refresh_from_db()
    assert hit.chair_kind == PostKind.COUNTY_CLERK
    with pytest.raises(NotYours):
        decide_truth(hit, "explain", reason="没有问题", by=class_teacher)


# What came of it


def test_explained_it_is_closed_and_never_found_again(hit, principal):
    decide_truth(hit, "explain", reason="一名学生去了医务室", by=principal)
    check_truth()
    hit.refresh_from_db()
    assert (hit.state, hit.decided_by, hit.lead) == ("explained", principal, None)
    assert not Duty.objects.open().filter(kind="truth_look").exists()
    assert not Lead.objects.exists()


def test_confirmed_it_is_a_lead_against_who_called_the_roll(hit, principal, class_teacher):
    decide_truth(hit, "confirm", reason="学生不在校,点名在校", by=principal)
    lead = Lead.objects.get()
    assert (lead.source, lead.subject, lead.ground) == ("truth", class_teacher, "")
    assert lead.evidence["references"][0]["key"] == hit.pk
    assert TruthHit.objects.get().lead == lead


def test_what_was_confirmed_of_a_child_is_for_whom_findings_are(roll, pupils_a, principal):
    make_case(pupils_a[0], since=FRIDAY)
    check_truth()
    decide_truth(TruthHit.objects.get(), "confirm", reason="不在校", by=principal)
    assert TimelineEntry.objects.get(kind="truth").audience == "finding"


@pytest.mark.parametrize(
    ("who", "verb", "reason", "error"),
    [
        ("class_teacher", "explain", "没事", NotYours),
        ("inspector", "confirm", "属实", NotYours),
        ("county_clerk", "confirm", "属实", NotYours),
        ("stranger", "explain", "没事", NotYours),
        ("principal", "explain", " ", Malformed),
        ("principal", "delete", "属实", Malformed),
    ],
)
def test_who_and_what_decides_nothing(request, hit, who, verb, reason, error):
    with pytest.raises(error):
        decide_truth(hit, verb, reason=reason, by=request.getfixturevalue(who))
    assert TruthHit.objects.get().state == "open"


@pytest.mark.parametrize(("first", "second"), [("explain", "confirm"), ("confirm", "explain"), ("explain", "explain")])
def test_decided_is_decided(hit, principal, first, second):
    decide_truth(hit, first, reason="核实过", by=principal)
    with pytest.raises(Refused) as refusal:
        decide_truth(hit, second, reason="核实过", by=principal)
    assert refusal.value.code == "wrong_state"


# Headcounts


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"day": date(2026, 11, 24)}, "future_session"),
        ({"day": date(2026, 11, 2)}, "too_old"),
        ({"day": date(2026, 11, 22)}, "not_a_school_day"),
        ({"session": "night"}, "unknown_session"),
        ({"absent": ["p999999999"]}, "not_on_list"),
        ({"counted": 150}, "too_many"),
    ],
)
def test_a_headcount_that_cannot_be_is_refused(roll, class_a, inspector, given, code):
    asked = {"day": FRIDAY, "session": "am", "counted": 2, "by": inspector, **given}
    with pytest.raises(Refused) as refusal:
        enter_count(class_a, **asked)
    assert refusal.value.code == code
    assert not SpotCount.objects.exists()


def test_a_class_is_counted_once_a_session(hit, class_a, inspector):
    with pytest.raises(Refused) as refusal:
        enter_count(class_a, day=FRIDAY, session="am", counted=2, by=inspector)
    assert refusal.value.code == "counted_already"
    enter_count(class_a, day=FRIDAY, session="pm", counted=2, by=inspector)


@pytest.mark.parametrize("who", ["principal", "county_clerk", "class_teacher", "far_inspector"])
def test_only_the_countys_inspectors_count(request, roll, class_a, other_clerk, who):
    far = other_clerk.posts.get().unit
    by = make_holder(PostKind.INSPECTOR, far, "外县督学") if who == "far_inspector" else request.getfixturevalue(who)
    with pytest.raises(NotYours):
        enter_count(class_a, day=FRIDAY, session="am", counted=2, by=by)


@pytest.mark.django_db(transaction=True)
def test_two_phones_at_once_make_one_count(tmp_path, roll, class_a, inspector):
    with shared_database(tmp_path):
        calls = [lambda: enter_count(class_a, day=FRIDAY, session="am", counted=1, by=inspector)] * 3
        results = at_once(*calls)
        assert [isinstance(one, SpotCount) for one in results].count(True) == 1
        assert {one.code for one in results if isinstance(one, Refused)} == {"counted_already"}
        assert (SpotCount.objects.count(), TruthHit.objects.count()) == (1, 1)


# Pages and the command


def test_an_inspector_counts_on_the_phone(as_, roll, class_a, pupils_a, inspector):
    photo = io.BytesIO()
    Image.new("RGB", (20, 20)).save(photo, "JPEG")
    client = as_(inspector)
    assert class_a.code in client.get("/truth/counts/new/?school=2152000123").content.decode()
    page = client.get(f"/truth/counts/new/?class={class_a.code}").content.decode()
    assert pupils_a[0].name in page
    sent = {"day": FRIDAY, "session": "am", "counted": 1, "absent": [pupils_a[0].number], "note": "第二节"}
    sent["photo"] = SimpleUploadedFile("a.jpg", photo.getvalue())
    response = client.post(f"/truth/counts/new/?class={class_a.code}", sent, follow=True)
    assert "点名实到 2 人" in response.content.decode()
    count = SpotCount.objects.get()
    assert (list(count.absent.all()), count.photo.content_type) == ([pupils_a[0]], "image/jpeg")


def test_a_photo_that_is_none_is_refused(as_, roll, class_a, inspector):
    sent = {"day": FRIDAY, "session": "am", "counted": 1, "photo": SimpleUploadedFile("a.jpg", b"<html>")}
    response = as_(inspector).post(f"/truth/counts/new/?class={class_a.code}", sent)
    assert response.status_code == 400
    assert not SpotCount.objects.exists()


def test_another_countys_class_is_not_there(as_, class_a, other_clerk):
    far = make_holder(PostKind.INSPECTOR, other_clerk.posts.get().unit, "外县督学")
    assert as_(far).get(f"/truth/counts/new/?class={class_a.code}").status_code == 404


def test_the_page_shows_both_sides_and_is_written_down(as_, hit, principal, pupils_a):
    page = as_(principal).get(f"/truth/{hit.pk}/").content.decode()
    assert "点名说" in page
    assert "王督学" in page
    assert AccessEntry.objects.filter(what="truth_hit", key=str(hit.pk), person=principal).count() == 1


def test_a_decision_on_the_page(as_, hit, principal):
    client = as_(principal)
    assert client.post(f"/truth/{hit.pk}/", {"verb": "explain", "reason": ""}).status_code == 400
    assert client.post(f"/truth/{hit.pk}/", {"verb": "explain", "reason": "去了医务室"}).status_code == 302
    assert client.post(f"/truth/{hit.pk}/", {"verb": "explain", "reason": "去了医务室"}).status_code == 409


def test_how_often_a_check_cried_wolf(as_, hit, principal, class_a, inspector):
    decide_truth(hit, "explain", reason="去了医务室", by=principal)
    make_roll(class_a, FRIDAY, "pm", by=hit.about, at=moment(FRIDAY, 14))
    enter_count(class_a, day=FRIDAY, session="pm", counted=1, by=inspector)
    decide_truth(TruthHit.objects.get(state="open"), "confirm", reason="属实", by=principal)
    assert "50%(1/2)" in as_(principal).get("/truth/rates/").content.decode()


def test_a_stranger_learns_nothing(as_, hit, stranger, other_clerk):
    assert as_(other_clerk).get(f"/truth/{hit.pk}/").status_code == 404
    assert as_(stranger).get("/truth/").status_code == 403


def test_the_command_prints_findings_and_nothing_else(hit, class_a, school_b, capsys):
    call_command("check_truth", "--unit", "520502", "--json")
    (one,) = json.loads(capsys.readouterr().out)["findings"]
    assert (one["kind"], one["unit"]) == ("headcount", class_a.code)
    assert one["evidence"]
    call_command("check_truth", "--unit", "2152000456")
    assert "共 0 处" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("check_truth", "--unit", "nix")


@pytest.mark.parametrize("classes", [1, 4])
def test_checks_ask_as_much_for_four_classes_as_for_one(
    school_a, class_teacher, principal, inspector, django_assert_max_num_queries, classes
):
    far = make_school(Unit.objects.get_parent(school_a), "2152000789")
    make_holder(PostKind.PRINCIPAL, far, "校长")
    for number in range(classes):
        one = make_class(far, number=number + 1)
        pupil = make_pupil(one)
        make_roll(one, FRIDAY, by=class_teacher)
        make_case(pupil, since=FRIDAY)
        enter_count(one, day=FRIDAY, session="am", counted=0, by=inspector)
    check_truth()  # what is new is put before somebody
    Duty.objects.all().delete()
    with django_assert_max_num_queries(36):
        check_truth()
