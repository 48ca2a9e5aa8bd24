"""May somebody be nominated for a year, and if not why (F53, P24)."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accountability.enums import NOMINATORS
from accountability.permissions import may_nominate
from accountability.queries.award_bans import Ban, bans_in, bans_of, key_of
from accountability.queries.nominees import found_by, nominees
from organisation import clock
from organisation.errors import NotYours
from organisation.listing import shown_page, takes_along, workbook_of
from organisation.models import Person
from organisation.queries.units import names_of
from organisation.rules.grades import school_year

HEADS = ("个人或单位", "原因", "说明")
YEARS_BACK = 3


@require_safe
def nominations(request):
    """A name asked for is answered; below stand all who are barred in the year."""
    today = clock.today()
    if not may_nominate(request.user, on=today):
        raise NotYours("permission_denied", "评优资格由校长、教育局和人事部门查询。")
    year = asked_year(request.GET.get("year"), today)
    q = request.GET.get("q", "").strip()
    people, units = nominees(request.user, year, on=today)
    found = found_by(q, people, units) if q else []
    answers = bans_of(found, year, on=today) if found else {}
    names = names_of({one.path for one in found if not isinstance(one, Person)}, on=today)
    bans = sorted(
        bans_in(request.user.paths(on=today, kinds=NOMINATORS), year, on=today),
        key=lambda ban: (ban.is_person, name_of(ban, {})),
    )
    page = shown_page(request, bans)
    labels = names_of({ban.subject.path for ban in page if not ban.is_person}, on=today)
    if takes_along(request):
        cells = [(name_of(ban, labels), ban.reason.label, ban.text) for ban in page]
        return workbook_of(request, f"{year}学年不得评优评先名单", HEADS, cells)
    context = {
        "year": year,
        "years": years_before(today),
        "q": q,
        "found": [(_shown(one, names), answers.get(key_of(one), ())) for one in found],
        "page": page,
        "rows": [(name_of(ban, labels), ban) for ban in page],
    }
    return render(request, "accountability/nominations.html", context)


def asked_year(text, today) -> int:
    """The school year that is asked for, else the present one."""
    years = [year for year, _ in years_before(today)]
    return (
        int(text) if text and text.isascii() and text.isdigit() and len(text) == 4 and int(text) in years else years[0]
    )


def years_before(today) -> list[tuple[int, str]]:
    now = school_year(today)
    return [(year, f"{year}—{year + 1} 学年") for year in range(now, now - YEARS_BACK - 1, -1)]


def _shown(one, names) -> str:
    return one.name if isinstance(one, Person) else names.get(one.path) or one.name


def name_of(ban: Ban, labels) -> str:
    return ban.subject.name if ban.is_person else labels.get(ban.subject.path) or ban.subject.name
