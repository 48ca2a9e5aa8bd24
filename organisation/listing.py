"""The pattern of every list: sorted by its headings, fifty a page, taken along as Excel as it is shown."""

import io

from django.core.paginator import Paginator
from django.http import FileResponse

from organisation import clock
from organisation.actions.access import log_access
from organisation.actions.workbook import Table, write_workbook
from organisation.enums import AccessAction
from organisation.errors import Refused

PAGE = 50
MOST = 5000


def in_order(request, rows, orders: dict[str, tuple[str, ...]]):
    """The rows in the order that the address asks for (`?sort=day`, `?sort=-day`); unknown words change nothing."""
    asked = request.GET.get("sort", "")
    fields = orders.get(asked.removeprefix("-"))
    if not fields:
        return rows
    sign = "-" if asked.startswith("-") else ""
    return rows.order_by(*(f"{sign}{field}" for field in fields), "pk")


def takes_along(request) -> bool:
    """Whether the list is asked for as a workbook."""
    return request.GET.get("as") == "xlsx"


def shown_page(request, rows):
    """The page that is asked for; of a list that is taken along, all of it. Raises Refused (`too_many`)."""
    if not takes_along(request):
        return Paginator(rows, PAGE).get_page(request.GET.get("page"))
    pages = Paginator(rows, MOST)
    if pages.num_pages > 1:
        raise Refused("too_many", f"一次最多导出 {MOST} 条,现有 {pages.count} 条,请先筛选。")
    return pages.get_page(1)


def workbook_of(request, title, heads, rows, *, path="") -> FileResponse:
    """What the list shows, as a workbook in which text is text; that it was taken along is written down."""
    file = io.BytesIO()
    write_workbook(file, Table("名单", tuple(heads), rows, widths=(18,) * len(heads), wraps=True))
    file.seek(0)
    path = path or next((post.unit.path for post in request.user.posts_on(clock.today())), "")
    log_access(request.user, AccessAction.EXPORT, what="list", key=request.path[:60], path=path, reason=title)
    return FileResponse(file, as_attachment=True, filename=f"{title}.xlsx")
