"""Templates that a bureau edits in Word (P30): what is taken, what is refused, which holds, what stays as issued."""

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE

from casework.actions.letters import archive, issue_letter
from casework.actions.letters.issuing import LETTERS, is_whole, word_file
from casework.actions.letters.templates import take_back_template, take_template
from casework.enums import LetterKind
from casework.models import LetterTemplate
from casework.rules.letter_texts import fill_text, invented, labels_of
from casework.rules.word import EXPLAINED, FRAME, SEAL, check_template, default_template, fill, text_of
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours
from organisation.tests.factories import make_holder
from students.tests.factories import make_guardian, make_pupil

KIND = LetterKind.SUMMONS
SUMMONS = {"reason": "旷课", "appointed": "明天15:00", "where": "接待室"}


@pytest.fixture
def pupil(class_a):
    pupil = make_pupil(class_a, "马小龙")
    make_guardian(pupil, "马大山")
    return pupil


def document(*lines) -> bytes:
    made = Document()
    for line in lines:
        made.add_paragraph(line)
    return saved(made)


def saved(made) -> bytes:
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


def repacked(raw, change=None, **parts) -> bytes:
    """The archive with parts added, or changed by `change(name, content)`."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, change(name, content) if change else content)
        for name, content in parts.items():
            after.writestr(name, content)
    return kept.getvalue()


def upload(raw, name="约谈.docx"):
    return SimpleUploadedFile(name, raw)


def own(words="本校约谈") -> bytes:
    return document("{{ 监护人 }}:", f"{words}:请为{{{{ 学生姓名 }}}}到{{{{ 地点 }}}}面谈。")


@pytest.mark.parametrize("kind", LetterKind)
def test_every_default_template_is_taken_and_says_the_products_text(kind):
    values, labels = invented(kind), labels_of(kind)

    filled = fill(
        check_template(default_template(kind), kind), {labels[n]: v for n, v in values.items()}, properties={}
    )

    assert text_of(filled, {values[name] for name in FRAME} | {SEAL}) == fill_text(kind, values)


def test_the_explanation_is_taken_off():
    kept = Document(io.BytesIO(check_template(default_template(KIND), KIND)))

    assert EXPLAINED not in "".join(paragraph.text for paragraph in kept.paragraphs)
    assert "占位符(写在双花括号里)" not in [cell.text for table in kept.tables for cell in table._cells]


def test_unknown_blanks_are_named():
    with pytest.raises(Malformed) as refusal:
        check_template(document("{{ 学生姓名 }} {{ 身份证号 }} {{ 班主任 }}"), KIND)

    assert refusal.value.code == "unknown_blanks"
    assert "班主任、身份证号" in refusal.value.message


MALICIOUS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ 学生姓名.__class__ }}",
    "{{ 学生姓名|attr('__class__') }}",
    "{{ 7*7 }}",
    "{{ config }} {{ self.__init__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% set x = 1 %}{{ 学生姓名 }}",
    "{# 学生姓名 #} {{ 学生姓名 }}",
    "{{ 学生姓名 }",
    "{{r 学生姓名 }}",
    "{%p if 学生姓名 %}",
    "{{ 学生姓名 }} %}",
    "{{ range(999999999) }}",
    "{{ lipsum }}",
    "{{ 学生姓名 }}{{",
]


@pytest.mark.parametrize("text", MALICIOUS)
def test_a_template_that_does_more_than_name_blanks_is_refused(text):
    with pytest.raises(Malformed) as refusal:
        check_template(document(text), KIND)

    assert refusal.value.code in ("bad_template", "unknown_blanks")


def test_commands_cut_into_runs_are_seen_all_the_same():
    made = Document()
    paragraph = made.add_paragraph()
    for piece in ("{", "{ 学生姓名", ".__cla", "ss__ }", "}"):
        paragraph.add_run(piece)

    with pytest.raises(Malformed):
        check_template(saved(made), KIND)


@pytest.mark.parametrize("place", ["header", "footer", "table", "title"])
def test_commands_outside_the_body_are_refused_too(place):
    made = Document()
    made.add_paragraph("{{ 学生姓名 }}")
    bad = "{{ ''.__class__ }}"
    if place == "table":
        made.add_table(1, 1).cell(0, 0).text = bad
    elif place == "title":
        made.core_properties.title = bad
    else:
        getattr(made.sections[0], place).paragraphs[0].text = bad

    with pytest.raises(Malformed):
        check_template(saved(made), KIND)


def test_a_command_hidden_in_an_attribute_is_refused():
    def change(name, content):
        return content.replace(b"<w:p>", b'<w:p w:rsidR="{{ x.y }}">', 1) if name == "word/document.xml" else content

    with pytest.raises(Malformed):
        check_template(repacked(own(), change), KIND)


def test_the_environment_itself_knows_names_only():
    """Even a file that passed by the look of it is filled by something that cannot compute."""
    with pytest.raises(Malformed):
        fill(document("{{ 学生姓名.upper() }}"), {"学生姓名": "x"}, properties={})


ACTIVE = {
    "word/vbaProject.bin": b"x",
    "word/embeddings/oleObject1.bin": b"x",
    "word/activeX/activeX1.xml": b"<a/>",
    "word/afchunk.html": b"<html/>",
}


@pytest.mark.parametrize("name", ACTIVE)
def test_macros_and_embedded_files_are_refused(name):
    with pytest.raises(Malformed) as refusal:
        check_template(repacked(own(), **{name: ACTIVE[name]}), KIND)

    assert refusal.value.code == "bad_file"


def test_a_link_to_the_outside_is_refused():
    made = Document(io.BytesIO(own()))
    made.part.relate_to("https://example.org/x", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)

    with pytest.raises(Malformed) as refusal:
        check_template(saved(made), KIND)

    assert "外部链接" in refusal.value.message


@pytest.mark.parametrize("field", ["DDEAUTO c:\\x", "INCLUDETEXT file", "INCLUDEPICTURE u", "HYPERLINK u", "PAGE DDE"])
def test_fields_that_fetch_are_refused(field):
    def change(name, content):
        code = f'<w:p><w:fldSimple w:instr="{field}"><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p><w:sectPr'.encode()
        return content.replace(b"<w:sectPr", code, 1) if name == "word/document.xml" else content

    with pytest.raises(Malformed) as refusal:
        check_template(repacked(own(), change), KIND)

    assert "域代码" in refusal.value.message


def test_page_numbers_are_allowed():
    def change(name, content):
        code = b'<w:p><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p><w:sectPr'
        return content.replace(b"<w:sectPr", code, 1) if name == "word/document.xml" else content

    assert check_template(repacked(own(), change), KIND)


def test_entities_are_refused():
    def change(name, content):
        if name != "word/document.xml":
            return content
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        return re.sub(rb"\?>", rb"?>" + bomb, content, count=1)

    with pytest.raises(Malformed):
        check_template(repacked(own(), change), KIND)


def test_an_archive_that_swells_is_refused():
    with pytest.raises(Malformed) as refusal:
        check_template(repacked(own(), **{"word/media/x.xml": b"0" * 40_000_000}), KIND)

    assert refusal.value.code == "bad_file"


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"%PDF-1.7", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old"]
)
def test_what_is_no_word_file_is_refused(raw):
    with pytest.raises(Malformed) as refusal:
        check_template(raw, KIND)

    assert refusal.value.code == "bad_file"


def test_a_template_without_blanks_is_refused():
    with pytest.raises(Malformed):
        check_template(document("没有占位符"), KIND)


@pytest.mark.parametrize(
    "name", ["{{ 7*7 }}", "<w:t>&amp;", "a & b < c", "第一行\n第二行", "x\x00\x0b\x1f", "{_{ 地点 }_}"]
)
def test_names_full_of_signs_stay_text_in_word(name):
    filled = fill(own(), {"监护人": "马大山", "学生姓名": name, "地点": "x"}, properties={})

    said = text_of(filled, set())
    assert "请为" in said
    assert "49" not in said


# In force


def test_an_own_template_holds_from_its_upload_on(pupil, principal, class_teacher, school_a):
    before = issue_letter(KIND, pupil, by=class_teacher, **SUMMONS)
    take_template(school_a, KIND, upload(own()), by=principal)

    after = issue_letter(KIND, pupil, by=class_teacher, **SUMMONS)

    before.refresh_from_db()
    assert "本校约谈" not in before.text
    assert after.text == "马大山:\n本校约谈:请为马小龙到接待室面谈。"
    assert after.template.version == 1


def test_the_nearest_units_newest_version_holds(pupil, principal, county_clerk, school_a, county, class_teacher):
    take_template(county, KIND, upload(own("县里约谈")), by=county_clerk)
    assert "县里约谈" in issue_letter(KIND, pupil, by=class_teacher, **SUMMONS).text

    take_template(school_a, KIND, upload(own("第一版")), by=principal)
    take_template(school_a, KIND, upload(own("第二版")), by=principal)
    take_template(county, KIND, upload(own("县里新版")), by=county_clerk)

    assert "第二版" in issue_letter(KIND, pupil, by=class_teacher, **SUMMONS).text


def test_a_version_taken_back_gives_way_to_the_one_before(pupil, principal, school_a, class_teacher):
    take_template(school_a, KIND, upload(own("第一版")), by=principal)
    second = take_template(school_a, KIND, upload(own("第二版")), by=principal)

    take_back_template(second, by=principal)

    assert "第一版" in issue_letter(KIND, pupil, by=class_teacher, **SUMMONS).text


def test_the_word_file_is_archived_as_issued(pupil, principal, school_a, class_teacher):
    take_template(school_a, KIND, upload(own("第一版")), by=principal)
    letter = issue_letter(KIND, pupil, by=class_teacher, **SUMMONS)
    issued = word_file(letter)

    take_template(school_a, KIND, upload(own("第二版")), by=principal)

    assert word_file(letter) == issued
    assert is_whole(letter)
    archive.path_of(LETTERS, letter.file_sha256).write_bytes(b"altered")
    assert not is_whole(letter)


def test_an_issued_word_file_names_no_editor(pupil, principal, school_a, class_teacher):
    made = Document(io.BytesIO(own()))
    made.core_properties.author = made.core_properties.last_modified_by = "某打字员"
    take_template(school_a, KIND, upload(saved(made)), by=principal)

    issued = Document(io.BytesIO(word_file(issue_letter(KIND, pupil, by=class_teacher, **SUMMONS))))

    assert issued.core_properties.author == school_a.name
    assert issued.core_properties.last_modified_by == ""


def test_nobody_writes_another_units_letters(school_a, county, class_teacher, county_clerk, school_b):
    head_of_b = make_holder(PostKind.PRINCIPAL, school_b)
    for unit, person in ((school_a, class_teacher), (school_a, county_clerk), (school_a, head_of_b)):
        with pytest.raises(NotYours):
            take_template(unit, KIND, upload(own()), by=person)


# Pages


def address(school, tail=""):
    return f"/settings/letters/{school.code}/summons/{tail}"


def test_a_school_downloads_uploads_previews_and_takes_back(as_, principal, school_a):
    page = as_(principal)
    raw = page.get(address(school_a, "default/")).content

    page.post(address(school_a), {"file": upload(raw)})
    assert "模板第1版" in page.get(address(school_a)).content.decode()
    preview = page.get(address(school_a, "preview/")).content.decode()
    page.post(address(school_a), {"back": "1"})

    assert "李小满(虚构)" in preview
    assert LetterTemplate.objects.get().taken_back_by == principal
    assert "通用文字" in page.get("/settings/letters/").content.decode()


def test_a_refused_upload_says_why(as_, principal, school_a):
    answer = as_(principal).post(address(school_a), {"file": upload(document("{{ 密码 }}"))})

    assert answer.status_code == 400
    assert "不认识的占位符:密码" in answer.content.decode()
    assert not LetterTemplate.objects.exists()


@pytest.mark.parametrize("tail", ["", "default/", "preview/"])
def test_another_units_templates_do_not_exist(as_, principal, school_b, tail):
    assert as_(principal).get(address(school_b, tail)).status_code == 404


def test_a_class_teacher_sets_no_template(as_, class_teacher, school_a):
    assert as_(class_teacher).get("/settings/letters/").status_code == 403
    assert as_(class_teacher).post(address(school_a), {"file": upload(own())}).status_code == 403


def test_settings_lead_to_the_templates(as_, principal):
    assert "/settings/letters/" in as_(principal).get("/settings/").content.decode()


def test_a_school_sets_its_word(as_, principal, school_a):
    page = as_(principal)

    page.post("/settings/letters/", {"word": "么站中学"})

    assert "么站中学警〔2026〕1号" in page.get("/settings/letters/").content.decode()
    assert page.post("/settings/letters/", {"word": "abc"}).status_code == 400
