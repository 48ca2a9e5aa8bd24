"""Targets in children, compared exactly; no database."""

from decimal import Decimal

import pytest

from accountability.rules.questions import QUESTIONS, needed_right, right_answers
from accountability.rules.sheets import clauses_text, text_of_sheet
from accountability.rules.targets import Progress, Target, in_words, read, targets_for
from organisation.rules.regulation import Thresholds

JUNIOR = Decimal(18)


@pytest.mark.parametrize(("pupils", "most"), [(0, 0), (48, 0), (55, 0), (56, 1), (1000, 18), (120, 2)])
def test_a_target_is_the_limit_in_whole_children(pupils, most):
    assert Target("junior", JUNIOR, pupils).most == most


@pytest.mark.parametrize(
    ("out", "opening", "state"),
    [
        (0, 0, "none"),
        (0, 48, "within"),
        (1, 48, "over"),
        (18, 1000, "near"),  # exactly at the limit is not over it
        (19, 1000, "over"),
        (14, 1000, "within"),
        (15, 1000, "near"),
    ],
)
def test_a_target_is_judged_in_whole_numbers(out, opening, state):
    assert Progress(Target("junior", JUNIOR, opening), out, opening, 80).state == state


def test_a_province_that_sets_its_own_limit_sets_the_target():
    own = Thresholds(provincial_junior_permille=Decimal(10))
    (target,) = targets_for({"junior": 300}, own)
    assert (target.permille, target.most) == (Decimal(10), 3)


def test_targets_keep_what_they_say_in_json():
    targets = targets_for({"primary": 300, "junior": 200}, Thresholds())
    assert read([target.as_json() for target in targets]) == targets
    assert "小学 300 人(学年初在校),辍学率不超过 0.6%,即不超过 1 人" in in_words(targets, "本校")


def test_a_name_with_a_dollar_sign_is_only_a_name():
    assert text_of_sheet("乙方:$party_b $target", {"party_b": "$clauses", "target": "$5"}) == "乙方:$clauses $5"


def test_clauses_are_numbered_as_official_papers_are():
    assert clauses_text(["甲", "乙"]) == "一、甲\n二、乙"


@pytest.mark.parametrize("audience", QUESTIONS)
def test_every_question_has_its_right_answer_among_its_options(audience):
    assert len(QUESTIONS[audience]) == 5
    for question in QUESTIONS[audience]:
        assert 0 <= question.right < len(question.options)


def test_wrong_missing_and_unknown_answers_are_not_right():
    right = {question.key: question.right for question in QUESTIONS["pupils"]}
    assert right_answers("pupils", right) == 5
    assert right_answers("pupils", right | {"years": 0}) == 4
    assert right_answers("pupils", {"nonsense": 1}) == 0


@pytest.mark.parametrize(("percent", "needed"), [(80, 4), (81, 5), (60, 3), (50, 3), (100, 5)])
def test_a_started_question_counts_whole(percent, needed):
    assert needed_right("teachers", percent) == needed
