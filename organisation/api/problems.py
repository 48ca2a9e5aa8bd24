"""Errors as RFC 9457 problem documents: type, title, status, code, detail (a Chinese sentence), fields, article."""

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from rest_framework import exceptions, views
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from organisation.errors import Refused

TITLES = {
    400: "内容有误",
    401: "请先登录",
    403: "不在您的职责范围内",
    404: "没有找到",
    405: "不支持这种请求",
    406: "不支持这种格式",
    409: "现在不能这样做",
    415: "不支持这种内容格式",
    429: "请求太频繁",
    500: "程序出错",
}
DETAILS = {
    "not_authenticated": "请先登录,或带上有效的令牌。",
    "authentication_failed": "令牌无效或已过期。",
    "permission_denied": "这一步不由您办理。",
    "csrf_failed": "页面停留太久,请刷新后再试。",
    "not_found": "没有找到,或不在您的查看范围内。",
    "method_not_allowed": "这个地址不支持这种请求方法。",
    "parse_error": "内容不是有效的 JSON。",
    "unsupported_media_type": "请用 application/json 发送。",
    "invalid": "内容有误,请看各栏的说明。",
    "bad_character": "内容里有不能保存的字符(U+0000),请删去后再试。",
    "throttled": "请求太频繁,请稍后再试。",
}


def problem(status, code, detail, *, fields=None, article="", headers=None, **extra):
    """A problem document as a response."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "出错"),
        "status": status,
        "code": code,
        "detail": detail,
        "fields": fields or {},
        "article": article,
        **extra,
    }
    return Response(body, status=status, headers=headers, content_type="application/problem+json")


def exception_handler(exc, context):
    """Turn what a view raised into a problem document; None leaves it to the server's log."""
    if isinstance(exc, Refused):
        views.set_rollback()
        fields, extra = exc.fields, exc.extra
        return problem(exc.status, exc.code, exc.message, fields=fields, article=exc.article, **extra)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, ModelValidationError):
        exc = exceptions.ValidationError(as_serializer_error(exc))
    if not isinstance(exc, exceptions.APIException):
        return None
    response = views.exception_handler(exc, context)
    code = _code_of(exc)
    fields = exc.get_full_details() if isinstance(exc, exceptions.ValidationError) else {}
    detail = DETAILS.get(code) or str(exc.detail)
    headers = {name: response.headers[name] for name in ("WWW-Authenticate", "Retry-After") if name in response}
    return problem(response.status_code, code, detail, fields=_messages(fields), headers=headers)


def _code_of(exc):
    if isinstance(exc, exceptions.ValidationError):
        return "invalid"
    code = exc.get_codes()
    text = str(exc.detail)
    return "csrf_failed" if text.startswith("CSRF") else code if isinstance(code, str) else "invalid"


def _messages(details):
    """{field: [sentence]} out of the framework's nested details."""
    if isinstance(details, list):
        details = {"non_field_errors": details}
    flat = {}
    for name, found in details.items():
        if isinstance(found, dict) and "message" not in found:
            flat[name] = _messages(found)
        else:
            found = found if isinstance(found, list) else [found]
            flat[name] = [_sayable(item["message"]) if "message" in item else _messages(item) for item in found]
    return flat


def _sayable(message) -> str:
    """A sentence that can be sent: it may quote half a surrogate, which is no text."""
    return str(message).encode(errors="replace").decode()
