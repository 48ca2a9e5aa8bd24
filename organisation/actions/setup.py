"""Setting up a county from one workbook (interfaces.md): units, people, posts, calendar; all or nothing."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from organisation.actions.classes import ensure_class, ensure_cohort
from organisation.actions.outbox import note_change
from organisation.enums import PARENT_KINDS, POST_UNITS, SchoolKind, Stage, UnitKind
from organisation.errors import Malformed
from organisation.models import Person, Post, SchoolDay, StatutoryDay, Term, Unit
from organisation.queries.calendars import CalendarBook
from organisation.queries.workbooks import read_sheets
from organisation.rules.cells import code_of, date_of, text_of
from organisation.rules.setup import OPEN, POSTS, SCHOOL_KINDS, UNIT_KINDS, kind_in, system_of, term_of

SHEETS = {
    "单位": ("代码", "名称", "类别", "上级代码", "学制", "是否寄宿"),
    "人员": ("工号", "姓名", "手机", "登录名"),
    "岗位": ("工号", "岗位", "单位代码", "起", "止"),
    "校历": ("单位代码", "日期", "上课/放假", "学期"),
}
NEEDED = {"单位": SHEETS["单位"][:4], "人员": SHEETS["人员"][:2], "岗位": SHEETS["岗位"][:4], "校历": SHEETS["校历"]}
OTHER_HEADINGS = {"学校类别": "类别", "单位类别": "类别", "单位名称": "名称", "单位代码": "代码", "手机号": "手机"}
CLASS_CODE = re.compile(r"(\d{10})-([PJ])(\d{4})(?:-(\d{2}))?")
STAGES = {"P": Stage.PRIMARY, "J": Stage.JUNIOR}
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
    found = {code_of(name): rows for name, rows in read_sheets(path).items()}
    if "单位" not in found:
        raise Malformed("bad_setup", "工作簿里没有“单位”这张表。")
    return {name: _lines(name, found.get(name, [])) for name in SHEETS}


def _lines(name, rows):
    """(row as in the sheet, {heading: cell}) of a sheet's rows that are not empty."""
    head = next((n for n, row in enumerate(rows) if any(text_of(cell) for cell in row)), None)
    if head is None:
        return []
    headings = [code_of(cell).replace("*", "") for cell in rows[head]]
    headings = [word if word in SHEETS[name] else OTHER_HEADINGS.get(word, word) for word in headings]
    lacking = [column for column in NEEDED[name] if column not in headings]
    if lacking:
        raise Malformed("bad_setup", f"“{name}”缺少栏目:{'、'.join(lacking)}。")
    lines = []
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        cells = dict.fromkeys(SHEETS[name], "") | dict(zip(headings, row, strict=False))
        if any(text_of(cell) for cell in row):
            lines.append((number, cells))
    return lines


def _units(lines, problems, report):
    known = {unit.code: unit for unit in Unit.objects.exclude(kind__in=[UnitKind.COHORT, UnitKind.CLASS])}
    waiting = {}
    for row, cells in lines:
        code = code_of(cells["代码"])
        if code in waiting:
            problems.say("单位", row, f"代码 {code} 与第 {waiting[code][0]} 行重复。")
        else:
            waiting[code] = (row, cells)
    while waiting:  # parents before children, whatever the order in the sheet
        ready = [code for code, (_, cells) in waiting.items() if code_of(cells["上级代码"]) not in waiting]
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
    label, parent_code = code_of(cells["类别"]), code_of(cells["上级代码"])
    school_kind = kind_in(SCHOOL_KINDS, label)
    kind = kind_in(UNIT_KINDS, label) or (UnitKind.SCHOOL if school_kind else None)
    if not code or kind is None or not text_of(cells["名称"]):
        problems.say("单位", row, f"代码、名称必填,类别“{label}”应为省、市(州)、县(区)、乡镇或学校类别。")
        return None
    parent = known.get(parent_code)
    if parent_code and parent is None:
        problems.say("单位", row, f"没有上级单位 {parent_code}。")
        return None
    if (parent.kind if parent else None) not in (PARENT_KINDS[kind] or (None,)):
        problems.say("单位", row, f"“{label}”不能设在这个上级单位之下。")
        return None
    fields = {"code": code[:24], "name": text_of(cells["名称"])[:60], "kind": kind}
    if kind == UnitKind.SCHOOL:
        if not re.fullmatch(r"[0-9]{10}", code):
            problems.say("单位", row, "学校代码应为 10 位数字。")
            return None
        system = system_of(cells["学制"])
        if system is None:
            problems.say("单位", row, f"学制“{text_of(cells['学制'])}”应为 6-3 或 5-4。")
            return None
        boards = code_of(cells["是否寄宿"]).startswith(("是", "1", "Y", "y", "寄宿", "有", "全"))
        fields |= {"school_kind": school_kind, "system": system, "is_boarding": boards}
    if parent is None:
        return Unit.objects.add_root(fields)
    return Unit.objects.add_child(Unit.objects.get(pk=parent.pk), fields)


def _people(lines, problems, report, passwords):
    by_number = {person.staff_number: person for person in Person.objects.exclude(staff_number=None)}
    logins = set(Person.objects.values_list("login", flat=True))
    here: dict[str, tuple[int, str]] = {}
    for row, cells in lines:
        number, name, login = code_of(cells["工号"]), text_of(cells["姓名"]), code_of(cells["登录名"])
        if not number or not name:
            problems.say("人员", row, "工号和姓名必填。")
            continue
        first, said = here.setdefault(number, (row, name))
        if said != name:
            problems.say("人员", row, f"工号 {number} 与第 {first} 行的{said}重复。")
        if number in by_number:
            continue
        login = login or number.lower()
        if login in logins:
            problems.say("人员", row, f"登录名 {login} 已有人使用。")
            continue
        person = Person(staff_number=number[:30], name=name[:60], login=login[:40], phone=code_of(cells["手机"])[:20])
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
        person, label = people.get(code_of(cells["工号"])), code_of(cells["岗位"])
        kind, code = POSTS.get(label), code_of(cells["单位代码"]).upper()
        first_day, last_day = date_of(cells["起"]), date_of(cells["止"])
        unread = [
            sentence
            for wrong, sentence in (
                (person is None, f"没有工号 {code_of(cells['工号'])}。"),
                (kind is None, f"没有“{label}”这种岗位(如:班主任、校长、学籍管理员、教育局工作人员)。"),
                (first_day is None, "起日看不懂,请写成 2026-09-01。"),
                (last_day is None and text_of(cells["止"]), "止日看不懂,请写成 2027-08-31。"),
                (first_day and last_day and last_day < first_day, "止日早于起日。"),
            )
            if wrong
        ]
        if unread:
            problems.say("岗位", row, "".join(unread))
            continue
        unit = _post_unit(code, kind, units)
        if unit is None:
            problems.say("岗位", row, f"“{kind.label}”不能设在单位 {code}。")
            continue
        _, made = Post.objects.get_or_create(
            person=person, kind=kind, unit=unit, first_day=first_day, defaults={"last_day": last_day}
        )
        if made:
            report.posts += 1
            note_change("post", path=unit.path, since=first_day)


def _post_unit(code, kind, units):
    """The unit of a post, None where it cannot sit there; a class or cohort not there yet is made, as a roster would."""
    found = units.get(code)
    match = CLASS_CODE.fullmatch(code)
    if found is None and match is not None and match[1] in units:
        school, stage, entered = units[match[1]], STAGES[match[2]], int(match[3])
        wanted = UnitKind.CLASS if match[4] else UnitKind.COHORT
        if wanted not in POST_UNITS[kind] or not _has_stage(school, stage) or match[4] == "00":
            return None
        found = (
            ensure_class(school, stage, entered, int(match[4])) if match[4] else ensure_cohort(school, stage, entered)
        )
        units[code] = found
    return found if found is not None and found.kind in POST_UNITS[kind] else None


def _has_stage(school, stage) -> bool:
    if school.school_kind in (SchoolKind.PRIMARY, SchoolKind.TEACHING_POINT):
        return stage == Stage.PRIMARY
    return stage == Stage.JUNIOR if school.school_kind == SchoolKind.JUNIOR else school.kind == UnitKind.SCHOOL


def _calendar(lines, problems, report):
    """The days of terms; what differs from the statutory calendar becomes an exception of the unit."""
    units = {unit.code: unit for unit in Unit.objects.all()}
    said, terms = _days_said(lines, units, problems)
    if problems:
        return
    units = {unit.pk: unit for unit in units.values()}
    for (unit, year, number), days in terms.items():
        open_days = [day for day in days if said[unit, day]] or days
        span = {"first_day": min(open_days), "last_day": max(open_days)}
        if span["first_day"] == span["last_day"]:
            problems.append(f"校历:{units[unit].name} {year}-{year + 1}-{number} 只有一天,至少要写开学和放假两天。")
            continue
        _, made = Term.objects.update_or_create(unit=units[unit], year=year, number=number, defaults=span)
        report.terms += made
    if not problems:
        report.days = _exceptions(said, units)
    for unit in {unit for unit, _ in said}:
        note_change("calendar", path=units[unit].path, since=min(day for _, day in said))


def _days_said(lines, units, problems):
    """({(unit, day): whether there is school}, {(unit, year, number): days}) of the rows."""
    terms: dict[tuple, list[date]] = {}
    said: dict[tuple, bool] = {}
    for row, cells in lines:
        unit, day = units.get(code_of(cells["单位代码"]).upper()), date_of(cells["日期"])
        is_open, term = OPEN.get(code_of(cells["上课/放假"])), term_of(code_of(cells["学期"]))
        if unit is None or day is None or is_open is None:
            problems.say("校历", row, "单位代码、日期或“上课/放假”看不懂。")
        elif term is None and code_of(cells["学期"]):
            problems.say("校历", row, f"学期“{text_of(cells['学期'])}”看不懂,请写成 2026-2027-1。")
        elif said.setdefault((unit.pk, day), is_open) != is_open:
            problems.say("校历", row, f"{day:%Y-%m-%d} 既写了上课又写了放假。")
        elif term:
            terms.setdefault((unit.pk, *term), []).append(day)
    return said, terms


def _exceptions(said, units) -> int:
    """Write the days on which a unit differs from what it would follow; returns how many are new or changed."""
    written = 0
    for unit in sorted({units[unit] for unit, _ in said}, key=lambda unit: unit.path):  # parents speak first
        calendar = CalendarBook(unit.path).of(unit.path)
        days = {day: is_open for (pk, day), is_open in said.items() if pk == unit.pk}
        differing = {day: is_open for day, is_open in days.items() if calendar.is_school_day(day) != is_open}
        known = SchoolDay.objects.filter(unit=unit, session="", date__in=differing)
        for before in known:
            before.is_open = differing.pop(before.date)
            before.save()
            written += 1
        rows = [SchoolDay(unit=unit, date=day, is_open=is_open, note="校历") for day, is_open in differing.items()]
        bulk_create_with_history(rows, SchoolDay, batch_size=500)
        written += len(rows)
    return written


def import_holidays(path: Path) -> int:
    """Statutory days of a year that the calendar does not know yet: 日期, 上班/休息, 说明. Returns how many."""
    (rows,) = read_sheets(path, first_only=True).values()
    problems, days = _Problems(), []
    for number, cells in enumerate(rows, start=1):
        texts = [text_of(cell) for cell in cells] + ["", "", ""]
        if not any(texts) or (number <= 3 and texts[0] == "日期"):
            continue
        day = date_of(cells[0])
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
