from __future__ import annotations

import math

import hypothesis
import pytest
from hypothesis import strategies as st

from rag.agreement import DOUBT, LONGEST, TEMPERATURE, Given, given, shares, trust
from rag.types import Read

HALF = -TEMPERATURE * math.log(2)  # a score that counts half as much as one of 0


def read(*answers: tuple[str, float]) -> Read:
    return Read(0.0, (), answers)


def test_two_passages_that_agree_have_more_than_the_best_alone() -> None:
    given_by = [
        read(("Malta", 0.0)),
        read(("the harbour of Gothenburg", HALF)),
        read(("Gothenburg harbour", HALF)),
    ]
    assert shares("Where did it sail?", given_by) == pytest.approx(
        {"malta": 0.5, "harbour gothenburg": 0.25, "gothenburg harbour": 0.25}
    )
    given_by = [
        read(("Malta", 0.0)),
        read(("Gothenburg", HALF)),
        read(("GOTHENBURG,", HALF)),
        read(("Göthenburg", 0.0)),
    ]
    assert shares("Where did it sail?", given_by) == pytest.approx({"malta": 1 / 3, "gothenburg": 2 / 3})


def test_a_passage_gives_an_answer_once() -> None:
    assert shares(
        "When?", [read(("June 2022", 0.0), ("in June 2022", HALF)), read(("July", 0.0))]
    ) == pytest.approx({"june 2022": 0.5, "july": 0.5})


def test_the_question_again_a_clause_and_nothing_are_no_answers() -> None:
    clause = " ".join(f"word{i}" for i in range(LONGEST + 1))
    assert (
        shares("Where is the old bridge?", [read(("the bridge", 0.0), (clause, 0.0)), read(("of the", 0.0))])
        == {}
    )
    assert shares("Where is the old bridge?", []) == {}


def test_a_text_has_the_shares_of_the_answers_that_stand_in_it_as_whole_words() -> None:
    said = Given({"900": 0.5, "ferry museum": 0.25, "port": 0.25})
    assert said.standing_in("The Ferry Museum counted 900 visitors.") == {"900", "ferry museum"}
    assert said.agreement("The Ferry Museum counted 900 visitors.") == 0.75
    assert said.agreement("Transport rose to 1900 and the museum had a ferry.") == 0.0
    assert said.agreement("") == 0.0


@pytest.mark.parametrize(("odds", "expected"), [(0.0, 0.5), (math.log(3), 0.75), (-50.0, 0.0)])
def test_trust_is_how_likely_a_passage_answers_at_all(odds: float, expected: float) -> None:
    assert trust([Read(DOUBT + odds, ()), Read(-99.0, ())]) == pytest.approx(expected)


def test_nothing_read_agrees_on_nothing() -> None:
    assert trust([]) == 0
    assert given("Where to?", []).agreement("To Malta.") == 0


def test_a_day_is_the_same_in_any_spelling() -> None:
    given_by = [read(("September 9th, 2022", 0.0)), read(("9 Sept", 0.0)), read(("4 to 20 February", 0.0))]
    said = given("When does it sail, on 1 May?", [*given_by, read(("May 1st", 0.0))])
    assert said.shares == pytest.approx({"9x9": 2 / 3, "2x4 2x20": 1 / 3})
    assert said.standing_in("It sailed on 9 September 2022.") == {"9x9"}
    assert said.agreement("It sailed on 9 September 2022.") == pytest.approx(2 / 3)
    assert said.agreement("It sailed in September 2022.") == 0


ANSWERS = st.tuples(st.sampled_from(["Malta", "two ships", "1921", "of"]), st.floats(-30, 30))


@hypothesis.given(st.lists(st.lists(ANSWERS, max_size=3), max_size=5))
def test_shares_add_up_to_one_and_what_holds_all_answers_has_all(
    found: list[list[tuple[str, float]]],
) -> None:
    said = given("Who?", [read(*answers) for answers in found])
    assert sum(said.shares.values()) == pytest.approx(1.0 if said.shares else 0.0)
    assert said.agreement("Two ships. Malta, 1921.") == pytest.approx(1.0 if said.shares else 0.0)
