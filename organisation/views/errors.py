"""Error pages; the API answers with problem documents instead."""

from django.http import JsonResponse
from django.shortcuts import render

from organisation.api.problems import DETAILS, TITLES


def bad_request(request, exception=None):
    return _answer(request, 400, "invalid")


def bad_character(request):
    return _answer(request, 400, "bad_character")


def forbidden(request, exception=None):
    return _answer(request, 403, "permission_denied")


def not_found(request, exception=None):
    return _answer(request, 404, "not_found")


def csrf_failure(request, reason=""):
    return _answer(request, 403, "csrf_failed")


def broken(request):
    return _answer(request, 500, "server_error")


def _answer(request, status, code):
    detail = DETAILS.get(code, "程序出错,已记录。请稍后再试;再不行请告诉管理员。")
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": TITLES[status], "status": status, "code": code, "detail": detail}
        body |= {"fields": {}, "article": ""}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, "error.html", {"status": status, "title": TITLES[status], "detail": detail}, status=status)
