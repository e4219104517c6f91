"""What the later parts of a question leave out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ellipsis import completed
from rag.parts import parts

TODAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("first", "part", "whole"),
    [
        ("Who was mayor in 2023?", "Who in 2025?", "Who was mayor in 2025?"),
        ("Who was mayor in May 2023?", "Who was it in 2025?", "Who was mayor in 2025?"),
        ("Who is mayor now?", "Who was it in 2023?", "Who was mayor in 2023?"),
        ("Who is the current mayor?", "Who in 2023?", "Who is the mayor in 2023?"),
        ("Who were mayors in 2023?", "Who is it now?", "Who are mayors now?"),
        ("Who led the crew in 2023?", "Who before the storm?", "Who led the crew before the storm?"),
        ("Who led the crew when it sailed?", "Who when it sank?", "Who led the crew when it sank?"),
        ("Who led the crew when it sailed?", "Who a year later?", "Who led the crew a year later?"),
        ("Who was mayor in 2023?", "Now?", "Who is mayor now?"),
        ("How big was the debt in 2021?", "How big in 2023?", "How big was the debt in 2023?"),
        (
            "How much was promised at first?",
            "How much under the deal?",
            "How much was promised under the deal?",
        ),
        ("How many ships had Orsa in 2021?", "How many had the others?", "How many ships had the others?"),
        ("Which two towers did he build?", "Which one did he sell?", "Which two towers did he sell?"),
        ("In which port did she land?", "From which one did she leave?", "From which port did she leave?"),
        ("Which new minister launched it?", "Which one stopped it?", "Which new minister stopped it?"),
    ],
)
def test_what_a_later_part_leaves_out_is_put_back(first: str, part: str, whole: str) -> None:
    assert completed(first, part, TODAY) == whole


def test_parts_are_whole_questions() -> None:
    asked = parts("Who led the crew in 2023, and who before the storm?", TODAY)
    assert asked == ["Who led the crew in 2023?", "Who led the crew before the storm?"]


@pytest.mark.parametrize(
    ("first", "part"),
    [
        ("How many people live here?", "How many learn Danish?"),
        ("Which two towns took part?", "In which years?"),  # asks after something else
        ("Who won the prize in 2021?", "Who may win it in 2025?"),
        ("Who owns the ferry?", "When does it sail?"),
        ("How many came in 2021?", "How many had come before?"),  # of what is not said
        ("Who built it?", "Who came next?"),
    ],
)
def test_what_is_whole_stays_as_it_is(first: str, part: str) -> None:
    assert completed(first, part, TODAY) == part


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_can_be_parts(first: str, part: str) -> None:
    assert isinstance(completed(first, part, TODAY), str)
