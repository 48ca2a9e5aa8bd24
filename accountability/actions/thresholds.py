"""A unit over the regulation's limit becomes a lead against the unit (F50, D5 一), once a stage and school year."""

from decimal import Decimal

from accountability.actions.leads import open_lead
from accountability.enums import LeadSource
from accountability.models import Lead
from accountability.rules.limits import exceeds, is_small_number
from organisation.enums import Stage, UnitKind
from organisation.models import Unit
from organisation.templatetags.chinese import day

# A class with one child gone is over its limit at once: what follows for it is P24, not a lead. Above a province is nobody.
ANSWERABLE = (UnitKind.SCHOOL, UnitKind.TOWNSHIP, UnitKind.COUNTY, UnitKind.PREFECTURE)


def threshold_key(unit_id, stage, year) -> str:
    return f"threshold:{unit_id}:{stage}:{year}"


def known_thresholds(keys) -> set[str]:
    """Those of the keys that already have their lead, in one statement."""
    return set(Lead.objects.filter(key__in=keys).values_list("key", flat=True))


def open_unit_lead(
    unit: Unit, *, stage: str, year: int, numerator: int, denominator: int, permille: Decimal, as_of, references=()
) -> Lead | None:
    """Open a lead against a unit whose rate exceeds the limit; the one there is, where it is known; None within it.

    It names no act: screening does, or dismisses it (procedures §8).
    """
    if unit.kind not in ANSWERABLE or not exceeds(numerator, denominator, permille):
        return None
    small = is_small_number(numerator, denominator, permille)
    label, limit = Stage(stage).label, (permille / 10).normalize()
    text = f"截至 {day(as_of)},{label}辍学 {numerator} 人,学年初在校 {denominator} 人,控制线 {limit:f}%。"
    if small:
        text += "人数少:少一名学生即不超线,不宜只看比例。"
    evidence = {
        "title": f"{label}辍学率超过控制线",
        "text": text,
        "small_number": small,
        "references": list(references),
    }
    lead, _ = open_lead(
        source=LeadSource.THRESHOLD, subject=unit, key=threshold_key(unit.pk, stage, year), evidence=evidence
    )
    return lead
