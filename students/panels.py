"""What the students' floor shows on shared pages."""

from organisation.enums import PUPIL_POSTS, ROLL_POSTS, PostKind
from organisation.registry import HOME, NavItem, Panel, register_nav, register_panel
from students.permissions import may_see_files
from students.queries.overview import day_overview

OVERSEERS = (PostKind.GRADE_HEAD, PostKind.HEAD_OF_TEACHING, PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL)


def register():
    register_nav(NavItem("rolls", "点名", "rolls", 20, lambda person, on: bool(person.paths(on=on, kinds=ROLL_POSTS))))
    register_nav(NavItem("students", "学生", "students", 30, lambda person, on: may_see_files(person, on=on)))
    register_nav(NavItem("slips", "请假", "slips", 40, lambda person, on: bool(person.paths(on=on, kinds=PUPIL_POSTS))))
    register_panel(Panel(HOME, 10, "students/_home_day.html", rolls_today))


def rolls_today(request, person, on):
    """How far today's rolls are, for who oversees a school or a grade."""
    paths = person.paths(on=on, kinds=OVERSEERS)
    if not paths:
        return None
    overview = day_overview(paths, on)
    missing = [(label, overview.missing(session)) for session, label, *_ in overview.sessions]
    return {"overview": overview, "missing": missing, "day": on}
