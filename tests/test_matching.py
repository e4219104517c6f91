from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.matching import added_words, coverage, has_word, inflected, joined_words, shared_beginning, uncovered


def test_coverage_by_hand() -> None:
    assert coverage("the agreements of Vietnam", "Vietnamese agreed") == 1.0
    assert coverage("ferry museum", "the ferry") == 0.5
    assert coverage("of the", "anything") == 1.0


@pytest.mark.parametrize(
    ("sentence", "text", "missing"),
    [
        ("Việt Nam and Japan", "Vietnam.", {"japan"}),
        ("Vietnam and Japan", "Việt Nam.", {"japan"}),
        ("Ha Noi", "Hanoi's mayor", set()),
        ("Viet Nam", "Vietnamese firms", set()),
        ("Viet Nam", "Viet and others", {"nam"}),
        ("Nam Viet", "Vietnam", {"nam", "viet"}),
    ],
)
def test_two_words_of_a_sentence_are_there_as_one_and_one_as_two(
    sentence: str, text: str, missing: set[str]
) -> None:
    assert uncovered(sentence, text) == missing


@pytest.mark.parametrize(
    ("one", "other", "loosely", "strictly"),
    [
        ("signs", "signed", False, True),  # only words of five letters and more are matched loosely, by five
        ("visits", "visited", True, True),
        ("vietnam", "vietnamese", True, True),
        ("minister", "ministry", True, False),
        ("car", "care", False, False),
        ("car", "car", True, True),
    ],
)
def test_inflections_loosely_and_strictly(one: str, other: str, loosely: bool, strictly: bool) -> None:
    assert has_word(one, {other}) is has_word(other, {one}) is loosely
    assert inflected(one, other) is inflected(other, one) is strictly


def test_two_words_as_one() -> None:
    assert joined_words("In Viet Nam") == {"inviet", "vietnam"}


def test_what_a_sentence_adds_to_its_question() -> None:
    assert added_words("The ferry transports 900 passengers.", "How many passengers did it transport?") == [
        "ferry",
        "900",
    ]


@given(st.text(), st.text())
def test_a_shared_beginning_is_one_of_both(one: str, other: str) -> None:
    shared = shared_beginning(one, other)
    assert one[:shared] == other[:shared]
    assert one[shared : shared + 1] != other[shared : shared + 1] or shared == min(len(one), len(other))
