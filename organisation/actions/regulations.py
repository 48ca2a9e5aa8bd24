"""A regulation is drafted by one person and approved by another (F70); from its day on everybody is judged by it."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from pydantic import ValidationError

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.enums import PostKind, RegulationState
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Regulation, Unit
from organisation.queries.regulations import RegulationBook
from organisation.rules.regulation import merge

POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)


@transaction.atomic
def draft_regulation(unit: Unit, changes: Mapping, *, title: str, effective_from: date, by) -> Regulation:
    """A draft of a unit's next version: what it says already, with `changes` laid over.

    Raises NotYours, Malformed (`bad_rules`, `missing`), Refused (`past_date`).
    """
    if not by.holds(*POSTS, at=unit.path, on=clock.today()):
        raise NotYours("permission_denied", "制度由教育局起草。")
    if not title.strip():
        raise Malformed("missing", "请写明名称。", fields={"title": ["必填"]})
    if effective_from <= clock.today():
        raise Refused("past_date", "施行日期要晚于今天:过去的事按当时的制度评定。")
    layers = RegulationBook(unit.path).layers(unit.path, on=effective_from)
    own = next((layer.rules for layer in layers if layer.unit_id == unit.pk), {})
    rules = laid_over(own, changes)
    try:
        merge([*(layer.rules for layer in layers), rules])
    except ValidationError as error:
        raise Malformed(
            "bad_rules", "有的数值不在允许的范围内。", fields={"rules": [str(error.error_count())]}
        ) from error
    Unit.objects.select_for_update().get(pk=unit.pk)
    last = Regulation.objects.filter(unit=unit).order_by("-version").values_list("version", flat=True).first()
    return Regulation.objects.create(
        unit=unit,
        version=(last or 0) + 1,
        effective_from=effective_from,
        title=title.strip()[:100],
        rules=rules,
        drafted_by=by,
    )


def laid_over(own: Mapping, changes: Mapping) -> dict:
    """`own` with `changes` over it, section by section."""
    merged = {**own}
    for key, value in changes.items():
        under = merged.get(key, {})
        merged[key] = laid_over(under, value) if isinstance(value, Mapping) and isinstance(under, Mapping) else value
    return merged


@transaction.atomic
def approve_regulation(regulation: Regulation, *, by) -> Regulation:
    """Approve a draft of somebody else. Raises NotYours (`own_draft`), Refused (`wrong_state`, `past_date`)."""
    regulation = Regulation.objects.select_for_update().select_related("unit").get(pk=regulation.pk)
    if not by.holds(*POSTS, at=regulation.unit.path, on=clock.today()):
        raise NotYours("permission_denied", "制度由教育局批准。")
    if regulation.drafted_by_id == by.pk:
        raise NotYours("own_draft", "制度由起草人以外的人批准。")
    if regulation.state != RegulationState.DRAFT:
        raise Refused("wrong_state", f"这份制度{regulation.get_state_display()}。")
    if regulation.effective_from <= clock.today():
        raise Refused("past_date", "施行日期已过,请重新起草。")
    regulation.state = RegulationState.APPROVED
    regulation.approved_by, regulation.approved_on = by, clock.today()
    regulation.save()
    note_change("regulation", path=regulation.unit.path, since=regulation.effective_from)
    return regulation
