"""Somebody else's keys inside one's own form: a class, a paper, a unit, a post out of scope do not exist there either."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from casework.models import Duty, Escalation, Measure, TalkRecord
from organisation.enums import PostKind
from organisation.models import Job, Post
from organisation.tests.factories import make_class, make_holder
from students.models import Attachment, LeaveSlip, RegisterChange
from students.tests.factories import make_pupil, moment

JSON = {"content_type": "application/json"}
SUSPEND = {"kind": "suspend", "date": "2026-11-23", "reason": "住院", "until": "2027-03-01"}
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def make_paper(by, path):
    return Attachment.objects.create(
        name="证明.pdf", content_type="application/pdf", size=1, sha256="0", path=path, uploaded_by=by
    )


def make_slip(pupil, by, **fields):
    defaults = {
        "kind": "sick", "first_day": "2026-11-30", "last_day": "2026-12-04", "applied_by": "母亲", "reason": "住院",
        "entered_by": by, "entered_at": moment(by.posts.get().first_day),
    }  # fmt: skip
    return LeaveSlip.objects.create(pupil=pupil, path=pupil.path, **{**defaults, **fields})


def test_a_pupil_is_not_moved_into_another_schools_class(as_, registrar, pupils_a, class_b):
    body = {"kind": "move_class", "date": "2026-11-23", "to_class": class_b.code}
    response = as_(registrar).post(f"/api/v1/students/{pupils_a[0].number}/changes/", body, **JSON)
    assert (response.status_code, response.json()["code"]) == (400, "bad_class")
    page = as_(registrar).post(f"/students/{pupils_a[0].number}/change/", {**body, "to_class": class_b.pk})
    assert page.status_code == 200
    assert "to_class" in page.context["form"].errors
    assert not RegisterChange.objects.exists()


def test_another_schools_paper_is_no_proof(as_, registrar, pupils_a, class_b, stranger):
    foreign = make_paper(stranger, class_b.path)
    response = as_(registrar).post(
        f"/api/v1/students/{pupils_a[0].number}/changes/", {**SUSPEND, "papers": [str(foreign.pk)]}, **JSON
    )
    assert (response.status_code, response.json()["code"]) == (400, "bad_paper")
    assert not RegisterChange.objects.exists()


def test_another_childs_certificate_is_no_proof(as_, registrar, pupils_a, class_teacher):
    certificate = make_paper(class_teacher, pupils_a[1].path)
    make_slip(pupils_a[1], class_teacher, certificate=certificate)
    response = as_(registrar).post(
        f"/api/v1/students/{pupils_a[0].number}/changes/", {**SUSPEND, "papers": [str(certificate.pk)]}, **JSON
    )
    assert (response.status_code, response.json()["code"]) == (400, "bad_paper")


def test_ones_own_paper_is_proof(as_, registrar, pupils_a):
    paper = make_paper(registrar, pupils_a[0].path)
    response = as_(registrar).post(
        f"/api/v1/students/{pupils_a[0].number}/changes/", {**SUSPEND, "papers": [str(paper.pk)]}, **JSON
    )
    assert response.status_code == 201
    assert list(RegisterChange.objects.get().papers.all()) == [paper]


@pytest.mark.parametrize("whose", ["another school's", "another child's"])
def test_a_duty_is_not_done_with_somebody_elses_paper(as_, class_teacher, stranger, pupils_a, class_a, class_b, whose):
    duty = Duty.objects.create(
        kind="tell_guardians", key="k", title="告知家长", pupil=pupils_a[0], path=class_a.path,
        post_kind=PostKind.CLASS_TEACHER, chair_path=class_a.path, due_at=moment(class_teacher.posts.get().first_day),
        opened_at=moment(class_teacher.posts.get().first_day),
    )  # fmt: skip
    if whose == "another school's":
        paper = make_paper(stranger, class_b.path)
    else:
        paper = make_paper(class_teacher, class_a.path)
        make_slip(pupils_a[1], class_teacher, certificate=paper)
    response = as_(class_teacher).post(
        f"/api/v1/duties/{duty.pk}/complete/", {"text": "已告知", "proof": str(paper.pk)}, **JSON
    )
    assert (response.status_code, response.json()["code"]) == (400, "bad_paper")
    duty.refresh_from_db()
    assert duty.state == "open"


@pytest.mark.parametrize(
    ("page", "field"), [("/students/export/", "unit"), ("/returns/", "unit"), ("/settings/calendar/", "unit")]
)
def test_a_unit_out_of_scope_is_no_choice(as_, school_a, school_b, page, field):
    person = make_holder(PostKind.REGISTRAR, school_a)
    Post.objects.create(person=person, kind=PostKind.PRINCIPAL, unit=school_a, first_day="2026-09-01")
    data = {"unit": school_b.pk, "reason": "上报", "period": "2026-10", "date": "2026-11-30", "is_open": "0"}
    response = as_(person).post(page, data)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not Job.objects.exists()


def test_a_pupil_of_another_class_is_not_on_the_roll(as_, class_teacher, class_a, pupils_a, class_b):
    foreign = make_pupil(class_b)
    response = as_(class_teacher).post(
        f"/rolls/{class_a.code}/2026-11-23/am/", {"version": 0, f"mark_{foreign.number}": "truant"}
    )
    assert response.status_code == 400
    assert foreign.name not in response.content.decode()


def test_a_teacher_of_another_school_is_no_substitute(as_, head_of_teaching, class_a, stranger):
    data = {"person": stranger.pk, "first_day": "2026-11-23", "last_day": "2026-11-23"}
    response = as_(head_of_teaching).post(f"/rolls/substitute/{class_a.code}/", data)
    assert "person" in response.context["form"].errors
    assert not Post.objects.filter(is_substitute=True).exists()


def test_a_post_of_somebody_else_is_not_ended_through_ones_page(as_, administrator, class_teacher, principal):
    foreign = principal.posts.get()
    response = as_(administrator).post(f"/settings/people/{class_teacher.pk}/", {"verb": "end", "post": foreign.pk})
    assert response.status_code == 404
    foreign.refresh_from_db()
    assert foreign.last_day is None


@pytest.mark.parametrize(("post", "status"), [("class_teacher", 302), ("inspector", 403), ("stranger", 404)])
def test_a_certificate_is_handed_in_by_whose_slip_it_is(
    request, as_, county, pupils_a, class_teacher, head_of_teaching, post, status
):
    slip = make_slip(pupils_a[0], class_teacher)
    person = make_holder(PostKind.INSPECTOR, county) if post == "inspector" else request.getfixturevalue(post)
    paper = SimpleUploadedFile("证明.pdf", PDF, content_type="application/pdf")
    response = as_(person).post(f"/slips/{slip.pk}/", {"verb": "withdraw", "certificate": paper})
    slip.refresh_from_db()
    assert (response.status_code, slip.certificate is not None) == (status, status == 302)


def test_a_slip_is_not_handled_without_saying_how(as_, pupils_a, class_teacher):
    slip = make_slip(pupils_a[0], class_teacher)
    assert as_(class_teacher).post(f"/slips/{slip.pk}/", {"verb": "forge"}).status_code == 400


def test_a_record_that_is_wrong_keeps_the_others_from_being_written(as_, class_teacher, pupils_a, class_a, school_day):
    step = Escalation.objects.create(
        pupil=pupils_a[0], path=class_a.path, day=school_day, period="2026-1", count=1, count_now=1, level=1,
        owner=PostKind.CLASS_TEACHER, document="谈话记录", due_at=moment(school_day), created_at=moment(school_day),
    )  # fmt: skip
    for kind in ("verbal_warning", "guardians_told"):
        Measure.objects.create(escalation=step, kind=kind)
    good = {"verbal_warning-text": "谈话", "verbal_warning-place": "教室", "verbal_warning-by": "余老师"}
    bad = {"guardians_told-text": "电话", "guardians_told-place": "校" * 101, "guardians_told-by": "余老师"}
    response = as_(class_teacher).post(f"/escalations/{step.pk}/", {**good, **bad})
    assert response.status_code == 400
    assert "告知家长" in response.content.decode()
    assert not TalkRecord.objects.exists()


def test_a_class_of_ones_own_school_is_fine(as_, registrar, pupils_a, school_a):
    other = make_class(school_a, number=2)
    body = {"kind": "move_class", "date": "2026-11-23", "to_class": other.code}
    response = as_(registrar).post(f"/api/v1/students/{pupils_a[0].number}/changes/", body, **JSON)
    assert response.status_code == 201
