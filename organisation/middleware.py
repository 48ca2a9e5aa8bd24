"""What stands between every request and its view: U+0000, sessions that end, first passwords, refusals as pages."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, render
from django.urls import reverse

from organisation.errors import Refused
from organisation.views.errors import bad_character, not_found

SEEN = "seen_at"
SEEN_EVERY = 60  # seconds: a page view within them writes no session
OPEN_WITH_FIRST_PASSWORD = ("account_change_password", "account_logout")


NUL = "\0"


class NoNul:
    """Refuses U+0000, which no database keeps and nobody types, before anything is looked up by it.

    The API's bodies are JSON: their serializers refuse it field by field.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if NUL in request.path_info:
            return not_found(request)
        if _has_nul(request.GET) or any(NUL in value for value in request.COOKIES.values()):
            return bad_character(request)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method == "POST" and _has_nul(request.POST):
            return bad_character(request)
        return None


def _has_nul(data) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in data.lists())


class SessionLifetime:
    """Signs out a session that nobody used for a while; its absolute end is the cookie's (ASVS 7.3)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and SEEN in request.session:
            idle = time.time() - request.session[SEEN]
            if idle > settings.SESSION_IDLE_MINUTES * 60:
                logout(request)
            elif idle > SEEN_EVERY:
                request.session[SEEN] = int(time.time())
        elif request.user.is_authenticated and request.session.session_key:
            request.session[SEEN] = int(time.time())
        response = self.get_response(request)
        if getattr(request, "htmx", False) and response.status_code == 302 and _leads_to_login(response):
            page = redirect_to_login(request.htmx.current_url_abs_path or "/")  # the fragment itself is no page
            response.headers["HX-Redirect"] = page.headers["Location"]
            del response.headers["Location"]
            response.status_code = 200
        return response


def _leads_to_login(response):
    return response.headers.get("Location", "").startswith(settings.LOGIN_URL)


class FirstPassword:
    """Who signed in with a password that somebody else knows chooses an own one before anything else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not (request.user.is_authenticated and request.user.must_change_password):
            return None
        if request.resolver_match.url_name in OPEN_WITH_FIRST_PASSWORD:
            return None
        return redirect(reverse("account_change_password"))


class Refusals:
    """Shows a refusal that a page's action raised as a page, or as the fragment that htmx asked for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, Refused):
            return None
        template = "partials/refusal.html" if getattr(request, "htmx", False) else "refused.html"
        return render(request, template, {"refusal": exception}, status=exception.status)
