"""The two pages for people without a login: to complain, and to ask by the query number what became of it.

Nothing that was written is shown back: who has the number reads the state and the answer, no name, no text.
"""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accountability.actions.complaints import file_complaint, find_complaint
from accountability.actions.knocks import MOST_COMPLAINTS, MOST_QUERIES, is_too_often
from accountability.forms import ComplaintForm, QueryForm
from casework.views.guardian_links import PRIVATE, client_address
from organisation.errors import Refused


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request):
    """The form; sent, it gives the query number, once."""
    if request.method != "POST":
        return _page(request, form=ComplaintForm())
    if is_too_often("complaint", client_address(request), most=MOST_COMPLAINTS):
        return _page(request, status=429, too_often="提交得太频繁,请过十分钟再试。")
    form, refusal = ComplaintForm(request.POST, request.FILES), None
    if form.is_valid():
        data = dict(form.cleaned_data)
        try:
            number = file_complaint(uploads=data.pop("papers"), **data)
        except Refused as refused:
            refusal = refused
        else:
            return _page(request, number=number)
    return _page(request, status=refusal.status if refusal else 400, form=form, refusal=refusal)


def _page(request, *, status=200, **context):
    return _private(render(request, "accountability/complain.html", context, status=status))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def complaint_query(request):
    """State and answer of a complaint. A number that is none is told so; too many such, and nothing more is told."""
    form, found, status, said = QueryForm(request.POST or None), None, 200, ""
    if request.method == "POST":
        status = 400
        if form.is_valid():
            found = find_complaint(form.cleaned_data["number"])
            if found is not None:
                status = 200
            elif is_too_often("complaint_query", client_address(request), most=MOST_QUERIES):
                status, said = 429, "查询得太频繁,请过十分钟再试。"
            else:
                status, said = 404, "没有这个查询码,请核对后再查。"
    context = {"form": form, "found": _shown(found) if found else None, "said": said}
    return _private(render(request, "accountability/complaint_query.html", context, status=status))


def _shown(complaint) -> dict:
    """All that a query number opens: not the text, not the people, not the place."""
    return {
        "state": complaint.get_state_display(),
        "received_at": complaint.received_at,
        "accepted_at": complaint.accepted_at,
        "answered_at": complaint.answered_at,
        "answer": complaint.answer,
    }


def _private(response):
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response
