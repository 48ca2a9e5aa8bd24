"""What is opened without a login: a guardian's own sheet, and the anonymous questionnaire. No cookie, script or cache;
nothing that leads elsewhere, and of who answers nothing is kept (P31, P22)."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accountability.actions.commitments.links import find_link, is_opened_too_often, open_link, sign_link
from accountability.actions.commitments.sheets import lines_of, title_of
from accountability.actions.surveys import answer_survey, find_survey, is_answered_too_often
from accountability.enums import CommitmentState
from accountability.forms.commitments import SignForm
from accountability.rules.questions import QUESTIONS
from casework.actions.letters.links import is_knocking_too_often
from casework.views.guardian_links import PRIVATE, client_address
from organisation.errors import Refused


def _page(request, template, view, *, status=200, **context):
    return _private(render(request, template, {"view": view, **context}, status=status))


def _private(response):
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def _gone(request, template):
    """A wrong and an ended link are alike; who tries many is slowed down."""
    too_often = is_knocking_too_often(address=client_address(request))
    return _page(request, template, "gone", status=429 if too_often else 404)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def commitment_link(request, token):
    """The sheet of a link; the guardian's name under it, once."""
    template = "accountability/commitment_link.html"
    link = find_link(token)
    if link is None:
        return _gone(request, template)
    if is_opened_too_often(link):
        return _page(request, template, "busy", status=429)
    form, refusal = SignForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            sign_link(link, name=form.cleaned_data["name"])
        except Refused as refused:
            refusal = refused
        else:
            return _private(redirect("commitment_link", token))
    elif request.method == "GET":
        open_link(link)
    sheet = (find_link(token) or link).commitment
    context = {"link": link, "sheet": sheet, "title": title_of(sheet), "lines": lines_of(sheet), "form": form}
    context["may_sign"] = sheet.state in (CommitmentState.WAITING, CommitmentState.DECLINED)
    return _page(request, template, "open", status=refusal.status if refusal else 200, refusal=refusal, **context)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def survey_link(request, token):
    """Five questions; thanks afterwards, without saying how many were right."""
    template = "accountability/survey_link.html"
    survey = find_survey(token)
    if survey is None:
        return _gone(request, template)
    questions = QUESTIONS[survey.audience]
    if request.method != "POST":
        return _page(request, template, "open", survey=survey, questions=_asked(questions, {}))
    if is_answered_too_often(survey, client_address(request)):
        return _page(request, template, "busy", status=429)
    given = _given(request, questions)
    if len(given) < len(questions):
        return _page(
            request, template, "open", status=400, survey=survey, questions=_asked(questions, given), incomplete=True
        )
    try:
        answer_survey(survey, given)
    except Refused as refused:
        return _page(request, template, "refused", status=refused.status, refusal=refused)
    return _page(request, template, "thanks", questions=_asked(questions, {}))


def _given(request, questions) -> dict[str, int]:
    """{question: place of the answer}, as far as they are answers of that question."""
    found = {}
    for question in questions:
        places = {str(place): place for place in range(len(question.options))}
        if request.POST.get(question.key) in places:
            found[question.key] = places[request.POST[question.key]]
    return found


def _asked(questions, given):
    return [(question, list(enumerate(question.options)), given.get(question.key)) for question in questions]
