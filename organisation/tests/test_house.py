"""Health, errors, tokens, jobs."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from organisation.actions.jobs import report_progress, result_path, start_job, working_on
from organisation.errors import Refused
from organisation.models import Job
from organisation.tasks import PULSE, beat


@pytest.fixture
def job(principal, school_a):
    return start_job("organisation.beat", title="导出", by=principal, unit=school_a)


def test_health_is_ok_once_the_worker_gave_a_sign_of_life(client, db, settings):
    (settings.DATA_DIR / PULSE).unlink(missing_ok=True)
    assert client.get("/healthz").status_code == 503
    beat()
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_health_notices_a_worker_that_fell_silent(client, db, settings):
    (settings.DATA_DIR / PULSE).write_text((timezone.now() - timezone.timedelta(minutes=5)).isoformat())
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["problems"] == ["后台任务没有回答"]


def test_an_unknown_api_address_answers_with_a_problem_document(client, principal):
    client.force_login(principal)
    response = client.get("/api/v1/nichts/")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_token_opens_the_api_and_is_stored_hashed(client, principal, capsys):
    call_command("issue_token", principal.login, "--days", "3")
    token = capsys.readouterr().out.strip()
    answer = client.get("/api/v1/schema/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 200
    assert token not in str(list(principal.auth_token_set.values()))
    assert client.get("/api/v1/schema/", headers={"Authorization": "Token falsch"}).status_code == 401


def test_a_token_for_nobody_is_refused(db):
    with pytest.raises(CommandError):
        call_command("issue_token", "niemand", "--days", "3")


def test_a_job_is_done_once_however_often_it_is_sent(job):
    for expected in (job, None):
        with working_on(str(job.pk)) as mine:
            assert mine == expected
            if mine:
                report_progress(mine, 1, 2)
                mine.message = "好了"
    job.refresh_from_db()
    assert (job.state, job.percent, job.message) == ("done", 100, "好了")


def test_a_refusal_is_the_jobs_answer(job):
    with working_on(str(job.pk)):
        raise Refused("bad_file", "文件是空的。")
    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "文件是空的。")


def test_a_result_is_for_the_person_who_asked(client, job, principal, head_of_teaching):
    with working_on(str(job.pk)) as mine:
        result_path(mine, "结果.txt").write_text("42")
    client.force_login(head_of_teaching)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
    client.force_login(principal)
    assert b"".join(client.get(f"/jobs/{job.pk}/file/").streaming_content) == b"42"


def test_a_result_that_is_kept_no_longer_is_gone(client, job, principal):
    with working_on(str(job.pk)) as mine:
        result_path(mine, "结果.txt").write_text("42")
    Job.objects.filter(pk=job.pk).update(expires_on="2026-11-22")
    client.force_login(principal)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
