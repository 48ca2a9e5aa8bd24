"""Correcting a child's file (F02, P3): identity by the registrar, home and guardians by who knows the child."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person
from organisation.rules.cells import code_of
from students.actions.timeline import record
from students.models import Guardian, Pupil, PupilAlias
from students.models.pupil import identity_index, registry_index
from students.permissions import may_change_register, may_edit_home, may_see_restricted
from students.rules.roster import (
    IDENTITY_CARD,
    MESSAGES,
    check_identity,
    ethnicity_of,
    initials_of,
    name_of,
    sort_key_of,
)

IDENTITY_FIELDS = (
    "name", "sex", "born_on", "ethnicity", "identity_type", "identity_number", "registry_number", "entered_on",
)  # fmt: skip
HOME_FIELDS = (
    "residence", "address", "village", "household_place", "carer", "parents_work_place", "is_boarder", "is_left_behind",
    "is_migrant", "is_orphan", "is_unsupported", "is_in_hardship", "is_disabled", "is_poor", "is_special_family",
    "has_learning_difficulty",
)  # fmt: skip
RESTRICTED_FIELDS = ("health", "is_in_justice", "note")
# Who may correct which fields, and what is said to others.
GROUPS = (
    (IDENTITY_FIELDS, may_change_register, "身份信息由学籍管理员更正。"),
    (HOME_FIELDS, may_edit_home, "家庭情况由班主任、控辍专干或学籍管理员更正。"),
    (RESTRICTED_FIELDS, may_see_restricted, "限制查看的内容由学校负责人和控辍专干更正。"),
)
HEADINGS = {"身份证件号": "identity_number", "出生日期": "born_on", "性别": "sex"}


@transaction.atomic
def edit_pupil(pupil: Pupil, *, by: Person, guardians=None, **wanted) -> Pupil:
    """Correct fields of a file; `guardians` is [{"name", "relation", "phone", "lives_with"}] in their order.

    Says what it changed in history and timeline; the same again changes nothing. A guardian's `phone` of None stays
    as it is. Raises NotYours, Malformed (`unknown_field` and the codes of a roster), Refused (`duplicate_id`).
    """
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    _check_rights(pupil, wanted, guardians, by)
    wanted = {name: _meant(name, value) for name, value in wanted.items()}
    changed = {name: value for name, value in wanted.items() if getattr(pupil, name) != value}
    for name, value in changed.items():
        setattr(pupil, name, value)
    _check(pupil, changed)
    said = [str(Pupil._meta.get_field(name).verbose_name) for name in changed if name not in RESTRICTED_FIELDS]
    if changed:
        pupil.initials, pupil.sort_key = initials_of(pupil.name), sort_key_of(pupil.name)
        pupil._history_user = by
        pupil.save()
    if guardians is not None and _save_guardians(pupil, guardians, by):
        said.append("监护人")
    if said:
        record(pupil, "file", f"更正档案:{'、'.join(said)}", by=by, on=clock.today())
    return pupil


def editable_fields(person, pupil, *, on) -> list[str]:
    """The fields that the person may correct, in the order of the page."""
    return [name for names, may, _ in GROUPS if may(person, pupil, on=on) for name in names]


def _check_rights(pupil, wanted, guardians, by):
    today = clock.today()
    unknown = [name for name in wanted if not any(name in names for names, *_ in GROUPS)]
    if unknown:
        raise Malformed("unknown_field", "没有这一栏。", fields={name: ["没有这一栏"] for name in unknown})
    asked = {*wanted, *(("address",) if guardians is not None else ())}
    for names, may, sentence in GROUPS:
        if asked.intersection(names) and not may(by, pupil, on=today):
            raise NotYours("permission_denied", sentence)


def _meant(name, value):
    if name == "name":
        return name_of(value)
    if name == "ethnicity":
        return ethnicity_of(code_of(value))
    return code_of(value).upper() if name in ("identity_number", "registry_number") else value


def _check(pupil, changed):
    """What a roster would refuse is refused here too."""
    wrong = {}

    def say(name, code):
        wrong.setdefault(name, (code, MESSAGES[code]))

    for name in ("name", "sex", "born_on", "ethnicity", "identity_type"):
        if name in changed and not changed[name]:
            say(name, "unknown_ethnicity" if name == "ethnicity" else "missing")
    for name in ("born_on", "entered_on"):
        if changed.get(name) and not date(1990, 1, 1) <= changed[name] <= clock.today():
            say(name, "bad_date")
    if {"identity_number", "identity_type", "born_on", "sex"}.intersection(changed) and not wrong:
        if pupil.identity_type == IDENTITY_CARD and pupil.identity_number:
            check_identity(
                pupil.identity_number, pupil.sex, pupil.born_on, lambda head, code: say(HEADINGS[head], code)
            )
        elif pupil.identity_type == IDENTITY_CARD and "identity_type" in changed:
            say("identity_number", "missing")
    if wrong:
        code = next(iter(wrong.values()))[0]
        raise Malformed(code, "请改正标出的内容。", fields={name: [message] for name, (_, message) in wrong.items()})
    _check_unique(pupil, changed)


def _check_unique(pupil, changed):
    for name, index_of in (("identity_number", identity_index), ("registry_number", registry_index)):
        index = index_of(changed.get(name, ""))
        column = Q(**{name.replace("number", "index"): index})
        taken = index and (
            Pupil.objects.filter(column).exclude(pk=pupil.pk).exists()
            or PupilAlias.objects.filter(column).exclude(pupil=pupil).exists()
        )
        if taken:
            raise Refused("duplicate_id", "这个号码已登记在另一份档案上。如果是同一个孩子,请合并档案。")


def _save_guardians(pupil, guardians, by) -> bool:
    """Write the guardians in their order; returns whether anything changed."""
    present = {guardian.order: guardian for guardian in pupil.guardians.all()}
    changed = False
    for order, said in enumerate([said for said in guardians if name_of(said["name"])], start=1):
        guardian = present.pop(order, None) or Guardian(pupil=pupil, order=order)
        values = {
            "name": name_of(said["name"])[:80],
            "relation": said["relation"].strip()[:30],
            "phone": guardian.phone if said.get("phone") is None else code_of(said["phone"])[:20],
            "lives_with": said.get("lives_with"),
        }
        if guardian.pk and all(getattr(guardian, name) == value for name, value in values.items()):
            continue
        for name, value in values.items():
            setattr(guardian, name, value)
        guardian._history_user = by
        guardian.save()
        changed = True
    for gone in present.values():
        gone._history_user = by
        gone.delete()
        changed = True
    return changed
