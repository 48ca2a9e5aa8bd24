"""Which referrals a case asks for (F34, P13, P17). Pure."""

from collections.abc import Collection
from datetime import date

from casework.enums import LIVE_CASES, Cause
from casework.enums.referrals import HARM_OF_CAUSE, Harm
from casework.rules.household import age_on
from organisation.rules.regulation import LabourRules


def is_child_labour(born_on: date, on: date, rules: LabourRules, *, is_hazardous: bool = False) -> bool:
    """Under 16 any work; 16 and 17 in hazardous work (禁止使用童工规定 2; P17)."""
    return age_on(born_on, on) < (rules.hazardous_under_age if is_hazardous else rules.under_age)


def wants_labour_referral(state, causes: Collection[str], born_on: date, on: date, rules: LabourRules) -> bool:
    """Whether a live case must go to the labour authority."""
    return state in LIVE_CASES and Cause.WORK in causes and is_child_labour(born_on, on, rules)


def suspected_harms(causes: Collection[str]) -> list[Harm]:
    """What a case's causes say must be put before police or civil affairs at once, whatever its state (P13)."""
    return [harm for cause, harm in HARM_OF_CAUSE.items() if cause in causes]
