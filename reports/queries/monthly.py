"""The school monthly return 控辍保学月报表 (F62), filled from the register: opening, every movement, closing."""

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, When

from casework.queries.figures import suspected
from organisation.errors import Malformed
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import at_or_below
from reports.enums import RateState, StageOf
from reports.rules.rates import fraction, judge
from students.enums import TAUGHT, ChangeKind, EnrolmentStatus
from students.models import Enrolment, Pupil
from students.queries.figures import covering, dropouts, due_on, movements

IN = {
    ChangeKind.TRANSFER_IN: "转入",
    ChangeKind.RESUME: "复学",
    ChangeKind.RETURN: "复学",
    ChangeKind.ENROL: "新入学",
}
OUT = {
    ChangeKind.TRANSFER_OUT: "转出",
    ChangeKind.SUSPEND: "休学",
    ChangeKind.DROP_OUT: "辍学",
    ChangeKind.DIE: "死亡",
    ChangeKind.GRADUATE: "毕结业",
    ChangeKind.COMPLETE: "毕结业",
}
INCREASES = ("转入", "复学", "新入学", "其他增加")
DECREASES = ("转出", "休学", "辍学", "死亡", "毕结业", "其他减少")
COLUMNS = (
    "上月末在校",
    *INCREASES,
    *DECREASES,
    "本月末在校",
    "其中送教上门",
    "疑似辍学",
    "本月劝返",
    "台账在册辍学",
    "学年累计辍学",
    "学年初在校",
    "辍学率",
    "控制线",
    "是否超线",
    "备注",
)
RATES = ("辍学率", "控制线")  # fractions with six decimals, as text; None where there is none
GROUPS = {
    "全体": "",
    "女生": "is_girl",
    "寄宿生": "is_boarder",
    "留守儿童": "is_left_behind",
    "脱贫/监测户": "is_poor",
}


@dataclass(frozen=True)
class Row:
    """One row of the return: a stage, a group of pupils, and its cells by column."""

    stage: str
    group: str
    cells: dict

    @property
    def balances(self) -> bool:
        """Closing = opening + increases − decreases."""
        ins = sum(self.cells[name] for name in INCREASES)
        outs = sum(self.cells[name] for name in DECREASES)
        return self.cells["本月末在校"] == self.cells["上月末在校"] + ins - outs


@dataclass(frozen=True)
class Return:
    """A filled return."""

    unit: Unit
    first: date
    last: date
    rows: list[Row]

    @property
    def period(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def balances(self) -> bool:
        return all(row.balances for row in self.rows)

    def as_json(self) -> list[dict]:
        return [{"stage": row.stage, "group": row.group, "cells": row.cells} for row in self.rows]

    @property
    def digest(self) -> str:
        """Tells later whether the return still says what the register says."""
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def month_of(period: str) -> tuple[date, date]:
    """First and last day of 2026-11. Raises Malformed."""
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError as error:
        raise Malformed("bad_period", "月份应写成 2026-11。") from error
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def fill(unit: Unit, period: str) -> Return:
    """The return of a unit for a month; eight statements whatever its size.

    Classes of a stage are counted by their stage alone: a cohort that finished and was never graduated still shows.
    """
    first, last = month_of(period)
    census = school_year_start(school_year(last))
    groups = _Groups(unit, first, last, census)
    counts: dict[tuple[str, str], Counter] = defaultdict(Counter)

    def add(stage, pupil, column, number=1):
        for name in groups.of(pupil):
            counts[stage, name][column] += number
            counts[StageOf.ALL, name][column] += number

    for spell in groups.spells:
        stage, pupil = groups.school_class(spell).stage, spell["pupil"]
        in_school = spell["status"] in TAUGHT
        if in_school and _covers(spell, first - timedelta(days=1)):
            add(stage, pupil, "上月末在校")
        if _covers(spell, last):
            add(stage, pupil, "本月末在校", in_school)
            add(stage, pupil, "其中送教上门", spell["status"] == EnrolmentStatus.HOME_TEACHING)
            add(stage, pupil, "台账在册辍学", spell["status"] == EnrolmentStatus.DROPPED_OUT)
        if spell["due"] and groups.school_class(spell).is_at_stage(on=census):
            add(stage, pupil, "学年初在校")
    for move in movements(unit.path, first=first, last=last):
        if move.stays:
            continue
        column = IN.get(move.kind, "其他增加") if move.change > 0 else OUT.get(move.kind, "其他减少")
        add(groups.stages[move.school_class], move.pupil, column)
        if move.from_ledger:
            add(groups.stages[move.school_class], move.pupil, "本月劝返")
    for stage, pupil, column, number in _dropped_out(groups, unit, last):
        add(stage, pupil, column, number)
    thresholds = rule_book(unit.path).rules(unit.path, on=last).thresholds
    stages = [StageOf.PRIMARY, StageOf.JUNIOR, StageOf.ALL]
    rows = [
        Row(stage.label, name, _cells(counts[stage, name], stage, thresholds)) for stage in stages for name in GROUPS
    ]
    return Return(unit, first, last, rows)


def _dropped_out(groups, unit, last):
    """Who dropped out in the year, who of them is still out, and who is suspected at the month's end."""
    for out in dropouts(unit.path, as_of=last):
        if groups.classes[out.school_class].is_compulsory(on=out.starts):
            yield groups.stages[out.school_class], out.pupil, "学年累计辍学", 1
            yield groups.stages[out.school_class], out.pupil, "_out", out.still_out
    for pupil, path in suspected(unit.path, on=last).values_list("pupil", "path"):
        yield groups.stage_at(path), pupil, "疑似辍学", 1


def _covers(spell, day) -> bool:
    return spell["starts"] <= day and (spell["ends"] is None or spell["ends"] > day)


def _cells(counts: Counter, stage, thresholds) -> dict:
    cells = {name: counts[name] for name in COLUMNS[:18]}
    formula = thresholds.formula
    numerator = counts["学年累计辍学"] if formula == "dropout_rate_gross" else counts["_out"]
    judged = judge(numerator, counts["学年初在校"], stage=stage, formula=formula, thresholds=thresholds)
    shown = {RateState.OVER: "是", RateState.NONE: "—"}
    return cells | {
        "辍学率": fraction(judged.rate),
        "控制线": fraction(judged.threshold),
        "是否超线": shown.get(judged.state, "否"),
        "备注": "接近控制线" if judged.state == RateState.NEAR else "",
    }


class _Groups:
    """The pupils that the month concerns, their groups, and the stages of their classes."""

    def __init__(self, unit, first, last, census):
        concerned = covering(first - timedelta(days=1)) | covering(last) | covering(census)
        spells = Enrolment.objects.filter(at_or_below("path", [unit.path])).filter(concerned)
        due = Case(When(due_on(census), then=True), default=False)
        self.spells = list(spells.annotate(due=due).values("pupil", "school_class", "status", "starts", "ends", "due"))
        self.classes = {found.pk: found for found in Unit.objects.below(unit).of_kind("class")}
        self.stages = {pk: found.stage for pk, found in self.classes.items()}
        self._stages_by_path = {found.path: found.stage for found in self.classes.values()}
        flags = ("pk", "sex", "is_boarder", "is_left_behind", "is_poor")
        ever = Enrolment.objects.filter(at_or_below("path", [unit.path])).values("pupil")
        self._pupils = {row[0]: row[1:] for row in Pupil.objects.filter(pk__in=ever).values_list(*flags)}

    def school_class(self, spell) -> Unit:
        return self.classes[spell["school_class"]]

    def stage_at(self, path) -> str:
        return self._stages_by_path[path]

    def of(self, pupil):
        """The names of the groups that a pupil belongs to; all of them to 全体."""
        sex, *flags = self._pupils.get(pupil, ("", False, False, False))
        member = (True, sex == "female", *flags)
        return [name for name, belongs in zip(GROUPS, member, strict=True) if belongs]
