from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.agreement import Given
from rag.excerpts import CUT, Cuttable, cut_together, excerpt, length


def excerpts(texts: list[str], about: str, most: int, least: float) -> list[str] | None:
    return cut_together(
        [Cuttable.of(text, about, None) for text in texts], most, lambda words: math.ceil(least * words)
    )


EIGHT = "one two\nthree four five six seven eight"


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ("nothing of it", "one two three …"),  # one end is cut, not two
        ("two, seven and eight", "… six seven eight"),
        ("", "one two three …"),
    ],
)
def test_the_run_with_most_of_the_words(about: str, shown: str) -> None:
    assert excerpt(EIGHT, about, 3) == shown


def test_a_short_text_is_shown_whole() -> None:
    assert excerpt("one  two\nthree", "four", 3) == "one two three"


@pytest.mark.parametrize(
    ("text", "about", "shown"),
    [
        ("one two, three four, five six seven, eight nine", "five", "… five six seven, eight nine"),
        ("yesterday in the port Vo Van Thuong spoke", "Van", "… the port Vo Van Thuong spoke"),
        ("the old President Vo Van Thuong spoke of a new port there", "port", "… spoke of a new port there"),
        ("at first the ferry took some 900 passengers a day", "ferry", "at first the ferry took …"),
        ("of them took 900 passengers a day to Oslo", "Oslo", "… 900 passengers a day to Oslo"),
        ("of them took 900 passengers a day to and from Oslo", "Oslo", "… a day to and from Oslo"),
        ("Then Japan, Laos and others came there", "came", "… Laos and others came there"),
        ("was said that since May 1, 2002 it went there", "went", "… May 1, 2002 it went there"),
    ],
)
def test_a_part_begins_and_ends_well(text: str, about: str, shown: str) -> None:
    """At a clause, not within a name or between a figure and what it counts, nor after a small word."""
    assert excerpt(text, about, 6) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("They all spoke there at noon; go to Laos, Oman and Peru", "They all spoke there at noon; …"),
        (
            "They all spoke there at noon; go to Laos, then come home",
            "They all spoke there at noon; go to Laos, …",
        ),
    ],
)
def test_a_list_is_not_cut_at_its_commas_nor_at_an_aside(text: str, shown: str) -> None:
    assert excerpt(text, "noon", 9) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("They denied on Sunday that the bridge fell", "They denied on Sunday …"),
        ("If the town can pay, the bridge will open", "If the town can pay, …"),
        ("It is not true that the bridge fell", "It is not true …"),
        ("It is not. They say that the bridge fell", "… say that the bridge fell"),
        ("It is not only that the bridge fell", "… that the bridge fell"),
        ("It was said by some that the bridge fell", "… some that the bridge fell"),
    ],
)
def test_no_part_says_what_the_whole_denies(text: str, shown: str) -> None:
    assert excerpt(text, "Which bridge fell?", 5) == shown


def test_an_answer_is_worth_more_than_the_words_of_the_question() -> None:
    answer = Given({"four": 0.9, "six": 0.1})
    assert excerpt("one two three four", "one two", 2, answer) == "… three four"
    assert excerpt("one two three four five six", "", 4, answer) == "… three four five six"
    assert excerpt("one two three four five six", "", 4, Given({"four": 1.0})) == "one two three four …"


def test_a_day_is_an_answer_in_any_spelling() -> None:
    answer = Given({"9x30": 1.0}, days=True)
    shown = excerpt("it was said to open to all on September 30, 2022, or so", "said", 6, answer)
    assert shown == "… on September 30, 2022, or so"


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (8, ["one two, three four", "five six, seven eight"]),
        (6, ["one two, three four", "five six, …"]),  # the first is cut last
        (4, ["one two, …", "five six, …"]),
        (3, None),
    ],
)
def test_texts_are_cut_to_so_many_words_together(most: int, shown: list[str] | None) -> None:
    assert excerpts(["one two, three four", "five six, seven eight"], "", most, 0.5) == shown


@pytest.mark.parametrize(("most", "left"), [(12, [5, 7]), (9, [3, 6]), (8, None)])
def test_of_a_long_text_so_many_words_stay_and_of_a_short_one_most(most: int, left: list[int] | None) -> None:
    """Three of five, and six of twenty."""
    texts = [Cuttable.of(" ".join(["port"] * size), "", None) for size in (5, 20)]
    shown = cut_together(texts, most, lambda words: min(6, words - 2))
    assert (None if shown is None else [length(text) for text in shown]) == left


def test_a_neat_end_is_no_reason_to_show_less_than_the_least() -> None:
    text = "the bridge and the road were paid for by the town alone, Son said."
    assert excerpts([text], "", 8, 0.5) == ["… paid for by the town alone, Son said."]
    assert excerpt(text, "", 8) == "… paid for by the town alone, Son said."


def test_no_texts_need_no_words() -> None:
    assert excerpts([], "", 0, 0.5) == []


@given(
    st.lists(st.lists(st.sampled_from(["port", "Oslo", "the", "900", "it,"]), min_size=1), max_size=3),
    st.integers(0, 30),
)
def test_what_is_cut_together_keeps_to_the_words(texts: list[list[str]], most: int) -> None:
    shown = excerpts([" ".join(text) for text in texts], "port", most, 0.3)
    if shown is None:
        assert sum(-int(-0.3 * len(text) // 1) for text in texts) > most
    else:
        assert sum(map(length, shown)) <= most
        assert all(s.strip(f"{CUT} ") in " ".join(text) for s, text in zip(shown, texts, strict=True))


@given(st.lists(st.sampled_from(["port", "ferry", "bridge", "900"]), max_size=12), st.integers(1, 12))
def test_what_is_shown_stands_in_the_text(pieces: list[str], most: int) -> None:
    text = " ".join(pieces)
    shown = excerpt(text, "ferry 900", most)
    assert min(1, len(pieces)) <= len(shown.replace(CUT, "").split()) <= most
    assert shown.strip(f"{CUT} ") in text


@pytest.mark.parametrize(("text", "words"), [("… cost 40 million …", 3), ("", 0), ("two words", 2)])
def test_marks_of_cuts_are_no_words(text: str, words: int) -> None:
    assert length(text) == words
