"""The register as it was known at a moment: what was entered later is taken back, what was corrected later stands again. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from students.enums import CHANGE_EFFECTS, ChangeKind


@dataclass(frozen=True)
class Spell:
    """A spell of the register with the changes that began and ended it."""

    school_class: int
    path: str
    status: str
    starts: date
    ends: date | None
    recorded_at: datetime
    key: int = 0
    began_by: int | None = None
    ended_by: int | None = None

    def covers(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class Change:
    """A register change as far as going back needs it; `undo` says what the spell before it was."""

    key: int
    kind: str
    at: datetime
    effective_on: date
    to_class: int | None = None
    undo: Mapping = field(default_factory=dict)
    corrects: int | None = None


def rewind(spells: Iterable[Spell], changes: Iterable[Change], at: datetime, paths: Mapping[int, str]) -> list[Spell]:
    """The spells of one pupil as the register held them at `at`, newest change undone first."""
    known = {change.key: change for change in changes}
    found = list(spells)
    for change in sorted(known.values(), key=lambda change: (change.at, change.key), reverse=True):
        if change.at <= at:
            break
        if change.kind == ChangeKind.CORRECT:
            found = _redone(found, known[change.corrects], paths) if change.corrects in known else found
        else:
            found = _undone(found, change, paths)
    return sorted((spell for spell in found if spell.recorded_at <= at), key=lambda spell: spell.starts)


def _undone(spells, change, paths):
    """Without what a change began, and with what it ended running on."""
    taken_over, found = change.undo.get("spell"), []
    for spell in spells:
        if taken_over and spell.key == taken_over:
            school_class = change.undo["school_class"]
            place = {"school_class": school_class, "path": paths.get(school_class, spell.path)}
            recorded = datetime.fromisoformat(str(change.undo["recorded_at"]))
            spell = replace(spell, status=change.undo["status"], recorded_at=recorded, **place)
        elif spell.began_by == change.key:
            continue
        found.append(replace(spell, ends=None, ended_by=None) if spell.ended_by == change.key else spell)
    return found


def _redone(spells, wrong, paths):
    """A change that was taken back stands again: nobody knew yet that it was wrong."""
    after = CHANGE_EFFECTS[ChangeKind(wrong.kind)].after
    status = after or (wrong.undo.get("status") if wrong.to_class else None)
    place = {"school_class": wrong.to_class, "path": paths.get(wrong.to_class, "")} if wrong.to_class else {}
    taken_over, found = wrong.undo.get("spell"), []
    for spell in spells:
        if taken_over and spell.key == taken_over:
            spell = replace(spell, status=status, recorded_at=wrong.at, **place)
        elif not taken_over and spell.ends is None:
            spell = replace(spell, ends=wrong.effective_on, ended_by=wrong.key)
        found.append(spell)
    if status and place and not taken_over:
        found.append(Spell(starts=wrong.effective_on, ends=None, status=status, recorded_at=wrong.at, **place))
        found[-1] = replace(found[-1], began_by=wrong.key)
    return found
