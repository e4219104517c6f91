from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.excerpts import CUT, excerpt


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


@given(st.lists(st.sampled_from(["port", "ferry", "bridge", "900"]), max_size=12), st.integers(1, 12))
def test_what_is_shown_stands_in_the_text(pieces: list[str], most: int) -> None:
    text = " ".join(pieces)
    shown = excerpt(text, "ferry 900", most)
    assert len(shown.replace(CUT, "").split()) == min(most, len(pieces))
    assert shown.strip(f"{CUT} ") in text
