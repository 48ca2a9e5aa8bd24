from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from organisation.models import FactChange, Job
from organisation.queries.pulse import worker_is_alive


@login_not_required
@require_safe
@never_cache
def healthz(request):
    """200 once database and worker answer, else 503 with what is wrong. Says nothing about people.

    `warnings` are for whoever looks after the installation; pages are served all the same.
    """
    problems, warnings, report = [], [], {}
    try:
        connection.ensure_connection()
        report["facts_waiting"] = FactChange.objects.count()
        report["facts_given_up"] = FactChange.objects.given_up().count()
        report["jobs_waiting"] = Job.objects.unfinished().count()
    except DatabaseError:
        problems.append("数据库没有回答")
    if not worker_is_alive():
        problems.append("后台任务没有回答")
    if report.get("facts_given_up"):
        warnings.append("有变动屡次处理不成,请查看后台日志,修好后运行 follow_absences")
    status = "error" if problems else "ok"
    body = {"status": status, "problems": problems, "warnings": warnings, **report}
    return JsonResponse(body, status=503 if problems else 200)
