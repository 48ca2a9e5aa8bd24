"""设置: school calendar for heads, accounts and posts for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organisation import clock
from organisation.actions.calendar import forget_school_day, set_school_day
from organisation.actions.posts import end_post, give_post, reset_password
from organisation.errors import NotYours, Refused
from organisation.forms import PersonForm, PostForm, SchoolDayForm
from organisation.models import Person, Post, SchoolDay, StatutoryDay, Term, Unit
from organisation.permissions import calendar_units, may_manage_accounts
from organisation.queries.history import history_of
from organisation.registry import SETTINGS, panels_for
from organisation.rules.paths import ancestors


@require_safe
def settings_home(request):
    """What of the installation this person sets."""
    today = clock.today()
    context = {
        "units": calendar_units(request.user, on=today),
        "manages": may_manage_accounts(request.user),
        "panels": panels_for(SETTINGS, request, None, on=today),
    }
    return render(request, "organisation/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request):
    """Terms, statutory days ahead, and what the unit says otherwise."""
    today = clock.today()
    units = calendar_units(request.user, on=today)
    if not units:
        raise NotYours("permission_denied", "校历由学校教导处、校长或教育局调整。")
    form = SchoolDayForm(request.POST or None, units=Unit.objects.filter(pk__in=[unit.pk for unit in units]))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        set_school_day(
            data["unit"],
            data["date"],
            is_open=data["is_open"],
            session=data["session"],
            note=data["note"],
            by=request.user,
        )
        messages.success(request, "校历已调整,有关的点名和处理会随之更新。")
        return redirect("calendar")
    above = {path for unit in units for path in ancestors(unit.path)}
    mine = {unit.pk for unit in units}
    said = SchoolDay.objects.filter(unit__path__in=above).select_related("unit").order_by("-date")[:100]
    context = {
        "form": form,
        "terms": Term.objects.filter(unit__path__in=above).select_related("unit").order_by("-first_day")[:8],
        "said": [(one, one.unit_id in mine) for one in said],
        "statutory": StatutoryDay.objects.filter(date__gte=today).order_by("date")[:40],
        "known_until": StatutoryDay.objects.order_by("-date").first(),
    }
    return render(request, "organisation/calendar.html", context)


@require_POST
def calendar_forget(request, pk):
    """Take an adjustment back."""
    rows = SchoolDay.objects.visible_to(request.user, on=clock.today()).select_related("unit")
    said = get_object_or_404(rows, pk=pk)
    forget_school_day(said, by=request.user)
    messages.success(request, "已恢复为法定校历。")
    return redirect("calendar")


def _administrator(request):
    if not may_manage_accounts(request.user):
        raise NotYours("permission_denied", "账号和岗位由系统管理员办理。")


@require_http_methods(["GET", "HEAD", "POST"])
def people(request):
    """Accounts, found by name, login or staff number; a new one."""
    _administrator(request)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = form.save(commit=False)
        person.set_unusable_password()
        person.save()
        messages.success(request, f"已建立账号 {person.login},请再设岗位和一次性密码。")
        return redirect("person", person.pk)
    q = request.GET.get("q", "").strip()[:40]
    rows = Person.objects.visible_to(request.user, on=clock.today()).order_by("pk")
    if q:
        rows = rows.filter(Q(name__contains=q) | Q(login__startswith=q) | Q(staff_number__startswith=q))
    page = Paginator(rows.prefetch_related("posts__unit"), 50).get_page(request.GET.get("page"))
    return render(request, "organisation/people.html", {"page": page, "form": form, "q": q, "today": clock.today()})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person(request, pk):
    """One account: its posts, given and ended here; a one-time password; switched off and on."""
    _administrator(request)
    found = get_object_or_404(Person.objects.visible_to(request.user, on=clock.today()), pk=pk)
    form = PostForm(request.POST if request.POST.get("verb") == "give" else None)
    refusal, secret = None, ""
    if request.method == "POST":
        try:
            secret = _act(request, found, form)
        except Refused as refused:
            refusal = refused
        else:
            if not secret and form.errors == {}:
                return redirect("person", pk)
    context = {
        "person": found,
        "posts": found.posts.select_related("unit").order_by("-first_day"),
        "form": form,
        "secret": secret,
        "refusal": refusal,
        "history": history_of(found),
        "today": clock.today(),
    }
    return render(request, "organisation/person.html", context, status=refusal.status if refusal else 200)


def _act(request, found, form) -> str:
    verb = request.POST.get("verb")
    if verb == "give" and form.is_valid():
        data = form.cleaned_data
        give_post(found, data["kind"], data["unit"], first_day=data["first_day"], by=request.user)
    elif verb == "end":
        number = request.POST.get("post", "")
        post = get_object_or_404(Post, pk=number if number.isdecimal() and len(number) < 19 else 0, person=found)
        end_post(post, last_day=clock.today(), by=request.user)
    elif verb == "password":
        return reset_password(found, by=request.user)
    elif verb in ("disable", "enable"):
        if found.pk == request.user.pk:
            raise Refused("own_account", "不能停用自己的账号。")
        found.is_active = verb == "enable"
        found.save()
    elif verb != "give":
        raise Http404
    return ""
