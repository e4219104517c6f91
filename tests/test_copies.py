from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.copies import Originals, Print

WIRE = "The ferry between the two banks of the Orsa carried 600 passengers a day, the office said on Monday."


def copies(one: str, other: str) -> bool:
    return Print.of(one).copies(Print.of(other))


@pytest.mark.parametrize(
    "other",
    [
        WIRE.upper(),
        WIRE.replace("Monday", "Tuesday"),
        f"ORSA - {WIRE} It runs until May.",
    ],
)
def test_the_same_story_in_slightly_other_words_is_a_copy(other: str) -> None:
    assert copies(WIRE, other)


@pytest.mark.parametrize(
    "other",
    [
        WIRE.replace("600", "900"),
        "The office said on Monday that it would sell the ferry.",
        "600 passengers a day took the ferry between the banks of the Orsa.",
        "",
    ],
)
def test_other_figures_and_other_words_are_no_copy(other: str) -> None:
    assert not copies(WIRE, other)


TOLD = st.lists(st.sampled_from("ferry bridge mayor rice 600 900 the".split()), max_size=12)


@given(st.lists(TOLD, max_size=12))
def test_the_first_that_is_repeated_is_found_without_comparing_all(told: list[list[str]]) -> None:
    originals, compared = Originals(), dict[int, Print]()
    for row, own in enumerate(Print.of(" ".join(words)) for words in told):
        wanted = next((other for other, print_ in compared.items() if own.copies(print_)), None)
        assert originals.repeated_by(own) == wanted
        if wanted is None:
            originals.add(row, own)
            compared[row] = own
