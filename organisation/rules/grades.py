"""School years, grades and codes of cohorts and classes (interfaces.md, Keys). Pure."""

from datetime import date

from organisation.enums import SchoolSystem, Stage

CENSUS_MONTH = 9
CHINESE_GRADES = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")
LETTERS = {Stage.PRIMARY: "P", Stage.JUNIOR: "J"}
PRIMARY_YEARS = {SchoolSystem.SIX_THREE: 6, SchoolSystem.FIVE_FOUR: 5}
LAST_GRADE = 9


def school_year(on: date) -> int:
    """The year in which the school year of `on` began: 2026 is 2026-09-01 to 2027-08-31."""
    return on.year if on.month >= CENSUS_MONTH else on.year - 1


def school_year_start(year: int) -> date:
    return date(year, CENSUS_MONTH, 1)


def first_grade(stage: Stage, system: SchoolSystem) -> int:
    """The grade of a stage's first year: 1, or 7 in 6-3 and 6 in 5-4."""
    return 1 if stage == Stage.PRIMARY else PRIMARY_YEARS[SchoolSystem(system)] + 1


def last_grade(stage: Stage, system: SchoolSystem) -> int:
    return PRIMARY_YEARS[SchoolSystem(system)] if stage == Stage.PRIMARY else LAST_GRADE


def stage_of(grade: int, system: SchoolSystem) -> Stage:
    """In 5-4, grade 6 is junior."""
    return Stage.PRIMARY if grade <= PRIMARY_YEARS[SchoolSystem(system)] else Stage.JUNIOR


def entry_year(grade: int, stage: Stage, system: SchoolSystem, year: int) -> int:
    """The year in which pupils who are in `grade` in school year `year` entered the stage."""
    return year - grade + first_grade(stage, system)


def cohort_code(school_code: str, stage: Stage, entered: int) -> str:
    return f"{school_code}-{LETTERS[Stage(stage)]}{entered}"


def class_code(cohort: str, number: int) -> str:
    return f"{cohort}-{number:02d}"


def grade_name(grade: int) -> str:
    return f"{CHINESE_GRADES[grade]}年级" if 1 <= grade <= LAST_GRADE else "已离校年级"


def class_name(grade: int, number: int) -> str:
    """七(3)班; a class past its last year keeps only its number."""
    return f"{CHINESE_GRADES[grade]}({number})班" if 1 <= grade <= LAST_GRADE else f"({number})班"
