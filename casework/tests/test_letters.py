"""Letters: numbered, archived as issued, served on paper, seen by whom they concern (F13, P30)."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from docx import Document
from PIL import Image

from casework.actions.cases.opening import open_case
from casework.actions.cases.visits import record_visit
from casework.actions.letters import issue_letter
from casework.actions.letters.issuing import is_whole
from casework.actions.letters.receipts import take_paper_receipt, take_refusal
from casework.actions.letters.records import issue_by_hand, issue_warning
from casework.actions.letters.templates import set_letter_word
from casework.actions.perform import perform_escalation
from casework.enums import LetterKind
from casework.models import Escalation, Letter, Measure, TalkRecord
from casework.rules.letter_texts import BLANK, FULL_WIDTH, TEXTS, WORDS, fill_text, invented, labels_of
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.tests.factories import make_class, make_county, make_school, make_township
from students.models import Attachment, Pupil, TimelineEntry
from students.tests.factories import make_guardian, make_pupil

DAY = date(2026, 11, 23)
SUMMONS = {"reason": "近期多次旷课", "appointed": "2026年11月25日15:00", "where": "接待室"}


@pytest.fixture
def pupil(class_a):
    pupil = make_pupil(class_a, "马小龙")
    make_guardian(pupil, "马大山", phone="13912345678")
    return pupil


@pytest.fixture
def summons(pupil, class_teacher):
    return issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher, **SUMMONS)


def photo(name="回执.jpg"):
    raw = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(raw, "JPEG")
    return SimpleUploadedFile(name, raw.getvalue(), content_type="image/jpeg")


def make_paper(by, path):
    return Attachment.objects.create(
        name="回执.jpg", content_type="image/jpeg", size=1, sha256="0" * 64, path=path, uploaded_by=by
    )


def make_escalation(pupil, *, day=date(2026, 11, 20), count=2, kinds=("written_warning",)):
    made = Escalation.objects.create(
        pupil=pupil,
        path=pupil.path,
        day=day,
        period="2026-1",
        count=count,
        count_now=count,
        level=count,
        owner="class_teacher",
        document="书面警告",
        due_at=clock.end_of(DAY),
        created_at=clock.now(),
    )
    for kind in kinds:
        Measure.objects.create(escalation=made, kind=kind)
    return made


@pytest.mark.parametrize("kind", LetterKind)
def test_the_text_of_every_kind_is_filled_without_gaps(kind):
    assert "$" not in fill_text(kind, invented(kind))
    assert BLANK not in fill_text(kind, invented(kind))


@pytest.mark.parametrize("kind", LetterKind)
def test_every_kind_has_its_word_and_names_for_its_blanks(kind):
    assert kind in WORDS
    assert kind in TEXTS
    assert len(set(labels_of(kind).values())) == len(labels_of(kind))


def test_no_blank_is_named_like_an_argument_of_the_one_way_to_issue():
    taken = {"kind", "pupil", "issuer", "about_kind", "about", "on"}

    assert all(not taken & ({*labels_of(kind)} - {"issuer"}) for kind in LetterKind)


def test_a_letter_says_what_it_was_asked_to_say(summons):
    said = "马大山:\n因马小龙(学校2152000123 八(1)班)近期多次旷课,请您于2026年11月25日15:00到接待室面谈"
    assert summons.text.translate(FULL_WIDTH).startswith(said.translate(FULL_WIDTH))


def test_what_nobody_knows_is_left_to_be_written_by_hand(pupil, class_teacher):
    letter = issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher, reason="旷课")

    assert f"请您于{BLANK}到{BLANK}面谈" in letter.text


def test_numbers_run_within_unit_kind_and_year(pupil, class_teacher):
    numbers = [
        issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher, on=day).number
        for day in (DAY, DAY, date(2025, 12, 31))
    ]

    assert numbers == ["2152000123约〔2026〕1号", "2152000123约〔2026〕2号", "2152000123约〔2025〕1号"]


def test_a_unit_numbers_by_its_own_word(pupil, principal, school_a):
    set_letter_word(school_a, "么站中学", by=principal)

    assert issue_letter(LetterKind.SUMMONS, pupil, by=principal).number == "么站中学约〔2026〕1号"


def test_two_units_never_share_a_word(pupil, principal, school_a, school_b):
    set_letter_word(school_a, "么站中学", by=principal)
    issue_letter(LetterKind.SUMMONS, pupil, by=principal)
    set_letter_word(school_a, "么站一中", by=principal)
    head = principal.posts.get()
    head.unit = school_b
    head.save()
    principal.__dict__.pop("_posts_on")

    with pytest.raises(Refused) as refusal:
        set_letter_word(school_b, "么站中学", by=principal)

    assert refusal.value.code == "word_taken"


@pytest.fixture
def at_once(transactional_db, tmp_path):
    """Runs functions in threads, each with a connection of its own; SQLite's memory is put into a file for them.

    Two connections to one memory do not wait for each other, two to one file do, as in an installation.
    """
    settings = connections.settings["default"]
    before = settings["NAME"]

    def run(*works):
        if connection.vendor == "sqlite":
            settings["NAME"] = str(tmp_path / "copy.sqlite3")
            connection.cursor().execute("VACUUM INTO %s", [settings["NAME"]])
        with ThreadPoolExecutor(len(works)) as pool:
            return [done.result(120) for done in [pool.submit(_alone, work) for work in works]]

    yield run
    settings["NAME"] = before


def _alone(work):
    try:
        return work()
    finally:
        connections.close_all()


def test_letters_issued_at_once_get_numbers_of_their_own(at_once):
    school = make_school(make_township(make_county("520502"), "520502101"), "2152000123")
    pupil = make_pupil(make_class(school), "马小龙")

    def issue():
        return [issue_letter(LetterKind.SUMMONS, Pupil.objects.get(pk=pupil.pk), by=None).number for _ in range(5)]

    numbers = [number for found in at_once(*[issue] * 6) for number in found]

    assert sorted(numbers) == sorted(f"2152000123约〔2026〕{n}号" for n in range(1, 31))


def test_a_number_is_not_spent_on_a_letter_that_was_not_issued(pupil, class_teacher, summons):
    with pytest.raises(ZeroDivisionError):
        issue_then_fail(pupil, class_teacher)

    assert issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher).number == "2152000123约〔2026〕2号"


def issue_then_fail(pupil, by):
    with transaction.atomic():
        issue_letter(LetterKind.SUMMONS, pupil, by=by)
        raise ZeroDivisionError


def test_a_letter_goes_into_the_childs_timeline(summons, pupil):
    entry = TimelineEntry.objects.get(pupil=pupil)

    assert (entry.text, entry.link) == (f"家长约谈通知书({summons.number})", f"/letters/{summons.pk}/")


@pytest.mark.parametrize(
    "change", [{"text": "改过"}, {"number": "x"}, {"addressee": "别人"}, {"dated": DAY.replace(day=1)}]
)
def test_an_altered_letter_is_noticed(summons, change):
    assert is_whole(summons)
    Letter.objects.filter(pk=summons.pk).update(**change)

    assert not is_whole(Letter.objects.get(pk=summons.pk))


def test_a_name_full_of_signs_stands_as_it_is(class_a, class_teacher):
    pupil = make_pupil(class_a, "{{ 7*7 }} $name <b>&")

    letter = issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher, **SUMMONS)

    assert "因{{ 7*7 }} $name <b>&" in letter.text


# Written warnings and records


def record_of(kind, **more):
    return {
        "measure": kind,
        "at": clock.now(),
        "place": "学校",
        "by": "余老师",
        "text": "已告知",
        "statement": "",
        **more,
    }


def test_performing_the_written_warning_issues_its_letter(pupil, class_teacher):
    make_escalation(pupil, day=date(2026, 11, 12), count=1, kinds=())
    escalation = make_escalation(pupil)

    perform_escalation(escalation, [record_of("written_warning")], by=class_teacher)

    letter = Letter.objects.get(kind="written_warning")
    assert (letter.about_kind, letter.about, letter.receipt) == ("escalation", escalation.pk, "waiting")
    assert "于2026年11月12日、2026年11月20日无故旷课,本学期已累计 2 次".translate(FULL_WIDTH) in letter.text


def test_a_warning_is_issued_once(pupil, class_teacher):
    escalation = make_escalation(pupil)

    first = issue_warning(escalation, by=class_teacher)
    perform_escalation(escalation, [record_of("written_warning")], by=class_teacher)

    assert Letter.objects.get(kind="written_warning") == first


def test_a_step_without_a_written_warning_issues_none(pupil, class_teacher):
    with pytest.raises(Refused) as refusal:
        issue_warning(make_escalation(pupil, kinds=("verbal_warning",)), by=class_teacher)

    assert refusal.value.code == "not_a_measure"


def test_the_warning_is_issued_from_the_steps_page(as_, pupil, class_teacher):
    escalation = make_escalation(pupil)
    page = as_(class_teacher)

    assert "签发书面警告" in page.get(f"/escalations/{escalation.pk}/").content.decode()
    answer = page.post(f"/escalations/{escalation.pk}/warning/")

    assert answer.url == f"/letters/{Letter.objects.get().pk}/"
    assert "2152000123警〔2026〕1号" in page.get(f"/escalations/{escalation.pk}/").content.decode()


def make_talk(pupil, by, kind="home_visit"):
    return TalkRecord.objects.create(
        pupil=pupil,
        kind=kind,
        at=clock.now(),
        place="家中",
        by="余老师、王某",
        text="祖父母照看",
        statement="愿意配合",
        entered_by=by,
        entered_at=clock.now(),
    )


def test_a_home_visit_record_prints_as_a_numbered_document_once(as_, pupil, class_teacher):
    talk = make_talk(pupil, class_teacher)
    page = as_(class_teacher)

    first, second = (page.post(f"/talks/{talk.pk}/letter/").url for _ in range(2))

    letter = Letter.objects.get()
    assert first == second == f"/letters/{letter.pk}/"
    assert (letter.kind, letter.receipt) == ("home_visit", "none")
    assert "家访人:余老师、王某".translate(FULL_WIDTH) in letter.text


def test_a_talk_record_names_the_speaker(as_, pupil, class_teacher):
    talk = make_talk(pupil, class_teacher, kind="individual_talk")

    as_(class_teacher).post(f"/talks/{talk.pk}/letter/")

    assert "谈话人:余老师、王某".translate(FULL_WIDTH) in Letter.objects.get(kind="talk").text


def test_a_strangers_record_does_not_exist(as_, pupil, class_teacher, stranger):
    talk = make_talk(pupil, class_teacher)

    assert as_(stranger).post(f"/talks/{talk.pk}/letter/").status_code == 404


@pytest.mark.parametrize("who", ["class_teacher", "stranger", "registrar"])
def test_a_visit_of_a_case_prints_as_a_document_for_who_visits(as_, request, pupil, class_teacher, who):
    visit = make_visit(pupil, class_teacher)

    answers = [as_(request.getfixturevalue(who)).post(f"/visits/{visit.pk}/letter/").status_code for _ in range(2)]

    assert answers == [{"class_teacher": 302, "stranger": 404, "registrar": 403}[who]] * 2
    assert Letter.objects.filter(about_kind="visit").count() == (who == "class_teacher")


def make_visit(pupil, by):
    case = open_case(pupil, by=by, source="report", text="未到校")
    return record_visit(
        case,
        by=by,
        kind="home",
        at=clock.now(),
        place="家中",
        visitors=["余老师", "村干部王"],
        outcome="will_return",
        text="祖父母照看",
        next_step="周一接送",
    )


def test_who_only_looks_prints_no_record(as_, pupil, class_teacher, registrar):
    talk = make_talk(pupil, class_teacher)

    assert as_(registrar).post(f"/talks/{talk.pk}/letter/").status_code == 403


# By hand


def test_a_class_teacher_issues_a_summons_from_the_childs_page(as_, pupil, class_teacher):
    fields = {"reason": "近期多次旷课", "appointed": "2026-11-25T15:00", "where": "接待室"}

    answer = as_(class_teacher).post(f"/students/{pupil.number}/letters/summons/", fields)

    letter = Letter.objects.get()
    assert answer.url == f"/letters/{letter.pk}/"
    assert "请您于2026年11月25日15:00到接待室面谈" in letter.text


def test_a_second_click_is_the_same_letter(pupil, class_teacher):
    first, second = (issue_by_hand(LetterKind.SUMMONS, pupil, by=class_teacher, **SUMMONS) for _ in range(2))

    assert first == second


def test_a_leave_decision_is_the_countys(pupil, county_clerk, county, class_teacher):
    given = {"leave": "休学", "since": "2026年12月1日", "until": "2027年1月15日", "reason": "治病"}

    assert issue_by_hand(LetterKind.LEAVE_DECISION, pupil, by=county_clerk, **given).issuer == county
    with pytest.raises(NotYours):
        issue_by_hand(LetterKind.LEAVE_DECISION, pupil, by=class_teacher, **given)


def test_an_empty_blank_is_refused(pupil, class_teacher):
    with pytest.raises(Malformed) as refusal:
        issue_by_hand(LetterKind.SUMMONS, pupil, by=class_teacher, **{**SUMMONS, "where": " "})

    assert "地点" in refusal.value.message


@pytest.mark.parametrize("kind", ["written_warning", "order", "expulsion"])
def test_other_kinds_come_out_of_their_own_act(as_, pupil, principal, kind):
    assert as_(principal).get(f"/students/{pupil.number}/letters/{kind}/").status_code == 404


def test_who_only_looks_issues_nothing(as_, pupil, bureau_head):
    assert as_(bureau_head).get(f"/students/{pupil.number}/letters/summons/").status_code == 403


def test_a_period_that_ends_before_it_begins_is_refused(as_, pupil, class_teacher):
    fields = {"school_part": "补课", "family_part": "接送", "since": "2026-12-01", "until": "2026-11-01"}

    answer = as_(class_teacher).post(f"/students/{pupil.number}/letters/tutoring/", fields)

    assert "截止日期不能早于起始日期" in answer.content.decode()


# Receipts on paper


def test_a_signature_on_paper_is_a_receipt(as_, summons, class_teacher):
    data = {"verb": "paper", "paper-received_by": "马大山(父亲)", "paper-on": "2026-11-23", "paper-paper": photo()}

    as_(class_teacher).post(f"/letters/{summons.pk}/", data)

    summons.refresh_from_db()
    assert (summons.receipt, summons.received_by) == ("signed", "马大山(父亲)")
    assert summons.receipt_paper.content_type == "image/jpeg"
    assert TimelineEntry.objects.filter(text__contains="马大山(父亲)已签收").exists()


def test_a_paper_receipt_needs_its_photo(as_, summons, class_teacher):
    data = {"verb": "paper", "paper-received_by": "马大山", "paper-on": "2026-11-23"}

    as_(class_teacher).post(f"/letters/{summons.pk}/", data)

    summons.refresh_from_db()
    assert summons.receipt == "waiting"


def test_a_refused_letter_is_left_before_a_witness(summons, class_teacher):
    take_refusal(summons, witness="王某(村干部)", note="留置在家中桌上,拒绝签字", by=class_teacher)

    summons.refresh_from_db()
    assert (summons.receipt, summons.witness) == ("refused", "王某(村干部)")


@pytest.mark.parametrize(("witness", "note"), [("", "留置"), ("王某", " ")])
def test_leaving_a_letter_needs_witness_and_note(summons, class_teacher, witness, note):
    with pytest.raises(Malformed):
        take_refusal(summons, witness=witness, note=note, by=class_teacher)


def test_a_receipt_is_taken_once(summons, class_teacher):
    take_refusal(summons, witness="王某", note="留置", by=class_teacher)

    with pytest.raises(Refused) as refusal:
        take_paper_receipt(
            summons, received_by="马大山", paper=make_paper(class_teacher, summons.path), by=class_teacher
        )

    assert refusal.value.code == "has_receipt"


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 11, 24)])
def test_a_receipt_is_neither_before_its_letter_nor_to_come(summons, class_teacher, day):
    with pytest.raises(Malformed) as refusal:
        take_refusal(summons, witness="王某", note="留置", by=class_teacher, on=day)

    assert refusal.value.code == "bad_time"


def test_a_record_waits_for_no_receipt(pupil, class_teacher):
    letter = issue_letter(LetterKind.ENQUIRY, pupil, by=class_teacher, addressee="某某学校")

    with pytest.raises(Refused) as refusal:
        take_refusal(letter, witness="王某", note="留置", by=class_teacher)

    assert refusal.value.code == "no_receipt"
    assert letter.addressee == "某某学校"


# Pages and scope


PAGES = ["/letters/{pk}/", "/letters/{pk}/file/", "/letters/print/?id={pk}"]


@pytest.mark.parametrize("page", PAGES)
def test_a_letter_opens_for_the_childs_teacher_only(as_, summons, class_teacher, stranger, other_clerk, page):
    answers = [
        as_(person).get(page.format(pk=summons.pk)).status_code for person in (class_teacher, stranger, other_clerk)
    ]

    assert answers == [200, 404, 404]


@pytest.mark.parametrize("verb", ["paper", "refusal", "link", "send", "reply"])
def test_a_stranger_serves_nothing(as_, summons, stranger, verb):
    assert as_(stranger).post(f"/letters/{summons.pk}/", {"verb": verb}).status_code == 404


def test_who_only_looks_serves_nothing(as_, summons, registrar):
    assert as_(registrar).get(f"/letters/{summons.pk}/").status_code == 200
    assert as_(registrar).post(f"/letters/{summons.pk}/", {"verb": "link"}).status_code == 403


def test_several_letters_print_at_once_but_none_of_a_stranger(as_, pupil, class_teacher, class_b, summons):
    second = issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher)
    foreign = issue_letter(LetterKind.SUMMONS, make_pupil(class_b), by=None)
    page = as_(class_teacher)

    sheets = page.get(f"/letters/print/?id={summons.pk}&id={second.pk}").content.decode()

    assert sheets.count("送达回证") == 2
    assert page.get(f"/letters/print/?id={summons.pk}&id={foreign.pk}").status_code == 404


def test_a_restricted_referral_is_read_by_who_is_in_charge(as_, pupil, class_teacher, principal):
    referral = issue_letter(LetterKind.REFERRAL, pupil, by=principal, addressee="公安局", text="疑似受到侵害")

    assert as_(class_teacher).get(f"/letters/{referral.pk}/").status_code == 404
    assert "移送函" not in as_(class_teacher).get(f"/students/{pupil.number}/").content.decode()
    assert as_(principal).get(f"/letters/{referral.pk}/").status_code == 200


def test_the_child_who_moves_takes_the_letters_along(as_, summons, pupil, class_b, stranger, class_teacher):
    Pupil.objects.filter(pk=pupil.pk).update(path=class_b.path, school_class=class_b)

    assert as_(stranger).get(f"/letters/{summons.pk}/").status_code == 200


def test_the_list_filters_by_kind_receipt_child_and_words(as_, summons, pupil, class_teacher, class_a):
    other = make_pupil(class_a, "陈佳琪")
    issue_letter(LetterKind.ENQUIRY, other, by=class_teacher, addressee="某校")
    page = as_(class_teacher)

    def shown(query):
        return page.get(f"/letters/?{query}").content.decode().count('name="id"')

    assert [shown(q) for q in ("", "kind=summons", "receipt=waiting", f"student={other.number}", "q=陈佳")] == [
        2,
        1,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize("letters", [1, 3])
def test_the_list_costs_as_much_for_three_letters_as_for_one(
    as_, class_a, class_teacher, letters, django_assert_max_num_queries
):
    for _ in range(letters):
        issue_letter(LetterKind.SUMMONS, make_pupil(class_a), by=class_teacher)
    page = as_(class_teacher)

    with django_assert_max_num_queries(9):
        page.get("/letters/")


def test_a_subject_teacher_has_no_letters(as_, subject_teacher):
    assert as_(subject_teacher).get("/letters/").status_code == 403


def test_the_word_file_says_what_the_letter_says(as_, summons, class_teacher):
    content = as_(class_teacher).get(f"/letters/{summons.pk}/file/").content

    said = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)
    assert summons.text in said
    assert summons.number in said


def test_a_town_sees_the_notices_it_served(as_, pupil, township, township_officer):
    notice = issue_letter(LetterKind.RETURN_NOTICE, pupil, by=township_officer, issuer=township, days=7)

    assert as_(township_officer).get(f"/letters/{notice.pk}/").status_code == 200


# Blank forms


def test_a_roll_sheet_lists_the_class_of_its_week(as_, class_a, pupil, class_teacher):
    sheet = as_(class_teacher).get(f"/letters/forms/roll/{class_a.code}/?week=2026-11-25").content.decode()

    assert "马小龙" in sheet
    assert "11月23日 星期一" in sheet


def test_a_roll_sheet_is_for_who_calls_the_roll(as_, class_a, stranger):
    assert as_(stranger).get(f"/letters/forms/roll/{class_a.code}/").status_code == 404


@pytest.mark.parametrize("form", ["visit", "talk"])
def test_visit_and_talk_forms_print_empty_or_with_a_name(as_, pupil, class_teacher, stranger, form):
    address = f"/letters/forms/{form}/?student={pupil.number}"

    assert "马小龙" not in as_(class_teacher).get(f"/letters/forms/{form}/").content.decode()
    assert "马小龙" in as_(class_teacher).get(address).content.decode()
    assert as_(stranger).get(address).status_code == 404


def test_the_forms_page_offers_ones_classes(as_, class_a, class_b, class_teacher):
    page = as_(class_teacher).get("/letters/forms/").content.decode()

    assert class_a.code in page
    assert class_b.code not in page
    assert Unit.objects.filter(code=class_b.code).exists()
