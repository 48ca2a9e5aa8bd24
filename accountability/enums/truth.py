"""Truth checks (F66): what may not be so, and what came of looking at it. A hit is no verdict."""

from django.db import models


class TruthKind(models.TextChoices):
    CASE_AWAY = "case_away", "点名在校,个案说不在校"
    HEADCOUNT = "headcount", "点名与现场清点不符"
    ELSEWHERE = "elsewhere", "点名在校,当天学籍在别校"
    ALWAYS_FULL = "always_full", "长期全勤"
    BULK_PAST = "bulk_past", "集中补录"
    CHANGED_LATE = "changed_late", "待办到期后旷课改为到校"


class TruthState(models.TextChoices):
    OPEN = "open", "待核实"
    EXPLAINED = "explained", "已说明,不是问题"
    CONFIRMED = "confirmed", "属实"


TRUTH_MOVES = {
    TruthState.OPEN: {TruthState.EXPLAINED, TruthState.CONFIRMED},
    TruthState.EXPLAINED: set(),
    TruthState.CONFIRMED: set(),
}
TRUTH_VERBS = {"explain": TruthState.EXPLAINED, "confirm": TruthState.CONFIRMED}
