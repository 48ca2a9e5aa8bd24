"""What the students' floor shows on shared pages."""

from organisation import clock
from organisation.enums import ACCESS_POSTS, PUPIL_POSTS, ROLL_POSTS, PostKind
from organisation.models import AccessEntry
from organisation.registry import HOME, PUPIL, NavItem, Panel, register_nav, register_panel
from students.models import Incident, StudyPlan, TermMark
from students.permissions import may_plan_study, may_see_files, may_see_learning
from students.queries.overview import day_overview
from students.queries.rolls import clock_for

ACCESS_SHOWN = 50
CALLERS = (
    PostKind.CLASS_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
)
MISSING_SHOWN = 4


def register():
    register_nav(NavItem("rolls", "点名", "rolls", 20, lambda person, on: bool(person.paths(on=on, kinds=ROLL_POSTS))))
    register_nav(NavItem("students", "学生", "students", 30, lambda person, on: may_see_files(person, on=on)))
    register_nav(NavItem("slips", "请假", "slips", 40, lambda person, on: bool(person.paths(on=on, kinds=PUPIL_POSTS))))
    register_nav(NavItem("learning", "学业", "learning", 35, lambda person, on: may_see_learning(person, on=on)))
    register_panel(Panel(PUPIL, 30, "students/_pupil_learning.html", learning_of))
    register_panel(Panel(HOME, 10, "students/_home_day.html", rolls_today))
    register_panel(Panel(PUPIL, 90, "students/_pupil_access.html", access_to))


def access_to(request, pupil, on):
    """Who looked at this child's file, when and why: for the people in charge (未成年人网络保护条例 36)."""
    if not request.user.holds(*ACCESS_POSTS, at=pupil.path, on=on):
        return None
    entries = AccessEntry.objects.visible_to(request.user, on=on).about_pupil(pupil.number)
    return {"entries": entries.select_related("person")[:ACCESS_SHOWN]}


def rolls_today(request, person, on):
    """How far today's rolls are, for who calls one or oversees a grade or a school."""
    paths = person.paths(on=on, kinds=CALLERS)
    if not paths:
        return None
    overview = day_overview(paths, on)
    _, rules = clock_for(paths[0], on=on)
    sessions = []
    for session, label, called, expected in overview.sessions:
        cut_off = rules.roll.cut_off(session)
        is_over = clock.now() >= clock.at(on, cut_off)
        missing = overview.missing(session)
        sessions.append(
            {
                "key": session,
                "label": label,
                "called": called,
                "expected": expected,
                "cut_off": cut_off,
                "missing": missing[:MISSING_SHOWN] if is_over or called or len(missing) <= MISSING_SHOWN else [],
                "is_over": is_over,
                "more": len(missing) - MISSING_SHOWN,
            }
        )
    return {"sessions": sessions, "kinds": overview.kinds, "day": on}


def learning_of(request, pupil, on):
    """Bands by term, incidents and study plans, for whose posts see the child's file."""
    person = request.user
    if not person.holds(*PUPIL_POSTS, at=pupil.path, on=on):
        return None
    terms: dict[str, list] = {}
    for mark in TermMark.objects.visible_to(person, on=on).filter(pupil=pupil):
        terms.setdefault(f"{mark.year}—{mark.year + 1}学年{mark.get_term_display()}", []).append(mark)
    return {
        "pupil": pupil,
        "terms": list(terms.items())[:6],
        "incidents": Incident.objects.visible_to(person, on=on).filter(pupil=pupil).select_related("entered_by")[:20],
        "plans": StudyPlan.objects.visible_to(person, on=on).filter(pupil=pupil)[:4],
        "may_plan": may_plan_study(person, pupil, on=on),
    }
