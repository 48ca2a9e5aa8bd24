"""台账 (F68, P28): three ledgers with counts, lists, filters and export; cases by school and month (F36)."""

import re

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.enums import OUT_OF_SCHOOL, CaseState, Cause
from casework.permissions import CASE_POSTS, COMPARE_POSTS, may_see_cases
from casework.queries import ledgers as queries
from casework.queries.monthly_cases import cases_of_month
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction, UnitKind
from organisation.errors import Malformed, NotYours
from organisation.listing import shown_page, takes_along, workbook_of
from organisation.models import Unit
from organisation.rules.paths import at_or_below

LEDGERS = {"children": "适龄儿童台账", "suspected": "疑似辍学台账", "dropouts": "辍学台账"}
# What a screen shows of the 32 columns; the workbook has them all.
ON_SCREEN = (
    "乡镇",
    "学校",
    "班级",
    "姓名",
    "性别",
    "身份证号",
    "村组",
    "监护人",
    "最后到校日",
    "原因",
    "劝返次数",
    "状态",
)
SHORT = {"乡镇", "班级", "监护人", "最后到校日"}


def _require_reader(request):
    if not may_see_cases(request.user, on=clock.today()):
        raise NotYours("permission_denied", "您的岗位不查看台账。")


@require_safe
def ledgers(request):
    """The counts of the three ledgers, by township."""
    _require_reader(request)
    today = clock.today()
    lines = queries.summary(request.user, on=today)
    context = {
        "lines": lines,
        "total": queries.totals(lines),
        "registered": queries.registered_children(request.user, on=today).count(),
    }
    return render(request, "casework/ledgers.html", context)


@require_safe
def ledger(request, kind):
    """One ledger: its lines as the filters leave them, fifty a page, taken along with all columns."""
    if kind not in LEDGERS:
        raise Http404
    _require_reader(request)
    today, asked = clock.today(), request.GET
    part = asked.get("part", "list") if kind == "children" else ""
    rows, lines_of = _rows(request, kind, part, today)
    page = shown_page(request, rows)
    full = _asks_for_full_numbers(request)
    lines = lines_of(page.object_list, on=today, full=full)
    if takes_along(request):
        return workbook_of(request, LEDGERS[kind], queries.COLUMNS, lines)
    places = [queries.COLUMNS.index(heading) for heading in ON_SCREEN]
    links = [_link(kind, part, row) for row in page.object_list]
    context = {
        "title": LEDGERS[kind],
        "kind": kind,
        "part": part,
        "page": page,
        "heads": ON_SCREEN,
        "short": SHORT,
        "lines": [
            (link, [(queries.COLUMNS[place], line[place]) for place in places])
            for link, line in zip(links, lines, strict=True)
        ],
        "causes": Cause,
        "states": [CaseState(state) for state in OUT_OF_SCHOOL],
        "townships": _townships(request.user, today),
        "schools": [] if kind == "children" else queries.schools_of_cases(request.user, on=today),
        "may_have_numbers": bool(request.user.paths(on=today, kinds=COMPARE_POSTS)),
        "exports": True,
    }
    return render(request, "casework/ledger.html", context)


def _rows(request, kind, part, today):
    asked = request.GET
    if kind != "children":
        rows = queries.case_rows(request.user, on=today, out=kind == "dropouts")
        rows = queries.filter_cases(rows, asked, at=clock.now()).distinct()
        return queries.with_ledger_parts(rows).order_by("opened_on", "pk"), queries.lines_of_cases
    if part == "register":
        rows = queries.registered_children(request.user, on=today)
        if asked.get("township"):
            rows = rows.filter(residence__code=asked["township"][:24])
        if asked.get("village"):
            rows = rows.filter(village__contains=asked["village"][:80])
        return rows.order_by("path", "sort_key", "pk"), queries.lines_of_pupils
    rows = queries.listed_children(request.user, on=today)
    if asked.get("township"):
        rows = rows.filter(township__code=asked["township"][:24])
    if asked.get("village"):
        rows = rows.filter(village__contains=asked["village"][:80])
    return rows.order_by("township", "village", "pk"), queries.lines_of_rows


def _link(kind, part, row) -> str:
    if kind != "children":
        return f"/cases/{row.pk}/"
    return f"/students/{row.number}/" if part == "register" else f"/compare/rows/{row.pk}/"


def _asks_for_full_numbers(request) -> bool:
    """Whole numbers only for the bureau, with a reason, and written down (roles.md). Raises NotYours, Malformed."""
    if not takes_along(request) or request.GET.get("full") != "1":
        return False
    today, reason = clock.today(), request.GET.get("reason", "").strip()
    paths = request.user.paths(on=today, kinds=COMPARE_POSTS)
    if not paths:
        raise NotYours("permission_denied", "完整号码只由教育局导出。")
    if not reason:
        raise Malformed("reason_needed", "请写明为什么需要完整号码。", fields={"reason": ["必填"]})
    log_access(
        request.user, AccessAction.REVEAL, what="ledger", key=request.path[:60], path=paths[0], reason=reason[:200]
    )
    return True


def _townships(person, on):
    return Unit.objects.filter(at_or_below("path", person.paths(on=on, kinds=CASE_POSTS)), kind=UnitKind.TOWNSHIP)


@require_safe
def cases_monthly(request):
    """个案月报 (F36): each school's month, zero rows too."""
    _require_reader(request)
    today = clock.today()
    month = request.GET.get("month", f"{today:%Y-%m}")
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month) or month > f"{today:%Y-%m}":
        raise Http404
    rows = cases_of_month(request.user.paths(on=today, kinds=CASE_POSTS), month)
    if takes_along(request):
        lines = [
            (one.school.name, one.opened, one.confirmed, one.returned, one.closed, one.cleared, one.ledger)
            for one in rows
        ]
        return workbook_of(request, f"个案月报{month}", MONTH_HEADS, lines)
    total = {name: sum(getattr(one, name) for one in rows) for name in MONTH_FIELDS}
    context = {"rows": rows, "month": month, "total": total, "zeros": sum(one.is_zero for one in rows)}
    return render(request, "casework/cases_monthly.html", context)


MONTH_HEADS = ("学校", "新增疑似", "确认辍学", "返校", "销号", "排除", "月末在册辍学")
MONTH_FIELDS = ("opened", "confirmed", "returned", "closed", "cleared", "ledger")
