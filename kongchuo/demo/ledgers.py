"""The demo's lists, ledgers and referrals: a household list with the faults of real ones, decisions, a child at work."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import xlsxwriter

from casework.actions.cases.verbs import set_causes
from casework.actions.county import open_county_duties, record_inspection
from casework.actions.household import decide_row, give_evidence, import_list
from casework.actions.referrals import enter_outcome, refer_labour
from casework.enums import Cause
from casework.enums.household import CompareResult, ListKind
from casework.models import Case, HouseholdRow
from casework.queries.cases import chair_for
from casework.rules.household import REQUIRED, age_on
from kongchuo.demo.names import adult
from organisation.enums import PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.posts import Chair, PostBook
from students.models import Enrolment, Guardian

LISTED, UNKNOWN = 400, 6
VILLAGES = ("上寨村一组", "上寨村二组", "下坝村三组", "新民村五组", "岩脚村一组")


def fill(random: Random, built, today):
    """Part of the county's households against its register, with wrong digits and children whom no school knows."""
    county = Unit.objects.get(pk=built.county.pk)
    townships = list(Unit.objects.below(county).of_kind(UnitKind.TOWNSHIP))
    rows = [*_registered(random, county, today), *_unknown(random, townships, today)]
    clerk = _holder(PostKind.COUNTY_CLERK, county.path, today)
    with TemporaryDirectory() as folder:
        for kind, part in ((ListKind.HOUSEHOLD, rows), (ListKind.POVERTY, [row for row in rows if row["poor"]])):
            path = _write(Path(folder) / f"{kind}.xlsx", part)
            import_list(path, county=county, kind=kind, on=today, by=clerk)
    _decide(clerk, today)
    _refer(today)
    open_county_duties()
    officer = _holder(PostKind.LABOUR_OFFICER, county.path, today)
    record_inspection(
        county, by=officer, on=today, places="砂石厂、洗车行、餐馆共 12 家", children_found=1, text="责令餐馆清退一人"
    )


def _registered(random, county, today) -> list[dict]:
    spells = Enrolment.objects.current(on=today).below(county.path).filter(pupil__identity_index__isnull=False)
    spells = spells.exclude(pupil__residence=None).select_related("pupil__residence").order_by("pk")[:LISTED]
    guardians = dict(
        Guardian.objects.filter(pupil__in=[spell.pupil_id for spell in spells], order=1).values_list("pupil", "name")
    )
    found = []
    for spell in spells:
        pupil, number = spell.pupil, spell.pupil.identity_number
        if random.random() < 0.01:
            number = number[:-2] + str((int(number[-2]) + 1) % 10) + number[-1]
        found.append(_row(random, pupil, number, guardians.get(pupil.pk, ""), pupil.residence.code, pupil.is_poor))
    return found


def _row(random, child, number, guardian, township, poor) -> dict:
    cells = {"姓名": child.name, "性别": child.get_sex_display(), "出生日期": child.born_on.isoformat()}
    cells |= {"身份证件号": number, "监护人": guardian, "村组": random.choice(VILLAGES), "居住乡镇代码": township}
    return {"cells": cells, "poor": poor}


def _unknown(random, townships, today) -> list[dict]:
    found = []
    for _ in range(UNKNOWN):
        born_on = today.replace(year=today.year - random.randrange(8, 14), day=1)
        name = adult(random)
        cells = {"姓名": name, "性别": random.choice("男女"), "出生日期": born_on.isoformat(), "身份证件号": ""}
        cells |= {
            "监护人": adult(random),
            "村组": random.choice(VILLAGES),
            "居住乡镇代码": random.choice(townships).code,
        }
        found.append({"cells": cells, "poor": random.random() < 0.5})
    return found


def _write(path, rows) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("名单")
    for column, heading in enumerate(REQUIRED):
        sheet.write_string(0, column, heading)
        for line, row in enumerate(rows, start=1):
            sheet.write_string(line, column, row["cells"][heading])
    book.close()
    return path


def _holder(kind, path, today):
    return PostBook([path], on=today).holder(Chair(kind, path)).person


def _decide(clerk, today):
    """One child is suspected, one known to the township, the rest wait."""
    waiting = HouseholdRow.objects.current().waiting().select_related("township").order_by("pk")
    for row in waiting.filter(result=CompareResult.UNMATCHED, batch__kind=ListKind.HOUSEHOLD)[:2]:
        officer = _holder(PostKind.TOWNSHIP_OFFICER, row.township.path, today)
        give_evidence(row, by=officer, text="村组长反映孩子在家,没有上过学。")
    for row in waiting.filter(result=CompareResult.WRONG_DIGIT, batch__kind=ListKind.HOUSEHOLD)[:1]:
        right = row.pupil.identity_number
        decide_row(row, "data_error", by=clerk, text="核对户口簿,名单录错一位。", right_number=right)


def _refer(today):
    """Every second child at work was put before the labour authority, and one was sent home."""
    out = Case.objects.out_of_school().select_related("pupil", "township").prefetch_related("causes").order_by("pk")
    young = [case for case in out if age_on(case.pupil.born_on, today) < 16]
    working = [case for case in young if Cause.WORK in {one.cause for one in case.causes.all()}]
    for number, case in enumerate(working[::2] or young[:1]):
        chair = chair_for(case, PostKind.PRINCIPAL)
        by = PostBook([chair.path], on=today).holder(chair).person
        set_causes(case, [*dict.fromkeys([*(one.cause for one in case.causes.all()), Cause.WORK])], by=by)
        referral = refer_labour(case, by=by, employer="某电子厂", place="广东东莞", text="同乡介绍进厂,身份证系借用。")
        if number == 0:
            officer = _holder(PostKind.LABOUR_OFFICER, referral.county.path, today)
            enter_outcome(referral, by=officer, kind="sent_home", on=today, text="厂方已清退,由父亲接回。")
