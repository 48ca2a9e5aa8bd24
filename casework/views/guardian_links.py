"""What a guardian sees without a login (P31): one letter, the receipt, an answer; nothing that leads elsewhere.

No cookie, no script, no cache, no referrer. The token is the only authority, so that there is no session to ride.
"""

import hmac
import json
import time
import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from casework.actions.appeal_links import appeal_by_link, objection_of
from casework.actions.letters.links import find_link, is_knocking_too_often, open_link, sign_link
from casework.actions.letters.messages import hear_of_message
from casework.forms import GuardianAppealForm, GuardianForm
from casework.views.letters import lines_of
from organisation.errors import Refused

PRIVATE = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
CALLBACK_SECONDS = 300
MOST_CALLBACK_BYTES = 4096
STATES = ("accepted", "delivered", "failed")


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def guardian_link(request, token):
    """The letter of a link; a signature with a name, once, and an answer; what the guardian has against a measure."""
    link = find_link(token)
    if link is None:
        too_often = is_knocking_too_often(address=client_address(request))
        return _page(request, "gone", status=429 if too_often else 404)
    if is_knocking_too_often(link=link):
        return _page(request, "busy", status=429)
    appeals = request.POST.get("verb") == "appeal"
    form = GuardianForm(request.POST if request.method == "POST" and not appeals else None)
    appeal_form = GuardianAppealForm(request.POST if appeals else None)
    taken, take, refusal = (appeal_form, appeal_by_link, None) if appeals else (form, sign_link, None)
    if request.method == "POST" and taken.is_valid():
        try:
            take(link, **taken.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            return _private(redirect("guardian_link", token))
    elif request.method == "GET":
        open_link(link)
    link = find_link(token)
    context = {
        "link": link,
        "letter": link.letter,
        "lines": lines_of(link.letter),
        "form": form,
        "appeal_form": appeal_form,
        "objection": objection_of(link),
        "refusal": refusal,
    }
    return _page(request, "open", status=refusal.status if refusal else 200, **context)


def _page(request, view, *, status, **context):
    return _private(render(request, "casework/guardian_link.html", {"view": view, **context}, status=status))


def _private(response):
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def client_address(request) -> str:
    """Whose request it is, as the outermost of our own proxies saw it; what a stranger claims counts for nothing."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies][:60]
    return request.META.get("REMOTE_ADDR", "")


@login_not_required
@csrf_exempt
@require_POST
def message_callback(request):
    """The gateway says what became of a message; signed with its token, within five minutes, any number of times."""
    body = request.body[: MOST_CALLBACK_BYTES + 1]
    stamp = request.headers.get("X-Timestamp", "")
    if not _is_signed(request, body, stamp):
        return JsonResponse({"code": "bad_signature"}, status=403)
    try:
        said = json.loads(body)
        request_id, state = uuid.UUID(said["request_id"]), said["state"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"code": "malformed"}, status=400)
    if state not in STATES:
        return JsonResponse({"code": "unknown_state"}, status=400)
    if not hear_of_message(request_id, state, code=said.get("code", ""), provider_id=said.get("id", "")):
        return JsonResponse({"code": "unknown_message"}, status=404)
    return JsonResponse({"code": "ok"})


def _is_signed(request, body, stamp) -> bool:
    if not settings.GATEWAY_TOKEN or len(body) > MOST_CALLBACK_BYTES or not stamp.isascii() or not stamp.isdigit():
        return False
    if len(stamp) > 12 or abs(time.time() - int(stamp)) > CALLBACK_SECONDS:
        return False
    expected = hmac.new(settings.GATEWAY_TOKEN.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()
    return constant_time_compare(expected, request.headers.get("X-Signature", ""))
