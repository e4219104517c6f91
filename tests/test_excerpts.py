from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.excerpts import CUT, allowances, excerpt, length


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ("nothing of it", "one two three …"),
        ("Five?", "… three four five …"),
        ("two, seven and eight", "… six seven eight"),
        ("", "one two three …"),
    ],
)
def test_the_run_with_most_of_the_words(about: str, shown: str) -> None:
    assert excerpt("one two\nthree four five six seven eight", about, 3) == shown


def test_a_short_text_is_shown_whole() -> None:
    assert excerpt("one  two\nthree", "four", 3) == "one two three"


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ("three", "one two, three four, …"),  # "five" would be broken off
        ("five", "one two, three four, five …"),  # "five" must stay, though it breaks off
        ("six", "… three four, five six …"),
    ],
)
def test_a_clause_that_adds_nothing_is_not_broken_off(about: str, shown: str) -> None:
    assert excerpt("one two, three four, five six seven, eight nine", about, 5) == shown


@pytest.mark.parametrize(
    ("text", "about", "shown"),
    [
        ("yesterday in the port Vo Van Thuong spoke", "port", "yesterday in the port …"),
        (
            "yesterday in the port Vo Van Thuong spoke",
            "Van",
            "yesterday in the port Vo Van …",
        ),  # it is wanted
        ("the old President Vo Van Thuong spoke of a new port there", "port", "… spoke of a new port …"),
        ("it was to carry them on 4 March 2022 and again", "carry", "it was to carry them on …"),
        ("it was to carry them 4 March 2022 and again", "carry", "it was to carry them …"),
        ("at first the ferry took some 900 passengers a day", "ferry", "at first the ferry took some …"),
        ("of them took 900 passengers a day to Oslo", "Oslo", "… 900 passengers a day to Oslo"),
        ("of them took 900 passengers a day to and from Oslo", "Oslo", "… a day to and from Oslo"),
        ("Then Japan, Laos and others came there", "Japan", "Then Japan, Laos and others came …"),
    ],
)
def test_a_name_or_figure_that_adds_nothing_is_not_broken_off(text: str, about: str, shown: str) -> None:
    assert excerpt(text, about, 6) == shown


def test_a_part_is_chosen_by_its_worth_before_its_words() -> None:
    assert excerpt("one two three four", "one two", 2, lambda part: float("four" in part)) == "… three four"


def test_of_parts_worth_as_much_the_beginning_is_shown() -> None:
    shown = excerpt("one two three four five six", "five", 4, lambda part: float("four" in part))
    assert shown == "one two three four …"


@given(st.lists(st.integers(0, 9), max_size=5), st.integers(0, 40))
def test_allowances_take_from_the_longest(lengths: list[int], most: int) -> None:
    allowed = allowances(lengths, most)
    assert sum(allowed) == min(sum(lengths), most)
    assert all(0 <= a <= n for a, n in zip(allowed, lengths, strict=True))
    cut = [a for a, n in zip(allowed, lengths, strict=True) if a < n]
    assert all(a <= c + 1 for a in allowed for c in cut)


@given(st.lists(st.sampled_from(["port", "ferry", "bridge", "900"]), max_size=12), st.integers(1, 12))
def test_what_is_shown_stands_in_the_text(pieces: list[str], most: int) -> None:
    text = " ".join(pieces)
    shown = excerpt(text, "ferry 900", most)
    assert min(1, len(pieces)) <= len(shown.replace(CUT, "").split()) <= most
    assert shown.strip(f"{CUT} ") in text


@pytest.mark.parametrize(("text", "words"), [("… cost 40 million …", 3), ("", 0), ("two words", 2)])
def test_marks_of_cuts_are_no_words(text: str, words: int) -> None:
    assert length(text) == words
