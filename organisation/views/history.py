"""The digests of sealed history, to be printed and kept where nobody of the county can change them."""

from django.db.models import Count, Max, Sum
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organisation import clock
from organisation.chain import label_of
from organisation.enums import SEAL_POSTS
from organisation.errors import NotYours
from organisation.models import Seal, Tombstone
from organisation.queries.chain import digests

DAYS = 14
STONES = 20


@require_safe
def history(request):
    """The last link of each day of every chain in scope, what is sealed, and what was lawfully taken out."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=SEAL_POSTS):
        raise NotYours("permission_denied", "校验值由教育局、督学和上级查看。")
    seals = Seal.objects.visible_to(request.user, on=today)
    tables = seals.order_by().values("table").annotate(rows=Sum("rows"), links=Count("pk"), last=Max("at"))
    stones = Tombstone.objects.visible_to(request.user, on=today).select_related("by").order_by("-pk")
    context = {
        "digests": digests(seals, days=DAYS),
        "tables": sorted(((label_of(row["table"]), row) for row in tables), key=lambda one: -one[1]["rows"]),
        "stones": [(stone, label_of(stone.table)) for stone in stones[:STONES]],
    }
    return render(request, "organisation/history.html", context)
