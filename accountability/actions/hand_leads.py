"""Leads that inspectors and other offices enter (F50): what was found, against whom, with what was handed in."""

from django.db import transaction

from accountability.actions.exhibits import check_uploads, keep_exhibits
from accountability.actions.leads import open_lead
from accountability.enums import LeadSource
from accountability.models import Lead
from accountability.permissions import may_enter_lead_against
from organisation import clock
from organisation.errors import Malformed, NotYours
from organisation.models import Post, Unit
from organisation.templatetags.chinese import day


def enter_lead(subject: Post | Unit, *, request_id, title, text, ground="", on, uploads=(), by) -> Lead:
    """Write down what was found. The same form sent twice is one lead.

    Raises NotYours, Malformed (`own_matter`, `text_needed`, `in_future` and those of files).
    """
    unit = subject if isinstance(subject, Unit) else subject.unit
    if not may_enter_lead_against(by, unit, on=clock.today()):
        raise NotYours("permission_denied", "线索由督学、教育局、乡镇等有关部门和校长登记。")
    if isinstance(subject, Post) and subject.person_id == by.pk:
        raise Malformed("own_matter", "不能登记针对本人的线索。")
    if not title.strip() or not text.strip():
        raise Malformed("text_needed", "请写明事项和情况。", fields={"text": ["必填"]})
    if on > clock.today():
        raise Malformed("in_future", "发现日期不能晚于今天。", fields={"on": ["晚于今天"]})
    checked = check_uploads(uploads)
    evidence = {"title": title.strip()[:120], "text": f"{day(on)}发现:{text.strip()}"}
    with transaction.atomic():
        lead, new = open_lead(
            source=LeadSource.HAND, subject=subject, key=f"hand:{request_id}", ground=ground, evidence=evidence, by=by
        )
        if new:
            keep_exhibits(checked, by=by, lead=lead)
    return lead
