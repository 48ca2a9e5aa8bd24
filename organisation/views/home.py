"""The first page after sign-in and the page 今日, composed of the floors' panels."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from organisation import clock
from organisation.enums import PostKind
from organisation.registry import HOME, badges_for, panels_for


@require_safe
def start(request):
    """After sign-in: a class teacher stands at once at today's roll, everybody else at 今日."""
    teaches = request.user.paths(on=clock.today(), kinds=(PostKind.CLASS_TEACHER,))
    return redirect("rolls" if teaches else "home")


@login_not_required
@require_safe
def home(request):
    """今日: what needs me today. Who opens the bare address signs in and then stands where their work starts."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    panels = panels_for(HOME, request, request.user, on=clock.today())
    return render(request, "home.html", {"panels": panels})


@require_safe
def badges(request):
    """How much waits behind each navigation entry; loaded after the page, so that the page need not wait."""
    return render(request, "_badges.html", {"badges": badges_for(request.user, on=clock.today())})
