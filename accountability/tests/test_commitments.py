"""Commitments (F40): made in bulk, signed once, by every post in every state; their duties, gaps and progress."""

from datetime import date

import pytest
from django.test.utils import CaptureQueriesContext

from accountability.actions.commitments.duties import settle_all_commitments, settle_commitments
from accountability.actions.commitments.making import make_commitments
from accountability.actions.commitments.sheets import is_whole, text_of, word_file
from accountability.actions.commitments.signing import decline, sign_on_paper
from accountability.enums import CommitmentKind, CommitmentState
from accountability.models import Commitment, CommitmentWording
from accountability.queries.commitments import gaps_below
from accountability.queries.targets import Counts, progress_of
from accountability.tasks import make_commitments_job
from accountability.tests.routine_factories import make_paper, make_sheet, photo
from casework.models import Duty
from organisation.actions.jobs import start_job
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Regulation
from organisation.queries.edition import forget_rule_books
from organisation.tests.factories import make_class, make_holder, make_post
from students.actions.register import change_register
from students.models import TimelineEntry
from students.tests.factories import make_guardian, make_pupil

K, S = CommitmentKind, CommitmentState
DAY = date(2026, 11, 23)
EVERY_KIND = [K.BUREAU_PRINCIPAL, K.PRINCIPAL_CLASS_TEACHER, K.PRINCIPAL_TEACHER, K.TEACHER_GUARDIAN]


@pytest.fixture
def people(pupils_a, class_teacher, subject_teacher, principal, county_clerk, bureau_head, class_b, stranger):
    make_guardian(pupils_a[0], "马大山")
    make_pupil(class_b, "外校学生")


@pytest.fixture
def sheet(people, class_a, principal):
    """The guardians' of the first child."""
    return make_sheet(K.TEACHER_GUARDIAN, class_a, principal, pupil__name="马小龙")


# Making.


def test_a_county_makes_a_sheet_for_everybody_who_is_to_sign(people, county, county_clerk):
    told = make_commitments(county, EVERY_KIND, by=county_clerk)

    kinds = {kind: Commitment.objects.filter(kind=kind).count() for kind in EVERY_KIND}
    assert kinds == {
        K.BUREAU_PRINCIPAL: 1,
        K.PRINCIPAL_CLASS_TEACHER: 2,
        K.PRINCIPAL_TEACHER: 1,
        K.TEACHER_GUARDIAN: 4,
    }
    assert told == {"made": 8, "voided": 0, "standing": 0}


def test_made_twice_there_is_nothing_new(people, county, county_clerk):
    make_commitments(county, EVERY_KIND, by=county_clerk)
    before = list(Commitment.objects.order_by("pk").values())
    duties = list(Duty.objects.order_by("pk").values())

    told = make_commitments(county, EVERY_KIND, by=county_clerk)

    assert told == {"made": 0, "voided": 0, "standing": 8}
    assert list(Commitment.objects.order_by("pk").values()) == before
    assert list(Duty.objects.order_by("pk").values()) == duties
    assert Commitment.history.count() == 8


def test_it_costs_as_many_statements_for_four_classes_as_for_one(people, school_a, class_a, county_clerk, connection_):
    def cost(unit):
        with CaptureQueriesContext(connection_) as statements:
            make_commitments(unit, [K.PRINCIPAL_CLASS_TEACHER, K.TEACHER_GUARDIAN], by=county_clerk)
        return len([one for one in statements if "SAVEPOINT" not in one["sql"]])

    make_commitments(school_a, [K.PRINCIPAL_TEACHER], by=county_clerk)  # what is read once is read
    for_one = cost(class_a)
    for number in range(4):
        more = make_class(school_a, number=number + 5)
        make_holder(PostKind.CLASS_TEACHER, more)
        make_guardian(make_pupil(more))
    assert cost(school_a) <= for_one


def test_the_sheet_says_who_what_and_how_many(people, class_a, principal):
    said = text_of(make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal))
    assert "学校2152000123校长 张校长" in said
    assert "八\uff081\uff09班班主任 余老师".replace("\uff08", "(").replace("\uff09", ")") in said
    assert "2026—2027学年" in said
    assert "即不超过 0 人" in said
    assert "$" not in said


def test_staff_sheets_are_numbered_and_guardians_are_not(people, county, county_clerk):
    make_commitments(county, EVERY_KIND, by=county_clerk)
    numbers = Commitment.objects.exclude(number=None).values_list("number", flat=True)
    assert set(numbers) == {
        "520502校责〔2026〕1号",
        "2152000123师责〔2026〕1号",
        "2152000456师责〔2026〕1号",
        "2152000123任师责〔2026〕1号",
    }
    assert not Commitment.objects.filter(kind=K.TEACHER_GUARDIAN).exclude(number=None).exists()


def test_who_is_class_teacher_does_not_sign_as_a_teacher_too(people, class_a, class_teacher, principal):
    make_post(class_teacher, PostKind.SUBJECT_TEACHER, class_a)
    make_commitments(class_a, [K.PRINCIPAL_TEACHER], by=principal)
    assert list(Commitment.objects.values_list("signer__name", flat=True)) == ["任老师"]


def test_who_left_before_signing_has_a_void_sheet_and_the_successor_one(people, class_a, class_teacher, principal):
    first = make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    class_teacher.posts.update(last_day=date(2026, 11, 22))
    make_holder(PostKind.CLASS_TEACHER, class_a, "新老师")

    told = make_commitments(class_a, [K.PRINCIPAL_CLASS_TEACHER], by=principal)

    first.refresh_from_db()
    assert (told["made"], told["voided"], first.state) == (1, 1, S.VOID)
    assert Commitment.objects.standing().get().signer.name == "新老师"


def test_who_comes_back_has_the_old_sheet_again(people, class_a, class_teacher, principal):
    first = make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    class_teacher.posts.update(last_day=date(2026, 11, 22))
    make_commitments(class_a, [K.PRINCIPAL_CLASS_TEACHER], by=principal)
    class_teacher.posts.update(last_day=None)

    make_commitments(class_a, [K.PRINCIPAL_CLASS_TEACHER], by=principal)

    first.refresh_from_db()
    assert first.state == S.WAITING
    assert Commitment.objects.count() == 1


def test_what_was_signed_stays_when_the_signer_leaves(people, class_a, class_teacher, principal):
    first = make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    sign_on_paper([first], paper=make_paper(class_a.path, principal), by=principal)
    class_teacher.posts.update(last_day=date(2026, 11, 22))

    make_commitments(class_a, [K.PRINCIPAL_CLASS_TEACHER], by=principal)

    first.refresh_from_db()
    assert first.state == S.SIGNED


def test_a_child_in_another_class_of_the_school_takes_the_sheet_along(sheet, school_a, pupils_a, principal):
    other = make_class(school_a, number=2)
    change_register(pupils_a[0], "move_class", date=DAY, to_class=other, by=None)

    told = make_commitments(school_a, [K.TEACHER_GUARDIAN], by=principal)

    sheet.refresh_from_db()
    assert (told["made"], sheet.path) == (0, other.path)


def test_the_wording_of_the_year_stays_whatever_the_regulation_says_later(people, class_a, principal, county):
    first = make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    said = text_of(first)
    rules = {"commitment": {"teacher": ["别的条款"]}}
    Regulation.objects.create(unit=county, version=1, effective_from=DAY, state="approved", title="新制度", rules=rules)
    forget_rule_books()
    make_commitments(class_a, [K.PRINCIPAL_CLASS_TEACHER], by=principal)
    first = Commitment.objects.select_related("wording__unit", "unit").get(pk=first.pk)
    assert text_of(first) == said
    assert is_whole(first)


def test_a_sheet_that_was_altered_is_noticed(sheet):
    Commitment.objects.filter(pk=sheet.pk).update(party_b="别人")
    assert not is_whole(Commitment.objects.select_related("wording").get(pk=sheet.pk))


def test_townships_and_villages_have_theirs(township, township_officer, county, county_clerk, bureau_head):
    make_holder(PostKind.VILLAGE_OFFICER, township, "村干部甲")
    make_holder(PostKind.VILLAGE_OFFICER, township, "村干部乙")
    make_commitments(county, [K.COUNTY_TOWNSHIP, K.TOWNSHIP_VILLAGE], by=county_clerk)
    kinds = sorted(Commitment.objects.values_list("kind", flat=True))
    assert kinds == ["county_township", "township_village", "township_village"]
    assert Commitment.objects.visible_to(township_officer, on=DAY).count() == 3


def test_a_word_file_is_made_of_every_kind(people, county, county_clerk):
    make_commitments(county, EVERY_KIND, by=county_clerk)
    for one in Commitment.objects.select_related("wording__unit", "wording__template", "unit", "pupil"):
        assert word_file(one)[:2] == b"PK"


MAY_MAKE = {
    K.BUREAU_PRINCIPAL: {"county_clerk", "bureau_head"},
    K.PRINCIPAL_CLASS_TEACHER: {"county_clerk", "bureau_head", "principal", "deputy_principal"},
    K.PRINCIPAL_TEACHER: {"county_clerk", "bureau_head", "principal", "deputy_principal"},
    K.TEACHER_GUARDIAN: {"county_clerk", "bureau_head", "principal", "deputy_principal", "class_teacher"},
}
POSTS = ("class_teacher", "subject_teacher", "grade_head", "head_of_teaching", "registrar", "deputy_principal") + (
    "principal", "county_clerk", "bureau_head", "township_officer", "prefecture_officer", "stranger", "former_teacher",
)  # fmt: skip


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("post", POSTS)
def test_who_makes_which(request, class_a, kind, post):
    person = request.getfixturevalue(post)
    if post in MAY_MAKE[kind]:
        make_commitments(class_a, [kind], by=person)
        return
    with pytest.raises(NotYours):
        make_commitments(class_a, [kind], by=person)


def test_a_county_is_made_as_a_job_that_may_run_twice(people, county, county_clerk, django_capture_on_commit_callbacks):
    params = {"kinds": [K.TEACHER_GUARDIAN], "next_url": "/commitments/gaps/"}
    job = start_job("accountability.make_commitments", title="制发", by=county_clerk, unit=county, params=params)
    make_commitments_job(str(job.pk))
    make_commitments_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.result["made"], job.done) == ("done", 4, 4)


# Signing: every verb in every state by every post.

MAY_SIGN = {"class_teacher", "principal", "deputy_principal", "county_clerk", "bureau_head"}


@pytest.mark.parametrize("post", POSTS)
def test_who_writes_a_guardians_signature_down(request, sheet, class_a, principal, post):
    person = request.getfixturevalue(post)
    paper = make_paper(class_a.path, principal)
    if post in MAY_SIGN:
        sign_on_paper([sheet], paper=paper, by=person)
        sheet.refresh_from_db()
        assert (sheet.state, sheet.signed_by, sheet.signed_on) == (S.SIGNED, "马大山", DAY)
        return
    with pytest.raises(NotYours):
        sign_on_paper([sheet], paper=paper, by=person)
    with pytest.raises(NotYours):
        decline(sheet, note="不愿意", by=person)


@pytest.mark.parametrize(
    ("verb", "state", "goes"),
    [
        ("sign", S.WAITING, True),
        ("sign", S.DECLINED, True),
        ("sign", S.SIGNED, False),
        ("sign", S.VOID, False),
        ("decline", S.WAITING, True),
        ("decline", S.DECLINED, False),
        ("decline", S.SIGNED, False),
        ("decline", S.VOID, False),
    ],
)
def test_what_goes_in_which_state(sheet, class_a, class_teacher, verb, state, goes):
    extra = {"signed_on": DAY} if state == S.SIGNED else {"note": "不愿意"}
    Commitment.objects.filter(pk=sheet.pk).update(state=state, **extra)

    def act():
        if verb == "sign":
            sign_on_paper([sheet], paper=make_paper(class_a.path, class_teacher), by=class_teacher)
        else:
            decline(sheet, note="再说", by=class_teacher)

    if goes:
        act()
        return
    with pytest.raises(Refused) as refusal:
        act()
    assert refusal.value.code == "wrong_state"


def test_a_signature_without_its_photo_is_none(sheet, class_teacher):
    with pytest.raises(Malformed, match="照片"):
        sign_on_paper([sheet], paper=None, by=class_teacher)


@pytest.mark.parametrize("on", [date(2026, 11, 22), date(2026, 11, 24)])
def test_nobody_signed_before_it_was_made_or_tomorrow(sheet, class_a, class_teacher, on):
    with pytest.raises(Malformed, match="日期"):
        sign_on_paper([sheet], paper=make_paper(class_a.path, class_teacher), by=class_teacher, on=on)


def test_one_refused_of_several_and_none_is_written(people, class_a, class_teacher, principal):
    make_commitments(class_a, [K.TEACHER_GUARDIAN], by=principal)
    sheets = list(Commitment.objects.all())
    Commitment.objects.filter(pk=sheets[-1].pk).update(state=S.VOID)
    with pytest.raises(Refused):
        sign_on_paper(sheets, paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    assert not Commitment.objects.filter(state=S.SIGNED).exists()


def test_only_guardians_decline(people, class_a, principal):
    staff = make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    with pytest.raises(Refused) as refusal:
        decline(staff, note="不签", by=principal)
    assert refusal.value.code == "not_a_guardians"


def test_the_childs_timeline_tells_of_it(sheet, class_a, class_teacher, pupils_a):
    sign_on_paper([sheet], paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    assert TimelineEntry.objects.get(pupil=pupils_a[0], kind="commitment").text.startswith("家长责任书已签")


# Duties.


def duty_of(kind):
    return Duty.objects.get(key__contains=f":{kind}:")


def test_every_signer_is_told_and_done_with_the_signature(people, county, class_a, county_clerk, class_teacher):
    make_commitments(county, EVERY_KIND, by=county_clerk)
    duty = Duty.objects.get(kind="commitment_sign", post_kind="class_teacher", path=class_a.path)
    assert duty.due_at.date() == date(2026, 12, 7)  # ten school days
    own = Commitment.objects.get(kind=K.PRINCIPAL_CLASS_TEACHER, signer=class_teacher)
    sign_on_paper([own], paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    duty.refresh_from_db()
    assert (duty.state, duty.done_by) == ("done", class_teacher)


def test_the_class_is_done_when_nobody_waits(people, class_a, class_teacher, principal):
    make_commitments(class_a, [K.TEACHER_GUARDIAN], by=principal)
    first, *others = Commitment.objects.order_by("pk")
    sign_on_paper(others, paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    assert duty_of(K.TEACHER_GUARDIAN).state == "open"
    decline(first, note="要和家人商量", by=class_teacher)
    assert duty_of(K.TEACHER_GUARDIAN).state == "done"


def test_new_pupils_have_a_term_of_their_own(settings, people, class_a, class_teacher, principal):
    make_commitments(class_a, [K.TEACHER_GUARDIAN], by=principal)
    sign_on_paper(Commitment.objects.all(), paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    settings.KONGCHUO_TODAY = "2026-12-14"
    make_pupil(class_a, "新来的", starts=date(2026, 12, 14))
    make_commitments(class_a, [K.TEACHER_GUARDIAN], by=principal)
    duty = Duty.objects.open().get(kind="commitment_gaps")
    assert duty.key.endswith(":2026-12-14")


def test_settled_twice_nothing_changes(people, county, county_clerk, connection_):
    make_commitments(county, EVERY_KIND, by=county_clerk)
    before = list(Duty.objects.order_by("pk").values())
    assert settle_commitments(county) == 0
    settle_all_commitments()
    assert list(Duty.objects.order_by("pk").values()) == before


def test_voided_sheets_leave_no_duty(people, class_a, class_teacher, principal):
    make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    class_teacher.posts.update(last_day=date(2026, 11, 22))
    make_commitments(class_a, [K.PRINCIPAL_CLASS_TEACHER], by=principal)
    assert duty_of(K.PRINCIPAL_CLASS_TEACHER).state == "cancelled"


# Gaps, progress, who sees.


def test_gaps_say_who_has_not_signed_and_what_was_not_made(people, county, school_a, class_a, county_clerk, principal):
    sheet = make_sheet(K.TEACHER_GUARDIAN, class_a, principal)
    sign_on_paper([sheet], paper=make_paper(class_a.path, principal), by=principal)
    lines = {line.unit.pk: line for line in gaps_below(county, person=county_clerk, year=2026, on=DAY)}
    cell = lines[school_a.pk].cells[K.TEACHER_GUARDIAN]
    assert (cell.due, cell.total, cell.signed, cell.waiting, cell.missing) == (3, 3, 1, 2, 0)
    assert lines[school_a.pk].cells[K.PRINCIPAL_CLASS_TEACHER].missing == 1


def test_gaps_add_up_from_class_to_county(people, county, school_a, county_clerk):
    make_commitments(county, EVERY_KIND, by=county_clerk)
    of_county = gaps_below(county, person=county_clerk, year=2026, on=DAY)
    of_school = gaps_below(school_a, person=county_clerk, year=2026, on=DAY)
    whole = next(line for line in of_county if line.unit.pk == school_a.pk)
    for kind in EVERY_KIND:
        assert whole.cells[kind].total == sum(line.cells[kind].total for line in of_school), kind


def test_the_rate_stands_beside_the_target(people, class_a, principal, pupils_a):
    sheet = make_sheet(K.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    change_register(pupils_a[1], "drop_out", date=date(2026, 10, 9), reason="外出务工", by=None)
    (progress,) = progress_of([sheet], Counts(class_a.path, on=DAY), on=DAY)[sheet.pk]
    assert (progress.out, progress.opening, progress.state) == (1, 3, "over")


@pytest.mark.parametrize(
    ("post", "kinds"),
    [
        ("class_teacher", {K.PRINCIPAL_CLASS_TEACHER, K.TEACHER_GUARDIAN}),
        ("subject_teacher", {K.PRINCIPAL_TEACHER}),
        ("principal", set(EVERY_KIND)),
        ("county_clerk", set(EVERY_KIND)),
        ("township_officer", set()),
        ("former_teacher", set()),
        ("prefecture_officer", set()),
        ("administrator", set()),
    ],
)
def test_who_sees_which(request, people, school_a, county_clerk, post, kinds):
    make_commitments(school_a, EVERY_KIND, by=county_clerk)
    seen = Commitment.objects.visible_to(request.getfixturevalue(post), on=DAY)
    assert set(seen.values_list("kind", flat=True)) == kinds


def test_a_stranger_cannot_tell_that_a_sheet_exists(as_, sheet, stranger):
    client = as_(stranger)
    for page in ("", "file/"):
        assert client.get(f"/commitments/{sheet.pk}/{page}").status_code == 404
    for page in ("print", "sign"):
        assert client.get(f"/commitments/{page}/?id={sheet.pk}").status_code == 404


def test_a_teacher_signs_with_a_photo_on_the_page(as_, sheet, class_teacher):
    page = f"/commitments/{sheet.pk}/"
    answer = as_(class_teacher).post(page, {"verb": "paper", "on": "2026-11-23", "paper": photo()})
    sheet.refresh_from_db()
    assert (answer.status_code, sheet.state, sheet.signed_how) == (302, S.SIGNED, "paper")


def test_what_is_no_photo_is_refused(as_, sheet, class_teacher):
    bad = photo("x.exe")
    bad.file.write(b"MZ" * 100)
    bad.file.truncate(3)
    bad.seek(0)
    answer = as_(class_teacher).post(f"/commitments/{sheet.pk}/", {"verb": "paper", "on": "2026-11-23", "paper": bad})
    sheet.refresh_from_db()
    assert (answer.status_code, sheet.state) == (400, S.WAITING)


def test_several_are_signed_on_one_scan(as_, people, class_a, class_teacher):
    make_commitments(class_a, [K.TEACHER_GUARDIAN], by=class_teacher)
    ids = "&".join(f"id={pk}" for pk in Commitment.objects.values_list("pk", flat=True))
    page = f"/commitments/sign/?{ids}"
    client = as_(class_teacher)
    assert client.get(page).status_code == 200
    assert client.post(page, {"on": "2026-11-23", "paper": photo()}).status_code == 302
    assert not Commitment.objects.exclude(state=S.SIGNED).exists()


def test_a_class_is_printed_at_once_and_it_is_written_down(as_, people, class_a, class_teacher):
    make_commitments(class_a, [K.TEACHER_GUARDIAN], by=class_teacher)
    said = as_(class_teacher).get(f"/commitments/print/?unit={class_a.code}&kind=teacher_guardian").content.decode()
    assert said.count('class="kc-sheet"') == 3
    assert CommitmentWording.objects.get().kind == K.TEACHER_GUARDIAN
