"""The roll in the browser (F05): today's roll, any day's, the day's overview, a substitute."""

from datetime import date

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from organisation import clock
from organisation.enums import ROLL_POSTS, SCHOOL_POSTS, PostKind, Session, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person, Post, Unit
from organisation.queries.units import the_day, visible_unit
from organisation.rules.paths import at_or_below
from students.actions.rolls import submit_roll, submit_rolls
from students.actions.substitutes import name_substitute
from students.enums import MarkKind
from students.forms import day_field
from students.models import RollVersion
from students.permissions import may_call_roll, may_name_substitute
from students.queries.overview import day_overview
from students.queries.rolls import classes_of_pupils, classes_together, clock_for, sheet_for
from students.rules.roll import count_together


@require_safe
def rolls(request):
    """A class teacher stands at today's roll; others at the day's overview."""
    today = clock.today()
    own = [post.unit for post in request.user.posts_on(today) if post.kind == PostKind.CLASS_TEACHER]
    if not own:
        return redirect("roll_day")
    school_class = own[0]
    if len(classes_together(request.user, school_class.school_code, on=today)) > 1:
        session = _session_now(school_class, today)
        return redirect("roll_together", school_class.school_code, today.isoformat(), session)
    return redirect("roll", school_class.code, today.isoformat(), _session_now(school_class, today))


def _session_now(school_class, day):
    """The session to call now: the last one whose time has begun."""
    roll_clock, rules = clock_for(school_class.path, on=day)
    open_sessions = roll_clock.sessions(day, boarding=False) or [Session.AM]
    hour = clock.now().time()
    begun = [s for s in open_sessions if s == open_sessions[0] or hour >= rules.roll.cut_off(open_sessions[0])]
    return begun[-1] if hour.hour >= 12 else begun[0]


@require_http_methods(["GET", "HEAD", "POST"])
def roll(request, code, day, session):
    """One roll: to call, to look at, to correct."""
    today, day = clock.today(), the_day(day)
    if session not in Session.values or not request.user.paths(on=today, kinds=ROLL_POSTS):
        raise Http404
    school_class = visible_unit(request.user, code, on=today, kinds=[UnitKind.CLASS])
    if not request.user.holds(*ROLL_POSTS, at=school_class.path, on=today):
        raise Http404
    may_call = may_call_roll(request.user, school_class, on=today)
    refusal = None
    if request.method == "POST":
        if not may_call:
            raise NotYours("permission_denied", "这个班不由您点名。")
        try:
            saved = submit_roll(
                school_class,
                day,
                session,
                version=_version(request.POST.get("version")),
                marks=_marks(request.POST),
                by=request.user,
                reason=request.POST.get("reason", "")[:200],
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"{'已提交' if saved.first else '已保存'}:{_counted(saved.sheet.count)}")
            return redirect("roll", code, day.isoformat(), session)
    sheet = sheet_for(school_class, day, session)
    late = sheet.clock.is_too_late(day, first=sheet.roll is None, on=today)
    boarding = session == Session.EVENING
    context = {
        "sheet": sheet,
        "count": _counted(sheet.count),
        "school_class": school_class,
        "label": school_class.label(on=day),
        "day": day,
        "session": session,
        "session_label": Session(session).label,
        "cut_off": sheet.rules.roll.cut_off(session),
        "sessions": [(key, Session(key).label) for key in sheet.clock.sessions(day, boarding=boarding)],
        "is_called": sheet.clock.is_called(day, session, boarding=boarding),
        "is_future": day > today,
        "late": late,
        "may_call": may_call,
        "closed": day > today or not may_call,
        "kinds": MarkKind.choices,
        "own_classes": [p.unit for p in request.user.posts_on(today) if p.kind == PostKind.CLASS_TEACHER],
        "together": school_class in (own := classes_together(request.user, school_class.school_code, on=today))
        and len(own) > 1,
        "before": sheet.clock.calendar.last_school_day(date.fromordinal(day.toordinal() - 1)),
        "after": sheet.clock.calendar.next_school_day(day),
        "refusal": refusal,
        "versions": RollVersion.objects.visible_to(request.user, on=today)
        .filter(roll=sheet.roll)
        .select_related("submitted_by")
        if sheet.version > 1
        else (),
    }
    return render(request, "students/roll.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def roll_together(request, code, day, session):
    """All classes of one class teacher at one school on one page: a multi-grade class 复式班 (P4)."""
    today, day = clock.today(), the_day(day)
    classes = classes_together(request.user, code, on=today)
    if session not in Session.values or not classes:
        raise Http404
    refusal = None
    if request.method == "POST":
        try:
            saved = submit_rolls(day, session, _submissions(request.POST, classes, day), by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            first = any(one.first for one in saved)
            counted = _counted(count_together(one.sheet.count for one in saved))
            messages.success(request, f"{'已提交' if first else '已保存'}:{counted}")
            return redirect("roll_together", code, day.isoformat(), session)
    sheets = [sheet_for(school_class, day, session) for school_class in classes]
    called = [sheet for sheet in sheets if sheet.clock.is_called(day, session, boarding=False) and sheet.listed]
    clock_of = sheets[0].clock
    context = {
        "code": code,
        "parts": [(sheet, sheet.school_class.label(on=day), _counted(sheet.count)) for sheet in called],
        "count": _counted(count_together(sheet.count for sheet in called)),
        "day": day,
        "session": session,
        "session_label": Session(session).label,
        "cut_off": sheets[0].rules.roll.cut_off(session),
        "sessions": [(key, Session(key).label) for key in clock_of.sessions(day, boarding=False)],
        "is_future": day > today,
        "closed": day > today,
        "submitted": bool(called) and all(sheet.roll for sheet in called),
        "kinds": MarkKind.choices,
        "before": clock_of.calendar.last_school_day(date.fromordinal(day.toordinal() - 1)),
        "after": clock_of.calendar.next_school_day(day),
        "refusal": refusal,
    }
    return render(request, "students/roll_together.html", context, status=refusal.status if refusal else 200)


def _submissions(data, classes, day):
    """(class, version, marks) of the classes that the page showed; whom no list has goes to the first, which refuses."""
    shown = [school_class for school_class in classes if f"version_{school_class.code}" in data]
    if not shown:
        raise Malformed("invalid", "页面内容不完整,请刷新后再提交。")
    listed_in = classes_of_pupils(shown, day)
    marks = {school_class.pk: [] for school_class in shown}
    for mark in _marks(data):
        marks[listed_in.get(mark["student"], shown[0].pk)].append(mark)
    return [(one, _version(data[f"version_{one.code}"]), marks[one.pk]) for one in shown]


def _version(text):
    if not (text or "").isdecimal() or len(text) > 9:
        raise Malformed("invalid", "页面内容不完整,请刷新后再提交。")
    return int(text)


def _marks(data):
    marks = []
    for name, kind in data.items():
        if name.startswith("mark_") and kind:
            number = name.removeprefix("mark_")
            marks.append({"student": number, "kind": kind, "note": data.get(f"note_{number}", "")})
    return marks


def _counted(count):
    parts = [f"应到 {count.expected}", f"实到 {count.present}"]
    return " · ".join(
        parts + [f"{MarkKind(kind).label if kind in MarkKind.values else kind} {n}" for kind, n in count.kinds.items()]
    )


@require_safe
def roll_day(request):
    """The day's overview: which classes have called, who is missing (head of teaching, principal, teachers taught)."""
    today = clock.today()
    paths = request.user.paths(on=today, kinds=ROLL_POSTS)
    if not paths:
        raise NotYours("permission_denied", "您的岗位不涉及点名。")
    day = the_day(request.GET["day"]) if request.GET.get("day") else today
    schools = Unit.objects.filter(at_or_below("path", paths), kind=UnitKind.SCHOOL).open()
    school = None
    if request.GET.get("school"):
        school = visible_unit(request.user, request.GET["school"], on=today, kinds=[UnitKind.SCHOOL])
        paths = [school.path] if any(school.path.startswith(path) for path in paths) else paths
    overview = day_overview(paths, day)
    context = {
        "overview": overview,
        "day": day,
        "school": school,
        "schools": [] if school else list(schools[:300]),
        "by_school": len(overview.schools) > 1,
        "may_choose": schools.count() > 1,
        "may_substitute": _may_substitute(request.user, overview, today),
    }
    return render(request, "students/roll_day.html", context)


def _may_substitute(person, overview, on):
    """Asked once: the day of one school is shown to the posts of that school."""
    return len(overview.schools) == 1 and may_name_substitute(person, overview.classes[0].unit, on=on)


class SubstituteForm(forms.Form):
    person = forms.ModelChoiceField(Person.objects.none(), label="代班教师")
    first_day = day_field("从")
    last_day = day_field("至")

    def __init__(self, *args, school_path, on, **kwargs):
        super().__init__(*args, **kwargs)
        held = Post.objects.held(on=on).filter(at_or_below("unit__path", [school_path]), kind__in=SCHOOL_POSTS)
        self.fields["person"].queryset = Person.objects.filter(pk__in=held.values("person")).order_by("name")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if field.label == "代班教师" else "form-control"


@require_http_methods(["GET", "HEAD", "POST"])
def substitute(request, code):
    """The head of teaching names a substitute for a class."""
    today = clock.today()
    school_class = visible_unit(request.user, code, on=today, kinds=[UnitKind.CLASS])
    if not may_name_substitute(request.user, school_class, on=today):
        raise NotYours("permission_denied", "由教导主任指定代班教师。")
    school_path = school_class.path[:-8]
    form = SubstituteForm(
        request.POST or None, school_path=school_path, on=today, initial={"first_day": today, "last_day": today}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        name_substitute(
            school_class, data["person"], first_day=data["first_day"], last_day=data["last_day"], by=request.user
        )
        messages.success(request, f"{data['person'].name}从 {data['first_day']:%m月%d日} 起代班。")
        return redirect("roll_day")
    rows = (
        Post.objects.filter(unit=school_class, is_substitute=True).select_related("person").order_by("-first_day")[:20]
    )
    context = {"form": form, "school_class": school_class, "label": school_class.label(on=today), "rows": rows}
    return render(request, "students/substitute.html", context)
