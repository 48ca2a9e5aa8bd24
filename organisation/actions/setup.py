"""Setting up a county from one workbook (interfaces.md): units, people, posts, calendar; all or nothing."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from organisation.actions.classes import ensure_class
from organisation.actions.outbox import note_change
from organisation.enums import PARENT_KINDS, POST_UNITS, PostKind, SchoolKind, SchoolSystem, Stage, UnitKind
from organisation.errors import Malformed
from organisation.models import Person, Post, SchoolDay, StatutoryDay, Term, Unit
from organisation.queries.workbooks import read_sheets
from organisation.rules.calendar import SchoolCalendar

SHEETS = {
    "单位": ("代码", "名称", "类别", "上级代码", "学制", "是否寄宿"),
    "人员": ("工号", "姓名", "手机", "登录名"),
    "岗位": ("工号", "岗位", "单位代码", "起", "止"),
    "校历": ("单位代码", "日期", "上课/放假", "学期"),
}
UNIT_KINDS = {
    "省": UnitKind.PROVINCE,
    "市": UnitKind.PREFECTURE,
    "州": UnitKind.PREFECTURE,
    "市(州)": UnitKind.PREFECTURE,
    "县": UnitKind.COUNTY,
    "区": UnitKind.COUNTY,
    "县(区)": UnitKind.COUNTY,
    "乡镇": UnitKind.TOWNSHIP,
    "乡": UnitKind.TOWNSHIP,
    "镇": UnitKind.TOWNSHIP,
    "街道": UnitKind.TOWNSHIP,
}
SCHOOL_KINDS = {
    "小学": SchoolKind.PRIMARY,
    "完全小学": SchoolKind.PRIMARY,
    "初中": SchoolKind.JUNIOR,
    "初级中学": SchoolKind.JUNIOR,
    "九年一贯制": SchoolKind.NINE_YEAR,
    "九年一贯制学校": SchoolKind.NINE_YEAR,
    "教学点": SchoolKind.TEACHING_POINT,
    "特殊教育": SchoolKind.SPECIAL,
    "特殊教育学校": SchoolKind.SPECIAL,
    "学校": SchoolKind.NINE_YEAR,
}
SYSTEMS = {"六三": SchoolSystem.SIX_THREE, "五四": SchoolSystem.FIVE_FOUR, "63": SchoolSystem.SIX_THREE}
POSTS = {kind.label: kind for kind in PostKind} | {
    "教育局": PostKind.COUNTY_CLERK,
    "局长": PostKind.BUREAU_HEAD,
    "乡镇": PostKind.TOWNSHIP_OFFICER,
    "人社": PostKind.LABOUR_OFFICER,
    "市教育局工作人员": PostKind.PREFECTURE_OFFICER,
    "州教育局工作人员": PostKind.PREFECTURE_OFFICER,
    "省教育厅": PostKind.PROVINCE_OFFICER,
}
CLASS_CODE = re.compile(r"(\d{10})-([PJ])(\d{4})-(\d{2})|(\d{10})-([PJ])(\d{4})")
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass
class SetupReport:
    """What was set up, and the one-time passwords of new people (shown once, stored hashed)."""

    units: int = 0
    people: int = 0
    posts: int = 0
    terms: int = 0
    days: int = 0
    passwords: list[tuple[str, str, str]] = field(default_factory=list)


class _Problems(list):
    def say(self, sheet, row, message):
        self.append(f"{sheet} 第 {row} 行:{message}")


def one_time_password() -> str:
    """A password that serves for the first sign-in only."""
    return "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(12))


def setup_county(path: Path, *, passwords=False) -> SetupReport:
    """Set up, or add to, a county. Raises Malformed (`bad_setup`) with every wrong row; then nothing was changed."""
    sheets = _read(path)
    problems, report = _Problems(), SetupReport()
    with transaction.atomic():
        _units(sheets["单位"], problems, report)
        _people(sheets["人员"], problems, report, passwords)
        _posts(sheets["岗位"], problems, report)
        _calendar(sheets["校历"], problems, report)
        if problems:
            shown = "\n".join(problems[:200])
            raise Malformed("bad_setup", f"有 {len(problems)} 处错误,什么都没有改动:\n{shown}")
    return report


def _read(path):
    found = read_sheets(path)
    sheets = {}
    for name, columns in SHEETS.items():
        rows = found.get(name)
        if rows is None:
            if name == "单位":
                raise Malformed("bad_setup", "工作簿里没有“单位”这张表。")
            sheets[name] = []
            continue
        head = next((n for n, row in enumerate(rows) if any(str(cell).strip() for cell in row)), 0)
        headings = [_text(cell) for cell in rows[head]] if rows else []
        lacking = [column for column in columns[:4] if column not in headings]
        if lacking:
            raise Malformed("bad_setup", f"“{name}”缺少栏目:{'、'.join(lacking)}。")
        lines = []
        for number, row in enumerate(rows[head + 1 :], start=head + 2):
            cells = dict(zip(headings, row, strict=False))
            if any(_text(cell) for cell in cells.values()):
                lines.append((number, cells))
        sheets[name] = lines
    return sheets


def _text(cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime):
        cell = cell.date()
    return str(cell if cell is not None else "").strip().replace("(", "(").replace(")", ")")


def _day(cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(_text(cell).replace("/", "-"))
    except ValueError:
        return None


def _units(lines, problems, report):
    known = {unit.code: unit for unit in Unit.objects.exclude(kind__in=[UnitKind.COHORT, UnitKind.CLASS])}
    waiting = {_text(cells["代码"]): (row, cells) for row, cells in lines}
    if len(waiting) < len(lines):
        problems.say("单位", 0, "有重复的代码。")
    while waiting:  # parents before children, whatever the order in the sheet
        ready = [code for code, (_, cells) in waiting.items() if _text(cells["上级代码"]) not in waiting]
        if not ready:
            problems.say("单位", next(iter(waiting.values()))[0], "上级代码互相指向。")
            return
        for code in ready:
            row, cells = waiting.pop(code)
            if code not in known:
                made = _unit(row, code, cells, known, problems)
                if made is not None:
                    known[code] = made
                    report.units += 1


def _unit(row, code, cells, known, problems):
    label, parent_code = _text(cells["类别"]), _text(cells["上级代码"])
    kind = UNIT_KINDS.get(label) or (UnitKind.SCHOOL if label in SCHOOL_KINDS else None)
    if not code or kind is None or not _text(cells["名称"]):
        problems.say("单位", row, f"代码、名称必填,类别“{label}”应为省、市(州)、县(区)、乡镇或学校类别。")
        return None
    parent = known.get(parent_code)
    if parent_code and parent is None:
        problems.say("单位", row, f"没有上级单位 {parent_code}。")
        return None
    if (parent.kind if parent else None) not in (PARENT_KINDS[kind] or (None,)):
        problems.say("单位", row, f"“{label}”不能设在这个上级单位之下。")
        return None
    fields = {"code": code, "name": _text(cells["名称"])[:60], "kind": kind}
    if kind == UnitKind.SCHOOL:
        if not re.fullmatch(r"\d{10}", code):
            problems.say("单位", row, "学校代码应为 10 位数字。")
            return None
        system = _text(cells.get("学制", "")).replace("制", "")
        fields |= {
            "school_kind": SCHOOL_KINDS[label],
            "system": SYSTEMS.get(system) or (system if system in SchoolSystem.values else SchoolSystem.SIX_THREE),
            "is_boarding": _text(cells.get("是否寄宿", "")) in ("是", "1", "Y"),
        }
    if parent is None:
        return Unit.objects.add_root(fields)
    return Unit.objects.add_child(Unit.objects.get(pk=parent.pk), fields)


def _people(lines, problems, report, passwords):
    by_number = {person.staff_number: person for person in Person.objects.exclude(staff_number=None)}
    logins = set(Person.objects.values_list("login", flat=True))
    for row, cells in lines:
        number, name, login = _text(cells["工号"]), _text(cells["姓名"]), _text(cells["登录名"])
        if not number or not name:
            problems.say("人员", row, "工号和姓名必填。")
            continue
        if number in by_number:
            continue
        login = login or number.lower()
        if login in logins:
            problems.say("人员", row, f"登录名 {login} 已有人使用。")
            continue
        person = Person(staff_number=number, name=name[:60], login=login[:40], phone=_text(cells["手机"])[:20])
        person.must_change_password = True
        if passwords:
            secret = one_time_password()
            person.set_password(secret)
            report.passwords.append((login, name, secret))
        else:
            person.set_unusable_password()
        person.save()
        by_number[number] = person
        logins.add(login)
        report.people += 1


def _posts(lines, problems, report):
    people = {person.staff_number: person for person in Person.objects.exclude(staff_number=None)}
    units = {unit.code: unit for unit in Unit.objects.all()}
    for row, cells in lines:
        person = people.get(_text(cells["工号"]))
        kind = POSTS.get(_text(cells["岗位"]))
        first_day, last_day = _day(cells["起"]), _day(cells.get("止", ""))
        if person is None or kind is None or first_day is None:
            problems.say("岗位", row, "工号、岗位或起日看不懂(岗位如:班主任、校长、学籍管理员、教育局工作人员)。")
            continue
        unit = _post_unit(_text(cells["单位代码"]), units)
        if unit is None or unit.kind not in POST_UNITS[kind]:
            problems.say("岗位", row, f"“{kind.label}”不能设在单位 {_text(cells['单位代码'])}。")
            continue
        if last_day is not None and last_day < first_day:
            problems.say("岗位", row, "止日早于起日。")
            continue
        _, made = Post.objects.get_or_create(
            person=person, kind=kind, unit=unit, first_day=first_day, defaults={"last_day": last_day}
        )
        if made:
            report.posts += 1
            note_change("post", path=unit.path, since=first_day)


def _post_unit(code, units):
    """The unit of a post; a class or cohort that does not exist yet is made, as a roster would make it."""
    match = CLASS_CODE.fullmatch(code)
    if code in units or match is None:
        return units.get(code)
    school = units.get(code[:10])
    if school is None:
        return None
    stage = Stage.PRIMARY if code[11] == "P" else Stage.JUNIOR
    made = ensure_class(school, stage, int(code[12:16]), int(code[17:] or 1))
    unit = made if len(code) > 16 else Unit.objects.get(code=code)
    units[code] = unit
    return unit


def _calendar(lines, problems, report):
    """The days of terms; what differs from the statutory calendar becomes an exception of the unit."""
    units = {unit.code: unit for unit in Unit.objects.all()}
    terms: dict[tuple, list[date]] = {}
    said: dict[tuple, bool] = {}
    for row, cells in lines:
        unit, day = units.get(_text(cells["单位代码"])), _day(cells["日期"])
        is_open = {"上课": True, "放假": False}.get(_text(cells["上课/放假"]))
        term = re.fullmatch(r"(\d{4})-\d{4}-([12])", _text(cells["学期"]))
        if unit is None or day is None or is_open is None:
            problems.say("校历", row, "单位代码、日期或“上课/放假”看不懂。")
            continue
        said[unit.pk, day] = is_open
        if term:
            terms.setdefault((unit.pk, int(term[1]), int(term[2])), []).append(day)
    if problems:
        return
    by_pk = {unit.pk: unit for unit in units.values()}
    for (unit, year, number), days in terms.items():
        open_days = [day for day in days if said[unit, day]] or days
        span = {"first_day": min(open_days), "last_day": max(open_days)}
        _, made = Term.objects.update_or_create(unit=by_pk[unit], year=year, number=number, defaults=span)
        report.terms += made
    workdays = dict(StatutoryDay.objects.values_list("date", "is_workday"))
    known = set(SchoolDay.objects.filter(session="").values_list("unit", "date"))
    rows = []
    for (unit, day), is_open in said.items():
        spans = [
            Term(year=y, number=n, first_day=min(d), last_day=max(d)).span
            for (u, y, n), d in terms.items()
            if u == unit
        ]
        usual = SchoolCalendar(workdays, tuple(spans)).is_school_day(day)
        if usual != is_open and (unit, day) not in known:
            rows.append(SchoolDay(unit=by_pk[unit], date=day, is_open=is_open, note="校历"))
    bulk_create_with_history(rows, SchoolDay, batch_size=500)
    report.days = len(rows)
    for unit in {unit for unit, _ in said}:
        note_change("calendar", path=by_pk[unit].path, since=min(day for _, day in said))


def import_holidays(path: Path) -> int:
    """Statutory days of a year that the calendar does not know yet: 日期, 上班/休息, 说明. Returns how many."""
    (rows,) = read_sheets(path, first_only=True).values()
    problems, days = _Problems(), []
    for number, cells in enumerate(rows, start=1):
        texts = [_text(cell) for cell in cells] + ["", "", ""]
        if not any(texts) or (number <= 3 and texts[0] == "日期"):
            continue
        day = _day(cells[0])
        is_workday = {"上班": True, "上课": True, "休息": False, "放假": False}.get(texts[1])
        if day is None or is_workday is None:
            problems.say("节假日", number, "应为:日期、上班或休息、说明。")
        else:
            days.append((day, is_workday, texts[2][:40]))
    if problems or not days:
        raise Malformed("bad_holidays", "\n".join(problems[:100]) or "表中没有日期。")
    with transaction.atomic():
        for day, is_workday, name in days:
            StatutoryDay.objects.update_or_create(date=day, defaults={"is_workday": is_workday, "name": name})
        for county in Unit.objects.of_kind(UnitKind.PROVINCE):
            note_change("calendar", path=county.path, since=min(day for day, *_ in days))
    return len(days)
