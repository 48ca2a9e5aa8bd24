"""Truth checks in the regulation (F66, procedures §11): from when on something is looked at. It is no verdict."""

from pydantic import Field

from organisation.rules.section import Section


class TruthRules(Section):
    """Days are calendar days, but for `full_school_days` (school days) and `decide_days` (working days)."""

    look_back_days: int = Field(30, ge=7, le=180)
    headcount_difference: int = Field(1, ge=1, le=20)
    count_within_days: int = Field(3, ge=0, le=14)
    full_school_days: int = Field(20, ge=5, le=60)
    full_chance_permille: int = Field(1, ge=1, le=100)
    bulk_rolls: int = Field(5, ge=2, le=50)
    bulk_minutes: int = Field(10, ge=1, le=120)
    decide_days: int = Field(5, ge=1, le=30)
