"""Every route × every post × own school, another school, another county × method (roles.md, quality.md: Scope).

The routes come from Django's resolver, the answers from the tables below. A route without a row fails. In scope and
allowed is `ok`, in scope and somebody else's part 403, out of scope 404; pages ask the unknown to sign in, the API says 401.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from casework.models import LabourReferral
from kongchuo.tests.world import DAY, LOGINS, PLACES, send
from organisation.enums import PostKind as P
from organisation.models import Person, Post
from students.models import Enrolment, Pupil

pytestmark = [pytest.mark.walk, pytest.mark.django_db, pytest.mark.usefixtures("the_worlds_folder")]

EVERYBODY = frozenset(LOGINS.values())
FILES = frozenset(
    {P.CLASS_TEACHER, P.GRADE_HEAD, P.HEAD_OF_TEACHING, P.REGISTRAR, P.DROPOUT_OFFICER, P.DEPUTY_PRINCIPAL, P.PRINCIPAL}
    | {P.COUNTY_CLERK, P.BUREAU_HEAD, P.INSPECTOR}
)
ROLLS = FILES | {P.SUBJECT_TEACHER}
NAMES = FILES | {P.TOWNSHIP_OFFICER}
FIGURES = NAMES | {P.PREFECTURE_OFFICER, P.PROVINCE_OFFICER}
REGISTER = frozenset({P.REGISTRAR, P.COUNTY_CLERK})  # the bureau enters for schools without a network (P29)
REVEAL = FILES - {P.GRADE_HEAD, P.INSPECTOR}
CALLS = frozenset({P.CLASS_TEACHER, P.HEAD_OF_TEACHING})
SLIPS = CALLS | {P.DEPUTY_PRINCIPAL, P.PRINCIPAL}
LONG_SLIPS = SLIPS - {P.CLASS_TEACHER}
CALENDAR = frozenset({P.HEAD_OF_TEACHING, P.DEPUTY_PRINCIPAL, P.PRINCIPAL})
RETURNS = frozenset({P.REGISTRAR, P.DROPOUT_OFFICER, P.DEPUTY_PRINCIPAL, P.PRINCIPAL, P.COUNTY_CLERK, P.BUREAU_HEAD})
COMPUTES = RETURNS | {P.PREFECTURE_OFFICER, P.PROVINCE_OFFICER}
CASES = FILES | {P.TOWNSHIP_OFFICER}
COUNTY = frozenset({P.COUNTY_CLERK, P.BUREAU_HEAD})
LEADERS = frozenset({P.DEPUTY_PRINCIPAL, P.PRINCIPAL})
CONVENERS = frozenset({P.CLASS_TEACHER, P.GRADE_HEAD, P.HEAD_OF_TEACHING})
SENDERS = CONVENERS | LEADERS | {P.DROPOUT_OFFICER}  # of letters
REPORTERS = SENDERS | {P.COUNTY_CLERK}
VISITORS = REPORTERS | {P.TOWNSHIP_OFFICER}
WORRIERS = SENDERS | {P.SUBJECT_TEACHER, P.COUNSELLOR}
TEACHES = WORRIERS - {P.COUNSELLOR}
MARKS = frozenset({P.SUBJECT_TEACHER, P.CLASS_TEACHER, P.HEAD_OF_TEACHING})
INCIDENTS = MARKS | LEADERS | {P.GRADE_HEAD}
MOVES = LEADERS | COUNTY | {P.INSPECTOR, P.REGISTRAR, P.HEAD_OF_TEACHING, P.DROPOUT_OFFICER}
EDITS = REGISTER | LEADERS | {P.CLASS_TEACHER, P.HEAD_OF_TEACHING, P.DROPOUT_OFFICER}
COUNSELLING = frozenset({P.COUNSELLOR, P.PRINCIPAL})
TEMPLATES = LEADERS | {P.HEAD_OF_TEACHING, P.DROPOUT_OFFICER}
EVERY_TEMPLATE = TEMPLATES | COUNTY | {P.TOWNSHIP_OFFICER}
READS_LISTS = COUNTY | {P.INSPECTOR, P.TOWNSHIP_OFFICER}
IN_CHARGE = COUNTY | {P.DROPOUT_OFFICER, P.DEPUTY_PRINCIPAL, P.PRINCIPAL}
LABOUR = frozenset({P.LABOUR_OFFICER})
TEACHER, HEAD, PRINCIPAL = ({kind} for kind in (P.CLASS_TEACHER, P.HEAD_OF_TEACHING, P.PRINCIPAL))
BACKTEST = frozenset({P.PRINCIPAL, P.COUNTY_CLERK, P.BUREAU_HEAD})
NOMINATES = COUNTY | {P.PRINCIPAL, P.PREFECTURE_OFFICER}
OVERSEES = NOMINATES | {P.INSPECTOR}
ENTERS_LEADS = OVERSEES | LABOUR | {P.TOWNSHIP_OFFICER}
COMPLAINTS = COUNTY | {P.PREFECTURE_OFFICER}
DECIDES = frozenset({P.PRINCIPAL, P.COUNTY_CLERK, P.BUREAU_HEAD, P.INSPECTOR, P.PREFECTURE_OFFICER, P.PROVINCE_OFFICER})
HANDLES = frozenset({P.PRINCIPAL, P.HEAD_OF_TEACHING, P.GRADE_HEAD})  # who decides the matter, and its team
CONCERNED = frozenset({P.SUBJECT_TEACHER})
NONE = frozenset()
TRUTH = LEADERS | COUNTY | {P.INSPECTOR}
OFFICE = LEADERS | {P.HEAD_OF_TEACHING, P.DROPOUT_OFFICER}
SHEETS = FILES | {P.SUBJECT_TEACHER, P.TOWNSHIP_OFFICER}
SIGNS_SHEETS = LEADERS | COUNTY | {P.DROPOUT_OFFICER, P.CLASS_TEACHER}
MAKES_SHEETS = SIGNS_SHEETS | {P.TOWNSHIP_OFFICER}
CONTACTS = OFFICE | {P.CLASS_TEACHER, P.GRADE_HEAD}
ROUTINE = FILES | {P.COUNSELLOR}
INSPECTIONS = FILES - {P.CLASS_TEACHER, P.GRADE_HEAD}
STAFF = CONTACTS | {P.SUBJECT_TEACHER, P.COUNSELLOR, P.REGISTRAR}
PLANS = LEADERS | {P.DROPOUT_OFFICER}
PLAN_READERS = STAFF | COUNTY | {P.INSPECTOR}


@dataclass(frozen=True)
class Page:
    """A route that names nothing of anybody: who gets in. Everybody else who signed in is told 403."""

    route: str
    method: str
    ok: frozenset
    body: dict | None = None
    query: str = ""
    argument: str = ""
    administrator: bool = False  # allowed, and only to who runs the accounts, where `ok` is empty


@dataclass(frozen=True)
class Thing:
    """A route that names something of a place: who may, and whose part it is not (403). All others: 404.

    `closed` are those who are turned away (403) before anything is looked for; `level` is where the thing lies in the tree.
    """

    route: str
    method: str
    ok: frozenset
    forbidden: frozenset = NONE
    closed: frozenset = NONE
    body: Callable | None = None
    query: str = ""
    level: str = "school_class"
    argument: str = ""
    empty: bool = True  # whether a body with nothing in it gets as far as a full one


def perform(place):
    at = "2026-11-20T10:00:00+08:00"
    return {"records": [{"measure": "verbal_warning", "at": at, "place": "教室", "by": "老师", "text": "谈话"}]}


SLIP = {
    "kind": "personal",
    "first_day": "2026-11-25",
    "first_session": "am",
    "last_day": "2026-11-25",
    "last_session": "pm",
    "applied_by": "父亲",
    "reason": "家中有事",
}
REASON = {"field": "phone", "reason": "联系家长"}
SUSPEND = {"kind": "suspend", "date": DAY.isoformat(), "reason": "住院", "until": "2027-03-01"}

PAGES = [
    Page("home", "GET", EVERYBODY),
    Page("start", "GET", EVERYBODY),
    Page("badges", "GET", EVERYBODY),
    Page("settings", "GET", EVERYBODY),
    Page("jobs", "GET", EVERYBODY),  # one's own
    Page("duties", "GET", EVERYBODY),  # what falls to one
    Page("duties", "GET", EVERYBODY, query="?view=below"),
    Page("duties", "GET", EVERYBODY, query="?view=overdue"),
    Page("duties", "GET", EVERYBODY, query="?view=done"),
    Page("leads", "GET", EVERYBODY),  # what one's posts screen
    Page("leads", "GET", EVERYBODY, query="?state=all"),
    Page("truth", "GET", TRUTH),
    Page("truth", "GET", TRUTH, query="?state=all&kind=headcount"),
    Page("truth_rates", "GET", TRUTH),
    Page("spot_counts", "GET", COUNTY | {P.INSPECTOR}),
    Page("spot_count_new", "GET", frozenset({P.INSPECTOR})),
    Page("spot_count_new", "POST", frozenset({P.INSPECTOR})),
    Page("history", "GET", COUNTY | {P.INSPECTOR, P.PREFECTURE_OFFICER, P.PROVINCE_OFFICER}),
    Page("commitments", "GET", SHEETS),
    Page("commitments", "GET", SHEETS, query="?state=waiting&q=a&kind=teacher_guardian"),
    Page("commitments_make", "GET", MAKES_SHEETS),
    Page("commitments_make", "POST", MAKES_SHEETS),
    Page("commitment_gaps", "GET", SHEETS),
    Page("commitment_progress", "GET", SHEETS),
    Page("commitments_print", "GET", SHEETS),
    Page("routine", "GET", ROUTINE),
    Page("activities", "GET", ROUTINE),
    Page("activities", "GET", ROUTINE, query="?kind=guardians_meeting"),
    Page("surveys", "GET", ROUTINE),
    Page("surveys", "POST", OFFICE),
    Page("self_inspections", "GET", INSPECTIONS),
    Page("lead_new", "GET", ENTERS_LEADS),
    Page("lead_new", "POST", ENTERS_LEADS),
    Page("complaints", "GET", COMPLAINTS),
    Page("complaints", "GET", COMPLAINTS, query="?state=all"),
    Page("accountability", "GET", OVERSEES),
    Page("nominations", "GET", NOMINATES),
    Page("nominations", "GET", NOMINATES, query="?q=老师"),
    Page("commendations", "GET", NOMINATES),
    Page("commendations", "POST", NOMINATES, body={"candidate": "x"}),
    Page("findings", "GET", EVERYBODY),  # what one handles
    Page("findings", "GET", EVERYBODY, query="?state=all"),
    Page("findings_mine", "GET", EVERYBODY),
    Page("finding_new", "GET", DECIDES),
    Page("finding_new", "POST", DECIDES),
    Page("api_findings", "GET", EVERYBODY),
    Page("api_findings", "POST", EVERYBODY),  # nobody is named in it
    Page("rolls", "GET", EVERYBODY),  # leads on to a roll or to the day
    Page("roll_day", "GET", ROLLS),
    Page("students", "GET", NAMES),
    Page("students", "GET", NAMES, query="?q=a&status="),
    Page("student_search", "POST", NAMES, body={"registry_number": "G1"}),
    Page("roster_import", "GET", REGISTER),
    Page("roster_import", "POST", REGISTER),
    Page("roster_export", "GET", REGISTER),
    Page("roster_export", "POST", REGISTER),
    Page("slips", "GET", FILES),
    Page("escalations", "GET", FILES),
    Page("escalations", "GET", FILES, query="?state=all"),
    Page("warning_backtest", "GET", BACKTEST),
    Page("warning_backtest", "POST", BACKTEST),
    Page("rates", "GET", FIGURES),
    Page("returns", "GET", FIGURES),
    Page("returns", "POST", RETURNS),
    Page("calendar", "GET", CALENDAR | {P.COUNTY_CLERK, P.BUREAU_HEAD}),
    Page("calendar", "POST", CALENDAR | {P.COUNTY_CLERK, P.BUREAU_HEAD}),
    Page("cases", "GET", CASES),
    Page("cases", "GET", CASES, query="?state=all&late=1"),
    Page("cases_assign", "GET", CASES),
    Page("cases_assign", "POST", CASES),
    Page("ratios", "GET", FILES),
    Page("inquiries", "GET", FILES),
    Page("appeals", "GET", FILES - {P.REGISTRAR}),
    Page("warnings", "GET", FILES | WORRIERS),
    Page("warning_report", "GET", TEACHES),
    Page("warning_report", "POST", TEACHES),
    Page("groups", "GET", FILES),
    Page("groups_export", "GET", FILES),
    Page("groups_export", "POST", FILES),
    Page("warning_points", "GET", COUNTY),
    Page("warning_points", "POST", COUNTY),
    Page("letters", "GET", CASES),
    Page("letters", "GET", CASES, query="?q=a&kind=summons"),
    Page("blank_forms", "GET", CASES | ROLLS),
    Page("blank_form", "GET", CASES),
    Page("letter_templates", "GET", EVERY_TEMPLATE),
    Page("letter_templates", "POST", EVERY_TEMPLATE),
    Page("transfers", "GET", MOVES | {P.TOWNSHIP_OFFICER}),
    Page("arrivals", "GET", MOVES | {P.TOWNSHIP_OFFICER}),
    Page("learning", "GET", INCIDENTS),
    Page("learning_import", "GET", MARKS),
    Page("learning_import", "POST", MARKS),
    Page("learning_template", "GET", MARKS),
    Page("people", "GET", NONE, administrator=True),
    Page("people", "POST", NONE, administrator=True, body={"name": "新人", "login": "new"}),
    Page("ledgers", "GET", NAMES),
    Page("ledger", "GET", NAMES),
    Page("ledger", "GET", NAMES, query="?part=register"),
    Page("cases_monthly", "GET", NAMES),
    Page("compare", "GET", READS_LISTS, query="?state=all"),
    Page("compare_import", "GET", COUNTY),
    Page("compare_import", "POST", COUNTY),
    Page("compare_away", "GET", COUNTY | {P.INSPECTOR}),
    Page("referrals", "GET", NAMES | LABOUR),
    Page("inspection_new", "GET", LABOUR),
    Page("inspection_new", "POST", LABOUR, body={"on": "2026-11-20", "places": "砖厂", "children_found": "0"}),
    Page("api_units", "GET", EVERYBODY),
    Page("api_classes", "GET", EVERYBODY),
    Page("api_students", "GET", NAMES),
    Page("api_student_search", "POST", NAMES, body={"registry_number": "G1"}),
    Page("api_escalations", "GET", FILES),
    Page("api_cases", "GET", CASES),
    Page("api_cases", "POST", CASES),
    Page("api_warnings", "GET", EVERYBODY),  # what one may see
    Page("api_warnings", "POST", EVERYBODY),  # nobody is named in it
    Page("api_duties", "GET", EVERYBODY),
    Page("api_duties", "GET", EVERYBODY, query="?mine=1&overdue=1"),
    Page("api_award_bans", "GET", EVERYBODY),  # one's own, and those of whom one nominates
    Page("api_rates", "GET", FIGURES),
    Page("api_returns", "GET", FIGURES),
    Page("api_schema", "GET", EVERYBODY),
    Page("api_docs", "GET", EVERYBODY),
]
# Pages of nobody's and of one's own account; to those without a post too.
FOR_NOBODY = {"home", "start", "badges", "settings", "jobs", "duties", "leads", "rolls"} | {
    "api_units", "api_classes", "api_duties", "api_schema", "api_docs", "api_warnings", "api_award_bans",
    "findings", "findings_mine", "api_findings",
}  # fmt: skip

THINGS = [
    Thing("regulation", "GET", EVERYBODY, query="?unit={unit}"),
    Thing("student", "GET", FILES),
    Thing("student", "GET", NAMES, argument="gone"),  # the township has the cases of those who dropped out
    Thing("student_reveal", "POST", REVEAL, FILES - REVEAL, body=lambda place: REASON),
    Thing("student_change", "GET", REGISTER, FILES - REGISTER),
    Thing("student_change", "POST", REGISTER, FILES - REGISTER, body=lambda place: SUSPEND),
    Thing("student_edit", "GET", EDITS, FILES - EDITS),
    Thing("student_edit", "POST", EDITS, FILES - EDITS),
    Thing("student_merge", "GET", REGISTER, FILES - REGISTER),
    Thing("student_merge", "POST", REGISTER, FILES - REGISTER),
    Thing("transfer_new", "GET", REGISTER, FILES - REGISTER),
    Thing("transfer_new", "POST", REGISTER, FILES - REGISTER),
    Thing("transfer", "GET", MOVES, level="school"),
    Thing("transfer", "POST", REGISTER, level="school", body=lambda place: {"verb": "withdraw"}, empty=False),
    Thing("arrival", "GET", MOVES),
    Thing("arrival", "POST", REGISTER, MOVES - REGISTER, body=lambda place: {"verb": "confirm"}, empty=False),
    Thing("study_plan", "GET", CONVENERS, FILES - CONVENERS),
    Thing("study_plan", "POST", CONVENERS, FILES - CONVENERS),
    Thing("class_marks", "GET", MARKS),
    Thing("class_marks", "POST", MARKS),
    Thing("incident_new", "GET", INCIDENTS),
    Thing("incident_new", "POST", INCIDENTS),
    Thing("incident_withdraw", "POST", TEACHER | HEAD | PRINCIPAL, FILES - TEACHER - HEAD - PRINCIPAL),
    Thing("learning_confirm", "GET", TEACHER),
    Thing("learning_confirm", "POST", TEACHER),
    Thing("roll_together", "GET", TEACHER),
    Thing("roll_together", "POST", TEACHER),
    Thing("attachment", "GET", FILES),
    Thing("roll", "GET", ROLLS),
    Thing("roll", "POST", CALLS, ROLLS - CALLS, body=lambda place: {"version": 1}),
    Thing("substitute", "GET", HEAD, EVERYBODY - HEAD),
    Thing("substitute", "POST", HEAD, EVERYBODY - HEAD),
    Thing("slip_new", "GET", SLIPS, EVERYBODY - SLIPS, query="?class={unit}"),
    Thing("slip_new", "GET", SLIPS, FILES - SLIPS, query="?student={pupil}"),
    Thing("slip_new", "POST", SLIPS, FILES - SLIPS, query="?student={pupil}", body=lambda place: SLIP),
    Thing("slip", "GET", FILES),
    Thing("slip", "POST", LONG_SLIPS, FILES - LONG_SLIPS, body=lambda place: {"verb": "approve"}, empty=False),
    Thing("slip", "POST", SLIPS, FILES - SLIPS, body=lambda place: {"verb": "withdraw"}),
    Thing("duty", "GET", FILES),
    Thing("duty", "POST", TEACHER, FILES - TEACHER, body=lambda place: {"text": "已电话告知"}),
    Thing("escalation", "GET", FILES),
    Thing(
        "escalation",
        "POST",
        TEACHER,
        FILES - TEACHER,
        body=lambda place: {"verbal_warning-text": "谈话", "verbal_warning-place": "教室", "verbal_warning-by": "老师"},
    ),
    Thing("case", "GET", CASES),
    Thing("case", "POST", CASES),  # a step that is not one's own is not there
    Thing("case_new", "GET", REPORTERS, FILES - REPORTERS),
    Thing("case_new", "POST", REPORTERS, FILES - REPORTERS),
    Thing("ratio", "GET", FILES),
    Thing("ratio", "POST", FILES),  # the form is there for who performs it
    Thing("inquiry_new", "GET", SENDERS, FILES - SENDERS),
    Thing("inquiry_new", "POST", SENDERS, FILES - SENDERS),
    Thing("inquiry", "GET", FILES),
    Thing("inquiry", "POST", LEADERS, body=lambda place: {"verb": "group"}, empty=False),
    Thing("appeal_new", "GET", SENDERS | COUNTY, FILES - SENDERS - COUNTY),
    Thing("appeal_new", "POST", SENDERS | COUNTY, FILES - SENDERS - COUNTY),
    Thing("appeal", "GET", FILES - {P.REGISTRAR}),
    Thing("appeal", "POST", LEADERS, body=lambda place: {"verb": "seat"}, empty=False),
    Thing("hearing", "POST", FILES),
    Thing("warning", "GET", FILES),
    Thing("conference_call", "GET", CONVENERS, FILES - CONVENERS),
    Thing("conference_call", "POST", CONVENERS, FILES - CONVENERS),
    Thing("plan_new", "GET", CONVENERS, FILES - CONVENERS),
    Thing("plan_new", "POST", CONVENERS, FILES - CONVENERS),
    Thing("conference", "GET", CONVENERS, FILES - CONVENERS),
    Thing("conference", "POST", CONVENERS, FILES - CONVENERS),
    Thing("plan_review", "GET", CONVENERS, FILES - CONVENERS),
    Thing("plan_review", "POST", CONVENERS, FILES - CONVENERS),
    Thing("support_new", "GET", TEACHES, FILES - WORRIERS),
    Thing("support_new", "POST", TEACHES, FILES - WORRIERS),
    Thing("counselling", "GET", COUNSELLING - {P.COUNSELLOR}),  # the counsellor, once a child is referred
    Thing("counselling", "POST", COUNSELLING - {P.COUNSELLOR}),
    Thing("warning_points_approve", "POST", COUNTY, level="county"),
    Thing("warning_letter", "POST", SENDERS, FILES - SENDERS),
    Thing("talk_letter", "POST", SENDERS, FILES - SENDERS),
    Thing("visit_letter", "POST", VISITORS, FILES - VISITORS),
    Thing("letter", "GET", FILES),
    Thing(
        "letter", "POST", SENDERS | COUNTY, FILES - SENDERS - COUNTY, body=lambda place: {"verb": "link"}, empty=False
    ),
    Thing("letters_print", "GET", FILES, query="?id={letter}"),
    Thing("letter_file", "GET", FILES),
    Thing("letter_new", "GET", SENDERS, FILES - SENDERS),
    Thing("letter_new", "POST", SENDERS, FILES - SENDERS),
    Thing("blank_roll", "GET", ROLLS),
    Thing("blank_form", "GET", FILES, closed=EVERYBODY - CASES, query="?student={pupil}"),
    Thing("letter_template", "GET", TEMPLATES, closed=EVERYBODY - EVERY_TEMPLATE, level="school"),
    Thing("letter_template", "POST", TEMPLATES, closed=EVERYBODY - EVERY_TEMPLATE, level="school"),
    Thing("letter_template_default", "GET", TEMPLATES, closed=EVERYBODY - EVERY_TEMPLATE, level="school"),
    Thing("letter_template_preview", "GET", TEMPLATES, closed=EVERYBODY - EVERY_TEMPLATE, level="school"),
    Thing("lead", "GET", PRINCIPAL, level="school"),
    Thing("lead", "POST", PRINCIPAL, level="school", body=lambda place: {"verb": "keep", "reason": "属实"}),
    Thing("truth_hit", "GET", TRUTH, level="school"),
    Thing(
        "truth_hit",
        "POST",
        LEADERS,
        TRUTH - LEADERS,
        level="school",
        body=lambda place: {"verb": "explain", "reason": "去了医务室"},
    ),
    Thing("spot_count_new", "GET", {P.INSPECTOR}, closed=EVERYBODY - {P.INSPECTOR}, query="?class={unit}"),
    Thing(
        "spot_count_new",
        "POST",
        {P.INSPECTOR},
        closed=EVERYBODY - {P.INSPECTOR},
        query="?class={unit}",
        body=lambda place: {"day": "2026-11-20", "session": "pm", "counted": "1"},
    ),
    Thing("commitment", "GET", FILES),
    Thing("commitment", "POST", SIGNS_SHEETS, FILES - SIGNS_SHEETS, body=lambda place: {"verb": "link"}, empty=False),
    Thing("commitment_file", "GET", FILES),
    Thing("commitments_print", "GET", FILES, query="?id={sheet}"),
    Thing("commitments_sign", "GET", SIGNS_SHEETS, FILES - SIGNS_SHEETS, query="?id={sheet}"),
    Thing("commitments_sign", "POST", SIGNS_SHEETS, FILES - SIGNS_SHEETS, query="?id={sheet}"),
    Thing("year_plan", "GET", PLAN_READERS),
    Thing("year_plan", "POST", PLANS, PLAN_READERS - PLANS),
    Thing("plan_item", "GET", PLAN_READERS),
    Thing(
        "plan_item",
        "POST",
        PLANS | HEAD,
        PLAN_READERS - PLANS - HEAD,
        body=lambda place: {"text": "已完成"},
    ),
    Thing("leading_groups", "GET", PLAN_READERS),
    Thing("leading_groups", "POST", PLANS, PLAN_READERS - PLANS),
    Thing("activity_new", "GET", CONTACTS, EVERYBODY - CONTACTS, query="?kind=class_meeting&unit={unit}"),
    Thing(
        "activity_new",
        "POST",
        CONTACTS,
        EVERYBODY - CONTACTS,
        query="?kind=class_meeting&unit={unit}",
        body=lambda place: {"held": "yes", "on": "2026-11-23", "text": "按时到校"},
    ),
    Thing("activity", "GET", FILES),
    Thing("activity", "POST", CONTACTS, FILES - CONTACTS),
    Thing("survey", "GET", PLAN_READERS),
    Thing(
        "survey",
        "POST",
        OFFICE,
        PLAN_READERS - OFFICE,
        body=lambda place: {"verb": "close"},
        empty=False,
    ),
    Thing("self_inspection_new", "GET", OFFICE, EVERYBODY - OFFICE, level="school"),
    Thing("self_inspection_new", "POST", OFFICE, EVERYBODY - OFFICE, level="school"),
    Thing("self_inspection", "GET", INSPECTIONS, level="school"),
    Thing("deficiency", "GET", INSPECTIONS, level="school"),
    Thing(
        "deficiency",
        "POST",
        OFFICE,
        INSPECTIONS - OFFICE,
        level="school",
        body=lambda place: {"verb": "correct", "text": "已重新编班"},
        empty=False,
    ),
    Thing("home_contacts", "GET", FILES, EVERYBODY - FILES),
    Thing("home_contact_new", "GET", CONTACTS, FILES - CONTACTS),
    Thing(
        "home_contact_new",
        "POST",
        CONTACTS,
        FILES - CONTACTS,
        body=lambda place: {"kind": "visit", "on": "2026-11-23", "whom": "祖母", "text": "在家"},
    ),
    Thing("complaint", "GET", COUNTY, level="county"),
    Thing("complaint", "POST", COUNTY, level="county", body=lambda place: {"verb": "accept"}, empty=False),
    Thing("exhibit", "GET", COUNTY, level="county"),
    Thing("commendation", "GET", NOMINATES, level="school"),
    Thing(
        "commendation",
        "POST",
        {P.PRINCIPAL, P.BUREAU_HEAD},
        NOMINATES - {P.PRINCIPAL, P.BUREAU_HEAD},
        level="school",
        body=lambda place: {"reason": "数据有误"},
    ),
    Thing("finding", "GET", HANDLES | CONCERNED),
    Thing("finding", "POST", HANDLES | CONCERNED, body=lambda place: {"step": "dismiss", "dismiss-text": "不属实"}),
    Thing("finding_file", "GET", HANDLES),
    Thing("finding_dossier", "GET", HANDLES),
    Thing("finding_dossier_pdf", "GET", HANDLES),
    Thing("finding_document", "GET", HANDLES | CONCERNED),
    Thing("finding_document_file", "GET", HANDLES | CONCERNED),
    Thing("api_finding", "GET", HANDLES | CONCERNED),
    Thing(
        "api_finding_verb",
        "POST",
        PRINCIPAL,
        HANDLES - PRINCIPAL | CONCERNED,
        body=lambda place: {"text": "不属实"},
    ),
    Thing("rates", "GET", FIGURES, closed=EVERYBODY - FIGURES, query="?unit={unit}"),
    Thing("rate_students", "GET", NAMES, FIGURES - NAMES, level="school"),
    Thing(
        "compute_rates",
        "POST",
        COMPUTES,
        EVERYBODY - COMPUTES,
        level="school",
        empty=False,
        body=lambda place: {"unit": place.school.code},
    ),
    Thing("return", "GET", FIGURES, level="school"),
    Thing("return_file", "GET", RETURNS, FIGURES - RETURNS, level="school"),
    Thing("calendar_forget", "POST", CALENDAR, EVERYBODY - CALENDAR, level="school"),
    Thing("job", "GET", frozenset({P.REGISTRAR}), level="school"),
    Thing("job_file", "GET", frozenset({P.REGISTRAR}), level="school"),
    Thing("roster_confirm", "GET", frozenset({P.REGISTRAR}), level="school"),
    Thing("roster_confirm", "POST", frozenset({P.REGISTRAR}), level="school"),
    Thing("compare_row", "GET", READS_LISTS),
    Thing(
        "compare_row",
        "POST",
        READS_LISTS - {P.INSPECTOR},
        {P.INSPECTOR},
        body=lambda place: {"verb": "evidence", "evidence-text": "村里证明"},
        empty=False,
    ),
    Thing("compare_confirm", "GET", {P.COUNTY_CLERK}, closed=EVERYBODY - COUNTY, level="county"),
    Thing("compare_confirm", "POST", {P.COUNTY_CLERK}, closed=EVERYBODY - COUNTY, level="county"),
    Thing("labour_new", "GET", IN_CHARGE | {P.TOWNSHIP_OFFICER}, NAMES - IN_CHARGE),
    Thing("labour_new", "POST", IN_CHARGE | {P.TOWNSHIP_OFFICER}, NAMES - IN_CHARGE),
    Thing("restricted_new", "GET", IN_CHARGE, NAMES - IN_CHARGE),
    Thing("restricted_new", "POST", IN_CHARGE, NAMES - IN_CHARGE),
    Thing("restricted_referral", "GET", IN_CHARGE),
    Thing("restricted_referral", "POST", IN_CHARGE, body=lambda place: {"on": "2026-11-23", "text": "已立案查找"}),
    Thing("labour_referral", "GET", NAMES | LABOUR),
    Thing(
        "labour_referral",
        "POST",
        LABOUR,
        NAMES,
        body=lambda place: {
            "verb": "outcome",
            "outcome-kind": "order",
            "outcome-on": "2026-11-23",
            "outcome-text": "责令清退",
        },
        empty=False,
    ),
    Thing("person", "GET", NONE, closed=EVERYBODY),
    Thing("person", "POST", NONE, closed=EVERYBODY, body=lambda place: {"verb": "disable"}, empty=False),
    Thing("api_class", "GET", EVERYBODY),
    Thing("api_roll", "GET", ROLLS),
    Thing("api_roll", "PUT", CALLS, ROLLS - CALLS, body=lambda place: {"version": 1, "marks": []}),
    Thing("api_student", "GET", FILES),
    Thing("api_student", "GET", NAMES, argument="gone"),
    Thing("api_student_timeline", "GET", FILES),
    Thing("api_student_reveal", "POST", REVEAL, FILES - REVEAL, body=lambda place: REASON),
    Thing("api_student_changes", "POST", REGISTER, FILES - REGISTER, body=lambda place: SUSPEND),
    Thing("api_student_papers", "POST", FILES),
    Thing("api_escalation_perform", "POST", TEACHER, FILES - TEACHER, body=perform),
    Thing("api_case", "GET", CASES),
    Thing("api_case_visits", "POST", VISITORS, CASES - VISITORS),
    Thing("api_case_step", "POST", SENDERS - {P.GRADE_HEAD}, CASES - SENDERS | {P.GRADE_HEAD}),
    Thing("api_duty_complete", "POST", TEACHER, FILES - TEACHER, body=lambda place: {"text": "已电话告知"}),
    Thing("api_rates", "GET", FIGURES, closed=EVERYBODY - FIGURES, query="?unit={unit}"),
    Thing("api_rate_students", "GET", NAMES, FIGURES - NAMES, level="school"),
    Thing("api_return_file", "GET", RETURNS, FIGURES - RETURNS, level="school"),
]

# Open to who has not signed in: signing in itself, where to get help, the sign of life.
PUBLIC = {"healthz", "account_login", "account_logout", "account_inactive", "account_reset_password", "account_signup"} | {
    "account_email", "account_set_password", "mfa_authenticate", "complain", "complaint_query"
}  # fmt: skip
# Opened by what is sent: a guardian's link by its token, the gateway's word by its signature (test_guardian_link, test_messages, test_commitment_links, test_surveys).
BY_SECRET = {"guardian_link", "message_callback", "commitment_link", "survey_link"}
# One's own account, whatever one's posts.
OWN_ACCOUNT = {"account_reauthenticate", "account_change_password", "mfa_index", "mfa_reauthenticate"} | {
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}  # fmt: skip
# What the admin site manages: accounts, posts, units, calendar, jobs, sign-in. Nothing of a child's.
ADMINISTERED = {"organisation_person", "organisation_post", "organisation_unit", "organisation_term"} | {
    "organisation_schoolday", "organisation_statutoryday", "organisation_regulation", "organisation_job",
    "auth_group", "account_emailaddress", "account_emailconfirmation", "mfa_authenticator", "knox_authtoken",
    "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog", "axes_accessattemptexpiration",
}  # fmt: skip
ADMIN_OWN = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "app_list",
}
# Who is sent to other places: the posts of one's own school are alike there.
FAR = {"banzhuren", "xueji", "xiaozhang", "xiangzhen", "jiaoyuju", "juzhang", "shiji", "shengji", "waixiao", "waixian"} | {
    "admin", "nobody"
}  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(resolver=None, namespace=""):
    """The name of every route; nameless ones by their pattern."""
    for entry in (resolver or get_resolver()).url_patterns:
        if hasattr(entry, "url_patterns"):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, inner)
        else:
            yield namespace + (entry.name or str(entry.pattern))


ROUTES = sorted(set(routes()))
FLOOR_ROUTES = [name for name in ROUTES if not name.startswith("admin:")]
ADMIN_ROUTES = [name for name in ROUTES if name.startswith("admin:")]
ROWS = [*PAGES, *THINGS]


def address(route, place, query="", argument="") -> str:
    """The route's address for what lies at a place."""
    pupil = place.gone if argument == "gone" else place.pupil
    arguments = {
        "student": [pupil.number], "student_reveal": [pupil.number], "student_change": [pupil.number],
        "api_student": [pupil.number], "api_student_timeline": [pupil.number], "api_student_reveal": [pupil.number],
        "api_student_changes": [pupil.number], "api_student_papers": [pupil.number],
        "roll": [place.school_class.code, "2026-11-20", "am"], "api_roll": [place.school_class.code, "2026-11-20", "am"],
        "substitute": [place.school_class.code], "api_class": [place.school_class.code],
        "attachment": [place.paper.pk], "slip": [place.slip.pk],
        "duty": [place.duty.pk], "api_duty_complete": [place.duty.pk],
        "escalation": [place.escalation.pk], "api_escalation_perform": [place.escalation.pk],
        "complaint": [place.complaint.pk], "exhibit": [place.exhibit.pk], "commendation": [place.commendation.pk],
        "finding": [place.finding.pk], "api_finding": [place.finding.pk],
        "api_finding_verb": [place.finding.pk, "dismiss"],
        "finding_dossier": [place.finding.pk], "finding_dossier_pdf": [place.finding.pk],
        "finding_file": [place.finding.pk, place.finding.files.first().pk],
        "finding_document": [place.finding.pk, place.finding.documents.first().pk],
        "finding_document_file": [place.finding.pk, place.finding.documents.first().pk],
        "lead": [place.lead.pk], "truth_hit": [place.hit.pk], "calendar_forget": [place.said.pk], "person": [place.staff[P.CLASS_TEACHER].pk],
        "rate_students": [place.figure.pk], "api_rate_students": [place.figure.pk],
        "return": [place.filled.pk], "return_file": [place.filled.pk], "api_return_file": [place.filled.pk],
        "student_edit": [pupil.number], "student_merge": [pupil.number], "transfer_new": [pupil.number],
        "transfer": [place.transfer.pk], "arrival": [place.arrival.pk], "study_plan": [pupil.number],
        "class_marks": [place.school_class.code], "incident_new": [place.school_class.code],
        "incident_withdraw": [place.incident.pk], "learning_confirm": [place.marks_checked.pk],
        "learning_import": ["marks"], "learning_template": ["marks"],
        "roll_together": [place.school.code, "2026-11-20", "am"],
        "case": [place.case.pk], "api_case": [place.case.pk], "api_case_visits": [place.case.pk],
        "api_case_step": [place.case.pk, "report"], "case_new": [pupil.number],
        "ratio": [place.ratio.pk], "inquiry": [place.inquiry.pk], "inquiry_new": [pupil.number],
        "appeal": [place.appeal.pk], "appeal_new": [place.escalation.pk], "hearing": [place.escalation.pk],
        "warning": [place.warning.pk], "conference_call": [place.warning.pk], "plan_new": [place.warning.pk],
        "conference": [place.conference.pk], "plan_review": [place.plan.pk], "support_new": [pupil.number],
        "counselling": [pupil.number], "warning_points_approve": [place.draft.pk],
        "warning_letter": [place.escalation.pk], "talk_letter": [place.talk.pk], "visit_letter": [place.visit.pk],
        "letter": [place.letter.pk], "letter_file": [place.letter.pk], "letter_new": [pupil.number, "summons"],
        "blank_roll": [place.school_class.code], "blank_form": ["visit"],
        "letter_template": [place.school.code, "summons"], "letter_template_default": [place.school.code, "summons"],
        "letter_template_preview": [place.school.code, "summons"],
        "ledger": ["children"], "compare_row": [place.compared.pk], "compare_confirm": [place.listed.pk],
        "labour_new": [place.working.pk], "restricted_new": [place.working.pk],
        "labour_referral": [place.labour.pk], "restricted_referral": [place.restricted.pk],
        "commitment": [place.sheet.pk], "commitment_file": [place.sheet.pk], "year_plan": [place.school.code],
        "plan_item": [place.item.pk], "leading_groups": [place.school.code], "activity": [place.activity.pk],
        "survey": [place.survey.pk], "self_inspection_new": [place.school.code], "self_inspection": [place.inspection.pk],
        "deficiency": [place.deficiency.pk], "home_contacts": [place.school_class.code],
        "home_contact_new": [place.pupil.number],
        "job": [place.job.pk], "job_file": [place.job.pk], "roster_confirm": [place.checked.pk],
    }.get(route, [])  # fmt: skip
    return reverse(route, args=arguments) + query.format(
        unit=place.school_class.code, pupil=place.pupil.number, letter=place.letter.pk, sheet=place.sheet.pk
    )


def answer(response) -> str | int:
    """ "ok", "login" or the number; a body that is refused for what it says got past the door: "ok" too."""
    location = response.headers.get("Location", "")
    if response.status_code == 401 or location.startswith(("/accounts/login/", "/admin/login/")):
        return "login"
    return "ok" if response.status_code in (200, 201, 302, 400, 409) else response.status_code


def done(response) -> str | int:
    """ "ok" only where what was asked was done."""
    found = answer(response)
    return response.status_code if response.status_code in (400, 409) else found


def expected_of_page(row, world, login):
    if login == "nobody":
        return "login"
    if row.administrator:
        return "ok" if login == "admin" else 403
    posts = {post.kind for post in world.posts(login)}
    if not posts:
        return "ok" if row.route in FOR_NOBODY and row.ok == EVERYBODY else 403
    return "ok" if posts & row.ok else 403


def expected_of_thing(row, world, login, place):
    if login == "nobody":
        return "login"
    if row.route == "person":
        return "ok" if login == "admin" else 403
    held = {post.kind for post in world.posts(login)}
    if not held:
        return 403 if row.closed or row.route == "regulation" else 404
    kind = world.post_at(login, getattr(place, row.level).path)
    if held & row.closed:
        return 403
    if kind in row.ok:
        return "ok"
    return 403 if kind in row.forbidden else 404


def unlike(found, expected) -> list[str]:
    return [f"{who}: {found[who]}, expected {expected[who]}" for who in expected if found[who] != expected[who]]


def names_seen_by(person) -> set[str]:
    """The children whose names the person may read: files, and the lists of classes taught; children at work put before one."""
    if person is None:
        return set()
    seen = set(Pupil.objects.visible_to(person, on=DAY).values_list("name", flat=True))
    seen |= set(LabourReferral.objects.visible_to(person, on=DAY).values_list("case__pupil__name", flat=True))
    return seen | set(Enrolment.objects.visible_to(person, on=DAY).values_list("pupil__name", flat=True))


def leaks(world, responses) -> list[str]:
    """Who reads the name of a child that the person may not see; an administrator may see none."""
    every_name = {name for place in world.places.values() for name in place.secrets}
    texts = {who: "" if one.streaming else one.content.decode(errors="replace") for who, one in responses.items()}
    hidden = {who: every_name - names_seen_by(world.people[who]) for who in texts}
    return [f"{who} reads {name}" for who, text in texts.items() for name in hidden[who] if name in text]


def name_of(row):
    return f"{row.method} {row.route}{row.query}{row.argument and ' ' + row.argument}"


@pytest.mark.parametrize("route", FLOOR_ROUTES)
def test_every_route_has_a_row(route):
    known = {row.route for row in ROWS} | PUBLIC | OWN_ACCOUNT | BY_SECRET
    assert route in known, f"The route {route!r} has no row in the matrix: say in test_matrix.py who may ask for it."


@pytest.mark.parametrize("route", ADMIN_ROUTES)
def test_every_admin_route_is_of_something_administered(route):
    name = route.removeprefix("admin:")
    nameless = name.startswith(("<path:object_id>", "(?P<url>")) or "r/<int" in name
    model = name.rsplit("_", 1)[0].removesuffix("_simple")
    assert nameless or name in ADMIN_OWN or model in ADMINISTERED or name == "view_on_site", (
        f"The admin site shows {name!r}: say in test_matrix.py that it holds nothing of a child's, or take it away."
    )


@pytest.mark.parametrize("row", PAGES, ids=name_of)
def test_who_gets_in_and_reads_of_no_child_out_of_scope(row, world):
    url = address(row.route, world.places["own"], row.query)
    expected = {login: expected_of_page(row, world, login) for login in world.clients}
    for body in [row.body, None] if row.body else [None]:
        responses = {login: send(client, row.method, url, body) for login, client in world.clients.items()}
        assert unlike({login: answer(response) for login, response in responses.items()}, expected) == []
        assert leaks(world, responses) == []


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("row", THINGS, ids=name_of)
def test_who_gets_at_it_and_reads_of_no_child_out_of_scope(row, where, world):
    place = world.places[where]
    url = address(row.route, place, row.query, row.argument)
    clients = {login: one for login, one in world.clients.items() if where == "own" or login in FAR}
    expected = {login: expected_of_thing(row, world, login, place) for login in clients}
    if row.method == "GET" or (row.empty and where == "own") or not row.body:
        responses = {login: send(client, row.method, url) for login, client in clients.items()}
        assert unlike({login: answer(response) for login, response in responses.items()}, expected) == []
        assert leaks(world, responses) == []
    if row.body:
        found = {login: done(send(client, row.method, url, row.body(place))) for login, client in clients.items()}
        assert unlike(found, expected) == []


@pytest.mark.parametrize("route", sorted({row.route for row in ROWS}))
def test_a_method_without_a_row_is_not_offered(route, world):
    offered = {row.method for row in ROWS if row.route == route}
    url = address(route, world.places["own"])
    client = world.clients["xiaozhang"]
    found = {method: send(client, method, url).status_code for method in METHODS if method not in offered}
    assert found == dict.fromkeys(found, 405)


@pytest.mark.parametrize("route", sorted(PUBLIC | OWN_ACCOUNT))
def test_ones_own_account_is_for_everybody_and_only_the_door_is_open(route, world):
    url = reverse(route)
    found = {login: answer(send(client, "GET", url)) for login, client in world.clients.items() if login != "nobody"}
    assert {who for who, got in found.items() if got not in ("ok", 404, 503, 403)} == set()
    unknown = send(world.clients["nobody"], "GET", url)
    assert answer(unknown) in (("ok", "login", 503) if route in PUBLIC else ("login",))


@pytest.mark.parametrize("login", LOGINS)
def test_what_opens_a_childs_file_closes_with_the_post(login, world):
    person, place = world.people[login], world.places["own"]
    closing = [row for row in THINGS if row.method == "GET" and row.route != "person"]
    if LOGINS[login] in CONCERNED:  # what is said against oneself stays open to oneself
        closing = [row for row in closing if "finding" not in row.route]
    urls = [address(row.route, place, row.query) for row in closing]
    with transaction.atomic():
        Post.objects.filter(person=person).update(last_day="2026-11-22")
        found = {url: answer(send(world.clients[login], "GET", url)) for url in urls}
        transaction.set_rollback(True)
    assert {url: got for url, got in found.items() if got not in (403, 404)} == {}


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_disabled_account_acts_with_the_next_request(row, world):
    url = address(row.route, world.places["own"], row.query)
    with transaction.atomic():
        Person.objects.filter(pk=world.people["xueji"].pk).update(is_active=False)
        found = answer(send(world.clients["xueji"], row.method, url))
        transaction.set_rollback(True)
    assert found == "login"


def admin_addresses(world):
    """Every page of the admin site that can be asked for: lists, forms, histories, deletions of what there is."""
    place = world.places["own"]
    things = {
        "organisation_person": place.staff[P.CLASS_TEACHER].pk,
        "organisation_post": Post.objects.filter(unit=place.school_class).first().pk,
        "organisation_unit": place.school_class.pk,
        "organisation_schoolday": place.said.pk,
        "organisation_job": place.job.pk,
    }
    for route in ADMIN_ROUTES:
        model, _, verb = route.removeprefix("admin:").rpartition("_")
        if verb in ("changelist", "add"):
            yield reverse(route)
        elif verb in ("change", "delete", "history") and model in things:
            yield reverse(route, args=[things[model]])
    yield reverse("admin:index")


def test_the_admin_site_is_for_administrators(world):
    for url in admin_addresses(world):
        found = {login: answer(send(world.clients[login], "GET", url)) for login in ("banzhuren", "jiaoyuju", "nobody")}
        assert found == dict.fromkeys(found, "login"), url


def test_the_admin_site_shows_a_superuser_no_child(world):
    secrets = [secret for place in world.places.values() for secret in place.secrets]
    secrets += [place.pupil.identity_number for place in world.places.values()]
    urls = list(admin_addresses(world))
    assert len(urls) > 30
    for url in urls:
        response = send(world.clients["admin"], "GET", url)
        assert answer(response) in ("ok", 403), url
        assert not [secret for secret in secrets if secret in response.content.decode()], url
