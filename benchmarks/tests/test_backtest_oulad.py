"""Other people's records run through the warning's rules: a made-up folder of the same shape."""

from datetime import date

import pytest

from benchmarks.backtest_oulad import BEGINS, kind_on, read, run

DUE = (10, 20, 30, 60)
TABLES = {
    "course": ["code_module,code_presentation,module_presentation_length", "AAA,2013B,240", "AAA,2013J,240"],
    "assessment": ["code_module,code_presentation,id_assessment,assessment_type,date,weight", "AAA,2013J,9,Exam,,100"],
    "student": ["code_module,code_presentation,id_student,gender,disability"],
    "student_registration": ["code_module,code_presentation,id_student,date_registration,date_unregistration"],
    "student_assessment": ["id_assessment,id_student,date_submitted,is_banked,score"],
}


@pytest.fixture
def folder(tmp_path):
    """Student 1 hands in nothing and leaves on day 70; 2 hands in everything in time; 3 the first one late, on day 15."""
    tables = {name: list(lines) for name, lines in TABLES.items()}
    for presentation, first in (("2013B", 10), ("2013J", 20)):
        tables["assessment"] += [f"AAA,{presentation},{first + n},TMA,{due},25" for n, due in enumerate(DUE)]
        for student in (1, 2, 3):
            tables["student"].append(f"AAA,{presentation},{student},{'FM'[student % 2]},False")
            tables["student_registration"].append(f"AAA,{presentation},{student},-9,{70 if student == 1 else ''}")
        for n, due in enumerate(DUE):
            tables["student_assessment"].append(f"{first + n},2,{due - 1},0,80")
            tables["student_assessment"].append(f"{first + n},3,{15 if n == 0 else due},0,80")
    for name, lines in tables.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_what_was_handed_in_after_the_day_counts_as_missing_that_day(folder):
    records = read(folder)
    third = next(one for one in records.students if one.number == "3" and one.course == ("AAA", "2013J"))
    due, first = records.due["AAA", "2013J"][0], BEGINS["2013J"]
    assert due == (date(2013, 10, 11), "20")
    assert kind_on(third, "20", due[0], first.replace(day=14)) == "truant"
    assert kind_on(third, "20", due[0], first.replace(day=16)) == "late"
    assert kind_on(third, "21", records.due["AAA", "2013J"][1][0], date(2014, 1, 1)) == ""


def test_who_hands_in_nothing_and_leaves_is_found_by_the_tiers(folder):
    found = run(folder)
    tiers = found["methods"][0]
    assert (found["n"], tiers["name"], tiers["auc"], tiers["recall_at_k"]) == (11, "tiers", 1, 1)
    assert {row["tier"]: (row["left"], row["n"]) for row in tiers["tiers"]}["red"] == (1, 1)
